"""refused.csv: every line that was not taken, or not wholly, with its number, the reason and the next step."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from core.links.lines import Finding
from core.links.reasons import said
from core.links.spool import Laid
from core.links.vocabulary import Language

HEADERS: dict[Language, tuple[str, ...]] = {
    "zh": ("工作表", "行号", "结果", "原因", "下一步"),
    "en": ("sheet", "line", "outcome", "reason", "next step"),
}
OUTCOMES: dict[Language, tuple[str, str]] = {"zh": ("未导入", "部分导入"), "en": ("not imported", "partly imported")}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula."""


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def private_file(path: Path, flags: int = os.O_TRUNC) -> IO[str]:
    """A new text file that only its owner can read. Raises FileExistsError if `flags` has O_EXCL and it is there."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8-sig", newline="")


class Refusals:
    """The file, written as lines are refused; it appears with the first of them. The lines' own cells stand at the end of
    each row under their own headers, so that the corrected file can be imported itself."""

    def __init__(self, path: Path, headers: Sequence[str], lang: Language) -> None:
        self.path = path
        self.lang: Language = lang
        self._headers = [*HEADERS[lang], *(header or f"#{place}" for place, header in enumerate(headers, 1))]
        self._file: IO[str] | None = None
        self._writer: Any = None

    def tell(self, laid: Laid, finding: Finding) -> None:
        """Write one line down."""
        if self._file is None:
            self._file = private_file(self.path)
            self._writer = csv.writer(self._file)
            self._writer.writerow(self._headers)
        what, next_step = said(finding.key, finding.facts, self.lang)
        outcome = OUTCOMES[self.lang][finding.partly]
        row = [laid.sheet, laid.number, outcome, what, next_step, *laid.cells]
        self._writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])

    @property
    def written(self) -> bool:
        return self._file is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
