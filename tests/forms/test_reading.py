"""What people write, and what it is in a field's own terms: tolerant in form, strict in value."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forms.definition import Field, Option, Said, Sort
from core.forms.reading import Misfit, accepted, read
from core.forms.spoken import digits
from dialogue.days import day_in

TODAY = date(2026, 3, 4)
PRESSURE = Field("p", Said("油压值", "Pressure"), Sort.NUMBER, unit="MPa", least=0, most=60)
CHANGED = Field("d", Said("更换日期", "Changed on"), Sort.DATE, most=0)
KIND = Field(
    "k",
    Said("产线", "Line"),
    Sort.CHOICE,
    options=(
        Option("casting", Said("铸造", "Casting"), ("压铸",)),
        Option("machining", Said("机加工", "Machining"), ("CNC", "机加")),
        Option("assembly", Said("装配", "Assembly")),
    ),
)


@pytest.mark.req("S77")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16兆帕", 16), ("16 MPa", 16), ("１６．５ｍｐａ", 16.5), ("one six", 16), ("一六", 16), ("十六点五", 16.5), ("十六个兆帕", 16),
        ("sixteen point five", 16.5), ("160 bar", 16), ("1,600kPa", 1.6), ("约16吧", 16), ("油压16，温度60度", 16), ("两兆帕", 2),
        ("twenty-five bar", 2.5), ("零点八", 0.8), ("0", 0),
    ],
)  # fmt: skip
def test_a_number_in_any_form(text: str, value: float) -> None:
    assert read(PRESSURE, text, TODAY).values == (value,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("很高", "number"), ("16V", "unit"), ("99", "limits"), ("-3", "limits"), ("9" * 400, "number"), ("1e999", "number_many"),
        ("14到16", "number_many"), ("等一下", "number"), ("NaN", "number"), ("∞", "number"), ("\u200b", "empty"),
    ],
)  # fmt: skip
def test_what_is_no_number_for_it(text: str, why: str) -> None:
    with pytest.raises(Misfit) as misfit:
        read(PRESSURE, text, TODAY)
    assert misfit.value.key == why


@given(st.text(max_size=60))
def test_no_text_brings_the_reader_down(text: str) -> None:
    for one in (PRESSURE, CHANGED, KIND):
        try:
            values = read(one, text, TODAY).values
        except Misfit:
            continue
        assert values and (one is not PRESSURE or 0 <= float(values[0]) <= 60)


@given(st.integers(0, 99_999))
def test_a_number_in_digits_stays_what_it_is(number: int) -> None:
    assert digits(str(number)) == str(number)


@pytest.mark.parametrize(("text", "day"), [("2026-03-01", "2026-03-01"), ("2026年3月1日", "2026-03-01")])
def test_a_written_day(text: str, day: str) -> None:
    assert read(CHANGED, text, TODAY).values == (day,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-30", "date"),
        ("0001-01-01", "date"),
        ("2026-13-01", "date"),
        ("2026-03-05", "too_late"),
        ("前阵子", "date"),
    ],
)
def test_no_day(text: str, why: str) -> None:
    with pytest.raises(Misfit) as misfit:
        read(CHANGED, text, TODAY)
    assert misfit.value.key == why


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("上周三换的", date(2026, 2, 25)), ("昨天", date(2026, 3, 3)), ("三个月前", date(2025, 12, 4)), ("半年前", date(2025, 9, 4)),
        ("去年10月5号", date(2025, 10, 5)), ("上个月15号", date(2026, 2, 15)), ("12月1号", date(2025, 12, 1)),
        ("two weeks ago", date(2026, 2, 18)), ("yesterday", date(2026, 3, 3)),
    ],
)  # fmt: skip
def test_a_day_as_people_say_it_lies_behind(text: str, day: date) -> None:
    found = day_in(text, datetime(2026, 3, 4, 10), behind=True)  # noqa: DTZ001 - local wall time
    assert found is not None and found[0] == day


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("机加工", ("machining",)),
        ("应该是机加那边", ("machining",)),
        ("ASSEMBLY", ("assembly",)),
        ("casting", ("casting",)),
    ],
)
def test_a_choice_by_any_of_its_names(text: str, values: tuple[str, ...]) -> None:
    assert read(KIND, text, TODAY).values == values


def test_two_choices_are_none() -> None:
    with pytest.raises(Misfit, match="choice_many"):
        read(KIND, "铸造还是装配", TODAY)


def test_a_file_is_known_by_its_ending_and_a_photo_by_its_type() -> None:
    code = Field("g", Said("G代码", "G-code"), Sort.FILE, accepts=(".nc", ".gcode"))
    photo = Field("f", Said("照片", "Photo"), Sort.PHOTO)
    assert accepted(code, "O1.NC", None) and not accepted(code, "O1.nc.exe", None) and not accepted(code, None, None)
    assert accepted(photo, "x", "image/png") and not accepted(photo, "x.png", "application/pdf")
