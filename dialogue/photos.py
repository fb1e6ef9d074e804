"""Photos that belong together, and the words around them: what came in one burst, and what still waits for its ticket (S90, S5a)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.conversations.model import Conversation
from core.house import JobKind
from core.store.model import Job
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.words import MINUTE, SECOND, Media, Micros
from dialogue.choosing import is_young
from dialogue.heard import Heard

KEEP = "keep_media"
"""The job that brings a file that waits for its ticket into the desk's own store: data {talk, media, channel}."""
BURST = 60 * SECOND
"""Photos, and words beside them, that follow one another so soon belong together."""
NEAR = 10 * MINUTE
"""A place that was sent so long before or after a photo is where it was taken."""
MOST_WAITING = 30
"""Photos that wait for their ticket at most; further ones are added to none, and say so by staying unanswered."""


def keep(heard: Heard, words: str | None = None) -> bool:
    """Keep the files of this message until it is known where they belong, with the `words` that were passed on with them (None:
    they are his own, and say nothing); whether others are waiting already."""
    known, message = _waiting(heard), heard.message
    row = {"kind": message.kind, "at": message.at, "words": words, "media": [asdict(file) for file in message.media]}
    heard.talk.photos = {"waiting": [*known, row][:MOST_WAITING], "at": heard.turn.now}
    for number, file in enumerate(message.media if len(known) < MOST_WAITING else ()):
        given = {"talk": heard.talk.id, "channel": message.room.channel, "media": asdict(file)}
        heard.turn.start(KEEP, f"{KEEP}:{heard.row.id}:{number}", given)
    return bool(known)


def kept(turn: Turn, job: Job) -> None:
    """The desk has the content of a file that waits: where its platform keeps it for minutes only, it can be put on its ticket
    later."""
    talk = turn.get(Conversation, job.data["talk"], lock=True)
    ref, rows = job.data["media"]["ref"], (talk.photos or {}).get("waiting") if talk else None
    if talk is None or not rows or not job.result:
        return
    found = {name: job.result[name] for name in ("hash", "size", "mime")}
    waiting = [
        {**row, "media": [{**file, **found} if file["ref"] == ref else file for file in row["media"]]} for row in rows
    ]
    talk.photos = {**(talk.photos or {}), "waiting": waiting}


def not_kept(turn: Turn, job: Job) -> None:
    """It cannot be had now; who puts it on its ticket tries once more, and says so on the attachment."""


def waits(heard: Heard) -> bool:
    """Whether files wait for their ticket."""
    return bool(_waiting(heard))


def taken(heard: Heard) -> tuple[Media, ...]:
    """The files that waited; from now on they wait no more."""
    rows = _waiting(heard)
    if rows:
        heard.talk.photos = None
    return tuple(Media.of(file) for row in rows for file in row["media"])


def words_waiting(heard: Heard) -> str | None:
    """The words that were passed on and wait, a message a line; None if nothing that waits was passed on."""
    told = [words for row in _waiting(heard) if (words := row.get("words")) is not None]
    return "\n".join(filter(None, told)) if told else None


def put(heard: Heard, ticket: Ticket, files: list[Attachment], *, sure: bool, before: list[Any]) -> None:
    """Remember where the photos of this burst went. `before` is what the ticket's clocks read before the first of them."""
    known = burst(heard)
    ids, more = [file.id for file in files], {}
    if known and known["ticket"] == ticket.id:
        ids, before, sure = [*known["files"], *ids], known["before"], known["sure"] or sure
        more = {"expects": known["expects"]} if known.get("expects") else {}
    heard.talk.photos = {
        "ticket": ticket.id,
        "files": ids,
        "sure": sure,
        "before": before,
        "at": heard.turn.now,
        **more,
    }


def expect(heard: Heard, ticket: Ticket, sides: Sequence[str]) -> None:
    """He said what the photos show that he sends next: one after the other, the last for all that follow."""
    before = [ticket.first_action_at, ticket.last_action_at]
    just = burst(heard)
    if just is None or just["ticket"] != ticket.id:
        just = {"ticket": ticket.id, "files": [], "sure": True, "before": before}
    heard.talk.photos = {**just, "expects": list(sides), "at": heard.turn.now}


def expected(heard: Heard) -> str | None:
    """What the next photo of this burst shows, if he said so."""
    just = burst(heard)
    sides = just.get("expects") if just else None
    if not just or not sides:
        return None
    if len(sides) > 1:
        heard.talk.photos = {**just, "expects": sides[1:]}
    return sides[0]


def burst(heard: Heard, lasts: Micros = BURST) -> dict[str, Any] | None:
    """The photos that have just been put on a ticket."""
    known = heard.talk.photos
    return known if known and known.get("ticket") and heard.turn.now - known["at"] <= lasts else None


def whereabouts(talk: Conversation, at: Micros) -> str | None:
    """The place that he sent a short while before or after `at`."""
    known = talk.whereabouts
    return known["text"] if known and abs(at - known["at"]) <= NEAR else None


def _waiting(heard: Heard) -> list[dict[str, Any]]:
    known = heard.talk.photos or {}
    return known.get("waiting", []) if is_young(heard, known.get("at")) else []


JOBS = {KEEP: JobKind(kept, not_kept)}
"""Kind of job → the turns in which it ends."""
