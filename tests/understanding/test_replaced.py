"""What engineers say of replaced parts, and what only sounds like it (S99)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.understanding.exact.replaced import LONGEST, Part, Replaced, replaced
from dialogue.understanding.plain import plain


def told(text: str) -> Replaced | None:
    return replaced(plain(text))


@pytest.mark.parametrize(
    ("text", "sides", "parts"),
    [
        ("旧件", ("old",), ()),
        ("拆下来的", ("old",), ()),
        ("这是换下来的旧件", ("old",), ()),
        ("新件照片", ("new",), ()),
        ("新的", ("new",), ()),
        ("新件 SN12345", ("new",), (Part(new_serial="12345"),)),
        ("新件序列号：ＤＲ２０２６A", ("new",), (Part(new_serial="DR2026A"),)),
        ("新件 77889900", ("new",), (Part(new_serial="77889900"),)),
        ("旧件SN A123 新件SN B456", ("old", "new"), (Part(None, "A123", "B456"),)),
        ("换上新件SN B456，拆下旧件SN A123", ("new", "old"), (Part(None, "A123", "B456"),)),
        ("换上了 DR-4200-TN SN 778899", ("new",), (Part("DR-4200-TN", None, "778899"),)),
        ("旧件SN A1001、A1002，新件SN B1001、B1002", ("old", "new"), (Part(None, "A1001", "B1001"), Part(None, "A1002", "B1002"))),
        ("机器SN X99871，换上新件 SN B456", ("new",), (Part(new_serial="B456"),)),
        ("old part S/N A-123, new part serial no. B456", ("old", "new"), (Part(None, "A-123", "B456"),)),
    ],
)  # fmt: skip
def test_old_and_new_parts(text: str, sides: tuple[str, ...], parts: tuple[Part, ...]) -> None:
    found = told(text)
    assert found is not None
    assert (found.sides, found.parts) == (sides, parts)


@pytest.mark.parametrize(
    "text",
    [
        "申请新件 DR-4200-TN 一支",
        "新件到了",
        "旧件要寄回",
        "等新件",
        "新件SN是多少？",
        "约新的时间",
        "有新的报警 E-07",
        "准备换灯泡",
        "更换硒鼓DR-4200-TN两支，清洁定影组件",
        "SN X99871",
        "收到",
        "",
    ],
)
def test_what_only_sounds_like_it(text: str) -> None:
    assert told(text) is None


def test_words_about_something_else_name_no_photo() -> None:
    for text in ("换上备用机了，客户可以先用", "装上了，明早再看"):
        found = told(text)
        assert found is None or not found.sides


SERIALS = st.from_regex(r"[A-Z][A-Z0-9]{2,10}[0-9]", fullmatch=True).filter(lambda one: not one.startswith("SN"))


@given(SERIALS, SERIALS, st.sampled_from(["，", " ", "；", "\n"]), st.sampled_from(["SN", "S/N ", "序列号：", "sn是"]))
def test_whatever_the_numbers_are_they_stay_with_their_part(old: str, new: str, between: str, word: str) -> None:
    found = told(
        f"旧件{word}{old if word != 'SN' else f' {old}'}{between}新件{word}{new if word != 'SN' else f' {new}'}"
    )
    assert found is not None
    assert found.parts == (Part(None, old, new),)


@given(st.text(alphabet="旧新件SN拆换上下来的了 0123456789ABZ-，。、?吗到要", max_size=40))
def test_any_text_is_read_and_serials_are_of_its_characters(text: str) -> None:
    found = told(text)
    for part in found.parts if found else ():
        for value in (part.code, part.old_serial, part.new_serial):
            assert value is None or (value in text and 3 <= len(value) <= LONGEST + 1)
