"""QR codes as pictures, and as sheets of labels to be printed on A4 paper."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno

ERROR = "m"
"""Error correction: 15 % of a code may be scratched or dirty."""
QUIET = 4
"""Modules of white around a code, without which some cameras find none."""
PIXELS = 10
"""Pixels of a module in a picture."""

_SHEET = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<title>二维码标签 · QR labels</title>
<style>
@page {{ size: A4; margin: 10mm }}
body {{ margin: 0; font: 10pt/1.3 "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif }}
main {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm }}
figure {{ margin: 0; padding: 3mm; border: .2mm dashed #999; text-align: center; break-inside: avoid; overflow-wrap: anywhere }}
svg {{ width: 42mm; height: 42mm }}
p {{ margin: 0; color: #333; font-size: 8pt }}
</style>
<main>
{labels}
</main>
</html>
"""
_LABEL = "<figure>{picture}<figcaption>{title}</figcaption><p>扫码报修 · Scan to report a fault</p></figure>"


@dataclass(frozen=True, slots=True)
class Label:
    """A code with what stands under it."""

    title: str
    link: str


def save(link: str, path: Path) -> None:
    """The code as a picture: PNG, SVG or PDF by the ending of the name. Raises ValueError for any other."""
    segno.make_qr(link, error=ERROR).save(str(path), scale=PIXELS, border=QUIET)


def sheet(labels: Sequence[Label]) -> str:
    """A page with a label for each code, to be printed from any browser."""
    return _SHEET.format(labels="\n".join(map(_label, labels)))


def _label(label: Label) -> str:
    picture = segno.make_qr(label.link, error=ERROR).svg_inline(border=QUIET, omitsize=True)
    return _LABEL.format(picture=picture, title=html.escape(label.title))
