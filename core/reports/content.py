"""What stands in a service report: read from the rows and events of its ticket, in its customer's language (S66, S99, S100).

Nothing of it is for colleagues only: no note, no other person's number, no name but the engineer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from core.clocks.account import Reckoning, State
from core.clocks.explaining import explain, span_text
from core.clocks.policy import Goal
from core.parts.model import Part
from core.parts.swapping import swaps_of
from core.people.model import Person
from core.people.phones import masked, masked_number
from core.reports.cause import found_in
from core.reports.delivering import check_url
from core.reports.fitted import replaced
from core.reports.model import Report, ReportState
from core.reports.press import Picture, Sheet
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.wording import local
from core.words import Micros

MOST_PHOTOS = 6
"""Photos in one report; those of old and new parts come first."""
LONGEST_WORDS = 300
"""Characters of the customer's own words."""
PROMISED = (Goal.RESPONSE, Goal.RESOLUTION)
"""What was promised to the customer; how soon the engineer should act is a rule of the house."""
LABELS = (
    "number", "ticket", "check", "parts", "part_code", "part_name", "qty", "old_serial", "new_serial", "photos",
    "maintenance", "company_seal", "customer_signature", "engineer",
)  # fmt: skip
"""The printed words that the press asks for."""

Facts = tuple[tuple[str, str], ...]

_attachment = Attachment.table.c
_photos = (
    select(Attachment.table)
    .where(
        _attachment.ticket_id == bindparam("ticket_id"),
        or_(_attachment.kind == "image", _attachment.mime.startswith("image/")),
    )
    .order_by(_attachment.id)
)
_part = select(Part.table).where(Part.table.c.code == bindparam("code"))


@dataclass(frozen=True, slots=True)
class Waits:
    """A photo is still on its way to its marked copy: the report is drawn a little later."""


def content(turn: Turn, report_id: int) -> Sheet | Waits | None:
    """The sheet of a report that is to be made; Waits while a photo of it is being marked; None if it is not wanted any more."""
    report = turn.get(Report, report_id)
    event = turn.get(Event, report.event_id) if report else None
    ticket = turn.get(Ticket, report.ticket_id) if report else None
    if (
        report is None
        or event is None
        or ticket is None
        or report.state not in (ReportState.ORDERED, ReportState.FAILED)
    ):
        return None
    photos = _photos_of(turn, ticket)
    if any(_is_on_its_way(turn, photo) for photo in photos):
        return Waits()
    return _sheet(turn, report, ticket, event, photos)


def _sheet(turn: Turn, report: Report, ticket: Ticket, event: Event, photos: list[Attachment]) -> Sheet:
    words, policy, lang = turn.house.wording, turn.house.policies.reports, report.lang
    used = [(code, qty) for code, qty in event.data["parts"]]
    maintenance = event.data.get("maintenance")
    return Sheet(
        lang=lang,
        number=report.number,
        ticket=ticket.number,
        company=policy.company,
        title=policy.title or words.text(lang, "report.title"),
        sections=tuple(_sections(turn, report, ticket, event)),
        parts=replaced(used, swaps_of(turn, ticket), lambda code: _part_name(turn, code)),
        pictures=tuple(_picture(turn, photo, lang) for photo in _chosen(photos)),
        maintenance=f"{local(maintenance, turn.house.zone):%Y-%m-%d}" if maintenance else "",
        engineer=_engineer(turn, event, lang),
        agreement=policy.agreement or words.text(lang, "report.agreement"),
        check_url=check_url(turn, report),
        made_at=turn.now,
        labels={name: words.text(lang, f"report.label.{name}") for name in LABELS},
    )


# ---- sections


