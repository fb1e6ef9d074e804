"""Photos, recordings and files land on the ticket at once; their content is fetched as a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.model import Event, Job
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.marking import EXIF, order
from core.tickets.model import Attachment, Ticket
from core.tickets.recording import record
from core.words import DAY, MINUTE, SECOND, Media, Room

PLATFORM = "platform"
"""The engine of words that came with the message."""
OLDEST = 7 * DAY
"""A camera that says that a photo is older, when it is sent, is not believed."""
CLOCKS_DIFFER = 10 * MINUTE
"""How far a camera may be ahead of us."""
FETCH = "fetch_media"
"""The job that brings a file from its platform into the desk's own store: data {attachment, media, channel}."""


_of_recording = select(Attachment.table).where(Attachment.table.c.recording_id == bindparam("recording_id"))


def attach(turn: Turn, ticket: Ticket, by: Person, event: Event, kind: str, media: Sequence[Media]) -> list[Attachment]:
    """Put files on a ticket and order their content, also of what the desk has already: what it is, and where a photo was taken,
    stands in it."""
    channel = Room.of(turn.cause.via).channel if turn.cause.via else ticket.channel
    rows = []
    for file in media:
        row = turn.add(
            Attachment(
                id=turn.new_id(),
                ticket_id=ticket.id,
                event_id=event.id,
                person_id=by.id,
                at=event.at,
                channel=channel,
                ref=file.ref,
                kind=kind,
                name=file.name,
                mime=file.mime,
                size=file.size,
                hash=file.hash,
                words=file.words,
                engine=file.engine or (PLATFORM if file.words else None),
                confidence=percent(file.confidence),
                recording_id=file.recording,
            )
        )
        ticket.attachments += 1
        if file.recording is None:
            turn.start(FETCH, f"{FETCH}:{row.id}", {"attachment": row.id, "channel": channel, "media": asdict(file)})
        rows.append(row)
    return rows


def percent(confidence: float | None) -> int | None:
    """How sure an engine is, as a row keeps it."""
    return None if confidence is None else round(100 * confidence)


def attachment_of(turn: Turn, recording_id: int) -> Attachment | None:
    """Where a voice message lies that was put on its ticket before its words were known."""
    return turn.first(Attachment, _of_recording, recording_id=recording_id)


def move(turn: Turn, files: Sequence[Attachment], wrong: Ticket, right: Ticket, by: Person) -> None:
    """These files belong to another ticket after all; both chains say so."""
    for file in files:
        file.ticket_id = right.id
    wrong.attachments -= len(files)
    right.attachments += len(files)
    ids = [file.id for file in files]
    record(turn, Happened.PHOTO_MOVED, wrong, by, files=ids, to=right.id)
    record(turn, Happened.PHOTO_ADDED, right, by, files=ids, count=len(files))


def fetched(turn: Turn, job: Job) -> None:
    """The content has come: `result` {hash, size, mime}, of a picture also what its camera says {place, taken_at}, or why it cannot
    be shown {why}."""
    row = turn.get(Attachment, job.data["attachment"])
    if row is not None and job.result:
        row.hash, row.size, row.mime = job.result["hash"], job.result["size"], job.result["mime"] or row.mime
        _taken(turn, row, job.result)
        row.error = job.result.get("why")
        if row.error is None:
            order(turn, row)


def _taken(turn: Turn, row: Attachment, result: Mapping[str, Any]) -> None:
    """Where and when the camera says that a photo of the staff was taken; what the platform told of the place stays (S90)."""
    by, at, place = turn.get(Person, row.person_id), result.get("taken_at"), result.get("place")
    if by is None or not by.is_staff:
        return
    if row.place is None and place is not None:
        row.place, row.place_from = place, EXIF
    when = round(datetime.fromisoformat(at).replace(tzinfo=turn.house.zone).timestamp()) * SECOND if at else None
    row.taken_at = when if when is not None and row.at - OLDEST <= when <= row.at + CLOCKS_DIFFER else None


def not_fetched(turn: Turn, job: Job) -> None:
    """The content cannot be had; the attachment says so."""
    row = turn.get(Attachment, job.data["attachment"])
    if row is not None:
        row.error = job.error
