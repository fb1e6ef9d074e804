"""Opening the tables that people bring: what a file is its content says, not its name; nothing is unpacked unseen."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from core.links.lines import Line, TableRefused

MEGABYTE = 1 << 20
MOST_BYTES = 64 * MEGABYTE
"""Largest file, bytes: 50,000 lines are some 5 MB."""
MOST_COLUMNS = 100
"""Columns that are read."""
BLANKS_AT_END = 1_000
"""So many blank lines in a row end a table: a sheet may be formatted down to line 1,048,576."""
SAMPLE = 64 * 1024
"""Bytes by which a file is recognised."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",\t;|"
_END = "\x00end of the table\x00"
"""A line put behind the last one: if it does not come back as a line of its own, a quotation mark is open."""


def lines_of(path: Path, sheet: str | None = None, encoding: str | None = None) -> Iterator[Line]:
    """The lines of a table, one by one. Raises TableRefused, also while it is read."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            start = file.read(SAMPLE)
    except OSError:
        raise TableRefused("file_missing", path=path) from None
    if not start.strip():
        raise TableRefused("file_empty")
    if size > MOST_BYTES:
        raise TableRefused("file_too_large", size=size // MEGABYTE, most=MOST_BYTES // MEGABYTE)
    if start.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise TableRefused("file_locked" if locked else "file_xls")
    if start.startswith(_ZIP):
        from config.workbook import workbook_lines

        return until_blank(workbook_lines(path, sheet))
    if start.lstrip()[:512].lower().startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise TableRefused("file_html")
    encoding = encoding or encoding_of(path, start)
    return until_blank(_csv_lines(path, encoding))


def until_blank(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines up to the place from which on nothing stands."""
    blanks = 0
    for line in lines:
        blanks = 0 if any(cell not in (None, "") for cell in line.cells) else blanks + 1
        if blanks >= BLANKS_AT_END:
            return
        if not blanks:
            yield line


def encoding_of(path: Path, start: bytes) -> str:
    """How a text file is written: by its mark, else UTF-16 by its zeros, else UTF-8 if it is that, else
    GB18030 (with GBK). Raises TableRefused for a file that is no text."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if b"\x00" in start:
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if max(even, odd) * 8 < len(start):
            raise TableRefused("file_not_table")
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8" if _is_utf8(path) else "gb18030"


def _is_utf8(path: Path) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: a line of another encoding spoils itself, not the table."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    garbled = sound = 0
    with open(path, "rb") as file:
        while piece := file.read(MEGABYTE):
            words = decoder.decode(piece)
            lost = words.count("\ufffd")
            garbled += lost
            sound += len(words) - len(words.encode("ascii", "ignore")) - lost
    return garbled <= sound


def _csv_lines(path: Path, encoding: str) -> Iterator[Line]:
    try:
        file = open(path, encoding=encoding, errors="replace", newline="")  # noqa: SIM115 - closed below
    except LookupError:
        raise TableRefused("encoding_wrong", encoding=encoding) from None
    with file:
        rows = csv.reader(chain(file, [_END]), delimiter=_separator(file))
        number, started = 0, 0
        try:
            for number, row in enumerate(rows, 1):
                if row and _END in row[-1]:
                    if row != [_END]:
                        raise TableRefused("quote_open", line=started + 1)
                    return
                yield Line(path.name, number, tuple(row[:MOST_COLUMNS]))
                started = number
        except csv.Error:
            raise TableRefused("quote_open", line=number + 1) from None


def _separator(file: io.TextIOBase) -> str:
    """What parts the columns: whatever stands most often in the first lines."""
    sample = file.read(SAMPLE)
    file.seek(0)
    first = "\n".join(sample.splitlines()[:20])
    return max(_SEPARATORS, key=first.count)
