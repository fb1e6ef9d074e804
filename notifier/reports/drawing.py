"""Documents are drawn by typst from templates beside this file; every word comes as data, so that text stays text (S66, S100)."""

from __future__ import annotations

import io
import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.reports.press import CannotPrint, Hand, Picture, Sheet, Stroke
from core.words import Micros
from notifier.reports.fonts import Fonts

log = logging.getLogger(__name__)

MOST_PICTURES = 12
"""Photos in one report."""
MOST_PIXELS = 50_000_000
"""Photos that are larger are left out."""
POINT = 72 / 25.4
"""Points in a millimetre."""
A4 = (210 * POINT, 297 * POINT)
MARGIN, FOOT, GAP, FIELD_HEIGHT = 18 * POINT, 20 * POINT, 8 * POINT, 30 * POINT
"""Of the template's page: margins, the space between the two fields, and their height, points."""
FIELD_WIDTH = (A4[0] - 2 * MARGIN - GAP) / 2
SEAL_SIDE = 38 * POINT
COMPANY_BOX = (
    round(MARGIN + FIELD_WIDTH - SEAL_SIDE - 4),
    round(FOOT + FIELD_HEIGHT / 2 - SEAL_SIDE / 2),
    round(MARGIN + FIELD_WIDTH - 4),
    round(FOOT + FIELD_HEIGHT / 2 + SEAL_SIDE / 2),
)
LABEL = 16
"""Height of the words over the customer's signature, points."""
CUSTOMER_BOX = (
    round(MARGIN + FIELD_WIDTH + GAP + 4),
    round(FOOT + 2),
    round(MARGIN + 2 * FIELD_WIDTH + GAP - 4),
    round(FOOT + FIELD_HEIGHT - LABEL),
)
"""Where the fields lie on the last page: left, bottom, right, top."""
LINES_HEIGHT = 26
"""Height of the words under the customer's signature, points."""
CHARACTER, LETTER = 17.0, 11.0
"""Degrees of the seal's ring that a Chinese character and a Latin letter take."""


def draw_report(sheet: Sheet, photos: Mapping[str, bytes], fonts: Fonts) -> bytes:
    """The report as a PDF, its fields still missing. Raises CannotPrint."""
    with tempfile.TemporaryDirectory(prefix="huiying-report-") as folder:
        pictures = list(_laid_out(sheet.pictures, photos, Path(folder)))
        data = {
            "lang": sheet.lang,
            "number": sheet.number,
            "ticket": sheet.ticket,
            "company": sheet.company,
            "title": sheet.title,
            "sections": sheet.sections,
            "parts": [
                [part.code, part.name, str(part.qty or ""), part.old_serial, part.new_serial] for part in sheet.parts
            ],
            "pictures": pictures,
            "maintenance": sheet.maintenance,
            "engineer": sheet.engineer,
            "agreement": sheet.agreement,
            "check_url": sheet.check_url,
            "labels": dict(sheet.labels),
        }
        data = _fitted(data, fonts) | {"qr": _qr(sheet.check_url)}
        return _compiled("report.typ", "sheet", data, fonts, Path(folder), sheet.made_at)


def draw_seal(company: str, fonts: Fonts) -> bytes:
    """The company's round seal as a PDF."""
    chinese = any(ord(char) > 0x2E7F for char in company)
    data = {
        "company": fonts.fitted(company.strip() or "?"),
        "purpose": "服务专用章" if chinese else "SERVICE SEAL",
        "step": CHARACTER if chinese else LETTER,
        "scale": 1.0 if chinese else 1.1,
    }
    return _compiled("seal.typ", "seal", data, fonts)


def draw_hand(hand: Hand, fonts: Fonts) -> bytes:
    """The picture of the customer's signature as a PDF, as large as its field."""
    left, bottom, right, top = CUSTOMER_BOX
    width, height = right - left, top - bottom
    data = {
        "width": width,
        "height": height,
        "strokes": _scaled(hand.strokes or (), width, height - LINES_HEIGHT),
        "typed": "" if hand.strokes else hand.name,
        "lines": list(hand.lines),
    }
    return _compiled("hand.typ", "hand", _fitted(data, fonts), fonts)


def _laid_out(pictures: Sequence[Picture], photos: Mapping[str, bytes], folder: Path) -> Sequence[dict[str, str]]:
    laid = []
    for index, picture in enumerate(pictures[:MOST_PICTURES]):
        content = photos.get(picture.hash)
        if content is None or not _is_photo(content):
            log.warning(
                "photo %s is left out of a report: %s", picture.hash[:12], "unreadable" if content else "missing"
            )
            continue
        (folder / f"{index}.jpg").write_bytes(content)
        laid.append({"file": f"/{index}.jpg", "caption": picture.caption})
    return laid


def _is_photo(content: bytes) -> bool:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                return False
            image.draft("RGB", (64, 64))
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def _qr(url: str) -> str | None:
    import segno

    if not url:
        return None
    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(drawn, kind="svg", border=2, dark="#1c2430", light="white")
    return drawn.getvalue().decode()


def _fitted(value: Any, fonts: Fonts) -> Any:
    """The same with every text reduced to what the fonts can show."""
    if isinstance(value, str):
        return fonts.fitted(value)
    if isinstance(value, dict):
        return {key: _fitted(one, fonts) for key, one in value.items()}
    return [_fitted(one, fonts) for one in value] if isinstance(value, list | tuple) else value


def _scaled(strokes: Sequence[Stroke], width: float, height: float) -> list[list[tuple[float, float]]]:
    """The strokes in points, as large as fits, in the middle."""
    points = [point for stroke in strokes for point in stroke]
    if not points:
        return []
    left, top = min(x for x, _ in points), min(y for _, y in points)
    wide, high = max(x for x, _ in points) - left, max(y for _, y in points) - top
    room = 4
    scale = min((width - 2 * room) / max(wide, 1), (height - 2 * room) / max(high, 1), width / 1000)
    away_x, away_y = (width - wide * scale) / 2, (height - high * scale) / 2
    return [
        [(round(away_x + (x - left) * scale, 2), round(away_y + (y - top) * scale, 2)) for x, y in stroke]
        for stroke in strokes
        if stroke
    ]


@cache
def _template(name: str) -> bytes:
    return files("notifier.reports").joinpath(name).read_bytes()


def _compiled(
    template: str, name: str, data: dict[str, Any], fonts: Fonts, root: Path | None = None, made_at: Micros = 0
) -> bytes:
    import typst

    loaded = fonts.loaded()
    data = data | {"fonts": fonts.families, "heading": (fonts.heading, *fonts.families)}
    try:
        with tempfile.TemporaryDirectory(prefix="huiying-drawing-") as empty:
            made = typst.compile(
                _template(template),
                root=str(root or empty),  # type: ignore[arg-type]
                font_paths=loaded,
                ignore_system_fonts=True,
                sys_inputs={name: json.dumps(data, ensure_ascii=False)},
                timestamp=datetime.fromtimestamp(made_at // 1_000_000, UTC),
            )
    except (typst.TypstError, RuntimeError, ValueError) as error:
        raise CannotPrint(f"{template} could not be drawn: {error}") from None
    return _only(made)


def _only(made: Any) -> bytes:
    if not isinstance(made, bytes):
        raise CannotPrint("typst made no PDF")
    return made
