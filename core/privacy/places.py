"""Where something was said, as the event log keeps it: nothing in it that leads to a customer, for no event is ever changed."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import bindparam, select

from core.people.model import Link, Person
from core.store.turn import Turn
from core.words import Room

_bound = select(Link.table).where(
    Link.table.c.channel == bindparam("channel"),
    Link.table.c.account == bindparam("account"),
    Link.table.c.who_id == bindparam("who_id"),
)


def place_of(turn: Turn) -> str | None:
    """The place of what the turn is about: a group, or where a member of the staff was (S35). Of anybody else's direct chat only its
    channel and account: the id by which he speaks there is his own, and could never be erased."""
    try:
        room = Room.of(turn.cause.via or "")
    except ValueError:
        return turn.cause.via
    if room.group or _of_staff(turn, room):
        return turn.cause.via
    return str(replace(room, id="", thread=None))


def _of_staff(turn: Turn, room: Room) -> bool:
    identity = (room.channel, room.account, room.id)
    known = [link for link in turn.seen(Link) if (link.channel, link.account, link.who_id) == identity]
    if not known and turn.cause.by is None:
        known = turn.rows(Link, _bound, channel=room.channel, account=room.account, who_id=room.id)
    speakers = {link.person_id for link in known} or {turn.cause.by}
    return any((person := turn.get(Person, one)) is not None and person.is_staff for one in speakers if one is not None)
