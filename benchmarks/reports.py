"""How long it takes until a service report is drawn and sealed, and signed by its customer; drawing alone, and one bare signature beside
it."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Table, percentile
from config.report_sample import COMPANY, sample, sample_hand
from core.reports.press import Sheet
from notifier.reports.authority import Authority
from notifier.reports.drawing import draw_report
from notifier.reports.fonts import Fonts
from notifier.reports.press import ReportPress
from notifier.reports.seals import OwnSeal, signer_of

TARGET, TARGET_MEMORY = "≤ 250", "≤ 200"
"""A report drawn and sealed, ms; MB resident of a process that does nothing else."""
REPORTS, QUICK_REPORTS = 40, 8

Photos = Mapping[str, bytes]


def reports(table: Table, quick: bool) -> None:
    """One round: reports that differ, with three photos each, one after the other."""
    count = QUICK_REPORTS if quick else REPORTS
    with tempfile.TemporaryDirectory(prefix="huiying-bench-") as folder:
        fonts, authority = Fonts(), Authority(Path(folder), COMPANY["zh"])
        press = ReportPress(authority, OwnSeal(authority), fonts, COMPANY["zh"])
        plain, photos = sample("zh")
        began = time.perf_counter()
        press.make(plain, photos)
        table.add("desk: the first report, libraries loaded", (time.perf_counter() - began) * 1e3, "ms")
        sheets = [replace(plain, number=f"GD-{number}-1", ticket=f"GD-{number}") for number in range(1, count + 1)]
        drawn = [_timed(lambda one=one: draw_report(one, photos, fonts)) for one in sheets]
        table.add("bare: drawing alone, p50", percentile(drawn, 0.5), "ms")
        bare = [_timed(lambda: _signed_page(authority)) for _ in range(count)]
        table.add("bare: one signature under an empty page, p50", percentile(bare, 0.5), "ms")
        _made(table, press, sheets, photos)
    table.add("desk: memory of a process that makes reports", _memory(count), "MB", TARGET_MEMORY)


def _made(table: Table, press: ReportPress, sheets: list[Sheet], photos: Photos) -> None:
    made, documents = [], []
    for number, sheet in enumerate(sheets):
        again = replace(sheet, number=f"{sheet.number}{number}")
        began = time.perf_counter()
        document, _ = press.make(again, photos)
        made.append((time.perf_counter() - began) * 1e3)
        documents.append(document)
    table.add("desk: a report drawn and sealed, p50", percentile(made, 0.5), "ms", TARGET)
    table.add("desk: a report drawn and sealed, p99", percentile(made, 0.99), "ms")
    table.add("desk: its size", len(documents[0]) / 1024, "KiB")
    signed = [_timed(lambda one=one: press.sign(one, sample_hand(one))) for one in documents]
    table.add("desk: the customer's signature, p50", percentile(signed, 0.5), "ms")
    last = press.sign(documents[-1], sample_hand(documents[-1]))
    checked = [_timed(lambda: press.check(last)) for _ in range(5)]
    table.add("desk: both signatures checked, p50", percentile(checked, 0.5), "ms")


def _signed_page(authority: Authority) -> None:
    """The cheapest that could be called a signed document: nothing to see, nothing kept for later."""
    from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

    writer, out = PdfFileWriter(), io.BytesIO()
    writer.insert_page(PageObject(contents=writer.add_object(_nothing()), media_box=(0, 0, 595, 842)))
    sign_pdf(writer, PdfSignatureMetadata(field_name="Bare"), signer_of(authority.seal()), output=out)


def _nothing():  # type: ignore[no-untyped-def]
    from pyhanko.pdf_utils.generic import StreamObject

    return StreamObject(stream_data=b"")


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1e3


def _memory(count: int) -> float:
    """Most that a process of its own had resident after so many reports, in MB."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.reports", str(count)], capture_output=True, text=True, check=True
    ).stdout
    return float(said)


def _measure_memory(count: int) -> float:
    with tempfile.TemporaryDirectory(prefix="huiying-bench-") as folder:
        fonts, authority = Fonts(), Authority(Path(folder), COMPANY["zh"])
        press = ReportPress(authority, OwnSeal(authority), fonts, COMPANY["zh"])
        plain, photos = sample("zh")
        for number in range(count):
            document, _ = press.make(replace(plain, number=f"GD-{number}-1"), photos)
            press.sign(document, sample_hand(document))
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(_measure_memory(int(sys.argv[1])))
