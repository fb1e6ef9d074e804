"""An import: a table is examined, what it would change is shown, and then it is carried out, some hundred lines a turn.

Nothing is written before the last step, and whatever was carried out is found unchanged when the same table comes again:
an import that was interrupted is simply run once more (S71, S74).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from core.links.cells import tidy
from core.links.lines import Broken, Cell, Finding, Line, LineRefused, TableRefused
from core.links.people import Fate, Verdict
from core.links.rows import Imported
from core.links.spool import Laid, Spool
from core.store.turn import Turn

BATCH = 200
"""Lines in one turn: enough to share the cost of a commit, few enough that the running desk does not wait for it."""
MOST_LINES = 500_000
"""Lines of one table."""
EXAMPLES = 3
"""Lines shown of each kind."""

Begin = Callable[[], AbstractContextManager[Turn]]
Read = Callable[[Line], Imported | None]
Tell = Callable[[Laid, Finding], None]


class Importer(Protocol):
    """What is particular about a kind of table."""

    def take(self, row: Imported) -> None:
        """Hear of a row, before any is judged."""
        ...

    def against(self, row: Imported) -> Finding | None:
        """Why a row cannot be taken beside the other rows of its table."""
        ...

    def judge(self, turn: Turn, rows: Sequence[Imported], *, lock: bool) -> list[Verdict]:
        """What these rows mean; changes nothing."""
        ...

    def carry_out(self, turn: Turn, verdicts: Sequence[Verdict]) -> None:
        """Do as judged."""
        ...

    def foresee(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        """Count what will follow once all rows are judged; line → what is not taken of it."""
        ...

    def prepare(self, begin: Begin) -> None:
        """Do what must be done before any row."""
        ...

    def follow_up(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        """Do what can only be done after all rows; line → what was not taken of it."""
        ...


@dataclass(slots=True)
class Reason:
    """Why lines are not taken, or not wholly: how many, and the first of them."""

    count: int
    first: Finding
    line: int


@dataclass(slots=True)
class Tally:
    """What an import would change, or has changed. `examples`: some lines of each fate, `more`: what else was counted."""

    counts: dict[Fate, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "changed", "same", "skipped", "refused"), 0)
    )
    partly: int = 0
    examples: dict[Fate, list[Verdict]] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.counts[verdict.fate] += 1
        shown = self.examples.setdefault(verdict.fate, [])
        if len(shown) < EXAMPLES:
            shown.append(verdict)

    def refuse(self, finding: Finding, line: int) -> None:
        """Count a line, or a part of one, that is not taken."""
        self.reasons.setdefault(finding.key, Reason(0, finding, line)).count += 1
        if finding.partly:
            self.partly += 1
        else:
            self.counts["refused"] += 1

    def same_after_all_changed(self, lines: int) -> None:
        """Lines that were counted as unchanged do change something."""
        self.counts["same"] -= lines
        self.counts["changed"] += lines

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def changes_something(self) -> bool:
        return bool(
            self.counts["new"] or self.counts["changed"] or self.more.get("left") or self.more.get("departments")
        )


def examine(lines: Iterable[Line], read: Read, importer: Importer, spool: Spool) -> int:
    """Read every line that is not blank and lay it aside; how many there are. Raises TableRefused."""
    count = 0
    for line in lines:
        cells = [shown(cell) for cell in line.cells]
        if not any(cells):
            continue
        count += 1
        if count > MOST_LINES:
            raise TableRefused("too_many_lines", most=MOST_LINES)
        laid = Laid(line.sheet, line.number, cells)
        try:
            laid.row = read(line)
        except LineRefused as refused:
            laid.finding = refused.finding
        if laid.row is not None:
            importer.take(laid.row)
        spool.put(laid)
    return count


def preview(spool: Spool, importer: Importer, begin: Begin, tell: Tell) -> Tally:
    """What the import would change; `tell` hears of every line that is not taken, or not wholly."""
    tally = Tally()
    for batch in _batches(spool):
        with begin() as turn:
            _judged(turn, batch, importer, tally, tell, lock=False)
    _tell_later(spool, importer.foresee(begin, tally), tally, tell)
    return tally


def carry_out(
    spool: Spool, importer: Importer, begin: Begin, tell: Tell, pause: Callable[[int], None] = lambda done: None
) -> Tally:
    """Carry the import out; `pause` is called between turns with the number of lines that are done."""
    tally, done = Tally(), 0
    importer.prepare(begin)
    for batch in _batches(spool):
        with begin() as turn:
            importer.carry_out(turn, _judged(turn, batch, importer, tally, tell, lock=True))
        done += len(batch)
        pause(done)
    _tell_later(spool, importer.follow_up(begin, tally), tally, tell)
    return tally


def shown(cell: Cell) -> str:
    """A cell as it is shown to people."""
    return "" if cell is None else "#?" if isinstance(cell, Broken) else tidy(str(cell))[:200]


def _judged(
    turn: Turn, batch: Sequence[Laid], importer: Importer, tally: Tally, tell: Tell, *, lock: bool
) -> list[Verdict]:
    standing: dict[int, Laid] = {}
    for laid in batch:
        finding = laid.finding or (importer.against(laid.row) if laid.row else None)
        if finding:
            tally.refuse(finding, laid.number)
            tell(laid, finding)
        elif laid.row is None:
            tally.counts["skipped"] += 1
        else:
            standing[laid.number] = laid
    verdicts = importer.judge(turn, [laid.row for laid in standing.values() if laid.row], lock=lock) if standing else []
    for verdict in verdicts:
        laid = standing[verdict.row.line]
        if verdict.finding:
            tally.refuse(verdict.finding, laid.number)
            tell(laid, verdict.finding)
            continue
        tally.add(verdict)
        for key, facts in verdict.row.remarks:
            remark = Finding(key, facts, partly=True)
            tally.refuse(remark, laid.number)
            tell(laid, remark)
    return verdicts


def _tell_later(spool: Spool, findings: dict[int, Finding], tally: Tally, tell: Tell) -> None:
    for line, finding in findings.items():
        tally.refuse(finding, line)
    for laid in spool if findings else ():
        if laid.number in findings:
            tell(laid, findings[laid.number])


def _batches(spool: Spool) -> Iterator[list[Laid]]:
    rows = iter(spool)
    while batch := list(islice(rows, BATCH)):
        yield batch
