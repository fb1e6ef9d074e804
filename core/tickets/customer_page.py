"""A ticket's page for whom it concerns: where it stands, what comes next, what has happened, and what was replaced (S97, S99)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from core.parts.swapping import swaps_of
from core.people.model import Person
from core.reports.delivering import newest_file
from core.reports.model import ReportState
from core.reports.queries import report_of_ticket
from core.store.turn import Turn
from core.tickets.board import Column, column_of
from core.tickets.customer_story import Step, steps
from core.tickets.describing import what
from core.tickets.following import Stake, followed
from core.tickets.model import Attachment, Status, Ticket
from core.tickets.progress import FACTS, Asked, Fact
from core.words import FileRef, Micros

MOST_PHOTOS = 24
"""Photos that the page shows: the last ones."""
STAGES = (Status.UNASSIGNED, Status.ACCEPTED, Status.ON_SITE, Status.DONE)
"""The stages of a repair as a customer counts them: reported, taken, on site, done."""

SAID = (Fact.OWNER, Fact.WHY, Fact.NEXT)
"""What is said under the state of a ticket; what was replaced has a list of its own."""

_photo, _person = Attachment.table.c, Person.table.c
_photos = (
    select(Attachment.table)
    .join(Person.table, _person.id == _photo.person_id)
    .where(
        _photo.ticket_id == bindparam("ticket_id"),
        _photo.marked.is_not(None),
        or_(_person.role != "customer", _photo.person_id == bindparam("reader_id")),
    )
    .order_by(_photo.id.desc())
    .limit(MOST_PHOTOS)
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the repair: past, now or ahead."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Photo:
    """The marked copy of a photo. `shows`: old_part, new_part, own (the reader sent it), or nothing of these."""

    id: int
    hash: str
    when: str
    shows: str
    caption: str


@dataclass(frozen=True, slots=True)
class Swap:
    """A part that was replaced."""

    when: str
    code: str
    old_serial: str
    new_serial: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """The service report, and whether it can be opened yet."""

    number: str
    state: str
    ready: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """All that the page shows, in the reader's language. `column` is its colour on the board; `state` and `facts` are the sentences that
    he hears when he asks in the chat: where it stands, then who answers for it, why it waits, what comes next."""

    lang: str
    number: str
    title: str
    serial: str
    reported: str
    column: Column
    status: str
    state: str
    facts: tuple[str, ...]
    maintenance: str
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    photos: tuple[Photo, ...]
    swaps: tuple[Swap, ...]
    report: ReportLine | None


def customer_page(turn: Turn, person_id: int, number: str) -> CustomerPage | None:
    """The page as this person may see it now; None if there is nothing that he may see."""
    found = followed(turn, person_id, number)
    if found is None:
        return None
    ticket, reader, stake = found
    words, lang, zone = turn.house.wording, reader.lang, turn.house.zone
    asked = Asked(turn, ticket, lang)
    return CustomerPage(
        lang=lang,
        number=ticket.number,
        title=what(words, ticket, lang),
        serial=ticket.serial_no or "",
        reported=words.moment(lang, ticket.created_at, turn.now, zone),
        column=column_of(ticket),
        status=words.name(lang, "status", ticket.status),
        state=FACTS[Fact.STAGE](asked),
        facts=tuple(told for fact in SAID if (told := FACTS[fact](asked))),
        maintenance=_maintenance(turn, ticket, lang),
        stages=_stages(turn, ticket, lang),
        steps=tuple(steps(turn, ticket, reader, stake)),
        photos=tuple(_shown(turn, row, reader) for row in _marked(turn, ticket, reader, stake)),
        swaps=tuple(_swaps(turn, ticket, lang)),
        report=_report(turn, ticket, stake),
    )


def photo_of(turn: Turn, person_id: int, number: str, photo_id: int) -> str | None:
    """The hash of the marked copy of a photo that this person may see; None for any other."""
    found = followed(turn, person_id, number)
    rows = _marked(turn, *found) if found else []
    return next((row.marked for row in rows if row.id == photo_id), None)


def report_file_of(turn: Turn, person_id: int, number: str) -> FileRef | None:
    """The newest version of the service report, if the ticket is this person's own."""
    found = followed(turn, person_id, number)
    report = report_of_ticket(turn, found[0]) if found and found[2] == Stake.OWN else None
    return newest_file(turn, report) if report else None


def _report(turn: Turn, ticket: Ticket, stake: Stake) -> ReportLine | None:
    report = report_of_ticket(turn, ticket) if stake == Stake.OWN else None
    if report is None or report.state == ReportState.FAILED:
        return None
    return ReportLine(report.number, report.state, report.hash is not None)


def _marked(turn: Turn, ticket: Ticket, reader: Person, stake: Stake) -> list[Attachment]:
    """The photos that he may see, the oldest first: those of the staff, and his own. They bear where they were taken, so that only the
    customer himself has any."""
    if stake != Stake.OWN:
        return []
    return list(reversed(turn.rows(Attachment, _photos, ticket_id=ticket.id, reader_id=reader.id)))


def _maintenance(turn: Turn, ticket: Ticket, lang: str) -> str:
    """When the device is next due, once the work is done."""
    if ticket.is_open or not ticket.maintenance_at:
        return ""
    when = turn.house.wording.day(lang, ticket.maintenance_at, turn.now, turn.house.zone)
    key = "own.maintenance" if ticket.maintenance_at > turn.now else "own.maintenance_due"
    return turn.house.wording.text(lang, key, when=when)


def _shown(turn: Turn, row: Attachment, reader: Person) -> Photo:
    words, lang = turn.house.wording, reader.lang
    shows = "own" if row.person_id == reader.id else row.shows or "work"
    when = words.moment(lang, row.at, turn.now, turn.house.zone)
    return Photo(row.id, row.marked or "", when, shows, words.text(lang, f"follow.photo_{shows}"))


def _swaps(turn: Turn, ticket: Ticket, lang: str) -> list[Swap]:
    return [
        Swap(_moment(turn, row.at, lang), row.code or "", row.old_serial or "", row.new_serial or "")
        for row in swaps_of(turn, ticket)
    ]


def _stages(turn: Turn, ticket: Ticket, lang: str) -> tuple[Stage, ...]:
    """How far it has come; none of a ticket that was cancelled."""
    if ticket.status == Status.CANCELLED:
        return ()
    reached = _reached(ticket)
    over = ticket.status == Status.CLOSED
    names = [turn.house.wording.text(lang, f"follow.stage_{status}") for status in STAGES]
    places = [
        "past" if place < reached or over else "now" if place == reached else "ahead" for place in range(len(STAGES))
    ]
    return tuple(Stage(name, place) for name, place in zip(names, places, strict=True))


def _reached(ticket: Ticket) -> int:
    """The stage at which it is; a ticket that waits is where it was before it waited."""
    status = ticket.held_from if ticket.status == Status.ON_HOLD and ticket.held_from else ticket.status
    if status == Status.CLOSED:
        return len(STAGES) - 1
    if status in STAGES:
        return STAGES.index(status)
    return STAGES.index(Status.ON_SITE if ticket.arrived_at else Status.ACCEPTED)


def _moment(turn: Turn, at: Micros, lang: str) -> str:
    return turn.house.wording.moment(lang, at, turn.now, turn.house.zone)
