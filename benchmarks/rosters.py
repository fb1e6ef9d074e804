"""Random rosters over a year in four zones: no gap and no overlap that their definition does not explain (S1)."""

from __future__ import annotations

import random
import time as clock
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from datetime import date, time, timedelta
from itertools import count as count_from
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.figures import Table
from benchmarks.roster_oracle import (
    MINUTES,
    YEAR,
    Crews,
    as_minutes,
    clock_changes,
    expected,
    expected_spans,
    start_of_year,
)
from core.people.model import EVERY_DAY
from core.rosters.rotation import Layer
from core.rosters.shifts import Change, Plan, Shift, crew_at, shifts
from core.words import HOUR, MINUTE, Micros

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
ROSTERS = 10_000
EXAMINED = 10
"""Of so many rosters one is worked out again minute by minute."""
QUICK_ROSTERS = 50
BLOCK = 250
"""Rosters that one process takes at a time."""
INSTANTS, AT_CHANGES = 5, 5
"""Instants of a roster at which somebody asks who is on duty: at any time, and at every change of the clocks."""
_EVERY = (1, 6, 8, 8, 12, 12, 12, 24, 24, 24, 24, 48, 72, 168, 168, 336)
"""Hours of a turn."""


class Unexplained(AssertionError):
    """A gap, an overlap or somebody on duty whom the definition does not explain."""


@dataclass
class Found:
    """What was counted. `seconds`: spent on the desk's own arithmetic, without that of the oracle."""

    rosters: int = 0
    shifts: int = 0
    holes: int = 0
    examined: int = 0
    seconds: float = 0.0


def rosters(table: Table, count: int = ROSTERS) -> None:
    """Every roster in each of the zones, on all cores. Raises Unexplained."""
    begun, found = clock.perf_counter(), Found()
    with ProcessPoolExecutor() as pool:
        for block in pool.map(examine, [min(BLOCK, count)] * max(1, count // BLOCK), count_from(0)):
            found = Found(*(mine + its for mine, its in zip(astuple(found), astuple(block), strict=True)))
    table.add(f"rosters × {len(ZONES)} zones × a year", found.rosters, "")
    table.add("shifts", found.shifts, "")
    table.add("holes among them: nobody named, on leave, or gone", found.holes, "")
    table.add("rosters worked out again minute by minute", found.examined, "")
    table.add("gaps and overlaps that nothing explains", 0, "", "0")
    table.add("a year of a roster laid out", found.seconds / found.rosters * 1e3, "ms")
    table.add("all of it", clock.perf_counter() - begun, "s")


def examine(count: int, seed: int, examined: int = EXAMINED) -> Found:
    """Lay out so many rosters in each zone, and hold what comes of it against their definition. Raises Unexplained."""
    found, chance = Found(), random.Random(seed)
    plans = [random_plan(chance) for _ in range(count)]
    for zone in ZONES:
        for number, plan in enumerate(plans):
            _one(replace(plan, zone=ZoneInfo(zone)), found, chance, number % examined == 0)
    return found


def random_plan(chance: random.Random) -> Plan:
    """A roster as somebody might write it, and stranger ones."""
    people = range(1, chance.randint(2, 12))
    layers = tuple(_layer(chance, people) for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))))
    changes = tuple(_change(chance, people) for _ in range(chance.choice((0, 0, 1, 4, 12))))
    gone = frozenset(chance.sample(people, chance.choice((0, 0, 0, 1))))
    return Plan(layers, ZoneInfo(ZONES[0]), changes, gone)


def _layer(chance: random.Random, people: range) -> Layer:
    crews = tuple(
        tuple(chance.sample(people, min(len(people), chance.choice((1, 1, 1, 2)))))
        for _ in range(chance.choice((0, 1, 2, 3, 4, 7)))
    )
    start = date(YEAR - 1, 12, 1) + timedelta(days=chance.choice((0, chance.randrange(40), chance.randrange(300))))
    restricted = chance.random() < 0.5
    return Layer(
        crews,
        timedelta(hours=chance.choice(_EVERY)),
        _time(chance),
        start,
        chance.choice((EVERY_DAY, 0b0011111, 0b1100000, chance.randrange(1, EVERY_DAY))) if restricted else EVERY_DAY,
        _time(chance) if restricted else time(),
        _time(chance) if restricted else time(),
    )


def _time(chance: random.Random) -> time:
    return time(chance.randrange(24), chance.choice((0, 0, 30, 30, chance.randrange(0, 60, 5))))


def _change(chance: random.Random, people: range) -> Change:
    starts = start_of_year() + chance.randrange(MINUTES) * MINUTE
    person, instead = chance.choice((*people, None)), chance.choice((*people, None))
    return Change(starts, starts + chance.randint(1, 4 * 24 * 60) * MINUTE, person, instead)


def _one(plan: Plan, found: Found, chance: random.Random, again: bool) -> None:
    begun = clock.process_time()
    laid_out = list(shifts(plan, start_of_year(), start_of_year() + MINUTES * MINUTE))
    found.seconds += clock.process_time() - begun
    found.rosters, found.shifts = found.rosters + 1, found.shifts + len(laid_out)
    found.holes += sum(shift.is_hole for shift in laid_out)
    if list(_stretches(laid_out)) != expected_spans(plan):
        raise Unexplained(f"a gap or more than the definition says: {plan}")
    for at in _instants(plan, chance):
        if crew_at(plan, at) != next((shift.people for shift in laid_out if shift.starts <= at < shift.ends), None):
            raise Unexplained(f"an instant and its shift differ at {at}: {plan}")
    if again:
        found.examined += 1
        crews = Crews()
        if not np.array_equal(as_minutes(laid_out, crews), expected(plan, crews)):
            raise Unexplained(f"somebody else is on duty: {plan}")


def _instants(plan: Plan, chance: random.Random) -> Iterator[Micros]:
    for _ in range(INSTANTS):
        yield start_of_year() + chance.randrange(MINUTES * MINUTE)
    for minute in clock_changes(str(plan.zone)):
        for _ in range(AT_CHANGES):
            yield start_of_year() + minute * MINUTE + chance.randrange(-HOUR, 2 * HOUR)


def _stretches(laid_out: list[Shift]) -> Iterator[tuple[Micros, Micros]]:
    """Shifts that touch as one stretch. Raises Unexplained where two overlap or one has no length."""
    begun: tuple[Micros, Micros] | None = None
    for shift in laid_out:
        if shift.ends <= shift.starts or (begun is not None and shift.starts < begun[1]):
            raise Unexplained(f"overlaps or is empty: {shift}")
        if begun is not None and shift.starts > begun[1]:
            yield begun
            begun = None
        begun = (begun[0] if begun else shift.starts, shift.ends)
    if begun is not None:
        yield begun
