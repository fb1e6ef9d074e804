"""What a load many times as large would ask for, computed from the figures that were measured.

python -m benchmarks.model [docs/performance.md]      prints the table that stands in docs/scale.md

The model is linear: processor time and bytes for each ticket, as measured, times the number of tickets.
It knows nothing of networks, replicas, locks between processes or disks slower than the one that was measured.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FACTORS = (1, 10, 100, 1_000)
STAFF, TICKETS_A_DAY = 5_000, 10_000
"""The load of which the others are multiples: a large service company."""
MESSAGES_A_TICKET, ROWS_A_TICKET = 4, 13
"""Messages that come in; rows of inbox, outbox and event, which are by far the most."""
HOURS, PEAK = 10, 3
"""Hours in which a day's messages come, and how much more than the mean come at the busiest time."""
LARGEST_ENTITY = 50_000
"""Staff of one legal entity at most: a larger load is one of several entities."""
USED = 0.6
"""Share of a core's time that may be used at the busiest time, so that nobody waits."""
FILES = 3_000_000
"""Bytes of photos and recordings with each ticket, not measured but assumed: three photos of 1 MB."""
STORE, TICKETS = "postgresql, 1,000,000 tickets", 1_000_000
"""The largest store on PostgreSQL of which there are figures."""

_FIGURE = re.compile(r"^  (?P<name>\S.*?) {2,}(?P<value>[\d.,]+) (?P<unit>\S*)")


def figures(text: str) -> dict[str, float]:
    """Every figure in printed tables, by its name; of figures that were printed more than once, the last."""
    found = (_FIGURE.match(line) for line in text.splitlines())
    return {line["name"]: float(line["value"].replace(",", "")) for line in found if line}


@dataclass(frozen=True)
class Costs:
    """What was measured, per message (seconds of a core) and per ticket."""

    desk: float
    http: float
    database: float
    dispatch: float
    ticket_bytes: float

    @classmethod
    def of(cls, measured: Mapping[str, float]) -> Costs:
        """Raises KeyError for a figure that is not there."""
        ms = 1e-3
        alone = f"{STORE}: CPU of the desk, one at a time"
        engineers = 1_000
        return cls(
            desk=measured[f"{STORE}: CPU of the desk, 16 together"] * ms,
            http=measured["desk: HTTP request to commit"] * ms,
            database=measured[f"{STORE}: CPU of PostgreSQL, 16 together"] * ms,
            dispatch=(measured[f"{alone}, reporting"] - measured[f"{alone}, noting"]) * ms / engineers,
            ticket_bytes=measured[f"{STORE}: size of the database"] * 1e6 / TICKETS,
        )


@dataclass(frozen=True)
class Load:
    """A load and what it asks for."""

    factor: int
    costs: Costs

    @property
    def tickets_a_day(self) -> int:
        return TICKETS_A_DAY * self.factor

    @property
    def entities(self) -> int:
        return -(-STAFF * self.factor // LARGEST_ENTITY)

    @property
    def peak(self) -> float:
        """Messages a second at the busiest time."""
        return self.tickets_a_day * MESSAGES_A_TICKET / (HOURS * 3600) * PEAK

    @property
    def dispatch(self) -> float:
        """Seconds of a core for choosing one engineer."""
        return self.costs.dispatch * STAFF * self.factor / self.entities

    @property
    def desk_cores(self) -> float:
        """For HTTP and turns; choosing an engineer for each ticket comes on top, since it grows with the staff."""
        choosing = self.peak / MESSAGES_A_TICKET * self.dispatch
        return (self.peak * (self.costs.desk + self.costs.http) + choosing) / USED

    @property
    def database_cores(self) -> float:
        return self.peak * self.costs.database / USED

    @property
    def rows_a_month(self) -> float:
        return self.tickets_a_day * 30 * ROWS_A_TICKET

    @property
    def terabytes_a_year(self) -> float:
        return self.tickets_a_day * 365 * self.costs.ticket_bytes / 1e12

    @property
    def file_terabytes_a_year(self) -> float:
        return self.tickets_a_day * 365 * FILES / 1e12


def table(costs: Costs) -> Iterator[str]:
    """The loads side by side, as Markdown."""
    loads = [Load(factor, costs) for factor in FACTORS]
    rows = (
        ("", [f"{load.factor:,} ×" for load in loads]),
        ("staff, in legal entities", [f"{STAFF * load.factor:,} in {load.entities:,}" for load in loads]),
        ("tickets a day", [f"{load.tickets_a_day:,}" for load in loads]),
        ("messages a second at the busiest time", [_shown(load.peak) for load in loads]),
        ("cores for the desk's processes", [_shown(load.desk_cores) for load in loads]),
        ("of one report: choosing an engineer, s", [_shown(load.dispatch) for load in loads]),
        ("cores for PostgreSQL", [_shown(load.database_cores) for load in loads]),
        ("rows of inbox, outbox, event in a month, million", [_shown(load.rows_a_month / 1e6) for load in loads]),
        ("database in a year, TB", [_shown(load.terabytes_a_year) for load in loads]),
        ("files in a year, TB (assumed: 3 MB a ticket)", [_shown(load.file_terabytes_a_year) for load in loads]),
    )
    for number, (name, values) in enumerate(rows):
        yield f"| {name} | {' | '.join(values)} |"
        if number == 0:
            yield f"|---{'|---:' * len(loads)}|"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


if __name__ == "__main__":
    source = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "performance.md")
    found = figures(source.read_text())
    print("\n".join(table(Costs.of(found))))
