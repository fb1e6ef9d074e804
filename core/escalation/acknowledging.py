"""An alarm can be acknowledged: by key, reply, button or command of an entitled person. It is a click, not work (S11)."""

from __future__ import annotations

from core.escalation.episodes import acknowledge as end_by
from core.escalation.episodes import open_episodes
from core.escalation.model import Episode
from core.people.model import Person, Role
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.accepting import accept
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Status, Ticket


def acknowledge(turn: Turn, ticket: Ticket, by: Person, via: str) -> list[Episode]:
    """Take the alarms of a ticket; an engineer who takes the alarm of a ticket that nobody has accepted accepts it.

    `via`: key, sms, button or command. Raises Refused: nothing_to_acknowledge, not_entitled.
    """
    must_be_entitled(by, "acknowledge", ticket)
    running = open_episodes(turn, ticket)
    if not running:
        raise Refused("nothing_to_acknowledge", number=ticket.number)
    ticket.acked_at, ticket.acked_by = turn.now, by.id
    for episode in running:
        end_by(turn, episode, ticket, by, via)
    if by.role == Role.ENGINEER and ticket.status == Status.UNASSIGNED:
        accept(turn, ticket, by)
    return running
