"""What leads to a person in other people's rows: his numbers, addresses and chat ids anywhere; his name and his words where his
tickets are spoken of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from sqlalchemy import bindparam, select

from core.people.model import Link, Person
from core.people.phones import dialled
from core.store.model import Inbox
from core.store.turn import Turn
from core.tickets.model import Ticket

HIDDEN = "***"
"""What stands where something was taken out."""
LEAST_ADDRESS, LEAST_NAME, LEAST_WORDS = 4, 2, 4
"""Characters below which an address, a name or a message would be found everywhere."""
MOST_WORDS = 500
"""Messages of his that are looked for in what the staff was shown."""
NATIONAL = 11
"""Digits of a mobile number without its country."""

links_of_anybody = select(Link.table).where(Link.table.c.person_id == bindparam("person_id"))
tickets_of = (
    select(Ticket.table).where(Ticket.table.c.customer_id == bindparam("person_id")).order_by(Ticket.table.c.id)
)
_said_in = (
    select(Inbox.table)
    .where(Inbox.table.c.room == bindparam("room"))
    .order_by(Inbox.table.c.id.desc())
    .limit(MOST_WORDS)
)


@dataclass(frozen=True)
class Traces:
    """`sure` leads to nobody else; `likely` (a name, a sentence) may be another's too, and is only ever hidden."""

    sure: frozenset[str]
    likely: frozenset[str]

    @cached_property
    def _sure(self) -> re.Pattern[str] | None:
        return _any_of(self.sure)

    @cached_property
    def _all(self) -> re.Pattern[str] | None:
        return _any_of(self.sure | self.likely)

    def found(self, text: str) -> bool:
        """Whether a text surely speaks of him."""
        return self._sure is not None and self._sure.search(text) is not None

    def spoken_of(self, text: str) -> bool:
        """Whether a text may speak of him."""
        return self._all is not None and self._all.search(text) is not None

    def hidden(self, text: str) -> str:
        """The same text without him."""
        return self._all.sub(HIDDEN, text) if self._all is not None else text


def traces_of(turn: Turn, person: Person) -> Traces:
    """What is known of him now. Of a member of the staff the name stays on record, and is no trace."""
    links, tickets = turn.rows(Link, links_of_anybody, person_id=person.id), _tickets(turn, person)
    numbers = [person.phone, person.calls, *(ticket.phone for ticket in tickets)]
    told = [place for place in (person.address, *(ticket.address for ticket in tickets)) if place]
    places = [*told, *(part for place in told for part in place.split("、"))]
    sure = {*_numbers(numbers), *(place for place in places if len(place) >= LEAST_ADDRESS)}
    for link in links:
        sure |= {link.who_id, quote(link.who_id, safe="")}
    if person.is_staff:
        return Traces(frozenset(sure), frozenset())
    likely = {name for name in (person.name, *person.aliases) if name and len(name) >= LEAST_NAME}
    heard = [row.said for link in links for row in turn.rows(Inbox, _said_in, room=link.room)]
    said = [one.get("text") or "" for one in heard]
    said += [media.get("words") or "" for one in heard for media in one.get("media", ())]
    said += [line for ticket in tickets for line in (ticket.description or "").splitlines()]
    likely |= {words.strip() for words in said if len(words.strip()) >= LEAST_WORDS}
    return Traces(frozenset(sure), frozenset(likely))


def _tickets(turn: Turn, person: Person) -> list[Ticket]:
    return [] if person.is_staff else turn.rows(Ticket, tickets_of, person_id=person.id)


def _numbers(known: Iterable[str | None]) -> set[str]:
    """Numbers as they may be written: with and without country code; several may stand in one field."""
    written = {part for number in known if number for part in re.split(r"[、,，;；\s]+", number) if len(part) > 6}
    called = {number for part in written if (number := dialled(part))}
    return written | called | {number[-NATIONAL:] for number in called if number.startswith("+86")}


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of these, also as JSON writes them; digits also where spaces or hyphens stand between them."""
    ways: set[str] = set()
    for word in words:
        if re.fullmatch(r"\+?\d{7,}", word):
            ways.add(r"[\s\-]?".join(map(re.escape, word)))
            continue
        ways |= {re.escape(way) for way in (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])}
    return re.compile("|".join(sorted(ways, key=len, reverse=True))) if ways else None
