"""Where a ticket is stuck, seen from both sides: who waits upstream, what comes downstream (上下游卡点快照, S21)."""

from __future__ import annotations

from core.escalation.targets import holder_of
from core.parts.requesting import waiting_parts
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import Status, Ticket


def upstream_and_downstream(turn: Turn, ticket: Ticket, lang: str) -> list[str]:
    """Three lines: from whom it came and when, who must act and since when, who waits for it."""
    words, zone = turn.house.wording, turn.house.zone
    holder, customer = holder_of(turn, ticket), turn.get(Person, ticket.customer_id)
    since = words.moment(lang, ticket.stage_at or ticket.created_at, turn.now, zone)
    facts = {
        "customer": customer.name or "" if customer else "",
        "reported": words.moment(lang, ticket.created_at, turn.now, zone),
        "assigned": words.moment(lang, ticket.assigned_at, turn.now, zone) if ticket.assigned_at else "",
        "engineer": _name(turn, ticket.owner_id or ticket.engineer_id),
        "holder": holder.name or "" if holder else "",
        "since": since,
        "status": words.name(lang, "status", ticket.status),
        "parts": _parts(turn, ticket, lang),
    }
    waits = str(ticket.status) if ticket.status in (Status.UNASSIGNED, Status.WAITING_PART) else "other"
    return [words.text(lang, f"escalation.{side}.{waits}", **facts) for side in ("upstream", "here", "downstream")]


def _parts(turn: Turn, ticket: Ticket, lang: str) -> str:
    words, zone, told = turn.house.wording, turn.house.zone, []
    for part in waiting_parts(turn, ticket) if ticket.status == Status.WAITING_PART else ():
        when = words.day(lang, part.eta, turn.now, zone) if part.eta else words.text(lang, "escalation.no_date")
        told.append(f"{part.code}×{part.qty} {when}")
    return "、".join(told)


def _name(turn: Turn, person_id: int | None) -> str:
    person = turn.get(Person, person_id) if person_id else None
    return person.name or "" if person else ""
