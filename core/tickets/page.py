"""A ticket's page: where it stands, what happened to it, and its files, as far as the reader's role may see them (S7, S18, S83)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

from sqlalchemy import bindparam, select

from core.clocks.explaining import Explained, explained
from core.clocks.lateness import is_overdue
from core.forms.choosing import form_of
from core.forms.showing import asked_about
from core.people.model import Person
from core.people.phones import without_numbers
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.attaching import PLATFORM
from core.tickets.board import Column, column_of
from core.tickets.describing import card, what
from core.tickets.entitled import may
from core.tickets.events import Happened
from core.tickets.marking import FAILED, REASONS, copy_of
from core.tickets.model import Attachment, Priority, Status, Ticket
from core.tickets.recording import record_aside
from core.tickets.views import SEES, Sort, sees
from core.words import MINUTE, Micros

MOST_STEPS = 200
"""Steps of a ticket's story that its page tells: the last ones."""
MOST_FILES = 100
"""Files that its page offers: the last ones."""
TOLD: dict[str, tuple[str, Sort]] = {
    Happened.REPORTED: ("words", Sort.WORDS),
    Happened.SUPPLEMENTED: ("words", Sort.WORDS),
    Happened.REOPENED: ("words", Sort.WORDS),
    Happened.RATED: ("words", Sort.WORDS),
    Happened.NOTED: ("text", Sort.WORK),
    Happened.HELD: ("reason", Sort.WORK),
    Happened.COMPLETED: ("summary", Sort.WORK),
}
"""Event → which of its private words are told, and what sort they are. Others are told to nobody."""
LABELS = ("story", "files", "clock", "overdue", "empty", "download", "readonly", "fill", "original")
"""Words of the page itself."""

