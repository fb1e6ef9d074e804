"""Tracking numbers are told from all other numbers that people write (S24)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.understanding.exact.phone import phones
from dialogue.understanding.exact.ticket_number import marked_tickets
from dialogue.understanding.exact.tracking import trackings

DIGITS = st.text("0123456789", min_size=1, max_size=1)


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most or least)


NUMBERS = st.one_of(
    digits(12, 15).map("SF{}".format),
    digits(13, 15).map("YT{}".format),
    digits(13).map("JT{}".format),
    digits(12).map("DPK{}".format),
    digits(11).map("JDVA{}".format),
    digits(12).map("73{}".format),
    digits(9).map("EA{}CN".format),
)
AROUND = st.sampled_from(
    ["{}", "1023 已发货 {}", "运单号：{}", "{} 签收了", "快递{}，请查收", "（{}）", "发了 {} 电话13800138000"]
)


@given(NUMBERS, AROUND)
def test_a_number_that_shows_its_carrier_is_found_whole_wherever_it_stands(number: str, around: str) -> None:
    found = [hit.value for hit in trackings(around.format(number).lower())]
    assert found == [number.upper()]


@given(
    st.text("0123456789", min_size=9, max_size=9),
    st.sampled_from(["{}", "电话 {}", "快递 {}", "顺丰小哥电话 {}", "运单上写的 {}"]),
)
def test_a_mobile_number_is_a_telephone_even_beside_a_courier(rest: str, around: str) -> None:
    text = around.format(f"13{rest}")
    assert list(trackings(text)) == [] and len(list(phones(text))) == 1


@given(
    st.integers(1, 99_999), st.sampled_from(["gd-{}", "工单{}", "#{}", "单号 {}", "{} 号单 快递到了", "{} 发快递了"])
)
def test_a_ticket_number_is_no_parcel(number: int, around: str) -> None:
    text = around.format(number)
    assert list(trackings(text)) == []
    assert "号单" in text or "发快递" in text or number < 100 or list(marked_tickets(text))


@pytest.mark.parametrize(
    "text",
    ["换件 dr-4200-tn x1", "序列号 75312345678901", "s/n: 75312345678901", "e-07 报警", "订单号 po-20260311", "合同号 ht2025-077",
     "箱号 temu1234567", "20260304123456", "sf-1234567890123x", "10.0.0.1", "faktura 75312345678901-2"],
)  # fmt: skip
def test_other_codes_are_none(text: str) -> None:
    assert list(trackings(text)) == []


@given(st.text(max_size=200))
def test_any_text_can_be_looked_through(text: str) -> None:
    ends = 0
    for hit in trackings(text.lower()):
        assert ends <= hit.start < hit.end
        ends = hit.end
