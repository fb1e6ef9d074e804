"""Figures as they are printed: median and extremes over rounds, and the target beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Figure:
    """One thing measured, once a round. `target` and `stretch` are words; nothing fails if they are missed."""

    name: str
    unit: str
    target: str = ""
    values: list[float] = field(default_factory=list)

    def line(self) -> str:
        middle, least, most = (shown(value) for value in (median(self.values), min(self.values), max(self.values)))
        span = f" [{least}–{most}]" if len(self.values) > 1 else ""
        target = f"   target {self.target}" if self.target else ""
        return f"  {self.name:<66} {middle:>8} {self.unit}{span}{target}"


class Table:
    """The figures of one measure, gathered over rounds."""

    def __init__(self, title: str, says: str):
        self.title, self.says = title, says
        self._figures: dict[str, Figure] = {}
        self._not_run: dict[str, None] = {}

    def add(self, name: str, value: float, unit: str, target: str = "") -> None:
        self._figures.setdefault(name, Figure(name, unit, target)).values.append(value)

    def not_run(self, why: str) -> None:
        """Something that this machine lacks: it is said, and never taken for a figure."""
        self._not_run[why] = None

    def value(self, name: str) -> float | None:
        """The median of a figure, for what is computed from it."""
        return median(self._figures[name].values) if name in self._figures else None

    def lines(self) -> Iterable[str]:
        yield f"\n{self.title}"
        yield f"  ({self.says})"
        for figure in self._figures.values():
            yield figure.line()
        for why in self._not_run:
            yield f"  NOT RUN: {why}"


def shown(value: float) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.2g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