_ticket, _event, _attachment = Ticket.table.c, Event.table.c, Attachment.table.c
_by_number = select(Ticket.table).where(_ticket.entity == bindparam("entity"), _ticket.number == bindparam("number"))
_events = (
    select(Event.table).where(_event.stream == bindparam("stream")).order_by(_event.seq.desc()).limit(bindparam("most"))
)
_files = (
    select(Attachment.table)
    .where(_attachment.ticket_id == bindparam("ticket_id"), _attachment.hash.is_not(None))
    .order_by(_attachment.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when, what, who did it, and in which words."""

    at: Micros
    when: str
    what: str
    who: str
    told: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A photo, recording or file that the reader may have; what is `said` in a recording, and who `wrote` that down (S68).

    Of a photo `hash` is its marked copy; None while that is being made, or if it cannot be, as the `note` says. `original` is the
    photo as it came, for those who may see it, and `proof` names its content (S37).
    """

    id: int
    hash: str | None
    name: str
    mime: str
    size: int | None
    when: str
    said: str = ""
    wrote: str = ""
    picture: bool = False
    note: str = ""
    original: str | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """All that the page shows, in the reader's language."""

    lang: str
    number: str
    title: str
    column: Column
    status: Status
    status_text: str
    priority: Priority
    overdue: bool
    facts: tuple[tuple[str, str], ...]
    clock: list[Explained]
    story: list[Step]
    files: list[Paper]
    labels: dict[str, str]
    form: str | None


def ticket_page(turn: Turn, person_id: int, number: str) -> TicketPage | None:
    """The page as this person may see it now; None if there is nothing that he may see."""
    found = readable(turn, person_id, number)
    if found is None:
        return None
    ticket, reader = found
    words, lang = turn.house.wording, reader.lang
    return TicketPage(
        lang,
        ticket.number,
        what(words, ticket, lang),
        column_of(ticket),
        ticket.status,
        words.name(lang, "status", ticket.status),
        ticket.priority,
        is_overdue(ticket, turn.house.policies.service_level, turn.now) or ticket.red is not None,
        card(turn, ticket, reader, "page", ticket.number).facts,
        explained(turn, ticket, lang),
        story(turn, ticket, reader),
        papers(turn, ticket, reader),
        {name: words.text(lang, f"page.{name}", minutes=turn.house.policies.pass_lasts // MINUTE) for name in LABELS},
        _form(turn, ticket, reader),
    )


def readable(turn: Turn, person_id: int, number: str) -> tuple[Ticket, Person] | None:
    """The ticket with this number and its reader, if he is on the staff and may read it now, whatever he might before (S8)."""
    reader = turn.get(Person, person_id)
    if reader is None:
        return None
    ticket = turn.first(Ticket, _by_number, entity=reader.entity, number=number)
    return (ticket, reader) if ticket is not None and reader.is_staff and may(reader, "read", ticket) else None


def story(turn: Turn, ticket: Ticket, reader: Person) -> list[Step]:
    """What happened, the latest first."""
    events = turn.rows(Event, _events, stream=ticket.stream, most=MOST_STEPS)
    return [_step(turn, event, reader) for event in events]


def papers(turn: Turn, ticket: Ticket, reader: Person) -> list[Paper]:
    """The files that have come, the latest first: a customer's go with his words, a colleague's with his work."""
    words, zone, seen = turn.house.wording, turn.house.zone, SEES.get(reader.role, frozenset())
    found = []
    for row in turn.rows(Attachment, _files, ticket_id=ticket.id, most=MOST_FILES):
        sender = turn.get(Person, row.person_id)
        sort = Sort.WORK if sender is not None and sender.is_staff else Sort.WORDS
        if sort not in seen or not row.hash:
            continue
        when = words.moment(reader.lang, row.at, turn.now, zone)
        name, mime = row.name or words.text(reader.lang, "page.file"), row.mime or "application/octet-stream"
        if row.kind == "image" or mime.startswith("image/"):
            found.append(_photo(turn, ticket, row, reader, when))
        else:
            found.append(Paper(row.id, row.hash, name, mime, row.size, when, *_said(turn, row, reader)))
    return found


def original_of(turn: Turn, ticket: Ticket, reader: Person, file_id: int) -> tuple[str, str] | None:
    """The photo as it came, if he may see it: its hash and its name. That he looks at it is recorded, with where he is (S37)."""
    found = next((one for one in papers(turn, ticket, reader) if one.id == file_id), None)
    if found is None or found.original is None:
        return None
    record_aside(turn, Happened.ORIGINAL_SEEN, ticket, reader, file=file_id)
    row = turn.get(Attachment, file_id)
    return found.original, (row.name if row else None) or found.name


def _photo(turn: Turn, ticket: Ticket, row: Attachment, reader: Person, when: str) -> Paper:
    """A photo by its marked copy; a file that is no picture at all as the file that it is."""
    words, lang = turn.house.wording, reader.lang
    name, mime = row.name or words.text(lang, "page.file"), row.mime or "application/octet-stream"
    copy = copy_of(row, PurePath(name).stem)
    if copy is not None:
        shown = Paper(row.id, copy.hash, copy.name, copy.mime, copy.size, when, picture=True)
    elif row.error is None:
        shown = Paper(row.id, None, name, mime, row.size, when, note=words.text(lang, "photo.making"))
    else:
        why = row.error if row.error in REASONS else FAILED
        kept = row.hash if not mime.startswith("image/") else None
        shown = Paper(row.id, kept, name, mime, row.size, when, note=words.text(lang, f"photo.why.{why}"))
    if row.hash is None or not may(reader, "original", ticket):
        return shown
    return replace(shown, original=row.hash, proof=words.text(lang, "photo.proof", hash=row.hash))


def _form(turn: Turn, ticket: Ticket, reader: Person) -> str | None:
    """What the ticket's form is called, if this reader may fill in something of it."""
    form = form_of(turn, ticket)
    his = form is not None and any(sees(ticket, reader, one.seen_by) for one in form.fields)
    open_still = ticket.status not in (Status.CLOSED, Status.CANCELLED)
    return form.title.to(reader.lang) if form is not None and his and open_still else None


def _step(turn: Turn, event: Event, reader: Person) -> Step:
    words, lang, seen = turn.house.wording, reader.lang, SEES.get(reader.role, frozenset())
    key, sort = TOLD.get(event.kind, ("", None))
    told = str(words_of(turn, event).get(key) or "") if sort in seen else ""
    if Sort.CONTACT not in seen:
        told = without_numbers(told)
    target = event.data.get("to")
    to = _name(turn, target, reader) if isinstance(target, int) else ""
    field = asked_about(turn, event, reader)
    happened = f"{words.event(lang, event.kind)} · {field}" if field else words.event(lang, event.kind)
    return Step(
        event.at,
        words.moment(lang, event.at, turn.now, turn.house.zone),
        f"{happened} → {to}" if to else happened,
        _name(turn, event.by, reader) if event.by else "",
        told,
    )


def _name(turn: Turn, person_id: int, reader: Person) -> str:
    """A colleague by his name; a customer only to those who may know him."""
    person = turn.get(Person, person_id)
    if person is None:
        return ""
    known = person.is_staff or Sort.CONTACT in SEES.get(reader.role, frozenset())
    role = turn.house.wording.name(reader.lang, "role", person.role)
    return person.name or role if known else role


def _said(turn: Turn, row: Attachment, reader: Person) -> tuple[str, str]:
    """What a recording says as far as its reader may know it, and who wrote that down."""
    words, lang = turn.house.wording, reader.lang
    if not row.words and not row.corrected:
        return "", ""

    def shown(text: str) -> str:
        return text if Sort.CONTACT in SEES.get(reader.role, frozenset()) else without_numbers(text)

    if row.corrected:
        return shown(row.corrected), words.text(lang, "voice.wrote_himself", words=shown(row.words or ""))
    engine = words.name(lang, "voice.engine", row.engine or PLATFORM)
    if row.confidence is None:
        return shown(row.words or ""), words.text(lang, "voice.wrote", engine=engine)
    return shown(row.words or ""), words.text(lang, "voice.wrote_sure", engine=engine, percent=row.confidence)
