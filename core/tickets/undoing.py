"""The last verb can be taken back within a minute (撤回): a compensating event; unsent notices withdrawn, sent ones corrected."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.model import Person
from core.refused import Refused
from core.reports.queries import taken_back_now
from core.store.model import Event, Outbox, OutboxState
from core.store.turn import Turn
from core.tickets.describing import progress_line
from core.tickets.events import Happened
from core.tickets.model import LastVerb, Ticket
from core.tickets.recording import record, subject_of
from core.words import Say

KEPT = frozenset(
    {
        "updated_at",
        "asked",
        "announced",
        "stage_at",
        "moved_at",
        "urgent_at",
        "response_due_at",
        "resolution_due_at",
        "told_at",
    }
)
"""Fields that go on as they are, or follow from the events."""

UNSENT = (OutboxState.WAITING, OutboxState.HELD)
HEARD = (OutboxState.LEASED, OutboxState.SENT, OutboxState.UNCLEAR)
"""States of a notice: it can still be withdrawn; it has been read, or may have been."""

_sent_by = (
    select(Outbox.table).where(Outbox.table.c.key >= bindparam("first"), Outbox.table.c.key < bindparam("last"))
).order_by(Outbox.table.c.id)
_events_of = (
    select(Event.table)
    .where(Event.table.c.stream == bindparam("stream"), Event.table.c.cause == bindparam("cause"))
    .order_by(Event.table.c.id.desc())
)


def remember(turn: Turn, by: Person) -> None:
    """Keep what the tickets of this turn were before it, so that it can be taken back; what touched no ticket is no verb, nor is
    taking back."""
    done = [event for event in turn.seen(Event) if event.cause == turn.cause.text]
    if any(event.kind == Happened.UNDONE for event in done):
        return
    ids = {event.data.get("ticket") for event in done}
    touched = [ticket for ticket in turn.seen(Ticket) if ticket.id in ids and turn.before(ticket) is not None]
    if not touched:
        return
    last = turn.get(LastVerb, by.id) or turn.add(LastVerb(person_id=by.id, cause="", at=turn.now))
    last.cause, last.at = turn.cause.text, turn.now
    changed = {str(ticket.id): _changed(turn, ticket) for ticket in touched}
    last.before = _plain({key: {name: old for name, (old, _) in fields.items()} for key, fields in changed.items()})
    last.after = _plain({key: {name: new for name, (_, new) in fields.items()} for key, fields in changed.items()})


def undo(turn: Turn, by: Person) -> list[Ticket]:
    """Take the last verb back; the tickets as they were. Raises Refused: nothing_to_undo, undo_too_late, changed_since."""
    last = turn.get(LastVerb, by.id)
    if last is None or not last.cause:
        raise Refused("nothing_to_undo")
    tickets = [_locked(turn, int(key)) for key in sorted(last.before, key=int)]
    if turn.now - last.at > turn.house.policies.tickets.undo:
        raise Refused("undo_too_late", number=tickets[0].number)
    for ticket in tickets:
        after = last.after[str(ticket.id)]
        if _plain({name: ticket.__dict__[name] for name in after}) != after:
            raise Refused("changed_since", number=ticket.number)
    for ticket in tickets:
        _take_back(turn, ticket, last, by)
    _correct(turn, tickets[0], last.cause, by)
    last.cause = ""
    return tickets


def done_by(turn: Turn, ticket: Ticket, cause: str) -> list[Event]:
    """What one cause has done to a ticket, the last first."""
    return turn.rows(Event, _events_of, stream=ticket.stream, cause=cause)


def _take_back(turn: Turn, ticket: Ticket, last: LastVerb, by: Person) -> None:
    """Restore the ticket, compensate what followed, and record that it has not happened."""
    undone = done_by(turn, ticket, last.cause)
    _restore(ticket, last.before[str(ticket.id)])
    for event in undone:
        for take_back in turn.house.reversals.get(event.kind, ()):
            take_back(turn, event)
    record(turn, Happened.UNDONE, ticket, by, cause=last.cause, kinds=[event.kind for event in reversed(undone)])


def _correct(turn: Turn, ticket: Ticket, cause: str, by: Person) -> None:
    """Withdraw what has not been sent; tell everybody who has heard something, once, that it was wrong."""
    misled: dict[int, Ticket] = {}
    for row in turn.rows(Outbox, _sent_by, first=f"{cause}.", last=f"{cause}/"):
        if row.person_id in (by.id, None):
            continue
        if _perhaps_heard(row):
            misled.setdefault(row.person_id, subject_of(turn, row.subject) or ticket)
        if row.state in UNSENT:
            row.state = OutboxState.WITHDRAWN
    void = taken_back_now(turn, ticket)
    if void is not None:
        misled.setdefault(void.person_id, ticket)
    for person_id, about in misled.items():
        person = turn.get(Person, person_id)
        if person is not None:
            words, lang = turn.house.wording, person.lang
            side = "staff" if person.is_staff else "customer"
            facts = {"number": about.number, "state": progress_line(turn, about, lang)}
            text = words.text(lang, f"{side}.correction", **facts)
            if void is not None and person_id == void.person_id:
                text += "\n" + words.text(lang, "report.void_undone", report=void.number)
            tell(turn, person, Say("correction", text, params=tuple(facts.items())), subject=about.stream)


def _perhaps_heard(row: Outbox) -> bool:
    """Whether somebody may have read it: an attempt that seemed to fail may have been shown, unless the platform's window was
    shut."""
    return row.state in HEARD or row.attempts > (row.state == OutboxState.HELD)


def _locked(turn: Turn, ticket_id: int) -> Ticket:
    ticket = turn.get(Ticket, ticket_id, lock=True)
    assert ticket is not None
    return ticket


def _changed(turn: Turn, ticket: Ticket) -> dict[str, tuple[Any, Any]]:
    before = turn.before(ticket) or {}
    now = ticket.__dict__
    return {
        name: (before[name], now[name]) for name in ticket.columns if before[name] != now[name] and name not in KEPT
    }


def _restore(ticket: Ticket, before: dict[str, Any]) -> None:
    restored = Ticket(**{**ticket.__dict__, **before})
    for name in before:
        setattr(ticket, name, getattr(restored, name))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return orjson.loads(orjson.dumps(fields))
