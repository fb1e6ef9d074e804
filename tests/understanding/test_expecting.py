"""An open question is tried first: what counts as its answer."""

from __future__ import annotations

from typing import Any

import pytest

from dialogue.understanding.mind import Mind
from tests.understanding.conftest import NOW

ANSWERS: list[tuple[str, str, Any]] = [
    ("choice", "2", 2),
    ("choice", "第二个", 2),
    ("choice", "选1", 1),
    ("choice", "①", 1),
    ("choice", "the second one", 2),
    ("choice", "2080", None),
    ("choice", "打印机", None),
    ("yes_no", "对，取消", True),
    ("yes_no", "是的", True),
    ("yes_no", "可以👌", True),
    ("yes_no", "没问题", True),
    ("yes_no", "yes please", True),
    ("yes_no", "不用了", False),
    ("yes_no", "先别", False),
    ("yes_no", "算了", False),
    ("yes_no", "no", False),
    ("yes_no", "好的师傅，麻烦了", True),
    ("yes_no", "是不是明天来", None),
    ("yes_no", "是哪位师傅负责来着", None),
    ("yes_no", "对了师傅什么时候来", None),
    ("yes_no", "好的师傅几点到", None),
    ("yes_no", "ok when will he come", None),
    ("yes_no", "是？", None),
    ("yes_no", "打印机卡纸", None),
    ("device", "注浆机", "注浆机"),
    ("device", "是打印机", "打印机"),
    ("device", "自制的那个工装", "工装"),
    ("device", "不知道", None),
    ("device", "就是那台机器", None),
    ("device", "什么时候来", None),
    ("fault_symptom", "贴标机不出标签", "不出标签"),
    ("fault_symptom", "按了以后往左边窜", "按了以后往左边窜"),
    ("fault_symptom", "坏了", None),
    ("fault_symptom", "13800138021", None),
    ("address", "滨江区江陵路88号", "滨江区江陵路88号"),
    ("address", "老地方", "老地方"),
    ("address", "谢谢", None),
    ("phone", "电话一三七零零零零一二三四", "13700001234"),
    ("phone", "88886666", "88886666"),
    ("phone", "打印机", None),
    ("device_model", "M428", "M428"),
    ("rating", "五星", 5),
    ("rating", "4", 4),
    ("rating", "好的", None),
]


@pytest.mark.parametrize(("slot", "text", "value"), ANSWERS)
def test_answer(mind: Mind, slot: str, text: str, value: Any) -> None:
    assert mind.expect(slot, text, NOW) == value


def test_time_may_be_bare(mind: Mind) -> None:
    assert mind.expect("preferred_time", "下午", NOW) == {
        "text": "下午",
        "start": "2026-03-04T13:00",
        "end": "2026-03-04T18:00",
    }
    assert mind.expect("preferred_time", "都行", NOW) is None


def test_nobody_can_ask_for_an_unknown_slot(mind: Mind) -> None:
    with pytest.raises(KeyError):
        mind.expect("shoe_size", "42", NOW)
