"""A report counts no more once its completion does not: taken back within the minute, or reopened (作废)."""

from __future__ import annotations

from core.conversations.saying import tell
from core.people.model import Person
from core.reports.delivering import withdraw_unsent
from core.reports.model import Report, ReportState
from core.reports.queries import REOPENED, UNDONE, may_be_read, report_of_event, report_of_ticket
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.recording import record_aside, ticket_in
from core.words import Say


def void_undone(turn: Turn, event: Event) -> None:
    """The completion was taken back. Whoever has the report already hears so in the correction that follows."""
    report = report_of_event(turn, event.id)
    if report is not None:
        _void(turn, report, event, UNDONE)


def void_reopened(turn: Turn, event: Event) -> None:
    """It was not fixed: who has the report already hears that it counts no more."""
    ticket = ticket_in(turn, event)
    report = report_of_ticket(turn, ticket)
    if report is None or not _void(turn, report, event, REOPENED):
        return
    customer = turn.get(Person, report.person_id)
    if customer is not None:
        facts = {"report": report.number, "number": ticket.number}
        text = turn.house.wording.text(customer.lang, "report.void_reopened", **facts)
        tell(turn, customer, Say("correction", text), subject=ticket.stream)


def _void(turn: Turn, report: Report, event: Event, why: str) -> bool:
    """Make it void, and take it back where it has not been sent; whether its customer may have read it."""
    turn.get(Report, report.id, lock=True)
    report.state, report.void_at, report.void_why = ReportState.VOID, turn.now, why
    ticket = ticket_in(turn, event)
    withdraw_unsent(turn, ticket)
    record_aside(turn, Happened.REPORT_VOIDED, ticket, None, report=report.id, why=why)
    return may_be_read(turn, ticket, report)


REACTIONS = {Happened.REOPENED: (void_reopened,)}
"""Event → what must follow in the same turn."""
REVERSALS = {Happened.COMPLETED: (void_undone,)}
"""Event → what its taking back takes back besides."""
