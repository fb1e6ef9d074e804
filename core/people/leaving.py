"""Places that come and go: a chat in which somebody cannot be reached any more, a group of which the desk is no member (S1)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.duty import in_role
from core.people.model import Link, Role
from core.store.model import RoomRow
from core.store.turn import Turn
from core.words import HOUR, Room, Say

PURPOSE = "group_gone"
"""Kind of message: managers hear that alarms do not reach a group any more."""

TRY_AGAIN = 1 * HOUR
"""After so long an alarm tries a group again that the desk was not in: a robot that only tells hears nobody who could say that
it is back."""

_links = select(Link.table).where(Link.table.c.room == bindparam("room"))


def leave(turn: Turn, room: Room) -> None:
    """Nothing reaches anybody there until somebody is heard, or something arrives there again. Managers hear it of a group that
    gets alarms, once."""
    if not room.group:
        for link in turn.rows(Link, _links, room=str(room)):
            link.dead = True
        turn.flush()
        return
    row = turn.get(RoomRow, str(room), lock=True)
    if row is None:
        row = turn.add(RoomRow(room=str(room), channel=room.channel))
    told, row.left_at = row.left_at is not None, turn.now
    if not told:
        _tell_managers(turn, room)


def come_back(turn: Turn, room: Room) -> None:
    """Somebody was heard in a group, or a message arrived there: the desk is in it."""
    row = turn.get(RoomRow, str(room)) if room.group else None
    if row is not None and row.left_at is not None:
        row.left_at = None


def is_left(turn: Turn, room: Room) -> bool:
    """Whether the desk was found to be no member of this group any more, lately."""
    row = turn.get(RoomRow, str(room)) if room.group else None
    return row is not None and row.left_at is not None and turn.now - row.left_at < TRY_AGAIN


def _tell_managers(turn: Turn, room: Room) -> None:
    policies = turn.house.policies
    names = [name for name, rooms in policies.escalation.groups.items() if str(room) in rooms]
    for manager in in_role(turn, policies.entity, Role.MANAGER) if names else ():
        words, lang = turn.house.wording, manager.lang
        group = words.name(lang, "group", names[0])
        text = words.text(lang, "staff.group_gone", group=group, channel=room.channel)
        tell(turn, manager, Say(PURPOSE, text), urgent=True)
