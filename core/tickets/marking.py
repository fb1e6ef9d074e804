"""Every photo on a ticket has a copy that may leave the desk: small, without what its camera wrote into it, and marked in its lower right
corner with who, when and where (操作水印, S37). The original stays, under the hash of its content, for those who may see it."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select

from core.house import JobKind
from core.people.model import Person
from core.store.model import Event, Job, Timer
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.wording import local
from core.words import SECOND, FileRef, Micros

MARK = "mark_photo"
"""The job that makes the copy: data {attachment, hash, lines}."""
ATTEMPTS = 3
"""How often it is tried, where the picture itself is not to blame."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/heic"})
"""What is opened as a picture, by its first bytes. Any other file is kept as a file and never shown."""
NO_PICTURE, FAILED = "no_picture", "failed"
REASONS = frozenset({NO_PICTURE, "too_large", "too_many_pixels", "damaged", FAILED})
"""Why a photo has no copy, as its `error` says; anything else there tells why its content could not be had."""
LONGEST_NAME = 16
"""Characters of a name that stand on a photo."""
EXIF, PLATFORM = "exif", "platform"
"""Who says where a photo was taken: its camera (which can be made to say anything), or the platform of whoever sent it."""

CATCH_UP = "photos.catch_up"
"""Orders the copies of photos that came before there were copies, some at a time."""
BATCH = 20
"""Photos of which copies are ordered at a time."""
PAUSE = 20 * SECOND
"""Between two batches: photos that come now do not wait for old ones."""

_attachment = Attachment.table.c
_old = (
    select(Attachment.table)
    .where(
        _attachment.id > bindparam("after"),
        _attachment.marked.is_(None),
        _attachment.error.is_(None),
        _attachment.hash.is_not(None),
        or_(_attachment.kind == "image", _attachment.mime.startswith("image/")),
    )
    .order_by(_attachment.id)
    .limit(BATCH)
)


def order(turn: Turn, row: Attachment) -> Job | None:
    """Have the copy made of what has come, anew if other words belong on it; None if it is ordered, or is no picture."""
    if row.mime not in PICTURES:
        if row.kind == "image" or (row.mime or "").startswith("image/"):
            row.error = NO_PICTURE
        return None
    lines = lines_of(turn, row)
    words = hashlib.sha256("\n".join([row.hash or "", *lines]).encode()).hexdigest()
    return turn.start(MARK, f"{MARK}:{row.id}:{words[:16]}", {"attachment": row.id, "hash": row.hash, "lines": lines})


def lines_of(turn: Turn, row: Attachment) -> list[str]:
    """What stands on the copy, in the customer's language: who, with his staff number, when, and where (S37, S90). Customers are not
    named on theirs."""
    ticket, by = turn.get(Ticket, row.ticket_id), turn.get(Person, row.person_id)
    customer = turn.get(Person, ticket.customer_id) if ticket else None
    words, lang = turn.house.wording, customer.lang if customer else "zh"
    when = f"{local(row.taken_at or row.at, turn.house.zone):%Y-%m-%d %H:%M}"
    lines = [_who(turn, row, by, lang)]
    lines.append(words.text(lang, "photo.taken" if row.taken_at else "photo.received", when=when))
    if row.place:
        lines.append(words.text(lang, f"photo.place_{row.place_from or PLATFORM}", place=_plain(row.place)))
    return lines


def copy_of(row: Attachment, name: str) -> FileRef | None:
    """The copy, to be sent or shown under a name without an ending; None as long as there is none."""
    if row.marked is None or row.marked_size is None:
        return None
    return FileRef(row.marked, f"{name}.jpg", "image/jpeg", row.marked_size)


def locate(turn: Turn, files: Sequence[Attachment], place: str) -> None:
    """The platform tells where these photos were taken; it knows better than their cameras."""
    for file in files:
        if file.place_from != PLATFORM:
            file.place, file.place_from = place, PLATFORM
            if file.hash is not None and file.error is None:
                order(turn, file)


def marked(turn: Turn, job: Job) -> None:
    """The copy is made: `result` {hash, size}, or {why} if it never can be."""
    row = turn.get(Attachment, job.data["attachment"], lock=True)
    lines, job.data = job.data["lines"], {**job.data, "lines": []}
    if row is None or row.hash != job.data["hash"] or not job.result:
        return
    if why := job.result.get("why"):
        row.error = why
        return
    outdated = lines != lines_of(turn, row)
    if outdated and order(turn, row) is None and row.marked is not None:
        return
    row.marked, row.marked_size = job.result["hash"], job.result["size"]


def not_marked(turn: Turn, job: Job) -> None:
    """It was tried often enough."""
    row = turn.get(Attachment, job.data["attachment"], lock=True)
    job.data = {**job.data, "lines": []}
    if row is not None and row.marked is None:
        row.error = FAILED


def begin(turn: Turn) -> None:
    """The desk begins: photos that have no copy yet get one."""
    _go_on(turn, 0, turn.now)


def catch_up(turn: Turn, timer: Timer) -> None:
    """Some of them; the others a while later."""
    rows = turn.rows(Attachment, _old, after=timer.data["after"])
    for row in rows:
        order(turn, row)
    if len(rows) == BATCH:
        _go_on(turn, rows[-1].id, turn.now + PAUSE)


def _go_on(turn: Turn, after: int, at: Micros) -> None:
    turn.remind(CATCH_UP, "photos", at, episode=str(at), data={"after": after})


def _who(turn: Turn, row: Attachment, by: Person | None, lang: str) -> str:
    """A member of the staff by name and number, and whether he took it or passed it on."""
    words = turn.house.wording
    if by is None or not by.is_staff:
        return words.text(lang, "photo.by_customer")
    name = _plain(by.name or words.name(lang, "role", by.role))
    name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    who = words.text(lang, "photo.numbered", name=name, number=_plain(by.staff_no)) if by.staff_no else name
    event = turn.get(Event, row.event_id)
    brought = event is not None and event.data.get("passed_on_by") == by.id
    return words.text(lang, "photo.passed_on", who=who) if brought else who


def _plain(text: str) -> str:
    """The same without characters that show nothing, or turn others round."""
    return " ".join("".join(" " if one.isspace() else one for one in text if _shows(one)).split())


def _shows(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")


JOBS = {MARK: JobKind(marked, not_marked, ATTEMPTS)}
"""Kind of job → the turns in which it ends."""
TIMERS = {CATCH_UP: catch_up}
"""Kind of timer → what happens when it is due."""
