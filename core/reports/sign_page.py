"""What a report's sign page shows, and the links that lead to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from core.people.dialling import SMS, number_room
from core.people.model import Person
from core.refused import Refused
from core.reports.delivering import newest_file, page_of
from core.reports.model import Report, ReportState
from core.reports.queries import report_by_token
from core.reports.signing import signature_of
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Ticket
from core.wording import local
from core.words import FileRef

SignState = Literal["making", "open", "received", "signed", "void"]
"""Being made; to be signed; signed but not yet put into the document; the document is signed; does not count any more."""


@dataclass(frozen=True, slots=True)
class SignPage:
    """A report as whoever has it signed sees it. `document` is the hash of what is shown, `file` the newest of its versions; `name` the
    customer's, `phone` the end of his number if a code can be sent there; `signed_by` and `signed_when` say who has signed;
    `through` is the name of the member of the staff who hands it over on site; `agreement` what both parties agree upon."""

    number: str
    lang: str
    state: SignState
    document: str
    file: FileRef | None
    name: str
    phone: str
    signed_by: str
    signed_when: str
    through: str
    agreement: str


def sign_link(turn: Turn, report: Report, person: Person) -> str | None:
    """His own link to the sign page; None where pages have no public address, or he is nobody any more."""
    pages = turn.house.pages
    if pages is None:
        return None
    link = pages.link if person.is_staff else pages.customers_link
    return link(turn, person, page_of(report.token))


def seen_by(turn: Turn, person_id: int, token: str) -> tuple[Report, Person] | None:
    """The report and its reader, if it is his to have signed: its customer, or who answers for the ticket."""
    report, person = report_by_token(turn, token), turn.get(Person, person_id)
    ticket = turn.get(Ticket, report.ticket_id) if report else None
    if report is None or person is None or ticket is None:
        return None
    with suppress(Refused):
        must_be_entitled(person, "sign", ticket)
        if person.is_staff or person.id == report.person_id:
            return report, person
    return None


def sign_page(turn: Turn, person_id: int, token: str) -> SignPage | None:
    """All that the page shows; None if it is not this person's."""
    known = seen_by(turn, person_id, token)
    if known is None:
        return None
    report, reader = known
    signature, customer = signature_of(turn, report), turn.get(Person, report.person_id)
    room = number_room(turn, customer, SMS) if customer else None
    when = f"{local(signature.at, turn.house.zone):%Y-%m-%d %H:%M}" if signature else ""
    return SignPage(
        number=report.number,
        lang=report.lang,
        state=_state(report, signed=signature is not None),
        document=report.hash or "",
        file=newest_file(turn, report),
        name=(customer.name if customer else None) or "",
        phone=room.id[-4:] if room else "",
        signed_by=(signature.name if signature else None) or "",
        signed_when=when,
        through=(reader.name or "") if reader.is_staff else "",
        agreement=turn.house.policies.reports.agreement or turn.house.wording.text(report.lang, "report.agreement"),
    )


def _state(report: Report, *, signed: bool) -> SignState:
    if report.state == ReportState.VOID:
        return "void"
    if report.state == ReportState.SIGNED:
        return "signed"
    if report.hash is None:
        return "making"
    return "received" if signed else "open"
