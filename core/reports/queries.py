"""Finding reports: by ticket, by customer, by what stands in the QR code, by the content of a file."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.reports.model import MADE, SIGNED, Report, ReportState
from core.store.model import Outbox, OutboxState
from core.store.turn import Turn
from core.tickets.model import Ticket

PURPOSE = "report_pdf"
"""Kind of message that brings a report."""
UNDONE, REOPENED = "undone", "reopened"
"""Why a report is void: its completion was taken back within the minute, or its ticket reopened."""
MOST = 50
"""Reports of one customer that are looked at, the newest."""

_report = Report.table.c
_of_ticket = select(Report.table).where(_report.ticket_id == bindparam("ticket_id")).order_by(_report.id)
_of_customer = (
    select(Report.table)
    .join(Ticket.table, Ticket.table.c.id == _report.ticket_id)
    .where(Ticket.table.c.customer_id == bindparam("person_id"), _report.state != ReportState.VOID)
    .order_by(_report.id.desc())
    .limit(MOST)
)
_with_token = select(Report.table).where(_report.token == bindparam("token"))
_sealed = select(Report.table).where(MADE, _report.hash == bindparam("digest"))
_signed = select(Report.table).where(SIGNED, _report.signed_hash == bindparam("digest"))
_brought = select(Outbox.table).where(
    Outbox.table.c.subject == bindparam("subject"),
    Outbox.table.c.purpose == PURPOSE,
    Outbox.table.c.created_at >= bindparam("since"),
)
_of_event = select(Report.table).where(_report.event_id == bindparam("event_id"))


def reports_of_ticket(turn: Turn, ticket: Ticket) -> list[Report]:
    """All reports of a ticket, the oldest first; those that are void too."""
    return turn.rows(Report, _of_ticket, ticket_id=ticket.id)


def report_of_ticket(turn: Turn, ticket: Ticket) -> Report | None:
    """The report that holds, or is being made; None if there is none."""
    living = [report for report in reports_of_ticket(turn, ticket) if report.state != ReportState.VOID]
    return living[-1] if living else None


def reports_of_customer(turn: Turn, person: Person) -> list[Report]:
    """The reports on a customer's own tickets that are not void, the newest first."""
    return turn.rows(Report, _of_customer, person_id=person.id)


def report_by_token(turn: Turn, token: str) -> Report | None:
    """The report whose QR code names this token."""
    return turn.first(Report, _with_token, token=token)


def report_of_hash(turn: Turn, digest: str) -> Report | None:
    """The report of which this is the SHA-256, as the company sealed it or with the customer's signature."""
    return turn.first(Report, _sealed, digest=digest) or turn.first(Report, _signed, digest=digest)


def report_of_event(turn: Turn, event_id: int) -> Report | None:
    """The report that a completion has ordered."""
    return turn.first(Report, _of_event, event_id=event_id)


def taken_back_now(turn: Turn, ticket: Ticket) -> Report | None:
    """The report that this turn has made void because its completion was taken back, if its customer may have read it."""
    last = reports_of_ticket(turn, ticket)[-1:]
    return next(
        (
            report
            for report in last
            if (report.void_at, report.void_why) == (turn.now, UNDONE) and may_be_read(turn, ticket, report)
        ),
        None,
    )


def may_be_read(turn: Turn, ticket: Ticket, report: Report) -> bool:
    """Whether it was sent, or is in the hands of whoever sends it."""
    if report.made_at is None:
        return False
    rows = turn.rows(Outbox, _brought, subject=ticket.stream, since=report.made_at)
    return any(row.state in (OutboxState.LEASED, OutboxState.SENT, OutboxState.UNCLEAR) for row in rows)