def _sections(turn: Turn, report: Report, ticket: Ticket, event: Event) -> Iterator[tuple[str, Facts]]:
    """Titles and rows; what is unknown has no row, and a section without rows is left out."""
    words, lang = turn.house.wording, report.lang
    found = found_in(masked(words_of(turn, event).get("summary", "")))
    customer = turn.get(Person, report.person_id)
    rows: dict[str, dict[str, str | None]] = {
        "customer": {
            "name": customer.name if customer else None,
            "company": customer.company if customer else None,
            "phone": masked_number(ticket.phone or (customer.phone if customer else None) or ""),
            "address": ticket.address or (customer.address if customer else None),
        },
        "device": {"device": ticket.device, "model": ticket.device_model, "serial": ticket.serial_no},
        "fault": {
            "symptom": ticket.fault_symptom,
            "error_code": ticket.error_code,
            "words": _brief(masked(ticket.description)),
        },
        "work": {"cause": found.cause, "actions": found.actions},
        "times": {
            "reported": _instant(turn, ticket.created_at),
            "response": _instant(turn, ticket.first_response_at),
            "arrived": _instant(turn, ticket.arrived_at),
            "done": _instant(turn, event.at),
        },
    }
    for name, facts in rows.items():
        told = tuple((words.text(lang, f"report.row.{row}"), value) for row, value in facts.items() if value)
        if told:
            yield words.text(lang, f"report.section.{name}"), told
    promises = tuple(_promises(turn, ticket, lang))
    if promises:
        yield words.text(lang, "report.section.promises"), promises


def _promises(turn: Turn, ticket: Ticket, lang: str) -> Iterator[tuple[str, str]]:
    """Each promise that was made: kept or not, and by how much (S9, S12)."""
    account = explain(turn, ticket)
    for goal in PROMISED:
        reckoning = account.of(goal)
        if reckoning is not None and reckoning.state in (State.MET, State.BREACHED):
            yield turn.house.wording.name(lang, "clock.goal", goal), _kept(turn, reckoning, lang)


def _kept(turn: Turn, one: Reckoning, lang: str) -> str:
    words = turn.house.wording
    return words.text(
        lang,
        f"report.promise.{one.state}",
        span=span_text(words, lang, one.target.span),
        runs=words.name(lang, "clock.runs", one.target.runs),
        spent=span_text(words, lang, one.spent),
        late=span_text(words, lang, max(one.spent - one.target.span, 0)),
    )


# ---- photos


def _photos_of(turn: Turn, ticket: Ticket) -> list[Attachment]:
    """What the staff has photographed, in order."""
    found = turn.rows(Attachment, _photos, ticket_id=ticket.id)
    authors = {photo.person_id: turn.get(Person, photo.person_id) for photo in found}
    return [photo for photo in found if (author := authors[photo.person_id]) is not None and author.is_staff]


def _is_on_its_way(turn: Turn, photo: Attachment) -> bool:
    """Whether its marked copy may still come: it is young, and nothing says that there will be none."""
    young = photo.at + turn.house.policies.reports.photos > turn.now
    return photo.marked is None and photo.error is None and young


def _chosen(photos: list[Attachment]) -> list[Attachment]:
    """Those that are shown: marked copies only, each once, old and new parts first."""
    shown: dict[str, Attachment] = {}
    for photo in sorted(photos, key=lambda photo: photo.shows is None):
        if photo.marked is not None:
            shown.setdefault(photo.marked, photo)
    return list(shown.values())[:MOST_PHOTOS]


def _picture(turn: Turn, photo: Attachment, lang: str) -> Picture:
    when = f"{local(photo.taken_at or photo.at, turn.house.zone):%m-%d %H:%M}"
    return Picture(
        photo.marked or "", turn.house.wording.text(lang, f"report.photo.{photo.shows or 'other'}", when=when)
    )


# ---- words


def _engineer(turn: Turn, event: Event, lang: str) -> str:
    person = turn.get(Person, event.by) if event.by else None
    if person is None or not person.staff_no:
        return (person.name if person else None) or ""
    return turn.house.wording.text(lang, "report.engineer", name=person.name or "", staff_no=person.staff_no)


def _part_name(turn: Turn, code: str) -> str:
    part = turn.first(Part, _part, code=code)
    return (part.name if part else None) or ""


def _brief(text: str) -> str:
    return text if len(text) <= LONGEST_WORDS else f"{text[: LONGEST_WORDS - 1]}…"


def _instant(turn: Turn, at: Micros | None) -> str:
    return f"{local(at, turn.house.zone):%Y-%m-%d %H:%M}" if at is not None else ""
