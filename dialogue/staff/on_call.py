"""谁值班: the rosters' answer, now or at a time that is named, with from when until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.conversations.saying import answer
from core.people.duty import on_duty
from core.people.model import Role
from core.rosters.asking import rosters_of, shifts_of, there
from core.rosters.model import Roster
from core.rosters.shifts import Shift
from core.rosters.telling import from_to, names
from dialogue.heard import Heard
from dialogue.staff.duty_time import Named, meant, named_in

LINES = 30
"""Most shifts that are listed."""


def rosters_told(heard: Heard) -> bool:
    """Answer who is on duty then, by the rosters; False without any."""
    turn = heard.turn
    rosters = rosters_of(turn, heard.person.entity)
    if not rosters:
        return False
    chosen, text = roster_named(rosters, heard.text)
    named, _ = named_in(heard, text)
    found = [
        (roster, shift) for roster in ([chosen] if chosen else rosters) for shift in shifts_then(heard, roster, named)
    ]
    lines = [_line(heard, roster, shift) for roster, shift in found[:LINES]]
    if len(found) > LINES:
        lines.append(heard.say("roster.more", count=len(found) - LINES))
    if named is None and chosen is None:
        lines += _flagged(heard, rosters)
    text = "\n".join([heard.say("roster.list"), *lines]) if lines else heard.say("roster.none_then")
    answer(turn, heard.talk, "on_call_list", text)
    return True


def roster_named(rosters: Iterable[Roster], text: str) -> tuple[Roster | None, str]:
    """The roster that a text names, by its name or team, and the text without it."""
    for roster in rosters:
        for name in (roster.name, roster.team):
            if name and name in text:
                return roster, text.replace(name, "", 1)
    return None, text


def shifts_then(heard: Heard, roster: Roster, named: Named | None) -> list[Shift]:
    """The shifts of a roster at a time that was named; without one, the shift that is on now."""
    turn, zone = heard.turn, heard.turn.house.zone
    if named is None:
        return shifts_of(turn, roster, turn.now, turn.now + 1)
    start, end = named.instants(zone)
    return meant(shifts_of(turn, roster, start, end), named, zone)


def _line(heard: Heard, roster: Roster, shift: Shift) -> str:
    turn, when = heard.turn, from_to(heard.turn, heard.lang, shift.starts, shift.ends)
    if shift.people:
        return heard.say("roster.line", roster=roster.name, names=names(turn, shift.people), when=when)
    fallback = there(turn, roster.fallback_id)
    key = "roster.line_fallback" if fallback else "roster.line_hole"
    return heard.say(key, roster=roster.name, name=fallback.name if fallback else "", when=when)


def _flagged(heard: Heard, rosters: Sequence[Roster]) -> list[str]:
    """Those on duty in roles that have no roster."""
    words, lang, by_roster = heard.turn.house.wording, heard.lang, {roster.role for roster in rosters}
    return [
        words.text(lang, "staff.on_call_line", role=words.name(lang, "role", role), name=person.name)
        for role in Role
        if role not in by_roster and role != Role.CUSTOMER
        for person in on_duty(heard.turn, heard.person.entity, role)
    ]
