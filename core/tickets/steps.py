"""Legal steps: from which status a verb leads where. Anything else is refused in words that name what is possible."""

from __future__ import annotations

from core.refused import Refused
from core.tickets.model import Status, Ticket

S = Status

STEPS: dict[Status, dict[str, Status]] = {
    S.UNASSIGNED: {"accept": S.ACCEPTED, "assign": S.UNASSIGNED, "hold": S.ON_HOLD, "cancel": S.CANCELLED},
    S.ACCEPTED: {
        "arrive": S.ON_SITE,
        "need_part": S.WAITING_PART,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "transfer": S.UNASSIGNED,
        "cancel": S.CANCELLED,
    },
    S.ON_SITE: {
        "need_part": S.WAITING_PART,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "transfer": S.UNASSIGNED,
        "cancel": S.CANCELLED,
    },
    S.WAITING_PART: {
        "part_arrived": S.ACCEPTED,
        "arrive": S.ON_SITE,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "cancel": S.CANCELLED,
    },
    S.ON_HOLD: {"resume": S.ON_HOLD},
    S.DONE: {"close": S.CLOSED, "reopen": S.ACCEPTED},
    S.CLOSED: {},
    S.CANCELLED: {},
}
"""rules.md, "Legal steps". `resume` leads back to the status before the hold."""


def possible(ticket: Ticket) -> tuple[str, ...]:
    """The verbs that lead on from here."""
    return tuple(STEPS[ticket.status])


def step(ticket: Ticket, verb: str) -> Status:
    """The status to which the verb leads. Raises Refused, naming the steps that are possible now."""
    if verb not in possible(ticket):
        raise Refused("step_refused", number=ticket.number, status=ticket.status, verb=verb, steps=possible(ticket))
    return ticket.held_from or Status.ACCEPTED if verb == "resume" else STEPS[ticket.status][verb]
