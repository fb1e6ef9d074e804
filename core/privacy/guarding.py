"""Nothing personal leaves the country unless the house allows it (PIPL Art. 38): what goes to a channel whose vendor is abroad carries
no number, address or name of a customer, none of his words, and no file. All that the desk says passes here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.privacy.traces import HIDDEN, traces_of
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import LANGUAGES
from core.words import Room, Say

SHOWN = ("status", "priority", "device", "fault", "before", "attachments", "owner", "why", "created")
"""Facts of a card that are about the machine and the work; no other leaves."""
NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?0{0,2}86[\s-]?)?1[\s-]?[3-9](?:[\s-]?\d){9}(?!\d)|(?<![0-9A-Za-z-])0\d{2,3}[\s-]?\d{7,8}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
)
"""Telephone and identity numbers and addresses of mail, whosever they are."""

_numbered = select(Ticket.table).where(
    Ticket.table.c.entity == bindparam("entity"), Ticket.table.c.number == bindparam("number")
)


def guarded(turn: Turn, say: Say, room: Room, person_id: int | None, subject: str | None) -> Say:
    """The message as it may go to this room: as it is, unless the room's channel keeps it abroad."""
    policies = turn.house.policies
    if room.channel not in policies.privacy.guarded:
        return say
    tickets = list(_tickets(turn, say, subject))
    hidden = [traces_of(turn, one).hidden for one in _customers(turn, tickets)]

    def bare(text: str) -> str:
        for hide in hidden:
            text = hide(text)
        return NUMBERS.sub(HIDDEN, text)

    text = bare(say.text)
    left = replace(
        say,
        text=text,
        title=bare(say.title) if say.title else say.title,
        facts=tuple((label, bare(value)) for label, value in say.facts if label in _labels(turn)),
        buttons=tuple(replace(button, label=bare(button.label)) for button in say.buttons),
        params=tuple((name, bare(value)) for name, value in say.params),
        file=None,
    )
    return _told_so(turn, say, left, person_id, tickets)


def _told_so(turn: Turn, said: Say, left: Say, person_id: int | None, tickets: list[Ticket]) -> Say:
    """What was taken out is said to have been, with the way to the page where it stands."""
    if (said.text, said.title, said.facts, said.file) == (left.text, left.title, left.facts, left.file):
        return left
    reader = turn.get(Person, person_id) if person_id else None
    pages, link = turn.house.pages, left.link
    if link is None and pages is not None and reader is not None and reader.is_staff and len(tickets) == 1:
        link = pages.link(turn, reader, f"t/{tickets[0].number}")
    note = turn.house.wording.text(reader.lang if reader else "zh", "privacy.stays_here")
    return replace(left, text=f"{left.text}\n{note}" if left.text else note, link=link)


def _tickets(turn: Turn, say: Say, subject: str | None) -> Iterator[Ticket]:
    """The tickets of which a message tells: its subject, and those that it names."""
    kind, _, number = (subject or "").partition(":")
    about = turn.get(Ticket, int(number)) if kind == "ticket" and number.isdecimal() else None
    seen = {about.id} if about else set[int]()
    if about:
        yield about
    pattern = re.escape(turn.house.policies.tickets.number_format).replace(re.escape("{n}"), r"\d+")
    words = "\n".join([say.text, say.title or "", *(value for _, value in say.facts)])
    for name in dict.fromkeys(re.findall(pattern, words)):
        found = turn.first(Ticket, _numbered, entity=turn.house.policies.entity, number=name)
        if found is not None and found.id not in seen:
            seen.add(found.id)
            yield found


def _customers(turn: Turn, tickets: list[Ticket]) -> list[Person]:
    """Whoever may be spoken of: the customers of these tickets, and those of whom this turn knows."""
    known = {person.id: person for person in turn.seen(Person) if not person.is_staff}
    for ticket in tickets:
        person = turn.get(Person, ticket.customer_id)
        if person is not None:
            known[person.id] = person
    return list(known.values())


def _labels(turn: Turn) -> frozenset[str]:
    return frozenset(turn.house.wording.text(lang, f"staff.card.{name}") for lang in LANGUAGES for name in SHOWN)
