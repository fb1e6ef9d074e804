"""Which reports wait for a signature."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.reports.model import Report, ReportState, Signature
from core.store.turn import Turn
from core.tickets.model import Ticket

MOST = 8
"""Reports of one customer among which he chooses."""

_report, _ticket, _signature = Report.table.c, Ticket.table.c, Signature.table.c
_of_customer = (
    select(Report.table)
    .join(Ticket.table, _ticket.id == _report.ticket_id)
    .join(Signature.table, _signature.report_id == _report.id, isouter=True)
    .where(
        _ticket.customer_id == bindparam("person_id"),
        _report.person_id == bindparam("person_id"),
        _report.state == ReportState.SEALED,
        _signature.id.is_(None),
    )
    .order_by(_report.id.desc())
    .limit(MOST)
)
_last_of_ticket = (
    select(Report.table).where(_report.ticket_id == bindparam("ticket_id")).order_by(_report.id.desc()).limit(1)
)


def unsigned_of(turn: Turn, person: Person) -> list[Report]:
    """A customer's reports that he has yet to sign, the newest first."""
    turn.flush()
    return turn.rows(Report, _of_customer, person_id=person.id)


def last_report_of(turn: Turn, ticket: Ticket) -> Report | None:
    """The newest report of a ticket, in whatever state."""
    return turn.first(Report, _last_of_ticket, ticket_id=ticket.id)
