"""A ticket is offered to one engineer after the other until somebody accepts it; nobody owns it by being offered (S58, S1)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.dispatch.choosing import Choice, choose_after, passed_over
from core.dispatch.reasons import passed_over_line, reason_line
from core.people.duty import fallback_owner
from core.people.model import Person
from core.store.model import Event, Timer
from core.store.turn import Turn
from core.tickets.describing import accept_hint, card, what
from core.tickets.entitled import MAY
from core.tickets.events import Happened
from core.tickets.handing_over import answer_handover, handovers_of
from core.tickets.model import Handover, Priority, Status, Ticket
from core.tickets.recording import record, ticket_in
from core.words import Button, Micros, Say

OFFER_TIMER = "offer"
"""An offer that nobody has answered goes to the next (S58)."""
LOST: dict[str, str] = {Happened.MERGED: "dispatch.lost_merged", Happened.HELD: "dispatch.lost_held"}
"""What somebody who was being asked hears when the question is over; of a cancelled ticket everybody concerned hears anyway."""
NO = frozenset({"refused", "unanswered"})
"""Answers after which somebody is not asked for the same ticket again."""

_offers_to = (
    select(Handover.table)
    .where(
        Handover.table.c.ticket_id == bindparam("ticket_id"),
        Handover.table.c.taker_id == bindparam("taker_id"),
        Handover.table.c.answered_at.is_(None),
    )
    .order_by(Handover.table.c.id.desc())
    .limit(1)
)
_left = (
    select(Event.table)
    .where(Event.table.c.stream == bindparam("stream"), Event.table.c.kind == Happened.LEFT_TO_FALLBACK)
    .limit(1)
)


def dispatch(turn: Turn, ticket: Ticket) -> Person | None:
    """Offer the ticket to the best engineer, or leave it to the fallback owner; who was told, if anybody could be."""
    answers = {
        offer.taker_id: offer.answer for offer in handovers_of(turn, ticket) if offer.answer and offer.answer in NO
    }
    choice, looked_at = choose_after(turn, ticket, answers)
    if choice is not None:
        return _offer(turn, ticket, choice)
    fallback = fallback_owner(turn, ticket.entity)
    ticket.engineer_id = None
    reason = passed_over(looked_at)
    record(turn, Happened.LEFT_TO_FALLBACK, ticket, None, to=fallback.id if fallback else None, **reason)
    if fallback is not None:
        text = turn.house.wording.text(fallback.lang, "dispatch.left_to_you", number=ticket.number)
        others = passed_over_line(turn, reason, fallback.lang)
        _show(turn, ticket, fallback, "unassigned", text, others)
    return fallback


def alarm(turn: Turn, ticket: Ticket, person: Person) -> None:
    """A P0 that is offered to somebody else, or was offered as less urgent: he may take it, and knows of it (S10)."""
    words = turn.house.wording
    title = words.text(person.lang, "staff.new_ticket", number=ticket.number)
    _show(turn, ticket, person, "new_ticket", title)


def hurry(turn: Turn, ticket: Ticket) -> None:
    """It has become a P0: whoever it is offered to has less time from now on."""
    offer = _offer_to(turn, ticket, ticket.engineer_id) if ticket.engineer_id is not None else None
    if offer is not None:
        _wait_for_answer(turn, ticket, offer)


def give_to_next(turn: Turn, timer: Timer) -> None:
    """An offer was not answered in its time: the next in order gets it, and whoever had it hears that he has lost it."""
    ticket, offer = turn.get(Ticket, timer.data["ticket"], lock=True), turn.get(Handover, timer.data["offer"])
    if ticket is None or offer is None or offer.answered_at is not None:
        return
    if ticket.status != Status.UNASSIGNED or ticket.engineer_id != offer.taker_id:
        return
    loser = turn.get(Person, offer.taker_id)
    offer.answered_at, offer.answer, ticket.engineer_id = turn.now, "unanswered", None
    record(turn, Happened.OFFER_UNANSWERED, ticket, None, to=offer.taker_id, handover=offer.id)
    told = dispatch(turn, ticket)
    if loser is not None:
        key = "dispatch.lost_unanswered" if told else "dispatch.lost_to_nobody"
        _tell_loser(turn, ticket, loser, key, told)


# ---- what follows from others' verbs


def after_refusal(turn: Turn, event: Event) -> None:
    """Nobody else answers for it: the next is asked at once."""
    ticket = ticket_in(turn, event)
    if event.data.get("back_to") is None and ticket.status == Status.UNASSIGNED:
        turn.forget(OFFER_TIMER, ticket.stream)
        dispatch(turn, ticket)


def after_acceptance(turn: Turn, event: Event) -> None:
    """The offer is over; if somebody else was faster, the one who had it hears so."""
    ticket = ticket_in(turn, event)
    turn.forget(OFFER_TIMER, ticket.stream)
    loser = _offered_before(turn, ticket)
    if loser is not None:
        _tell_loser(turn, ticket, loser, "dispatch.lost_to", turn.get(Person, event.data["engineer"]))


def after_assignment(turn: Turn, event: Event) -> None:
    """Somebody named an engineer: it is an offer like any other. A ticket that has an owner stays with him until it is answered."""
    ticket = ticket_in(turn, event)
    turn.forget(OFFER_TIMER, ticket.stream)
    offer = turn.get(Handover, event.data["handover"])
    if ticket.owner_id is None and offer is not None:
        _wait_for_answer(turn, ticket, offer)
    loser = _offered_before(turn, ticket)
    if loser is not None:
        _tell_loser(turn, ticket, loser, "dispatch.lost_to", turn.get(Person, event.data["to"]))


def after_end(turn: Turn, event: Event) -> None:
    """Cancelled, merged into another, or on hold: nobody is waited for, and whoever was being asked hears why."""
    ticket = ticket_in(turn, event)
    if ticket.status == Status.UNASSIGNED:
        return
    turn.forget(OFFER_TIMER, ticket.stream)
    asked = turn.get(Person, ticket.engineer_id) if ticket.engineer_id is not None and ticket.owner_id is None else None
    key = LOST.get(event.kind)
    if key and asked is not None and asked.id != event.by:
        _tell_loser(turn, ticket, asked, key, None)


def after_pause(turn: Turn, event: Event) -> None:
    """A ticket that nobody had accepted goes on: it is offered anew."""
    ticket = ticket_in(turn, event)
    if ticket.status == Status.UNASSIGNED and ticket.owner_id is None:
        dispatch(turn, ticket)


def offer_stands(turn: Turn, event: Event) -> None:
    """What ended an offer was taken back: whoever had it is asked again, with all his time; if nobody has ever been asked,
    because somebody took it before it was announced, somebody is asked now."""
    ticket = ticket_in(turn, event)
    if "other" in event.data or ticket.status != Status.UNASSIGNED or ticket.owner_id is not None:
        return
    if ticket.engineer_id is None:
        if ticket.duplicate_of is None and turn.first(Event, _left, stream=ticket.stream) is None:
            dispatch(turn, ticket)
        return
    offer = _offer_to(turn, ticket, ticket.engineer_id)
    if offer is not None:
        _wait_for_answer(turn, ticket, offer)


def withdraw_offer(turn: Turn, event: Event) -> None:
    """The refusal after which this offer was made was taken back."""
    offer = turn.get(Handover, event.data["handover"])
    if offer is not None and offer.answered_at is None:
        offer.answered_at, offer.answer = turn.now, "withdrawn"


# ---- an offer


def _offer(turn: Turn, ticket: Ticket, choice: Choice) -> Person:
    person, fallback = choice.person, fallback_owner(turn, ticket.entity)
    answer_handover(turn, ticket, None)
    offer = turn.add(
        Handover(
            id=turn.new_id(),
            ticket_id=ticket.id,
            giver_id=fallback.id if fallback else None,
            taker_id=person.id,
            sent_at=turn.now,
        )
    )
    ticket.engineer_id = person.id
    _wait_for_answer(turn, ticket, offer)
    reason = choice.reason
    record(turn, Happened.OFFERED, ticket, None, to=person.id, handover=offer.id, **reason)
    title = turn.house.wording.text(person.lang, "dispatch.offered", number=ticket.number)
    _show(turn, ticket, person, "assigned", title, reason_line(turn, reason, person.lang))
    return person


def _show(turn: Turn, ticket: Ticket, person: Person, purpose: str, title: str, reason: str = "") -> None:
    """The ticket as a card, with what he may do; a P0 as an alarm."""
    words, lang = turn.house.wording, person.lang
    urgent = ticket.priority == Priority.P0
    if urgent:
        title = words.text(lang, "staff.p0", number=f"{title} {what(words, ticket, lang)}")
    purposes = dict.fromkeys(("escalation", purpose, "new_ticket") if urgent else (purpose, "new_ticket"))
    first, *further = purposes
    say = card(turn, ticket, person, first, title)
    facts, buttons = list(say.facts), []
    if reason:
        facts.append((words.text(lang, "dispatch.why"), reason))
    if person.role in MAY["accept"]:
        accept = words.name(lang, "verb", "accept")
        facts.append((accept, accept_hint(turn, ticket, lang)))
        buttons.append(Button(accept, f"accept:{ticket.number}"))
    if person.id == ticket.engineer_id:
        buttons.append(Button(words.name(lang, "verb", "refuse"), f"refuse:{ticket.number}"))
    say = replace(say, also=tuple(further), facts=tuple(facts), buttons=tuple(buttons))
    tell(turn, person, say, subject=ticket.stream, urgent=urgent)


def _tell_loser(turn: Turn, ticket: Ticket, loser: Person, key: str, other: Person | None) -> None:
    words, lang = turn.house.wording, loser.lang
    text = words.text(
        lang, key, number=ticket.number, what=what(words, ticket, lang), name=other.name or "" if other else ""
    )
    tell(turn, loser, Say("unassigned", text), subject=ticket.stream)


def _wait_for_answer(turn: Turn, ticket: Ticket, offer: Handover) -> None:
    due_at = answer_due_at(turn, ticket)
    turn.forget(OFFER_TIMER, ticket.stream)
    turn.remind(
        OFFER_TIMER, ticket.stream, due_at, episode=str(offer.id), data={"ticket": ticket.id, "offer": offer.id}
    )


def answer_due_at(turn: Turn, ticket: Ticket) -> Micros:
    """Until when an offer made now waits: a P0 on the wall clock, others in business time (S58)."""
    policies = turn.house.policies
    if ticket.priority == Priority.P0:
        return turn.now + policies.dispatch.offer_p0
    return policies.calendar.add(turn.now, policies.dispatch.offer)


def _offered_before(turn: Turn, ticket: Ticket) -> Person | None:
    """Who was being asked before this turn, if the ticket is no longer his."""
    before = turn.before(ticket) or {}
    asked, owner = before.get("engineer_id"), before.get("owner_id")
    if before.get("status") != Status.UNASSIGNED or asked in (None, owner, ticket.engineer_id):
        return None
    return turn.get(Person, asked)


def _offer_to(turn: Turn, ticket: Ticket, taker_id: int) -> Handover | None:
    return turn.first(Handover, _offers_to, ticket_id=ticket.id, taker_id=taker_id)


TIMERS = {OFFER_TIMER: give_to_next}
"""Kind of timer → what happens when it is due."""
REACTIONS = {
    Happened.TRANSFER_REFUSED: (after_refusal,),
    Happened.ACCEPTED: (after_acceptance,),
    Happened.TRANSFERRED: (after_assignment,),
    Happened.CANCELLED: (after_end,),
    Happened.MERGED: (after_end,),
    Happened.HELD: (after_end,),
    Happened.RESUMED: (after_pause,),
}
"""Event → what must follow in the same turn."""
REVERSALS = {
    Happened.OFFERED: (withdraw_offer,),
    **dict.fromkeys(
        (
            Happened.TRANSFER_REFUSED,
            Happened.ACCEPTED,
            Happened.TRANSFERRED,
            Happened.CANCELLED,
            Happened.MERGED,
            Happened.HELD,
        ),
        (offer_stands,),
    ),
}
"""Event → what its taking back takes back besides."""
