"""An invented report, and a hand that signs it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from PIL import Image

from core.reports.press import Hand, Picture, Replaced, Sheet
from core.words import MINUTE

COMPANY = "海川机电服务有限公司"
MADE_AT = 1_772_450_000_000_000
LABELS = {
    "number": "报告编号",
    "ticket": "工单",
    "check": "扫码查验",
    "parts": "更换配件",
    "part_code": "型号",
    "part_name": "名称",
    "qty": "数量",
    "old_serial": "旧件序列号",
    "new_serial": "新件序列号",
    "photos": "现场照片",
    "maintenance": "下次保养",
    "company_seal": "服务单位（盖章）",
    "customer_signature": "客户签字",
    "engineer": "服务工程师",
}
STROKES = (((100, 300), (150, 200), (220, 320), (300, 180)), ((350, 200), (420, 300), (500, 250), (610, 330)))


def photo(colour: str = "#1d6fb8") -> bytes:
    """A small JPEG."""
    made = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(made, "JPEG")
    return made.getvalue()


def sheet(fault: str = "注塑机报 E-07，A 类设备 SN 88231", pictures: Sequence[bytes] = (), parts: int = 1) -> Sheet:
    """A report of a small repair."""
    return Sheet(
        lang="zh",
        number="GD-1001-1",
        ticket="GD-1001",
        company=COMPANY,
        title="服务报告单",
        sections=(
            ("客户", (("联系人", "王𬭎"), ("电话", "138****8021"))),
            ("故障", (("故障描述", fault),)),
        ),
        parts=tuple(Replaced(f"SVD-{i}", "伺服驱动器", 1, f"A{i:04}", f"B{i:04}") for i in range(parts)),
        pictures=tuple(Picture(hashlib.sha256(one).hexdigest(), "新件 B0001") for one in pictures),
        maintenance="2026-09-02",
        engineer="刘㛃",
        agreement="双方认可本报告的电子签名。",
        check_url="https://desk.example.com/check/4fK2hQ9sXw7bT1mZ0aLpYg",
        made_at=MADE_AT,
        labels=LABELS,
    )


def hand(document: bytes, name: str = "王𬭎") -> Hand:
    """The customer signs this document an hour later."""
    digest = hashlib.sha256(document).hexdigest()
    return Hand(name, MADE_AT + 60 * MINUTE, digest, STROKES, (f"{name}  2026-03-02 12:13", f"SHA-256 {digest[:16]}"))
