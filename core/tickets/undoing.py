"""The last verb can be taken back within a minute (撤回): a compensating event; unsent notices withdrawn, sent ones corrected."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.model import Person
from core.refused import Refused
from core.store.model import Event, Outbox, OutboxState
from core.store.turn import Turn
from core.tickets.describing import progress_line, what
from core.tickets.events import Happened
from core.tickets.model import LastVerb, Ticket
from core.tickets.recording import record
from core.words import Say

KEPT = frozenset({"updated_at", "asked", "announced"})
"""Fields that go on as they are."""

_sent_by = (
    select(Outbox.table).where(Outbox.table.c.key >= bindparam("first"), Outbox.table.c.key < bindparam("last"))
).order_by(Outbox.table.c.id)
_events_of = select(Event.table).where(Event.table.c.stream == bindparam("stream"), Event.table.c.cause == bindparam("cause"))


def remember(turn: Turn, ticket: Ticket, by: Person) -> None:
    """Keep what the ticket was before this turn, so that it can be taken back."""
    before = turn.before(ticket)
    if before is None:
        return
    changed = {name: before[name] for name in ticket.columns if before[name] != ticket.__dict__[name] and name not in KEPT}
    last = turn.get(LastVerb, by.id) or turn.add(LastVerb(person_id=by.id, ticket_id=ticket.id, cause="", at=turn.now))
    last.ticket_id, last.cause, last.at = ticket.id, turn.cause.text, turn.now
    last.before = _plain(changed)
    last.after = _plain({name: ticket.__dict__[name] for name in changed})


def undo(turn: Turn, by: Person) -> Ticket:
    """Take the last verb back. Raises Refused: nothing_to_undo, undo_too_late, changed_since."""
    last = turn.get(LastVerb, by.id)
    if last is None or not last.cause:
        raise Refused("nothing_to_undo")
    ticket = turn.get(Ticket, last.ticket_id, lock=True)
    assert ticket is not None
    if turn.now - last.at > turn.house.policies.tickets.undo:
        raise Refused("undo_too_late", number=ticket.number)
    now = _plain({name: ticket.__dict__[name] for name in last.after})
    if now != last.after:
        raise Refused("changed_since", number=ticket.number)
    undone = turn.rows(Event, _events_of, stream=ticket.stream, cause=last.cause)
    _restore(ticket, last.before)
    for event in undone:
        for take_back in turn.house.reversals.get(event.kind, ()):
            take_back(turn, event)
    record(turn, Happened.UNDONE, ticket, by, cause=last.cause, kinds=[event.kind for event in undone])
    _correct(turn, ticket, last.cause, by)
    last.cause = ""
    return ticket


def _correct(turn: Turn, ticket: Ticket, cause: str, by: Person) -> None:
    """Withdraw what has not been sent; tell those who have heard something that it was wrong."""
    for row in turn.rows(Outbox, _sent_by, first=f"{cause}.", last=f"{cause}/"):
        if row.person_id in (by.id, None):
            continue
        if row.state in (OutboxState.WAITING, OutboxState.HELD):
            row.state = OutboxState.WITHDRAWN
            continue
        person = turn.get(Person, row.person_id)
        if person is None:
            continue
        words, lang = turn.house.wording, person.lang
        side = "staff" if person.is_staff else "customer"
        state = progress_line(turn, ticket, lang)
        text = words.text(lang, f"{side}.correction", number=ticket.number, what=what(words, ticket, lang), state=state)
        tell(turn, person, Say("correction", text), subject=ticket.stream)


def _restore(ticket: Ticket, before: dict[str, Any]) -> None:
    restored = Ticket(**{**ticket.__dict__, **before})
    for name in before:
        setattr(ticket, name, getattr(restored, name))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return orjson.loads(orjson.dumps(fields))
