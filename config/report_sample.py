"""A service report of an invented job: to look at, to show, and to try a seal with."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from core.clocks.policy import Goal
from core.reports.content import LABELS
from core.reports.press import Hand, Picture, Replaced, Sheet, Stroke
from core.wording import Wording
from core.words import SECOND, Micros

COMPANY = {"zh": "宁波甬江精工机械有限公司", "en": "Yongjiang Precision Machinery Ltd."}
AT: Micros = 1772617500 * SECOND
"""Wednesday, 4 March 2026, 17:45 in Shanghai."""
STROKES: tuple[Stroke, ...] = (
    ((120, 90), (330, 84)),
    ((140, 150), (310, 146)),
    ((110, 226), (350, 214)),
    ((226, 92), (222, 160), (226, 220)),
    ((440, 60), (420, 110), (390, 150)),
    ((436, 100), (500, 96)),
    ((470, 70), (466, 150), (440, 220), (410, 250)),
    ((560, 70), (548, 130), (520, 180)),
    ((556, 118), (650, 110), (640, 170), (600, 240), (560, 262)),
    ((600, 150), (630, 200), (690, 250), (720, 256)),
)
"""A name that somebody drew with a finger."""


def sample(lang: str) -> tuple[Sheet, Mapping[str, bytes]]:
    """The sheet, and its photos by hash."""
    said, wording = _words(lang), Wording.load()
    photos = {kind: _photo(kind) for kind in ("old", "new", "site")}
    hashes = {kind: hashlib.sha256(content).hexdigest() for kind, content in photos.items()}

    def rows(section: str, **facts: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        told = tuple((wording.text(lang, f"report.row.{name}"), value) for name, value in facts.items())
        return wording.text(lang, f"report.section.{section}"), told

    def kept(goal: Goal, hours: int, minutes: int) -> tuple[str, str]:
        spans = {
            "zh": (f"{hours} 小时", f"{minutes} 分钟", "自然时间"),
            "en": (f"{hours} h", f"{minutes} min", "wall clock"),
        }
        span, spent, runs = spans[lang]
        text = wording.text(lang, "report.promise.met", span=span, spent=spent, runs=runs)
        return wording.name(lang, "clock.goal", goal), text

    sheet = Sheet(
        lang=lang,
        number="GD-2071-1",
        ticket="GD-2071",
        company=COMPANY[lang],
        title=wording.text(lang, "report.title"),
        sections=(
            rows(
                "customer",
                name=said["name"],
                company=said["customer_company"],
                phone="138****8021",
                address=said["address"],
            ),
            rows("device", device=said["device"], model="HMC-630", serial="SN20230815-017"),
            rows("fault", symptom=said["symptom"], error_code="ALM 410", words=said["words"]),
            rows("work", cause=said["cause"], actions=said["actions"]),
            rows(
                "times",
                reported="2026-03-04 09:12",
                response="2026-03-04 09:31",
                arrived="2026-03-04 13:40",
                done="2026-03-04 17:45",
            ),
            (
                wording.text(lang, "report.section.promises"),
                (kept(Goal.RESPONSE, 2, 19), kept(Goal.RESOLUTION, 24, 513)),
            ),
        ),
        parts=(
            Replaced("7014CTYNDBLP4", said["bearing"], 1, "NSK-22K0417", "NSK-26B1130"),
            Replaced("BT40-DS-92", said["spring"], 1, "", "BT40-926-5581"),
            Replaced("CF-10U", said["filter"], 2),
        ),
        pictures=tuple(Picture(hashes[kind], said[kind]) for kind in ("old", "new", "site")),
        maintenance=said["maintenance"],
        engineer=wording.text(lang, "report.engineer", name=said["engineer"], staff_no="E0117"),
        agreement=wording.text(lang, "report.agreement"),
        check_url="https://desk.example.com/check/8f2c1b7e5d904a6f93c2d1e0b7a84c55",
        made_at=AT,
        labels={name: wording.text(lang, f"report.label.{name}") for name in LABELS},
    )
    return sheet, {hashes[kind]: content for kind, content in photos.items()}


def sample_hand(document: bytes, lang: str = "zh") -> Hand:
    """The customer's signature under it."""
    digest, said = hashlib.sha256(document).hexdigest(), _words(lang)
    lines = (said["name"], f"2026-03-04 17:52:08 · {said['method']}", f"SHA-256 {digest[:16]}")
    return Hand(said["name"], AT + 428 * SECOND, digest, STROKES, lines)


@cache
def _words(lang: str) -> dict[str, str]:
    return yaml.safe_load(files("config").joinpath("report_sample.yaml").read_text("utf-8"))[lang]


def _photo(kind: str) -> bytes:
    """An invented photo: a bearing in its colours, with the bar in the corner that marked copies have."""
    from PIL import Image, ImageDraw

    back, ring = {"old": ("#6b5a4a", "#3a2f27"), "new": ("#b9c3cc", "#5d6b78"), "site": ("#7f8f86", "#2f3d38")}[kind]
    image = Image.new("RGB", (800, 600), back)
    draw = ImageDraw.Draw(image)
    draw.ellipse((190, 70, 610, 490), fill="#d9dde1" if kind == "new" else "#94826d", outline=ring, width=26)
    draw.ellipse((310, 190, 490, 370), fill=back, outline=ring, width=22)
    for turn in range(12):
        x, y = 400 + 148 * math.cos(turn * math.pi / 6), 280 + 148 * math.sin(turn * math.pi / 6)
        draw.ellipse(
            (x - 24, y - 24, x + 24, y + 24), fill="#eef1f4" if kind != "old" else "#b39c7d", outline=ring, width=4
        )
    draw.rectangle((430, 520, 800, 600), fill="#20262c")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
