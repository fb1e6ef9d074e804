"""Photos that belong together, and the words around them: what came in one burst, and what still waits for its ticket (S90, S5a)."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select

from core.conversations.model import Conversation
from core.store.model import Inbox, Outbox
from core.tickets.model import Attachment, Ticket
from core.tickets.queries import by_number
from core.tickets.recording import subject_of
from core.words import MINUTE, SECOND, Media, Micros
from dialogue.choosing import is_young
from dialogue.heard import Heard

BURST = 60 * SECOND
"""Photos, and words beside them, that follow one another so soon belong together."""
NEAR = 10 * MINUTE
"""A place that was sent so long before or after a photo is where it was taken."""
MOST_WAITING = 30
"""Photos that wait for their ticket at most; further ones are added to none, and say so by staying unanswered."""
LATEST = 50
"""Messages of a room among which one that is quoted is looked for."""

_outbox, _inbox = Outbox.table.c, Inbox.table.c
_told = select(Outbox.table).where(_outbox.channel == bindparam("channel"), _outbox.ref == bindparam("ref"))
_said = select(Inbox.table).where(_inbox.room == bindparam("room")).order_by(_inbox.id.desc()).limit(LATEST)


def keep(heard: Heard) -> bool:
    """Keep the files of this message until it is known where they belong; whether others are waiting already."""
    known = _waiting(heard)
    row = {"kind": heard.message.kind, "at": heard.message.at, "media": [asdict(file) for file in heard.message.media]}
    heard.talk.photos = {"waiting": [*known, row][:MOST_WAITING], "at": heard.turn.now}
    return bool(known)


def waits(heard: Heard) -> bool:
    """Whether files wait for their ticket."""
    return bool(_waiting(heard))


def taken(heard: Heard) -> tuple[Media, ...]:
    """The files that waited; from now on they wait no more."""
    rows = _waiting(heard)
    if rows:
        heard.talk.photos = None
    return tuple(Media.of(file) for row in rows for file in row["media"])


def put(heard: Heard, ticket: Ticket, files: list[Attachment], *, sure: bool, before: list[Any]) -> None:
    """Remember where the photos of this burst went. `before` is what the ticket's clocks read before the first of them."""
    known = burst(heard)
    if known and known["ticket"] == ticket.id:
        ids, before, sure = [*known["files"], *(file.id for file in files)], known["before"], known["sure"] or sure
    else:
        ids = [file.id for file in files]
    heard.talk.photos = {"ticket": ticket.id, "files": ids, "sure": sure, "before": before, "at": heard.turn.now}


def burst(heard: Heard, lasts: Micros = BURST) -> dict[str, Any] | None:
    """The photos that have just been put on a ticket."""
    known = heard.talk.photos
    return known if known and known.get("ticket") and heard.turn.now - known["at"] <= lasts else None


def whereabouts(talk: Conversation, at: Micros) -> str | None:
    """The place that he sent a short while before or after `at`."""
    known = talk.whereabouts
    return known["text"] if known and abs(at - known["at"]) <= NEAR else None


def quoted(heard: Heard) -> Ticket | None:
    """The ticket of the message of this room that he quotes; None if he quotes none, or one that is not his to see."""
    about, turn = heard.message.about, heard.turn
    if not about or heard.message.kind in ("press", "recall", "edit"):
        return None
    room = str(heard.message.room)
    told = turn.first(Outbox, _told, channel=heard.message.room.channel, ref=about)
    ticket = None
    if told is not None and told.room == room:
        ticket = subject_of(turn, told.subject) or _named(heard, str(told.say.get("text", "")))
    elif told is None:
        said = next((row for row in turn.rows(Inbox, _said, room=room) if row.said.get("id") == about), None)
        ticket = _named(heard, said.outcome or "") if said is not None and said.person_id == heard.person.id else None
    if ticket is None or ticket.entity != heard.person.entity:
        return None
    return ticket if heard.person.is_staff or ticket.customer_id == heard.person.id else None


def _named(heard: Heard, text: str) -> Ticket | None:
    """The first ticket that a text names by its number."""
    lead, _, tail = heard.turn.house.policies.tickets.number_format.partition("{n}")
    found = re.search(rf"{re.escape(lead)}[0-9]{{1,12}}{re.escape(tail)}", text)
    return by_number(heard.turn, heard.person.entity, found[0]) if found else None


def _waiting(heard: Heard) -> list[dict[str, Any]]:
    known = heard.talk.photos or {}
    return known.get("waiting", []) if is_young(heard, known.get("at")) else []
