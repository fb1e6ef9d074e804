"""What has happened to a ticket as far as it concerns its customer: never a colleague's words, nor what was taken back (S97)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from core.people.model import Person
from core.people.phones import without_numbers
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.following import Stake
from core.tickets.model import Ticket

MOST_STEPS = 60
"""Steps that the page tells: the last ones."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when, and what."""

    when: str
    what: str


Tell = Callable[[Turn, Event, str], dict[str, str] | None]
"""What a step says besides its name, in a language; None: it is not told at all."""


def _name(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    by = turn.get(Person, event.by) if event.by else None
    return {"name": by.name or "" if by and by.is_staff else ""}


def _plain(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    return {}


def _visit(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    words, zone = turn.house.wording, turn.house.zone
    return {"when": words.period(lang, event.data["start"], event.data["end"], turn.now, zone)}


def _parts(turn: Turn, event: Event, lang: str) -> dict[str, str] | None:
    return {} if event.data["parts"] else None


def _date(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    return {"when": turn.house.wording.day(lang, event.data["eta"], turn.now, turn.house.zone)}


def _complete(turn: Turn, event: Event, lang: str) -> dict[str, str] | None:
    return {} if event.data["complete"] else None


def _pause(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    """The reason was told to him when the pause began."""
    reason, until = without_numbers(words_of(turn, event).get("reason", "")), event.data.get("until")
    when = turn.house.wording.moment(lang, until, turn.now, turn.house.zone) if until else ""
    told = turn.house.wording.text(lang, "follow.until", when=when) if when else ""
    return {"reason": reason and turn.house.wording.text(lang, "follow.reason", reason=reason), "until": told}


def _serials(turn: Turn, event: Event, lang: str) -> dict[str, str] | None:
    """The new serial numbers; photos alone are seen below."""
    new = "、".join(serial for _, _, _, serial in event.data["swaps"] if serial)
    return {"serials": new} if new else None


def _amount(turn: Turn, event: Event, lang: str) -> dict[str, str]:
    return {"amount": str(event.data["amount"])}


def _other(turn: Turn, event: Event, lang: str) -> dict[str, str] | None:
    into = turn.get(Ticket, event.data["into"]) if "into" in event.data else None
    return {"number": into.number} if into else None


TOLD: dict[str, Tell] = {
    Happened.REPORTED: _plain,
    Happened.ACCEPTED: _name,
    Happened.APPOINTED: _visit,
    Happened.ARRIVED: _name,
    Happened.PART_NEEDED: _parts,
    Happened.PART_DATED: _date,
    Happened.PART_ARRIVED: _complete,
    Happened.PART_SWAPPED: _serials,
    Happened.HELD: _pause,
    Happened.RESUMED: _plain,
    Happened.COMPLETED: _name,
    Happened.REOPENED: _plain,
    Happened.CLOSED: _plain,
    Happened.CANCELLED: _plain,
    Happened.MERGED: _other,
}
"""Events that everybody hears of whom the ticket concerns."""
OWN: dict[str, Tell] = {Happened.QUOTED: _amount}
"""Events that only its customer hears of."""

_event = Event.table.c
_events = (
    select(Event.table)
    .where(
        _event.stream == bindparam("stream"),
        or_(*(_event.kind == kind for kind in (*TOLD, *OWN, Happened.UNDONE))),
    )
    .order_by(_event.seq.desc())
    .limit(bindparam("most"))
)


def steps(turn: Turn, ticket: Ticket, reader: Person, stake: Stake) -> list[Step]:
    """What happened, the latest first."""
    told = TOLD | OWN if stake == Stake.OWN else TOLD
    events = turn.rows(Event, _events, stream=ticket.stream, most=MOST_STEPS)
    undone = {event.data["cause"] for event in events if event.kind == Happened.UNDONE}
    found = []
    for event in events:
        tell = told.get(event.kind) if event.cause not in undone else None
        facts = tell(turn, event, reader.lang) if tell else None
        if facts is not None:
            found.append(_step(turn, event, reader.lang, facts))
    return found


def _step(turn: Turn, event: Event, lang: str, facts: dict[str, str]) -> Step:
    words = turn.house.wording
    what = words.text(lang, f"follow.step.{event.kind.replace('.', '_')}", **facts)
    return Step(words.moment(lang, event.at, turn.now, turn.house.zone), what)
