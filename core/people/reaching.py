"""Ways to a person: his chats, his telephone (rules.md, Limits)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.conversations.saying import tell
from core.people.dialling import VOICE, number_room, send
from core.people.duty import in_role
from core.people.limits import CEILING_REACHED, RESERVE_USED_UP
from core.people.linking import links_of
from core.people.model import Person, Role
from core.store.model import Event, Outbox
from core.store.turn import Turn
from core.words import Micros, Room, Say

CHAT = "chat"
"""The route that is no channel's name: the chat in which somebody was last heard."""


def room_on(turn: Turn, person: Person, route: str) -> Room | None:
    """Where a route (CHAT, or a channel's name) leads to this person; None if it does not."""
    if route == CHAT:
        return _chat(turn, person)
    if route not in turn.house.cans:
        return None
    if route not in turn.house.accounts:
        return next((Room.of(link.room) for link in links_of(turn, person) if link.channel == route), None)
    return number_room(turn, person, route)


def routes_of(turn: Turn, person: Person, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted routes by which he can be reached, in his own order first."""
    own = [route for route in person.routes if route in wanted]
    return [route for route in dict.fromkeys((*own, *wanted)) if room_on(turn, person, route) is not None]


def reach(
    turn: Turn,
    person: Person,
    say: Say,
    route: str,
    *,
    subject: str,
    expires_at: Micros | None = None,
    urgent: bool = True,
) -> Outbox | None:
    """Post by a route; None if it leads nowhere, if its number may not be used in time, or if the day's money is spent.

    A number that must wait gets its message when it may be used. Alarms of one kind that wait for one number are one SMS.
    """
    room = room_on(turn, person, route)
    if room is None:
        return None
    if room.channel not in turn.house.accounts:
        return tell(turn, person, say, subject=subject, urgent=urgent, expires_at=expires_at, room=room)[0]
    spoken = replace(say, params=(*say.params, ("lang", person.lang))) if room.channel == VOICE else say
    return send(turn, room, spoken, person_id=person.id, subject=subject, urgent=urgent, expires_at=expires_at)


def tell_of_spending(turn: Turn, event: Event) -> None:
    """Managers hear that the day's money for SMS and calls is spent."""
    policy = turn.house.policies.reaching
    facts = {"ceiling": f"{policy.ceiling / 100:.2f}", "reserve": f"{policy.reserve / 100:.2f}"}
    for manager in in_role(turn, event.entity, Role.MANAGER):
        text = turn.house.wording.text(manager.lang, f"staff.{event.kind.replace('.', '_')}", **facts)
        tell(turn, manager, Say("spending", text), urgent=True)


def _chat(turn: Turn, person: Person) -> Room | None:
    """The chat in which he was last heard; a telephone is none."""
    rooms = [Room.of(link.room) for link in links_of(turn, person)]
    return next((room for room in rooms if room.channel not in turn.house.accounts), None)


REACTIONS = {CEILING_REACHED: (tell_of_spending,), RESERVE_USED_UP: (tell_of_spending,)}
