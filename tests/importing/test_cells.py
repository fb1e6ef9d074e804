"""What cells say: telephone numbers, names, dates, headers."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.links
from core.links.cells import moment_of, name_of, phone_of, several_of, text_of, tidy
from core.links.lines import LineRefused
from core.links.reasons import known_reasons, said
from core.links.refusals import DANGEROUS, harmless
from core.links.vocabulary import compared, is_plain, vocabulary
from core.people.phones import phone_number
from core.people.places import region_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
TWENTY_PAST_TEN = datetime(2026, 3, 4, 10, 20)  # noqa: DTZ001 - as a workbook has it
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
landlines = st.from_regex(r"0(?:10|2[0-9]|[3-9][0-9]{2})-[2-9][0-9]{6,7}", fullmatch=True)


@given(mobiles, st.sampled_from(["", "+86", "+86 ", "86", "0086-"]), st.sampled_from(["", " ", "-"]))
def test_a_mobile_number_is_the_same_however_it_is_written(number: str, country: str, gap: str) -> None:
    typed = country + gap.join((number[:3], number[3:7], number[7:]))
    assert phone_number(typed) == number
    full_width = "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in typed)
    assert phone_number(f" {full_width} ") == number


@given(mobiles | landlines | st.from_regex(r"[48]00[0-9]{7}", fullmatch=True) | st.text(max_size=20))
def test_a_number_in_our_form_stays_as_it_is(words: str) -> None:
    number = phone_number(words)
    assert number is None or phone_number(number) == number


@given(landlines, st.from_regex(r"[0-9]{1,6}", fullmatch=True))
def test_an_extension_is_kept(number: str, extension: str) -> None:
    assert {phone_number(f"{number}{join}{extension}") for join in ("-", "转", " 分机")} == {f"{number}-{extension}"}


@given(mobiles)
def test_numbers_that_a_spreadsheet_made_of_phones(number: str) -> None:
    assert phone_of(float(number)) == phone_of(int(number)) == phone_of(f"{number}.0") == (number, 0)
    assert phone_of(f"{number[0]}.{number[1:]}E+10") == (number, 0)


@given(mobiles, st.integers(0, 9))
def test_a_number_that_lost_its_last_digits_is_never_taken(number: str, kept: int) -> None:
    with pytest.raises(LineRefused, match="phone_lost_digits"):
        phone_of(f"{number[0]}.{number[1 : 1 + kept]}E+10".replace(".E", "E"))


@pytest.mark.parametrize("cell", ["无", "/", "-", "—", " ", "", None, "N/A"])
def test_nothing_is_nothing(cell: Any) -> None:
    assert phone_of(cell) == (None, 0) and text_of(cell) is None


def test_of_several_numbers_a_mobile_one_is_taken() -> None:
    assert phone_of("0574-88001234/13800138000") == ("13800138000", 1)
    assert phone_of("13800138000、13900139000") == ("13800138000", 1)
    with pytest.raises(LineRefused, match="phone_wrong"):
        phone_of("电话见合同")


@given(st.text(max_size=60))
def test_tidy_words_have_no_control_characters_and_stay_tidy(words: str) -> None:
    tidied = tidy(words)
    assert tidy(tidied) == tidied and tidied == " ".join(tidied.split())
    assert not re.search("[\x00-\x1f\x7f\u200b\ufeff\u202e]", tidied)


def test_names() -> None:
    assert name_of(" 张　三\x07 ") == "张三" and name_of("李 \u200b强") == "李强"
    assert name_of("Anna  Maria") == "Anna Maria" and name_of(1001.0) == "1001"
    assert several_of("空压机、注塑机, 液压站/空压机") == ("空压机", "注塑机", "液压站")


@pytest.mark.parametrize(
    "cell",
    [TWENTY_PAST_TEN, "2026-03-04 10:20", "2026/3/4 10:20:00", "2026年3月4日10时20分", "2026.3.4 上午 10:20", 46085.430556],
)  # fmt: skip
def test_dates_as_people_write_them(cell: Any) -> None:
    assert moment_of(cell, SHANGHAI) == 1772590800 * 1_000_000


def test_a_day_and_no_day() -> None:
    assert moment_of(date(2026, 3, 4), SHANGHAI) == moment_of("2026-03-04", SHANGHAI) == 1772553600 * 1_000_000
    assert moment_of("2026-03-04 下午2:05", SHANGHAI) == moment_of("2026-03-04 14:05", SHANGHAI)
    for words in ("2026-02-30", "昨天", "13:20", 7):
        with pytest.raises(LineRefused, match="date_wrong"):
            moment_of(words, SHANGHAI)


@given(st.text(max_size=20))
def test_headers_are_compared_without_brackets_width_and_case(header: str) -> None:
    assert compared(compared(header)) == compared(header)
    assert compared(f"（{header}）") == compared(header) == compared(f" {header}\t")


@pytest.mark.req("S72")
@pytest.mark.parametrize(
    "header",
    [
        "客户名称（最终）",
        "客户名称(最终)",
        "客户 名称【2024】",
        "*客户名称",
        "客户名称：",
        "ＣＵＳＴＯＭＥＲ ＮＡＭＥ（final）",
    ],
)
def test_an_odd_header_is_seen_and_understood(header: str) -> None:
    assert not is_plain(header)
    assert vocabulary().field_named("customers", header) == ("company", False)


def test_a_header_known_by_its_ending_is_a_guess() -> None:
    assert vocabulary().field_named("customers", "开票客户名称") == ("company", True)
    assert vocabulary().field_named("customers", "客户名称拼音") is None
    assert vocabulary().field_named("customers", "备注") is None


def test_districts() -> None:
    assert region_of("浙江省宁波市鄞州区嵩江中路1号") == region_of("鄞州区下应街道") == "鄞州区"
    assert region_of("浙江省慈溪市周巷镇") == "慈溪市" and region_of("上海市浦东新区张江") == "浦东新区"
    assert region_of("宁波市鄞州区开发区创业路") == "鄞州区" and region_of("创业路8号") is None


@given(st.text(max_size=20))
def test_no_cell_of_ours_begins_like_a_formula(cell: str) -> None:
    assert not harmless(cell).startswith(DANGEROUS)


def test_every_reason_has_words_in_both_languages() -> None:
    folder = Path(core.links.__file__).parent
    sources = [*folder.glob("*.py"), *(folder.parents[1] / "config").glob("*.py")]
    pattern = r'(?:LineRefused|TableRefused|Finding|Broken|append)\(\[?\s*f?"([a-z_{}\[\]0-9]+)"'
    used = {key for path in sources for key in re.findall(pattern, path.read_text(encoding="utf-8"))}
    used -= {key for key in used if "{" in key}
    assert len(used) > 30 and used <= known_reasons(), used - known_reasons()
    facts = dict.fromkeys(re.findall(r"{(\w+)}", Path(folder / "reasons.yaml").read_text(encoding="utf-8")), "x")
    for key in known_reasons():
        for lang in ("zh", "en"):
            assert all(said(key, facts | {"group": ["name"]}, lang)), key
