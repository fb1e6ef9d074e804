"""Rosters are watched: at every change both sides hear of it (交接班), and a hole (空岗) is told of days ahead, daily until it
is filled. Each roster has two timers, which set themselves anew; whatever changes the roster sets them anew too."""

from __future__ import annotations

from collections.abc import Iterator

from core.conversations.saying import tell
from core.people.duty import in_role
from core.people.model import Person, Role
from core.rosters.asking import plan_of, rosters_of, there
from core.rosters.matters import what_matters
from core.rosters.model import Roster
from core.rosters.rotation import Piece
from core.rosters.shifts import Shift, holes, presence, shifts
from core.rosters.telling import from_to, names
from core.store.model import Event, Timer
from core.store.turn import Turn
from core.words import DAY, Micros, Say

HAND_OVER, HOLES = "roster.hand_over", "roster.holes"
LOOKS_AHEAD = 35 * DAY
"""How far ahead shifts are looked at: longer than the longest turn of a roster that anybody has."""
LOOKS_AGAIN = DAY
"""At the latest then a roster is looked at again: somebody may have left without a word."""


def watch(turn: Turn, roster: Roster) -> None:
    """Set both timers of a roster anew; none for a roster that is no longer used."""
    turn.forget(HAND_OVER, roster.stream)
    turn.forget(HOLES, roster.stream)
    if roster.active:
        _await_hand_over(turn, roster)
        _await_holes(turn, roster)


def watch_all(turn: Turn, entity: str) -> None:
    """Set the timers of all rosters anew: somebody has left, or is back."""
    for roster in rosters_of(turn, entity):
        watch(turn, roster)


def hand_over(turn: Turn, timer: Timer) -> None:
    """Others are on duty than those who were told: who comes hears what is open, who goes hears who has come."""
    roster = turn.get(Roster, timer.data["roster"], lock=True)
    if roster is None or not roster.active:
        return
    now = next(_presence(turn, roster))
    before, roster.told = roster.told, list(now.crew)
    changed = set(now.crew) ^ set(before)
    for person in (there(turn, one) for one in sorted(changed)):
        if person is not None:
            _tell_hand_over(turn, roster, person, now)
    if changed:
        data = {"roster": roster.id, "from": before, "to": roster.told}
        turn.record("roster.handed_over", entity=roster.entity, stream=roster.stream, data=data)
    _await_hand_over(turn, roster)


def report_holes(turn: Turn, timer: Timer) -> None:
    """Managers hear of the holes that are near, and who falls in for them."""
    roster = turn.get(Roster, timer.data["roster"], lock=True)
    if roster is None or not roster.active:
        return
    near = [hole for hole in _holes(turn, roster) if hole.starts - _ahead(turn) <= turn.now]
    if near and _due(turn, roster, near) <= turn.now:
        roster.holes, roster.holes_at = [[hole.starts, hole.ends] for hole in near], turn.now
        for manager in in_role(turn, roster.entity, Role.MANAGER):
            _tell_holes(turn, roster, manager, near)
    _await_holes(turn, roster)


def _await_hand_over(turn: Turn, roster: Roster) -> None:
    told, soon = set(roster.told), turn.now + LOOKS_AGAIN
    changes = (stretch.starts for stretch in _presence(turn, roster) if set(stretch.crew) != told)
    _remind(turn, HAND_OVER, roster, min(next(changes, soon), soon))


def _await_holes(turn: Turn, roster: Roster) -> None:
    found = list(_holes(turn, roster))
    near = [hole for hole in found if hole.starts - _ahead(turn) <= turn.now]
    coming = [hole.starts - _ahead(turn) for hole in found if hole not in near]
    _remind(turn, HOLES, roster, min([*coming, _due(turn, roster, near), turn.now + LOOKS_AGAIN]))


def _due(turn: Turn, roster: Roster, near: list[Shift]) -> Micros:
    """When managers must hear of these holes: at once if one is new to them, else when the day is over."""
    if not near:
        return turn.now + LOOKS_AGAIN
    new = any(all(hole.ends <= start or hole.starts >= end for start, end in roster.holes) for hole in near)
    if new or roster.holes_at is None:
        return turn.now
    return roster.holes_at + turn.house.policies.rosters.hole_again


def _remind(turn: Turn, kind: str, roster: Roster, due_at: Micros) -> None:
    """A timer that has fired stays as it is, so that each is an episode of its own."""
    turn.remind(kind, roster.stream, due_at, episode=str(turn.new_id()), data={"roster": roster.id})


def _presence(turn: Turn, roster: Roster) -> Iterator[Piece]:
    """Who is there from now on, or falls in."""
    end = turn.now + LOOKS_AHEAD
    fallback = there(turn, roster.fallback_id)
    found = shifts(plan_of(turn, roster, turn.now, end), turn.now, end)
    return presence(found, turn.now, end, (fallback.id,) if fallback else ())


def _holes(turn: Turn, roster: Roster) -> list[Shift]:
    end = turn.now + _ahead(turn) + LOOKS_AHEAD
    return list(holes(shifts(plan_of(turn, roster, turn.now, end), turn.now, end)))


def _ahead(turn: Turn) -> Micros:
    return turn.house.policies.rosters.hole_ahead


def _tell_hand_over(turn: Turn, roster: Roster, person: Person, now: Piece) -> None:
    """To one person: he comes, or he goes; what is open and urgent is told to both."""
    words, lang = turn.house.wording, person.lang
    others = names(turn, (one for one in now.crew if one != person.id))
    until = words.moment(lang, now.ends, turn.now, turn.house.zone)
    if person.id in now.crew:
        head = words.text(lang, "roster.begins", roster=roster.name, until=until)
    elif others:
        head = words.text(lang, "roster.ends", roster=roster.name, names=others)
    else:
        head = words.text(lang, "roster.ends_empty", roster=roster.name)
    text = "\n".join([head, *what_matters(turn, roster.entity, lang)])
    tell(turn, person, Say("roster_handover", text), subject=roster.stream)


def _tell_holes(turn: Turn, roster: Roster, manager: Person, near: list[Shift]) -> None:
    words, lang, fallback = turn.house.wording, manager.lang, there(turn, roster.fallback_id)
    key = "roster.hole_fallback" if fallback else "roster.hole_manager"
    lines = [words.text(lang, "roster.hole", roster=roster.name)]
    lines += [_hole_line(turn, hole, lang) for hole in near]
    lines += [words.text(lang, key, name=fallback.name if fallback else ""), words.text(lang, "roster.hole_fill")]
    tell(turn, manager, Say("roster_hole", "\n".join(lines)), subject=roster.stream)


def _hole_line(turn: Turn, hole: Shift, lang: str) -> str:
    when, meant = from_to(turn, lang, hole.starts, hole.ends), names(turn, hole.meant)
    key = "roster.hole_of" if meant else "roster.hole_line"
    return turn.house.wording.text(lang, key, when=when, names=meant)


def left(turn: Turn, event: Event) -> None:
    """Somebody has left: his shifts are holes now."""
    watch_all(turn, event.entity)


TIMERS = {HAND_OVER: hand_over, HOLES: report_holes}
"""Kind of timer → what happens when it is due."""
REACTIONS = {"person.left": (left,)}
"""Event → what must follow in the same turn."""
