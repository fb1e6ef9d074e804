"""A burst of messages gets one answer: after some quiet, or when its time is up. The ticket itself waits for nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from core.conversations.model import Conversation
from core.conversations.saying import answer, tell
from core.people.model import Person
from core.store.model import Timer
from core.store.turn import Turn
from core.tickets.announcing import announce
from core.tickets.describing import state, what
from core.tickets.model import Priority, Status, Ticket
from core.words import Say
from dialogue import forms
from dialogue.customer import forms as customer_forms
from dialogue.customer.asking import next_question
from dialogue.heard import Heard

ANSWER_TIMER = "conversation.answer"
SHOWN = ("device", "device_model", "serial_no", "fault_symptom", "error_code", "part_code", "phone", "address",
         "preferred_text", "delivery_constraint", "priority")  # fmt: skip
"""Changes that are read back by value."""
EXACT = ("phone", "address", "device_model", "serial_no", "error_code", "part_code")
"""What is easily misheard: read back too when it was told with the fault itself (S68)."""


def made(heard: Heard, ticket: Ticket, told: Collection[str]) -> None:
    """A ticket was made in this burst; `told` are the fields that he filled with his own words."""
    burst = _burst(heard)
    burst["made"] = [*burst["made"], ticket.id]
    burst["told"] = {**burst.get("told", {}), str(ticket.id): [name for name in EXACT if name in told]}
    _go_on(heard, burst, at_once=ticket.priority == Priority.P0)


def added(heard: Heard, ticket: Ticket, changed: Sequence[str], files: int, *, repeated: bool, alarm: bool) -> None:
    """Something was added to a ticket in this burst."""
    burst = _burst(heard)
    entry = dict(burst["added"].get(str(ticket.id), {"changed": [], "files": 0, "words": [], "repeated": False}))
    entry["changed"] = [*entry["changed"], *(name for name in changed if name not in entry["changed"])]
    entry["files"] += files
    entry["words"] = [*entry["words"], heard.text] if heard.text else entry["words"]
    entry["repeated"] = entry["repeated"] or repeated
    burst["added"] = {**burst["added"], str(ticket.id): entry}
    _go_on(heard, burst, at_once=alarm)


def answer_when_quiet(turn: Turn, timer: Timer) -> None:
    """The customer has been quiet: tell those who can help, and answer him."""
    talk = turn.get(Conversation, timer.data["talk"], lock=True)
    if talk is not None and talk.burst is not None:
        answer_burst(turn, talk)


def answer_burst(turn: Turn, talk: Conversation) -> None:
    """One answer to all that the burst brought, with one question at most."""
    burst, talk.burst = talk.burst or {}, None
    words, texts, purposes = turn.house.wording, [], []
    focus = None
    for ticket_id in burst["made"]:
        ticket = _ticket(turn, ticket_id)
        announce(turn, ticket)
        promise = words.text(talk.lang, f"customer.promise.{ticket.priority}")
        name = what(words, ticket, talk.lang)
        texts.append(words.text(talk.lang, "customer.created", number=ticket.number, what=name, promise=promise))
        purposes.append("ack_created")
        texts += _heard_exactly(turn, ticket, burst, talk.lang)
        earlier = turn.get(Ticket, ticket.linked_to) if ticket.linked_to else None
        if earlier:
            texts.append(words.text(talk.lang, "customer.linked", old=earlier.number))
        focus = ticket
    for ticket_id, entry in burst["added"].items():
        ticket = _ticket(turn, int(ticket_id))
        if ticket.id in burst["made"]:
            continue
        relay(turn, ticket, " ".join(entry["words"]), entry["files"])
        texts.append(_read_back(turn, ticket, entry, talk.lang))
        purposes.append("dup_linked" if entry["repeated"] else "confirm_change")
        focus = focus or ticket
    texts += dict.fromkeys(burst.get("remarks", ()))
    talk.spoken_at = turn.now
    _say_and_ask(turn, talk, focus, texts, purposes)


def ask_further(heard: Heard, ticket: Ticket) -> None:
    """He would rather not say: the next thing is asked, if there is one."""
    _say_and_ask(heard.turn, heard.talk, ticket, [heard.say("customer.noted")], ["smalltalk"])


def _say_and_ask(turn: Turn, talk: Conversation, focus: Ticket | None, texts: list[str], purposes: list[str]) -> None:
    """These sentences in one message, and the next question about the ticket: of the five, else of its form."""
    asked = next_question(turn, talk, focus) if focus else None
    question = customer_forms.next_question(turn, talk, focus) if focus and not asked else None
    if asked:
        texts.append(turn.house.wording.text(talk.lang, f"customer.ask.{asked}"))
    elif question:
        texts.append(question.text)
    wanted = asked or (question.field if question else None)
    first, *rest = dict.fromkeys([*purposes, "ask_slot"] if wanted else purposes)
    answer(
        turn,
        talk,
        first,
        "\n".join(texts),
        also=tuple(rest),
        asks=(wanted,) if wanted else (),
        buttons=question.buttons if question else (),
    )
    if question:
        forms.shown_menu(talk, question)


def _burst(heard: Heard) -> dict[str, Any]:
    return dict(heard.talk.burst or {"since": heard.turn.now, "episode": heard.row.id, "made": [], "added": {}})


def _go_on(heard: Heard, burst: dict[str, Any], *, at_once: bool) -> None:
    turn, talk, policy = heard.turn, heard.talk, heard.turn.house.policies.conversation
    if remark := heard.remark():
        burst["remarks"] = [*burst.get("remarks", []), remark]
    talk.burst, talk.spoken_at = burst, turn.now
    if at_once:
        answer_burst(turn, talk)
        turn.forget(ANSWER_TIMER, talk.id)
        return
    due_at = min(turn.now + policy.burst_quiet, burst["since"] + policy.burst_window)
    turn.remind(ANSWER_TIMER, talk.id, due_at, episode=str(burst["episode"]), data={"talk": talk.id})


def _heard_exactly(turn: Turn, ticket: Ticket, burst: dict[str, Any], lang: str) -> list[str]:
    """One line with the numbers and the address that he told, so that a mishearing is seen; none if he told
    none, or has been read back to already what was heard in his voice message."""
    names = {*burst.get("told", {}).get(str(ticket.id), ())}
    names.update(burst["added"].get(str(ticket.id), {}).get("changed", ()))
    told = [name for name in EXACT if name in names and getattr(ticket, name)]
    if not told or burst.get("remarks"):
        return []
    values = "、".join(_changes(turn, ticket, told, lang))
    return [turn.house.wording.text(lang, "customer.heard_exactly", values=values)]


def _read_back(turn: Turn, ticket: Ticket, entry: dict[str, Any], lang: str) -> str:
    words = turn.house.wording
    if entry["repeated"]:
        return words.text(lang, "customer.same_fault", number=ticket.number, state=state(turn, ticket, lang))
    changes = _changes(turn, ticket, [name for name in entry["changed"] if name in SHOWN], lang)
    if entry["files"]:
        changes.append(words.text(lang, "customer.change_photo", count=entry["files"]))
    if not changes:
        changes.append(words.text(lang, "customer.change_words"))
    return words.text(lang, "customer.added", number=ticket.number, changes="、".join(changes))


def _changes(turn: Turn, ticket: Ticket, names: Sequence[str], lang: str) -> list[str]:
    """Each field with its value, as people read it: 电话 13800138021."""
    words = turn.house.wording
    return [
        words.text(
            lang, "customer.change", field=words.name(lang, "slot", name), value=_shown(turn, ticket, name, lang)
        )
        for name in names
    ]


def _shown(turn: Turn, ticket: Ticket, name: str, lang: str) -> str:
    words = turn.house.wording
    if name == "preferred_text" and ticket.preferred_start:
        return words.period(lang, ticket.preferred_start, ticket.preferred_end, turn.now, turn.house.zone)
    if name == "delivery_constraint":
        return words.terms(lang, "constraint", ticket.delivery_constraint or "")
    return words.name(lang, "priority", ticket.priority) if name == "priority" else str(getattr(ticket, name))


def relay(turn: Turn, ticket: Ticket, said: str, files: int = 0) -> None:
    """The engineer who has the ticket hears what the customer added."""
    engineer = turn.get(Person, ticket.engineer_id) if ticket.engineer_id else None
    if engineer is None or ticket.status == Status.UNASSIGNED:
        return
    words = turn.house.wording
    lines = []
    if said:
        lines.append(words.text(engineer.lang, "staff.relayed", number=ticket.number, words=said))
    if files:
        lines.append(words.text(engineer.lang, "staff.relayed_photo", number=ticket.number, count=files))
    if lines:
        tell(turn, engineer, Say("relay", "\n".join(lines)), subject=ticket.stream)


def _ticket(turn: Turn, ticket_id: int) -> Ticket:
    ticket = turn.get(Ticket, ticket_id, lock=True)
    assert ticket is not None
    return ticket


TIMERS = {ANSWER_TIMER: answer_when_quiet}
