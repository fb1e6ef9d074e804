"""A report is delivered where its customer is: as a file in his chat, as a link where files cannot be sent (微信直达客户, S100)."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import left_to_say, tell
from core.people.linking import direct_room
from core.people.model import Person
from core.reports.model import Report, ReportState
from core.reports.queries import PURPOSE
from core.store.outgoing import withdraw
from core.store.turn import Turn
from core.tickets.describing import who
from core.tickets.merging import reporters_of
from core.tickets.model import Ticket
from core.words import HOUR, FileRef, Room, Say

NOTICE = "report_ready"
"""Kind of message by which others hear that there is one."""
PDF = "application/pdf"


def deliver(turn: Turn, report: Report, signed: bool) -> None:
    """Send it to its customer; whoever else told of the fault hears that he has it, and gets no copy. Who has no chat hears by SMS that it
    is there, and no more when he has signed. Where the platform takes one message more, it is the file.
    """
    ticket, customer = turn.get(Ticket, report.ticket_id), turn.get(Person, report.person_id)
    if ticket is None or customer is None:
        return
    head = "report.delivered_signed" if signed else "report.delivered"
    room = direct_room(turn, customer)
    if room is None and signed:
        return
    withdraw_unsent(turn, ticket)
    say = report_say(turn, report, customer, room, head)
    if room is not None and say.file is not None and left_to_say(turn, room) == 1:
        say = replace(say, text="", link=None)
    tell(turn, customer, say, subject=ticket.stream)
    if signed:
        return
    for reporter in reporters_of(turn, ticket):
        person = turn.get(Person, reporter.person_id)
        if person is not None and person.id != customer.id:
            text = turn.house.wording.text(person.lang, "report.noticed", number=ticket.number)
            tell(turn, person, Say(NOTICE, text), subject=ticket.stream)


def report_say(turn: Turn, report: Report, reader: Person, room: Room | None, head: str) -> Say:
    """The report as a message for this reader in this room: what it is, the file or the link to it, how to sign and to check it."""
    ticket = turn.get(Ticket, report.ticket_id)
    assert ticket is not None
    words, lang, file = turn.house.wording, reader.lang, newest_file(turn, report)
    facts = {"number": ticket.number, "report": report.number, "name": who(turn, ticket)}
    takes_file = room is None or (file is not None and file.size <= turn.house.cans[room.channel].file)
    link = sign_link(turn, report, reader) if room is not None and not room.group else None
    lines = [words.text(lang, head, **facts)]
    if takes_file:
        lines += [words.text(lang, "report.to_check")]
    elif link is None:
        lines += [words.text(lang, "report.ask_for_it", **facts)]
    if report.state == ReportState.SEALED and not reader.is_staff:
        lines += [words.text(lang, "report.to_sign" if link else "report.to_sign_chat")]
    if link and not takes_file:
        hours = turn.house.policies.customer_pass_lasts // HOUR
        lines += [words.text(lang, "report.behind_link", hours=hours)]
    params = (("number", ticket.number), ("state", words.text(lang, "sms.report_is_there", report=report.number)))
    return Say(PURPOSE, "\n".join(lines), file=file, link=link, params=params)


def newest_file(turn: Turn, report: Report) -> FileRef | None:
    """The newest version of the document, under a name of its own: some telephones show again what they first had under a name."""
    words, lang = turn.house.wording, report.lang
    if report.signed_hash is not None:
        name = words.text(lang, "report.file_signed", number=report.number)
        return FileRef(report.signed_hash, name, PDF, report.signed_size or 0)
    if report.hash is None:
        return None
    return FileRef(report.hash, words.text(lang, "report.file", number=report.number), PDF, report.size or 0)


def page_of(token: str) -> str:
    """The path of the sign page, which is what a pass to it names."""
    return f"s/{token}"


def sign_link(turn: Turn, report: Report, reader: Person) -> str | None:
    """The customer's own link to where he sees and signs it; None where pages have no public address."""
    pages = turn.house.pages
    return pages.customers_link(turn, reader, page_of(report.token)) if pages else None


def check_url(turn: Turn, report: Report) -> str:
    """What its QR code says: the page on which anybody sees whether it counts; "" where pages have no public address."""
    pages = turn.house.pages
    return f"{pages.url}/check/{report.token}" if pages else ""


def withdraw_unsent(turn: Turn, ticket: Ticket) -> None:
    """Take back reports of a ticket that have not been handed out: another one comes, or none."""
    withdraw(turn, ticket.stream, (PURPOSE, NOTICE))
