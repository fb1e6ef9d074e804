"""A completion orders its service report: made once, as a job, delivered when it is sealed (S66, S100)."""

from __future__ import annotations

from typing import cast

from core.conversations.saying import tell
from core.house import JobKind
from core.people.duty import in_role
from core.people.model import Person, Role
from core.reports.delivering import deliver
from core.reports.model import Report, ReportState
from core.reports.queries import reports_of_ticket
from core.store.model import Event, Job, JobState
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside, ticket_in
from core.words import Say

MAKE_REPORT = "report.make"
"""Job: draw a report and seal it: data {report}, result {hash, size, pages}, or {} while photos are still being marked."""
FAILED = "report_failed"
"""Kind of message by which managers hear that a report could not be made."""


def order(turn: Turn, event: Event) -> None:
    """The work is done: its report is ordered, numbered after the ticket."""
    ticket = ticket_in(turn, event)
    customer = turn.get(Person, ticket.customer_id)
    if not turn.house.policies.reports.enabled or customer is None:
        return
    report = turn.add(
        Report(
            id=turn.new_id(),
            entity=ticket.entity,
            ticket_id=ticket.id,
            event_id=event.id,
            person_id=customer.id,
            number=f"{ticket.number}-{len(reports_of_ticket(turn, ticket)) + 1}",
            token=turn.house.chance(),
            lang=customer.lang,
            ordered_at=turn.now,
        )
    )
    record_aside(turn, Happened.REPORT_ORDERED, ticket, None, report=report.id, number=report.number)
    turn.start(MAKE_REPORT, f"{MAKE_REPORT}:{report.id}", {"report": report.id})


# ---- the job's end


def made(turn: Turn, job: Job) -> None:
    """It is drawn and sealed: its customer gets it, unless it has become void meanwhile. Without a document, photos are waited for."""
    report = _locked(turn, job)
    if report.state not in (ReportState.ORDERED, ReportState.FAILED):
        return
    result = job.result or {}
    if not result:
        job.state, job.due_at, job.attempts = JobState.WAITING, turn.now + turn.house.policies.reports.look, 0
        return
    report.state, report.made_at, report.error = ReportState.SEALED, turn.now, None
    report.hash, report.size, report.pages = result["hash"], result["size"], result["pages"]
    facts = {"report": report.id, "document": report.hash, "pages": report.pages}
    record_aside(turn, Happened.REPORT_MADE, _ticket(turn, report), None, **facts)
    deliver(turn, report, signed=False)


def not_made(turn: Turn, job: Job) -> None:
    """It cannot be made: managers hear so, and can have it tried again (`desk dead again`)."""
    report = _locked(turn, job)
    if report.state not in (ReportState.ORDERED, ReportState.FAILED):
        return
    ticket, first = _ticket(turn, report), report.state == ReportState.ORDERED
    report.state, report.error = ReportState.FAILED, job.error
    if not first:
        return
    record_aside(turn, Happened.REPORT_FAILED, ticket, None, report=report.id)
    for manager in in_role(turn, ticket.entity, Role.MANAGER):
        facts = {"number": ticket.number, "report": report.number, "job": job.id}
        text = turn.house.wording.text(manager.lang, "report.failed", **facts)
        tell(turn, manager, Say(FAILED, text), subject=ticket.stream)


def _locked(turn: Turn, job: Job) -> Report:
    return cast(Report, turn.get(Report, job.data["report"], lock=True))


def _ticket(turn: Turn, report: Report) -> Ticket:
    return cast(Ticket, turn.get(Ticket, report.ticket_id))


REACTIONS = {Happened.COMPLETED: (order,)}
"""Event → what must follow in the same turn."""
JOBS = {MAKE_REPORT: JobKind(made, not_made)}
"""Kind of job → the turns in which it ends."""
