"""Rotations: crews take turns, and who is on duty follows from the definition alone. Nothing here reads a clock or a row.

Hand-overs are counted on the wall clock of the roster's zone: every day at 08:30 stays 08:30, whichever way the clocks are
put. A day on which they are put has a longer or shorter shift, never a gap and never two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.people.model import EVERY_DAY
from core.rosters.wallclock import first_showing, furthest_reading
from core.words import FOR_EVER, Micros

Crew = tuple[int, ...]
"""The people who are on duty together; usually one."""
ONE_DAY = timedelta(days=1)


class Piece(NamedTuple):
    """A stretch for which one layer says who is on duty."""

    starts: Micros
    ends: Micros
    crew: Crew


@dataclass(frozen=True, slots=True)
class Layer:
    """Crews that take turns: the first from `start` at `handover`, each for `every` on the wall clock.

    `weekdays` (bits, Monday is 0) and the hours from `since` until `until` say when it applies at all; hours that end no
    later than they begin go past midnight and belong to the day on which they begin. Outside of them what lies below
    counts. Without crews there should be somebody, and nobody is.
    """

    crews: tuple[Crew, ...]
    every: timedelta
    handover: time
    start: date
    weekdays: int = EVERY_DAY
    since: time = time()
    until: time = time()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Layer:
        """The layer that `data` wrote."""
        return cls(
            tuple(tuple(crew) for crew in row["crews"]),
            timedelta(hours=row["hours"]),
            time.fromisoformat(row["handover"]),
            date.fromisoformat(row["start"]),
            row["weekdays"],
            time.fromisoformat(row["since"]),
            time.fromisoformat(row["until"]),
        )

    def data(self) -> dict[str, Any]:
        """The layer as it is kept in a row."""
        return {
            "crews": [list(crew) for crew in self.crews],
            "hours": self.every // timedelta(hours=1),
            "handover": f"{self.handover:%H:%M}",
            "start": self.start.isoformat(),
            "weekdays": self.weekdays,
            "since": f"{self.since:%H:%M}",
            "until": f"{self.until:%H:%M}",
        }

    @property
    def begins(self) -> datetime:
        """The first hand-over, on the wall clock."""
        return datetime.combine(self.start, self.handover)

    @property
    def always(self) -> bool:
        """Whether it applies at every hour of every day."""
        return self.weekdays == EVERY_DAY and self.since == self.until

    def at(self, instant: Micros, zone: ZoneInfo) -> Crew | None:
        """Whom it names at this instant; None while it does not apply."""
        reading = furthest_reading(instant, zone)
        if reading < self.begins or not self._applies(reading):
            return None
        return self._crew((reading - self.begins) // self.every)

    def pieces(self, start: Micros, end: Micros, zone: ZoneInfo) -> Iterator[Piece]:
        """All its pieces of which something lies between `start` and `end`, in order; what lies outside may be cut off."""
        windows = self._windows(start, end, zone)
        window = next(windows, None)
        for begins, ends, crew in self._turns(start, end, zone):
            while window is not None and window[0] < ends:
                piece = Piece(max(begins, window[0]), min(ends, window[1]), crew)
                if piece.starts < piece.ends and piece.starts < end and piece.ends > start:
                    yield piece
                if window[1] > ends:
                    break
                window = next(windows, None)

    def _turns(self, start: Micros, end: Micros, zone: ZoneInfo) -> Iterator[Piece]:
        """Turns of the rotation that overlap the span, as if it always applied."""
        turn = max(0, (furthest_reading(start, zone) - self.begins) // self.every)
        reading = self.begins + turn * self.every
        begins = first_showing(reading, zone)
        while begins < end:
            reading += self.every
            ends = first_showing(reading, zone)
            if begins < ends:
                yield Piece(begins, ends, self._crew(turn))
            turn, begins = turn + 1, ends

    def _windows(self, start: Micros, end: Micros, zone: ZoneInfo) -> Iterator[tuple[Micros, Micros]]:
        """When it applies, around the span; stretches that touch are one."""
        if self.always:
            yield -FOR_EVER, FOR_EVER
            return
        day, last = furthest_reading(start, zone).date() - ONE_DAY, furthest_reading(end, zone).date() + ONE_DAY
        opened: tuple[Micros, Micros] | None = None
        while day <= last:
            if self.weekdays >> day.weekday() & 1:
                opens, closes = (first_showing(reading, zone) for reading in self._window(day))
                if opened is not None and opens > opened[1]:
                    yield opened
                    opened = None
                opened = (opened[0] if opened else opens, closes)
            day += ONE_DAY
        if opened is not None:
            yield opened

    def _window(self, day: date) -> tuple[datetime, datetime]:
        """The hours of a day, on the wall clock."""
        ends_on = day if self.since < self.until else day + ONE_DAY
        return datetime.combine(day, self.since), datetime.combine(ends_on, self.until)

    def _applies(self, reading: datetime) -> bool:
        if self.always:
            return True
        today = reading.date()
        return any(
            self.weekdays >> day.weekday() & 1 and begins <= reading < ends
            for day in (today, today - ONE_DAY)
            for begins, ends in [self._window(day)]
        )

    def _crew(self, turn: int) -> Crew:
        return self.crews[turn % len(self.crews)] if self.crews else ()
