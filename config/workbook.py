"""XLSX files, line by line, with what openpyxl does not tell in its streaming mode: merged cells and formulas whose result
was never saved."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

from config.tables import MEGABYTE, MOST_COLUMNS
from core.links.lines import Broken, Cell, Line, TableRefused

MOST_UNPACKED = 512 * MEGABYTE
"""All parts of a workbook together, unpacked. A sheet is streamed; 1,048,576 formatted blank lines are some 100 MB."""
MOST_SHARED = 128 * MEGABYTE
"""The part that holds all texts, which lies in memory as a whole."""
MOST_RATIO = 250
"""How much smaller than its content a packed part may be, from TRUSTED on: sheets reach some 30, blank lines 150."""
TRUSTED = 10 * MEGABYTE
"""Unpacked bytes up to which the ratio does not matter."""
MOST_PARTS = 10_000
MOST_MERGED = 5_000
"""Merged areas that are filled; tables for people have some dozens."""
LONGEST_MERGED = 2_000
"""Lines of a merged area that is filled."""

_TEXTS = re.compile(r"xl/(?:sharedStrings|styles)\.xml", re.IGNORECASE)


@dataclass(slots=True)
class Marks:
    """What a sheet says beside its values: merged areas (first and last line, first and last column), and the places of
    formulas without a result."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hollow: set[tuple[int, int]] = field(default_factory=set)


def workbook_lines(path: Path, sheet: str | None) -> Iterator[Line]:
    """The lines of a sheet, the first visible one if none is named. Raises TableRefused."""
    _must_be_harmless(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise TableRefused("file_damaged", why=type(error).__name__) from error
    try:
        page = _page(book, sheet)
        page.reset_dimensions()
        marks = _marks(path, page._worksheet_path)
        rows = page.iter_rows(values_only=True, max_col=MOST_COLUMNS)
        yield from _filled(page.title, rows, marks)
    except TableRefused:
        raise
    except Exception as error:
        raise TableRefused("file_damaged", why=type(error).__name__) from error
    finally:
        book.close()


def _must_be_harmless(path: Path) -> None:
    """Look at the table of contents before anything is unpacked. What a part says of its size, zipfile holds it to."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise TableRefused("file_damaged", why=type(error).__name__) from error
    if not any(part.filename.lower() == "xl/workbook.xml" for part in parts):
        raise TableRefused("file_not_table")
    if any(part.flag_bits & 1 for part in parts):
        raise TableRefused("file_locked")
    size = sum(part.file_size for part in parts)
    swollen = any(part.file_size > TRUSTED and part.file_size > MOST_RATIO * part.compress_size for part in parts)
    texts = max((part.file_size for part in parts if _TEXTS.fullmatch(part.filename)), default=0)
    if size > MOST_UNPACKED or swollen or texts > MOST_SHARED or len(parts) > MOST_PARTS:
        raise TableRefused("zip_bomb", size=size // MEGABYTE)


def _page(book: Any, sheet: str | None) -> Any:
    pages = [page for page in book.worksheets if page.sheet_state == "visible"]
    if sheet is not None:
        pages = [page for page in book.worksheets if page.title == sheet]
    if not pages:
        raise TableRefused("sheet_missing", sheet=sheet or "", sheets="、".join(page.title for page in book.worksheets))
    return pages[0]


def _filled(title: str, rows: Iterator[tuple[Any, ...]], marks: Marks) -> Iterator[Line]:
    """Lines in which every cell of a merged area has the value of its first one; a blank line stays blank."""
    waiting = sorted(marks.merged, reverse=True)
    open_areas: list[tuple[tuple[int, int, int, int], Cell]] = []
    for number, row in enumerate(rows, 1):
        cells: list[Cell] = [*row] if row else []
        while cells and cells[-1] is None:
            cells.pop()
        for place in [column for line, column in _on(marks.hollow, number, len(row)) if line == number]:
            cells += [None] * (place - len(cells))
            cells[place - 1] = Broken("formula_empty")
        while waiting and waiting[-1][0] == number:
            area = waiting.pop()
            open_areas.append((area, cells[area[2] - 1] if area[2] <= len(cells) else None))
        open_areas = [(area, value) for area, value in open_areas if area[1] >= number]
        for (_, _, first, last), value in open_areas if cells else ():
            if value is not None:
                cells += [None] * (last - len(cells))
                cells[first - 1 : last] = [value] * (last - first + 1)
        yield Line(title, number, tuple(cells))


def _on(hollow: set[tuple[int, int]], number: int, width: int) -> list[tuple[int, int]]:
    return [(number, column) for column in range(1, width + 1) if (number, column) in hollow] if hollow else []


def _marks(path: Path, part: str) -> Marks:
    """Go through a sheet's XML once. Raises TableRefused if it declares entities, which no spreadsheet program writes."""
    with zipfile.ZipFile(path) as packed, packed.open(part.lstrip("/")) as file:
        return _Marker(file).marks


class _Marker:
    def __init__(self, file: IO[bytes]) -> None:
        self.marks = Marks()
        self._place, self._formula, self._value = "", False, False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.EntityDeclHandler = self._entity
        parser.ParseFile(file)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "c":
                self._place, self._formula, self._value = attributes.get("r", ""), False, False
            case "f":
                self._formula = True
            case "v" | "is":
                self._value = True
            case "mergeCell" if len(self.marks.merged) < MOST_MERGED:
                self._merge(*(side or 0 for side in range_boundaries(attributes["ref"])))

    def _merge(self, first: int, top: int, last: int, bottom: int) -> None:
        if first and top and last <= MOST_COLUMNS and bottom - top < LONGEST_MERGED:
            self.marks.merged.append((top, bottom, first, last))

    def _end(self, name: str) -> None:
        if self._formula and not self._value and self._place and name.rpartition(" ")[2] == "c":
            self.marks.hollow.add(coordinate_to_tuple(self._place))
            self._formula = False

    def _entity(self, *_: Any) -> None:
        raise TableRefused("file_damaged", why="entities")
