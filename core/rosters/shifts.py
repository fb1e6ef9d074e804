"""Who is on duty: the layers of a roster one over another, single changes over them, and what is left of that when people
have gone. Pure: a plan and a span give shifts, the same ones every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from core.rosters.rotation import Crew, Layer, Piece
from core.words import Micros


@dataclass(frozen=True, slots=True)
class Change:
    """From `starts` until `ends` this person stands in for another, or for everybody; nobody does if there is no person."""

    starts: Micros
    ends: Micros
    person: int | None
    instead_of: int | None = None

    def upon(self, crew: Crew | None) -> Crew | None:
        """The crew with this change made to it; None: nobody is expected to be there."""
        if self.instead_of is None:
            return (self.person,) if self.person is not None else crew and ()
        if crew is None or self.instead_of not in crew:
            return crew
        there = (self.person if one == self.instead_of else one for one in crew)
        return tuple(dict.fromkeys(one for one in there if one is not None))


@dataclass(frozen=True, slots=True)
class Plan:
    """A roster as arithmetic takes it: layers from the lowest to the highest, changes in the order in which they were made,
    and people who are no longer with us."""

    layers: tuple[Layer, ...]
    zone: ZoneInfo
    changes: tuple[Change, ...] = ()
    gone: frozenset[int] = frozenset()

    def there(self, crew: Crew) -> Crew:
        """Those of a crew who are still with us."""
        return tuple(one for one in crew if one not in self.gone) if self.gone else crew

    @property
    def people(self) -> frozenset[int]:
        """Everybody whom it names."""
        named = {one for layer in self.layers for crew in layer.crews for one in crew}
        return frozenset(named | {change.person for change in self.changes if change.person is not None})


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of duty: who was meant to be there, and who is. A hole (空岗) if nobody is."""

    starts: Micros
    ends: Micros
    meant: Crew
    people: Crew

    @property
    def is_hole(self) -> bool:
        return not self.people


def crew_at(plan: Plan, at: Micros) -> Crew | None:
    """Who is on duty at an instant; nobody in it: a hole; None: nobody is expected to be."""
    named = (layer.at(at, plan.zone) for layer in reversed(plan.layers))
    crew = next((crew for crew in named if crew is not None), None)
    for change in plan.changes:
        if change.starts <= at < change.ends:
            crew = change.upon(crew)
    return None if crew is None else plan.there(crew)


def shifts(plan: Plan, start: Micros, end: Micros) -> Iterator[Shift]:
    """The shifts from `start` to `end`, cut off at both, in order and apart; a stretch in which nobody is expected has none."""
    last: tuple[Shift, Piece | None] | None = None
    for shift, piece in _cells(plan, start, end):
        if last is not None and last[1] is piece and _goes_on(last[0], shift):
            last = replace(last[0], ends=shift.ends), piece
            continue
        if last is not None:
            yield last[0]
        last = shift, piece
    if last is not None:
        yield last[0]


def holes(found: Iterable[Shift]) -> Iterator[Shift]:
    """The holes among shifts; those that touch are one."""
    open_since: Shift | None = None
    for shift in found:
        if not shift.is_hole:
            continue
        if open_since is not None and open_since.ends == shift.starts:
            open_since = replace(open_since, ends=shift.ends)
            continue
        if open_since is not None:
            yield open_since
        open_since = shift
    if open_since is not None:
        yield open_since


def presence(found: Iterable[Shift], start: Micros, end: Micros, fallback: Crew = ()) -> Iterator[Piece]:
    """Every moment from `start` to `end`, cut where other people come: those there, in a hole the fallback, else nobody."""
    for _, same in groupby(_every_moment(found, start, end, fallback), key=lambda piece: frozenset(piece.crew)):
        first, *rest = same
        yield first._replace(ends=rest[-1].ends) if rest else first


def _every_moment(found: Iterable[Shift], start: Micros, end: Micros, fallback: Crew) -> Iterator[Piece]:
    until = start
    for shift in found:
        if shift.starts > until:
            yield Piece(until, shift.starts, ())
        yield Piece(shift.starts, shift.ends, shift.people or fallback)
        until = shift.ends
    if until < end:
        yield Piece(until, end, ())


def _goes_on(earlier: Shift, later: Shift) -> bool:
    return earlier.ends == later.starts and (earlier.meant, earlier.people) == (later.meant, later.people)


def _cells(plan: Plan, start: Micros, end: Micros) -> Iterator[tuple[Shift, Piece | None]]:
    """Between two instants at which anything begins or ends nothing changes: the highest piece there names the crew."""
    layers = [list(layer.pieces(start, end, plan.zone)) for layer in reversed(plan.layers)]
    changes = [change for change in plan.changes if change.starts < end and change.ends > start]
    cuts = {edge for pieces in layers for piece in pieces for edge in piece[:2] if start < edge < end}
    cuts |= {edge for change in changes for edge in (change.starts, change.ends) if start < edge < end}
    edges = [start, *sorted(cuts), end]
    following = [iter(pieces) for pieces in layers]
    current = [next(pieces, None) for pieces in following]
    for begins, ends in pairwise(edges):
        top: Piece | None = None
        for index, piece in enumerate(current):
            while piece is not None and piece.ends <= begins:
                piece = current[index] = next(following[index], None)
            if top is None and piece is not None and piece.starts <= begins:
                top = piece
        crew = top.crew if top is not None else None
        for change in changes:
            if change.starts <= begins < change.ends:
                crew = change.upon(crew)
        if crew is not None:
            yield Shift(begins, ends, crew, plan.there(crew)), top
