"""A member of the staff asks for the service report of a ticket (报告 1023)."""

from __future__ import annotations

from core.conversations.saying import answer
from core.people.model import Role
from core.refused import Refused
from core.reports.delivering import report_say
from core.reports.queries import PURPOSE, report_of_ticket
from core.tickets.views import SEES, Sort
from dialogue.documents import report_wanted
from dialogue.heard import Heard
from dialogue.staff.which import ticket_numbered

ENTITLED = frozenset(role for role, seen in SEES.items() if {Sort.CONTACT, Sort.WORK} <= seen and role != Role.CUSTOMER)
"""A report names the customer and tells of the work: it is for those who may see both."""


def report_asked(heard: Heard) -> str | None:
    """Send it, or say that there is none; None if he asks for something else. Raises Refused: not_entitled."""
    digits = report_wanted(heard.text)
    if not digits:
        return None
    ticket = ticket_numbered(heard, digits)
    if heard.person.role not in ENTITLED:
        raise Refused("not_entitled", number=ticket.number, verb="read")
    report = report_of_ticket(heard.turn, ticket)
    if report is None or report.hash is None:
        heard.answer("report_ready", "report.none_of", number=ticket.number)
        return "no report"
    if heard.message.room.group:
        heard.answer("report_ready", "report.not_here", report=report.number)
        return "not in a group"
    say = report_say(heard.turn, report, heard.person, heard.message.room, "report.again")
    answer(heard.turn, heard.talk, PURPOSE, say.text, file=say.file, link=say.link)
    return f"sent {report.number}"
