"""Numbers and addresses told with the fault are read back in one line, so that a mishearing is seen (S68)."""

from __future__ import annotations

import pytest

from tests.scenario import Story


@pytest.mark.req("S68")
def test_what_was_told_exactly_is_read_back(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("打印机卡纸，型号HP M428，电话13800138021，在滨江区江陵路88号5楼")
    answer = wang.hears("ack_created", "电话 13800138021", "地址 滨江区江陵路88号5楼", "型号 HP M428")
    assert answer.text.count("您报的是") == 1


@pytest.mark.req("S68")
def test_nothing_is_read_back_where_nothing_exact_was_told(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("打印机卡纸")
    assert "您报的是" not in wang.hears("ack_created").text
