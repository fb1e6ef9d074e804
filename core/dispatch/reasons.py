"""为什么派给他: the reason of a dispatch in words, from what the events of the ticket say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sqlalchemy import bindparam, or_, select

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket

DECISIVE = (Happened.OFFERED, Happened.LEFT_TO_FALLBACK, Happened.TRANSFERRED, Happened.ACCEPTED)
"""Events that say who has the ticket, and why."""
ASKED = frozenset({Happened.OFFERED, Happened.TRANSFERRED})
"""Those by which somebody is asked."""
KILOMETRE = 1000
"""Metres."""

_decided = (
    select(Event.table)
    .where(
        Event.table.c.stream == bindparam("stream"),
        or_(*(Event.table.c.kind == kind for kind in (*DECISIVE, Happened.UNDONE))),
    )
    .order_by(Event.table.c.seq.desc())
)


def why(turn: Turn, ticket: Ticket, lang: str) -> str:
    """Why it was given to whom it was given, and why not to others (S58); empty while it was given to nobody."""
    events = turn.rows(Event, _decided, stream=ticket.stream)
    undone = {event.data["cause"] for event in events if event.kind == Happened.UNDONE}
    decided = [event for event in events if event.kind != Happened.UNDONE and event.cause not in undone]
    if not decided:
        return ""
    last = decided[0]
    if last.kind != Happened.ACCEPTED:
        return _told(turn, last, lang)
    engineer, asked = last.data["engineer"], decided[1] if len(decided) > 1 else None
    if asked is not None and asked.kind in ASKED and asked.data["to"] == engineer:
        return _told(turn, asked, lang)
    return turn.house.wording.text(lang, "dispatch.took_it", name=_name(turn, engineer))


def reason_line(turn: Turn, reason: Mapping[str, Any], lang: str) -> str:
    """What speaks for the one who was chosen, in one line."""
    words, standing = turn.house.wording, reason["standing"]
    said = []
    if reason.get("team"):
        by = "dispatch.team" if reason["rule"] else "dispatch.team_scanned"
        said.append(words.text(lang, by, team=reason["team"], rule=reason["rule"]))
    if standing["skills"]:
        said.append(words.text(lang, "dispatch.skills", skills=_listed(turn, lang, standing["skills"])))
    if standing["region"]:
        said.append(words.text(lang, "dispatch.region", region=standing["region"]))
    if standing["metres"] is not None:
        said.append(_distance(turn, standing["metres"], lang))
    said.append(_load(turn, standing["load"], lang))
    return _listed(turn, lang, said)


def passed_over_line(turn: Turn, data: Mapping[str, Any], lang: str) -> str:
    """Who was passed over and why, in one line; empty if there was nobody else."""
    words = turn.house.wording
    named = []
    for other in data["passed_over"]:
        facts = {"name": _name(turn, other["person"]), "why": _why_not(turn, other, data.get("standing"), lang)}
        named.append(words.text(lang, "dispatch.one_passed_over", **facts))
    if data["further"]:
        named.append(words.text(lang, "dispatch.further", count=data["further"]))
    return _listed(turn, lang, named)


def _told(turn: Turn, event: Event, lang: str) -> str:
    words = turn.house.wording
    if event.kind == Happened.TRANSFERRED:
        giver = _name(turn, event.by)
        return words.text(lang, "dispatch.by_hand", name=_name(turn, event.data["to"]), giver=giver)
    others = passed_over_line(turn, event.data, lang)
    if event.kind == Happened.LEFT_TO_FALLBACK:
        return (
            words.text(lang, "dispatch.nobody", people=others) if others else words.text(lang, "dispatch.no_engineers")
        )
    reasons = reason_line(turn, event.data, lang)
    facts = {"name": _name(turn, event.data["to"]), "reasons": reasons, "people": others}
    return words.text(lang, "dispatch.chosen" if others else "dispatch.chosen_alone", **facts)


def _why_not(turn: Turn, other: Mapping[str, Any], best: Mapping[str, Any] | None, lang: str) -> str:
    """What spoke against him; for one who only came behind, what the chosen one had before him."""
    words, his = turn.house.wording, other["standing"]
    if other["why"] != "behind" or best is None:
        return words.text(lang, f"dispatch.{other['why']}")
    if best["in_team"] and not his["in_team"]:
        return words.text(lang, "dispatch.behind_team")
    against = []
    if best["skills"] and not his["skills"]:
        against.append(words.text(lang, "dispatch.behind_skill"))
    if best["region"] and not his["region"]:
        against.append(words.text(lang, "dispatch.behind_region"))
    if his["load"] > best["load"]:
        against.append(_load(turn, his["load"], lang))
    if (his["metres"] or 0) > (best["metres"] or 0):
        against.append(_distance(turn, his["metres"], lang))
    return _listed(turn, lang, against) or words.text(lang, "dispatch.behind")


def _load(turn: Turn, load: int, lang: str) -> str:
    return turn.house.wording.text(lang, "dispatch.load" if load else "dispatch.no_load", count=load)


def _distance(turn: Turn, metres: int, lang: str) -> str:
    return turn.house.wording.text(lang, "dispatch.distance", km=f"{metres / KILOMETRE:.1f}")


def _listed(turn: Turn, lang: str, parts: Sequence[str]) -> str:
    words = turn.house.wording
    return reduce(lambda said, part: words.text(lang, "dispatch.list", said=said, part=part), parts) if parts else ""


def _name(turn: Turn, person_id: int | None) -> str:
    person = turn.get(Person, person_id) if person_id is not None else None
    return person.name or "" if person else ""
