"""The checker of expectations can fail: each kind of expectation holds as it stands, and turns red once it is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.expecting import check
from config.script import read_script

WORLD = {
    "people": {
        "wang": {"role": "customer", "name": "王女士", "phone": "13800138021", "channels": {"wecom_kf": "wx_wang"}},
        "li": {"role": "customer", "name": "李总", "phone": "13911112222", "channels": {"webchat": "li"}},
        "liu": {"role": "engineer", "name": "刘工", "channels": {"wecom": "wx_liu"}},
        "hu": {"role": "procurement", "name": "胡采购", "channels": {"wecom": "wx_hu"}},
    },
    "groups": {"group_eng": {"channel": "dingtalk", "members": ["liu"]}},
}
FIRST = {
    "reply": {
        "kind": "ack_created", "to": "wang", "via": "wecom_kf", "thread": "t1", "max": 1, "includes": ["GD-1", "电话"],
        "includes_any": ["什么时候", "打印机"], "excludes": ["道歉"], "excludes_pattern": r"GD-[2-9]", "max_chars": 40,
        "lang": "zh", "also": "ask_slot", "offers": "human_handoff",
    },
    "notify": [
        {"to": "liu", "kind": "assigned", "via": "wecom", "includes": ["打印机"], "includes_any": ["卡纸"], "excludes": ["138"]},
        {"to": "any_engineer", "kind": "new_ticket", "count": 1},
        {"to": "liu", "kind": "new_ticket", "max": 1},
        {"to": "wang", "kind": "report_pdf", "signed": True},
    ],
    "ticket": {
        "status": "unassigned", "priority_in": ["P1", "P2"], "priority_min": "P1", "preferred_time_date": "2026-03-05",
        "preferred_time": ["2026-03-05T10:00", "2026-03-05T11:00"], "device": "打印机", "fault_symptom": "一直卡纸",
        "address": None, "description": "打印机卡纸", "created_at": "2026-03-04T10:00:00", "attachments": 1,
        "parts": [{"code": "A-1", "qty": 1}], "count_new": 1, "count_new_in": [1, 2], "count_total": 1, "mentions": ["卡纸"],
    },
    "not": {"asks": ["address"], "kinds": ["refuse"], "text": ["李总"]},
    "asks": ["phone"], "may_ask": ["phone", "device"], "replies_max": 1, "replies_max_total": 2, "deliver_to": "liu",
    "note": "for the reader",
}  # fmt: skip
SECOND = {
    "reply": {"kind": ["silent", "progress"], "includes": ["${A}", "${engineer}"], "same_as_turn": 2},
    "ticket": {"number": "${A}", "status": "accepted"},
    "notify": [{"to": "liu", "kind": "urged", "count_as": "assigned"}],
}
THIRD = {"reply": {"kind": "silent"}}


def message(to: str, via: str, kind: str, at: str, text: str, **more: Any) -> dict[str, Any]:
    return {"to": to, "via": via, "kind": kind, "at": f"2026-03-04T{at}", "text": text, **more}


TICKET = {
    "status": "unassigned", "priority": "P1", "preferred_time": ["2026-03-05T10:00:00", "2026-03-05T11:00:00"],
    "device": "激光打印机", "fault_symptom": "卡纸", "address": None, "description": "车间打印机卡纸了", "attachments": 1,
    "created_at": "2026-03-04T10:00:00", "parts": [{"code": "A-1", "qty": 1, "eta": None}], "engineer": "liu",
}  # fmt: skip
PDF = {"name": "report.pdf", "mime": "application/pdf", "bytes": 10, "signed": True}
LINES = [
    {
        "sent": [
            message("wang", "wecom_kf", "ack_created", "10:00:08", "GD-1 打印机已建单", also=["ask_slot"], buttons=["电话"],
                    thread="t1", offers=["human_handoff"]),
            message("liu", "wecom", "assigned", "10:00:08", "打印机 卡纸"),
            message("liu", "wecom", "relay", "10:00:08", "他说：打印机，卡纸"),
            message("group_eng", "dingtalk", "new_ticket", "10:00:09", "@刘工", mentions=["liu"]),
            message("wang2", "wecom_kf", "silence", "10:00:09", ""),
            message("wang", "wecom_kf", "report_pdf", "09:59:00", "", files=[PDF]),
        ],
        "asked": ["phone"], "created": ["GD-1"], "tickets": {"GD-1": TICKET},
    },
    {
        "sent": [message("wang", "wecom_kf", "progress", "11:00:00", "GD-1 刘工在路上"), message("liu", "wecom", "urged", "11:00:00", "催")],
        "asked": [], "created": [], "tickets": {"GD-1": {**TICKET, "status": "accepted"}},
    },
]  # fmt: skip


@pytest.fixture
def play(tmp_path: Path):
    """Faults of a script with these expectations, held against what is said to have come."""
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(WORLD, allow_unicode=True), "utf-8")

    def judged(first: Any = None, second: Any = None, *, lines: Any = LINES, **whole: Any) -> list[str]:
        turns = [
            {"at": "10:00:00", "from": "wang", "msg": "打印机卡纸", "save": "A", "expect": first or {}},
            {"at": "11:00:00", "from": "wang", "msg": "到哪了", "expect": second or {}},
        ]
        path = tmp_path / "story.yaml"
        path.write_text(yaml.safe_dump({"id": "story", "turns": turns, **whole}, allow_unicode=True), "utf-8")
        return [str(fault) for fault in check(read_script(path), lines)]

    return judged


def pdf_in_time() -> list[dict[str, Any]]:
    first, *rest = LINES
    sent = [{**m, "at": "2026-03-04T10:00:10"} if m["kind"] == "report_pdf" else m for m in first["sent"]]
    return [{**first, "sent": sent}, *rest]


REPLY, NOTIFY = FIRST["reply"], FIRST["notify"]


def test_all_of_it_holds_as_it_stands(play) -> None:
    first = {key: want for key, want in FIRST.items() if key != "notify"}
    assert play({**first, "notify": NOTIFY[:3]}) == []
    assert play({"notify": NOTIFY[3:]}, lines=pdf_in_time()) == []
    assert play(None, {key: want for key, want in SECOND.items() if key != "reply"}) == []
    assert play(None, {"reply": {**SECOND["reply"], "same_as_turn": 1}}) == []
    assert play(makes=1, never_ask_twice=["phone", "address"]) == []


@pytest.mark.parametrize(
    ("key", "broken"),
    [
        ("kind", "refuse"), ("to", "li"), ("via", "webchat"), ("thread", "t2"), ("max", 0), ("includes", ["GD-7"]),
        ("includes_any", ["空调"]), ("excludes", ["打印机"]), ("excludes_pattern", "GD-1"), ("max_chars", 3), ("lang", "en"),
        ("also", "progress"), ("offers", "cancel_ticket"), ("same_as_turn", 1), ("kinds", "ack_created"),
    ],
)  # fmt: skip
def test_a_reply_that_is_not_so(play, key: str, broken: Any) -> None:
    assert play({"reply": {**REPLY, key: broken}})


@pytest.mark.parametrize(
    ("which", "change"),
    [
        (0, {"to": "hu"}), (0, {"kind": "unassigned"}), (0, {"via": "sms"}), (0, {"includes": ["空调"]}),
        (0, {"includes_any": ["空调"]}), (0, {"excludes": ["卡纸"]}), (1, {"count": 2}), (2, {"max": 0}), (0, {"who": "liu"}),
        (2, {"to": "hu", "count": 1}), (0, {"count_as": "urged"}),
    ],
)  # fmt: skip
def test_news_that_did_not_come(play, which: int, change: dict[str, Any]) -> None:
    assert play({"notify": [{**NOTIFY[which], **change}]})


def test_a_report_without_its_pdf_or_its_signature(play) -> None:
    want, lines = {"notify": NOTIFY[3:]}, pdf_in_time()
    assert play(want)
    for files in ([{**PDF, "signed": False}], [{**PDF, "bytes": 0}], []):
        sent = [{**m, "files": files} if m["kind"] == "report_pdf" else m for m in lines[0]["sent"]]
        assert play(want, lines=[{**lines[0], "sent": sent}, lines[1]])


@pytest.mark.parametrize(
    ("key", "broken"),
    [
        ("status", "accepted"), ("priority_in", ["P0"]), ("priority_min", "P0"), ("preferred_time_date", "2026-03-06"),
        ("preferred_time", ["2026-03-05T10:00", "2026-03-05T12:00"]), ("device", "复印机"), ("fault_symptom", "卡纸了又卡纸"),
        ("address", "3号楼"), ("description", "空调"), ("created_at", "2026-03-04T10:00:01"), ("attachments", 2),
        ("parts", [{"code": "A-1", "qty": 2}]), ("count_new", 0), ("count_new_in", [0, 2]), ("count_total", 2),
        ("mentions", ["异响"]), ("number", "GD-9"), ("urge_count", 1), ("device", None),
    ],
)  # fmt: skip
def test_a_ticket_that_is_not_so(play, key: str, broken: Any) -> None:
    assert play({"ticket": {**FIRST["ticket"], key: broken}})


@pytest.mark.parametrize(
    "want",
    [
        {"not": {"asks": ["phone"]}}, {"not": {"kinds": ["assigned"]}}, {"not": {"text": ["卡纸"]}}, {"not": {"words": []}},
        {"asks": ["address"]}, {"may_ask": ["device"]}, {"replies_max": 0}, {"replies_max_total": 0}, {"deliver_to": "hu"},
        {"replys": {}},
    ],
)  # fmt: skip
def test_a_turn_that_is_not_so(play, want: dict[str, Any]) -> None:
    assert play(want)


def test_a_later_turn_that_is_not_so(play) -> None:
    assert play(None, {"reply": {"kind": "silent"}})
    assert play(None, {"reply": {"kind": "progress", "same_as_turn": 0}})
    assert play(None, {"ticket": {"number": "${A}", "status": "done"}})
    assert play(None, {"notify": [{"to": "liu", "kind": "relay", "count_as": "assigned"}]})


def test_what_comes_too_late_did_not_come(play) -> None:
    late = [{**m, "at": "2026-03-04T10:00:16"} for m in LINES[0]["sent"]]
    assert play({"reply": {"kind": "ack_created"}}, lines=[{**LINES[0], "sent": late}, LINES[1]])


def test_the_whole_script_is_held_to_its_word(play) -> None:
    assert play(makes=2) and play(makes=[0, 2])
    twice = [LINES[0], {**LINES[1], "asked": ["phone"]}]
    assert play(lines=twice, never_ask_twice=["phone"])
    known = [LINES[0], {**LINES[1], "asked": ["device"]}]
    assert play(lines=known, never_ask_twice=["device"])


@pytest.mark.parametrize("to", ["hu", "li"])
def test_a_phone_shown_to_those_who_may_not_see_it_is_always_a_fault(play, to: str) -> None:
    shown = [*LINES[0]["sent"], message(to, "wecom", "ticket_card", "10:00:10", "电话 138 0013 8021")]
    assert play(lines=[{**LINES[0], "sent": shown}, LINES[1]])


def test_a_ticket_that_should_have_been_made_was_not(play) -> None:
    assert play(lines=[{**LINES[0], "created": []}, LINES[1]])
