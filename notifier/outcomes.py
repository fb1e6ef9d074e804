"""What follows from the outcome of a message: the next way to a person who cannot be reached where he was."""

from __future__ import annotations

from core.conversations.texting import texted_instead
from core.escalation import alerts
from core.people.leaving import come_back, leave
from core.people.limits import note_attempt
from core.people.linking import direct_room
from core.people.model import Person
from core.store.late import came_early, came_late
from core.store.model import Outbox, OutboxState
from core.store.outgoing import Outcome, expire, post, settle
from core.store.turn import Turn
from core.tickets import cards
from core.tickets.handing_over import note_delivery, tell_it_was_not_delivered
from core.words import Receipt, Room, Say


def delivered(turn: Turn, outcome: Outcome) -> None:
    """Write the outcome down; if the recipient has left, try the next place where he was heard. A card that cannot be shown anew
    is no loss, and nobody's trouble."""
    row = settle(turn, outcome)
    if row is None:
        return
    note_delivery(turn, row, outcome.receipt)
    if row.state == OutboxState.SENT and (room := Room.of(row.room)).group:
        come_back(turn, room)
    if row.channel in turn.house.accounts and outcome.receipt.state in ("sent", "unknown"):
        note_attempt(turn, row, outcome.at)
    if row.state == OutboxState.WAITING and row.expires_at is not None and row.expires_at <= turn.now:
        expire(turn, row)
    elsewhere = outcome.receipt.state == "gone" and _go_elsewhere(turn, row)
    if row.purpose == cards.PURPOSE and row.state in (OutboxState.DEAD, OutboxState.UNCLEAR):
        expire(turn, row)
    if row.state == OutboxState.DEAD and not elsewhere:
        tell_it_was_not_delivered(turn, row)
    if row.state == OutboxState.HELD:
        texted_instead(turn, row)
    _alert_otherwise(turn, row)


def said_late(turn: Turn, channel: str, ref: str, receipt: Receipt) -> None:
    """Write down what is said of a message after it was taken; an alert that reached nobody goes on by another way."""
    row = came_late(turn, channel, ref, receipt)
    if row is not None:
        alerts.settled(turn, row)


def _alert_otherwise(turn: Turn, row: Outbox) -> None:
    """An alert that will reach nobody goes on by another way. A receipt may have been there before the outcome."""
    if row.state == OutboxState.SENT and row.channel in turn.house.accounts:
        came_early(turn, row)
    alerts.settled(turn, row)


def _go_elsewhere(turn: Turn, row: Outbox) -> bool:
    """Whether there is another place where he was heard, or an SMS says the same."""
    leave(turn, Room.of(row.room))
    if row.person_id is None:
        return alerts.tell_instead(turn, row)
    person = turn.get(Person, row.person_id)
    room = direct_room(turn, person) if person and row.purpose != cards.PURPOSE else None
    if room is None or str(room) == row.room:
        return texted_instead(turn, row) is not None
    post(turn, room, Say.of(row.say), person_id=row.person_id, subject=row.subject, priority=row.priority)
    return True
