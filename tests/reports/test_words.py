"""A summary split into cause and actions, parts with their serial numbers, telephone numbers with their middle starred out (S66)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.parts.model import PartSwap
from core.people.phones import masked, masked_number
from core.reports.cause import found_in
from core.reports.fitted import replaced
from core.reports.press import Replaced
from dialogue.documents import report_wanted

CASES = [
    ("经检查故障原因是搓纸轮磨损，更换搓纸轮，测试二十张正常。", "搓纸轮磨损", "更换搓纸轮，测试二十张正常"),
    ("由于电源板电容鼓包，导致无法开机；更换电源板，试机正常", "电源板电容鼓包，导致无法开机", "更换电源板，试机正常"),
    ("到场后排查，搓纸轮磨损造成卡纸。更换搓纸轮。", "搓纸轮磨损造成卡纸", "到场后排查，更换搓纸轮"),
    ("原因：灯泡老化。处理：更换灯泡", "灯泡老化", "更换灯泡"),
    ("Root cause: worn hose. Replaced it in 2.5 hours.", "worn hose", "Replaced it in 2.5 hours"),
    ("E-07 was caused by a worn hose; replaced it", "a worn hose", "E-07 was caused by a worn hose; replaced it"),
    ("更换硒鼓DR-4200-TN两支，清洁定影组件", "", "更换硒鼓DR-4200-TN两支，清洁定影组件"),
    ("原因：", "", "原因"),
    ("", "", ""),
]


@pytest.mark.req("S66")
@pytest.mark.parametrize(("summary", "cause", "actions"), CASES)
def test_a_cause_is_what_he_says_it_is(summary: str, cause: str, actions: str) -> None:
    found = found_in(summary)
    assert (found.cause, found.actions) == (cause, actions)


@given(st.text(alphabet="更换了灯泡原因是由于导致，。；、：.\n a1", max_size=60))
def test_nothing_is_invented(summary: str) -> None:
    """Every word of cause and actions was said; where there is no cause, nothing of the rest is lost."""
    found = found_in(summary)
    for said in (found.cause, found.actions):
        assert set(said) <= set(summary) | {"，"}
    if not found.cause:
        assert found.actions in summary and found.actions == summary.strip(" ，,。；;、：:.\n")


def swap(code: str | None, old: str | None = None, new: str | None = None) -> PartSwap:
    return PartSwap(
        id=1, entity="main", ticket_id=1, event_id=1, person_id=1, at=0, code=code, old_serial=old, new_serial=new
    )


@pytest.mark.req("S66")
@pytest.mark.req("S99")
def test_each_serial_number_has_its_row() -> None:
    names = {"DR-4200": "硒鼓"}
    rows = replaced(
        [("DR-4200", 3)],
        [swap("dr-4200", "OLD1", "NEW1"), swap("DR-4200", None, "NEW2")],
        lambda code: names.get(code, ""),
    )
    assert rows == (
        Replaced("DR-4200", "硒鼓", 1, "OLD1", "NEW1"),
        Replaced("DR-4200", "硒鼓", 1, "", "NEW2"),
        Replaced("DR-4200", "硒鼓", 1, "", ""),
    )


def test_a_swap_without_a_code_is_of_the_only_part() -> None:
    assert replaced([("A1", 1)], [swap(None, "O", "N")], lambda code: "") == (Replaced("A1", "", 1, "O", "N"),)
    assert replaced([("A1", 1), ("B2", 1)], [swap(None, "O", "N")], lambda code: "") == (
        Replaced("A1"),
        Replaced("B2"),
        Replaced("", "", 1, "O", "N"),
    )


def test_a_quantity_that_nobody_said_is_not_made_up() -> None:
    assert replaced([("A1", None)], [], lambda code: "") == (Replaced("A1", "", 0),)


codes = st.sampled_from(["A1", "B2", "C3"])


@given(
    st.dictionaries(codes, st.integers(1, 5), max_size=3),
    st.lists(st.tuples(codes, st.text("XYZ", min_size=1, max_size=4)), max_size=6),
)
def test_no_part_and_no_serial_number_is_lost(used: dict[str, int], told: list[tuple[str, str]]) -> None:
    rows = replaced(list(used.items()), [swap(code, None, new) for code, new in told], lambda code: "")
    assert sorted(row.new_serial for row in rows if row.new_serial) == sorted(new for _, new in told)
    for code, qty in used.items():
        swaps = sum(1 for other, _ in told if other == code)
        assert sum(row.qty for row in rows if row.code == code) == max(qty, swaps)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138021", "138****8021"),
        ("+8613800138021", "138****8021"),
        ("0574-88001234", "057*****1234"),
        ("88001234", "****1234"),
        ("123", "123"),
        ("", ""),
    ],
)
def test_the_middle_of_a_number_is_starred_out(number: str, shown: str) -> None:
    assert masked_number(number) == shown


def test_numbers_in_words_are_masked() -> None:
    assert masked("打给王工 138 0013 8021 或 0574-88001234，E-07") == "打给王工 138****8021 或 057*****1234，E-07"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("报告", ""),
        ("把服务报告发我", ""),
        ("请把 GD-1023 的服务报告发我，谢谢", "1023"),
        ("1023报告", "1023"),
        ("服务报告GD-1001-1", "1001"),
        ("Where is my report?", ""),
        ("我要报告一个故障", None),
        ("报告打不开", None),
        ("I want to report a fault", None),
        ("report", None),
        ("1023", None),
    ],
)
def test_who_asks_for_a_report(text: str, digits: str | None) -> None:
    assert report_wanted(text) == digits
