"""A copy of what the desk keeps of a person (查阅复制权, PIPL Art. 45): his own data, and nothing of anybody else's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.house import JobKind
from core.people.linking import direct_room
from core.people.model import Link, Person
from core.privacy.model import PrivacyRequest
from core.privacy.traces import links_of_anybody, tickets_of
from core.reports.model import Report, Signature
from core.satisfaction.model import Survey
from core.store.model import Event, EventPrivate, Inbox, Job
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.tickets.views import view
from core.words import DAY, FileRef, Room, Say

EXPORT_JOB = "privacy.export"
"""The job that makes the file: data {request, person}; result {hash, size}."""
FILE_TYPE = "application/zip"
MOST_MESSAGES = 5_000
"""Messages of his that a copy holds, the newest."""
OWN = ("name", "phone", "calls", "level", "lang", "address", "company", "region", "muted", "informed_at")
"""What of his row is told: all that is about him."""

_attachments = (
    select(Attachment.table)
    .where(Attachment.table.c.ticket_id == bindparam("ticket_id"))
    .order_by(Attachment.table.c.id)
)
_reports = select(Report.table).where(Report.table.c.ticket_id == bindparam("ticket_id")).order_by(Report.table.c.id)
_signatures = select(Signature.table).where(Signature.table.c.person_id == bindparam("person_id"))
_surveys = select(Survey.table).where(
    Survey.table.c.entity == bindparam("entity"), Survey.table.c.person_id == bindparam("person_id")
)
_said = (
    select(Inbox.table)
    .where(Inbox.table.c.room == bindparam("room"))
    .order_by(Inbox.table.c.id.desc())
    .limit(MOST_MESSAGES)
)
_told = (
    select(Event.table)
    .where(Event.table.c.stream == bindparam("stream"), Event.table.c.by == bindparam("person_id"))
    .order_by(Event.table.c.seq)
)


def order(turn: Turn, request: PrivacyRequest) -> None:
    """Have the copy made and brought to him."""
    turn.start(EXPORT_JOB, f"{EXPORT_JOB}:{request.id}", {"request": request.id, "person": request.person_id})


def gather(turn: Turn, person: Person) -> dict[str, Any]:
    """Everything of his, by subject; `files` are name in the copy → hash in the store."""
    files: dict[str, str] = {}
    tickets = [_ticket(turn, person, ticket, files) for ticket in turn.rows(Ticket, tickets_of, person_id=person.id)]
    links = turn.rows(Link, links_of_anybody, person_id=person.id)
    return {
        "person": {name: getattr(person, name) for name in OWN},
        "chats": [
            {"channel": link.channel, "id": link.who_id, "since": link.bound_at, "last": link.last_at} for link in links
        ],
        "messages": [said for link in links for said in _messages(turn, person, link)],
        "tickets": tickets,
        "signatures": [
            {"at": one.at, "name": one.name, "method": one.method, "document": one.document, "phone": one.phone}
            for one in turn.rows(Signature, _signatures, person_id=person.id)
        ],
        "surveys": [
            {"quarter": one.quarter, "score": one.score}
            for one in turn.rows(Survey, _surveys, entity=person.entity, person_id=person.id)
        ],
        "files": files,
    }


def _messages(turn: Turn, person: Person, link: Link) -> list[dict[str, Any]]:
    """What he said in a chat of his own, the oldest first."""
    own = str(Room(link.channel, link.account, link.who_id))
    rows = [row for row in turn.rows(Inbox, _said, room=own) if row.person_id == person.id]
    return [{"at": row.at, "channel": row.channel, "text": row.said.get("text", "")} for row in reversed(rows)]


def _ticket(turn: Turn, person: Person, ticket: Ticket, files: dict[str, str]) -> dict[str, Any]:
    """A ticket as he may see it, with his own words, the photos that may leave, and its reports."""
    found = {name: value for name, value in view(ticket, person).items() if name not in ("engineer_id", "customer_id")}
    for file in turn.rows(Attachment, _attachments, ticket_id=ticket.id):
        content = file.hash if file.person_id == person.id else file.marked
        if content:
            files[f"{ticket.number}/{file.id}{_ending(file)}"] = content
    for report in turn.rows(Report, _reports, ticket_id=ticket.id):
        if content := report.signed_hash or report.hash:
            files[f"{ticket.number}/{report.number}.pdf"] = content
    events = turn.rows(Event, _told, stream=ticket.stream, person_id=person.id)
    return {**found, "told": [_words(turn, event) for event in events]}


def _words(turn: Turn, event: Event) -> dict[str, Any]:
    hidden = turn.get(EventPrivate, event.id) if event.private_hash else None
    return {"at": event.at, "what": event.kind, **(hidden.data if hidden else {})}


def _ending(file: Attachment) -> str:
    return {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf", "video/mp4": ".mp4"}.get(
        file.mime or "", ""
    )


# ---- the end of the job


def made(turn: Turn, job: Job) -> None:
    """The copy is there: it goes to the chat in which it was asked for, and is taken away after its time."""
    request, result = turn.get(PrivacyRequest, job.data["request"], lock=True), job.result or {}
    person = turn.get(Person, job.data["person"])
    if request is None or person is None or request.state != "open":
        return
    request.hash, request.size = result["hash"], result["size"]
    request.state, request.done_at = "done", turn.now
    bring(turn, request, person)


def bring(turn: Turn, request: PrivacyRequest, person: Person) -> None:
    """Say where it is: in the chat as a file, as a link where files cannot be sent."""
    assert request.hash is not None and request.size is not None
    words, pages = turn.house.wording, turn.house.pages
    file = FileRef(request.hash, words.text(person.lang, "privacy.file"), FILE_TYPE, request.size)
    days = turn.house.policies.privacy.terms.exports // DAY
    text = (
        words.text(person.lang, "privacy.exported", days=days)
        if days
        else words.text(person.lang, "privacy.exported_kept")
    )
    room = Room.of(request.via) if request.via else direct_room(turn, person)
    sent = room is not None and request.size <= turn.house.cans[room.channel].file
    link = pages.customers_link(turn, person, page_of(request)) if pages and not sent else None
    tell(turn, person, Say("my_data", text, file=file, link=link), subject=f"privacy:{request.id}", room=room)


def page_of(request: PrivacyRequest) -> str:
    """The path under which a copy is handed out, which is what a pass to it names."""
    return f"d/{request.id}"


def not_made(turn: Turn, job: Job) -> None:
    """It could not be made: the request stays open, and is seen there."""
    request = turn.get(PrivacyRequest, job.data["request"], lock=True)
    if request is not None:
        request.why = "not made"


def handed_out(turn: Turn, request_id: int, person_id: int) -> tuple[str, str] | None:
    """The copy that this person may fetch: its hash, and what it is called; None if there is none, or none any more."""
    request, person = turn.get(PrivacyRequest, request_id), turn.get(Person, person_id)
    if request is None or person is None or request.person_id != person_id or request.hash is None:
        return None
    return request.hash, turn.house.wording.text(person.lang, "privacy.file")


JOBS = {EXPORT_JOB: JobKind(made, not_made)}
