"""What people hear of a promise that was not kept: in chat with buttons, as an SMS, spoken on the phone."""

from __future__ import annotations

from core.escalation.model import Episode
from core.escalation.policy import Promise
from core.escalation.snapshot import upstream_and_downstream
from core.escalation.targets import holder_of
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.describing import page_link, what
from core.tickets.model import Status, Ticket
from core.words import HOUR, MINUTE, Button, Micros, Say

PURPOSES: dict[str, str] = {
    Promise.STUCK: "stuck_warning",
    Promise.SILENT: "stuck_warning",
    Promise.RESPONSE: "overdue",
    Promise.RESOLUTION: "overdue",
}
"""Kind of message by promise; all others are escalations."""
SPOKEN = ("sms", "voice")
"""Routes that take a sentence and parameters, nothing to press in it."""
ACKNOWLEDGE = "acknowledge"
"""The action of the button below an alarm, and of the command."""


def said(turn: Turn, episode: Episode, ticket: Ticket, route: str, reader: Person | None) -> Say:
    """The alert as this person, or a group (None), gets it by this route."""
    lang = reader.lang if reader else "zh"
    facts = _facts(turn, episode, ticket, lang)
    if route in SPOKEN:
        return _spoken(turn, episode, route, lang, facts)
    words = turn.house.wording
    lines = [words.text(lang, f"escalation.{episode.promise}", **facts)]
    if episode.promise in (Promise.STUCK, Promise.SILENT, Promise.FUSE, Promise.LEVEL):
        lines += upstream_and_downstream(turn, ticket, lang)
    if episode.level:
        lines.append(words.text(lang, "escalation.higher", level=episode.level))
    if turn.now - episode.due_at > turn.house.policies.escalation.late:
        at = words.moment(lang, episode.due_at, turn.now, turn.house.zone)
        lines.append(words.text(lang, "escalation.late", when=at))
    purpose = PURPOSES.get(episode.promise, "escalation")
    buttons = _buttons(turn, episode, ticket, lang)
    link = page_link(turn, ticket, reader) if reader else None
    return Say(purpose, "\n".join(lines), buttons=buttons, link=link, params=_params(facts))


def acknowledged(turn: Turn, ticket: Ticket, by: Person, lang: str) -> Say:
    """What everybody who was alerted hears once somebody has taken it."""
    words = turn.house.wording
    minutes = turn.house.policies.escalation.unacted // MINUTE
    text = words.text(lang, "escalation.acknowledged", number=ticket.number, name=by.name or "", minutes=minutes)
    return Say("acknowledged", text)


def _spoken(turn: Turn, episode: Episode, route: str, lang: str, facts: dict[str, str]) -> Say:
    words = turn.house.wording
    alarm = episode.promise == Promise.ALARM
    text = words.text(lang, f"escalation.{route}_{'alarm' if alarm else 'other'}", **facts)
    purpose = "p0_alert" if alarm and route == "sms" else "escalation"
    also = ("escalation",) if purpose != "escalation" else ()
    return Say(purpose, text, also=also, params=_params(facts))


def _facts(turn: Turn, episode: Episode, ticket: Ticket, lang: str) -> dict[str, str]:
    words, holder = turn.house.wording, holder_of(turn, ticket)
    since = max(ticket.last_action_at or 0, ticket.urgent_at or ticket.created_at)
    if episode.promise in (Promise.STUCK, Promise.SILENT):
        since = ticket.moved_at or ticket.created_at
    elif episode.promise in (Promise.LEVEL, Promise.RESPONSE, Promise.RESOLUTION):
        since = ticket.created_at
    return {
        "number": ticket.number,
        "priority": ticket.priority,
        "what": what(words, ticket, lang),
        "status": words.name(lang, "status", ticket.status),
        "name": holder.name or "" if holder else "",
        "grade": _grade(turn, ticket),
        "place": ticket.address or words.text(lang, "escalation.no_place"),
        "minutes": str(max(turn.now - since, 0) // MINUTE),
        "span": span(turn, turn.now - since, lang),
        "press": turn.house.policies.escalation.ack_key,
    }


def _grade(turn: Turn, ticket: Ticket) -> str:
    customer = turn.get(Person, ticket.customer_id)
    return customer.level or "" if customer else ""


def _params(facts: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, facts[name]) for name in ("number", "what", "minutes", "place", "name"))


def _buttons(turn: Turn, episode: Episode, ticket: Ticket, lang: str) -> tuple[Button, ...]:
    """To be taken; an unaccepted ticket can be accepted at once."""
    words = turn.house.wording
    found = []
    if episode.promise in (Promise.ALARM, Promise.FUSE):
        found.append(Button(words.text(lang, "escalation.take"), f"{ACKNOWLEDGE}:{ticket.number}"))
    if episode.promise == Promise.ALARM and ticket.status == Status.UNASSIGNED:
        found.append(Button(words.name(lang, "verb", "accept"), f"accept:{ticket.number}"))
    return tuple(found)


def span(turn: Turn, micros: Micros, lang: str) -> str:
    """A span of time in words: minutes up to two hours, then hours."""
    words = turn.house.wording
    if micros < 2 * HOUR:
        return words.text(lang, "staff.minutes", minutes=max(micros, 0) // MINUTE)
    return words.text(lang, "staff.hours", hours=micros // HOUR)
