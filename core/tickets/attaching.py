"""Photos, recordings and files land on the ticket at once; their content is fetched as a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.model import Event, Job
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.words import Media, Room

PLATFORM = "platform"
"""The engine of words that came with the message."""
FETCH = "fetch_media"
"""The job that brings a file from its platform into the desk's own store: data {attachment, media, channel}."""


_of_recording = select(Attachment.table).where(Attachment.table.c.recording_id == bindparam("recording_id"))


def attach(turn: Turn, ticket: Ticket, by: Person, event: Event, kind: str, media: Sequence[Media]) -> list[Attachment]:
    """Put files on a ticket and order their content."""
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
                confidence=file.confidence,
                recording_id=file.recording,
            )
        )
        ticket.attachments += 1
        if file.hash is None and file.recording is None:
            turn.start(FETCH, f"{FETCH}:{row.id}", {"attachment": row.id, "channel": channel, "media": asdict(file)})
        rows.append(row)
    return rows


def attachment_of(turn: Turn, recording_id: int) -> Attachment | None:
    """Where a voice message lies that was put on its ticket before its words were known."""
    return turn.first(Attachment, _of_recording, recording_id=recording_id)


def fetched(turn: Turn, job: Job) -> None:
    """The content has come: `result` {hash, size, mime}."""
    row = turn.get(Attachment, job.data["attachment"])
    if row is not None and job.result:
        row.hash, row.size, row.mime = job.result["hash"], job.result["size"], job.result["mime"] or row.mime


def not_fetched(turn: Turn, job: Job) -> None:
    """The content cannot be had; the attachment says so."""
    row = turn.get(Attachment, job.data["attachment"])
    if row is not None:
        row.error = job.error
