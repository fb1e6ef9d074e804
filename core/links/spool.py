"""Rows laid aside on disk while an import is examined, so that memory does not grow with the table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Self

import orjson

from core.links.lines import Finding
from core.links.rows import Imported, PersonRow, TicketRow


@dataclass(slots=True)
class Laid:
    """A line as it was understood: its row, or why there is none; `cells` as they stood in the table."""

    sheet: str
    number: int
    cells: list[str]
    row: Imported | None = None
    finding: Finding | None = None


class Spool:
    """A nameless file that disappears with the process; only its owner can read it."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool

    def put(self, laid: Laid) -> None:
        """Lay one line aside."""
        finding = [laid.finding.key, laid.finding.facts] if laid.finding else None
        self._file.write(orjson.dumps([laid.sheet, laid.number, laid.cells, laid.row, finding]) + b"\n")

    def __iter__(self) -> Iterator[Laid]:
        """All lines, in their order; again each time."""
        self._file.seek(0)
        for written in self._file:
            sheet, number, cells, row, finding = orjson.loads(written)
            yield Laid(sheet, number, cells, _row(row) if row else None, Finding(*finding) if finding else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _row(kept: dict[str, Any]) -> Imported:
    return TicketRow(**kept) if "created_at" in kept else PersonRow(**kept)
