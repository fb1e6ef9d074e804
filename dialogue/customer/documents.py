"""A customer asks for his service report (把服务报告发我): the newest version of it, in his own chat (S66, S100)."""

from __future__ import annotations

from core.conversations.saying import answer, tell
from core.people.linking import direct_room
from core.reports.delivering import report_say
from core.reports.model import Report, ReportState
from core.reports.queries import PURPOSE, report_of_ticket, reports_of_customer
from core.tickets.model import Ticket
from core.tickets.queries import by_number, full_number, tickets_of_customer
from dialogue.documents import report_wanted
from dialogue.heard import Heard
from dialogue.quoting import quoted


def asked(heard: Heard) -> str | None:
    """Send it to him, or say why there is none yet; None if he asks for something else."""
    digits = report_wanted(heard.text)
    if digits is None:
        return None
    ticket = _named(heard, digits) if digits else quoted(heard)
    if digits and ticket is None:
        heard.answer("cannot_find", "customer.cannot_find", number=full_number(heard.turn, digits))
        return "not his"
    report = report_of_ticket(heard.turn, ticket) if ticket else next(iter(_newest(heard)), None)
    if report is None or report.hash is None:
        return _none_yet(heard, report, ticket)
    return _send(heard, report)


def _send(heard: Heard, report: Report) -> str:
    turn, room = heard.turn, heard.message.room
    if room.group:
        own = direct_room(turn, heard.person)
        if own is not None and not own.group:
            tell(turn, heard.person, report_say(turn, report, heard.person, own, "report.again"))
        heard.answer(PURPOSE, "report.sent_aside" if own else "report.not_here", report=report.number)
        return "sent aside" if own else "not in a group"
    say = report_say(turn, report, heard.person, room, "report.again")
    answer(turn, heard.talk, PURPOSE, say.text, file=say.file, link=say.link)
    return f"sent {report.number}"


def _none_yet(heard: Heard, report: Report | None, ticket: Ticket | None) -> str:
    """It is being made, could not be made, the work is not done, or there is nothing of which there could be one."""
    ticket = ticket or next(iter(tickets_of_customer(heard.turn, heard.person)), None)
    if ticket is None:
        heard.answer("report_ready", "report.none")
        return "no report"
    key = "none_of"
    if report is not None:
        key = "not_made" if report.state == ReportState.FAILED else "making"
    elif ticket.is_open:
        key = "not_done"
    heard.answer("report_ready", f"report.{key}", number=ticket.number)
    return f"no report: {key}"


def _named(heard: Heard, digits: str) -> Ticket | None:
    ticket = by_number(heard.turn, heard.person.entity, full_number(heard.turn, digits))
    return ticket if ticket is not None and ticket.customer_id == heard.person.id else None


def _newest(heard: Heard) -> list[Report]:
    """His reports, those that are made first, of these the newest first."""
    found = reports_of_customer(heard.turn, heard.person)
    return sorted(found, key=lambda report: report.hash is None)
