"""Somebody, or the desk itself, enters or leaves: a group is told once how to use the desk; where it has left, nothing is said (S1)."""

from __future__ import annotations

from core.people.leaving import come_back, leave
from core.store.model import RoomRow
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import DAY, Inbound, Micros, Say

GREETS_EVERY: Micros = 1 * DAY
"""A group hears at most so often what the desk is for."""


def hear(turn: Turn, message: Inbound) -> str | None:
    """What came of somebody's coming or going; None for what is for the conversation to hear."""
    room = message.room
    if message.kind == "leave" and (message.called or not room.group):
        leave(turn, room)
        return "left"
    if not room.group:
        return None
    if message.kind == "leave":
        return "somebody left"
    come_back(turn, room)
    return _greet(turn, message) if message.kind == "enter" else None


def _greet(turn: Turn, message: Inbound) -> str:
    row = turn.get(RoomRow, str(message.room), lock=True)
    if row is None or (row.greeted_at is not None and turn.now - row.greeted_at < GREETS_EVERY):
        return "greeted already"
    row.greeted_at = turn.now
    post(turn, message.room, Say("smalltalk", turn.house.wording.text("zh", "group_greeting")))
    return "greeted a group"
