"""A table of former tickets with columns of a form is held against the same definition."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from config.settings import PREFIX
from core.forms.filling import answers_of
from core.insight.forms import filled
from core.tickets.model import Ticket
from core.words import DAY
from tests.importing.conftest import Bench

HEADER = ["工单号", "客户", "报修时间", "设备", "故障现象", "故障类型", "油压值", "滤芯更换日期", "产线", "G代码片段"]


@pytest.fixture
def workbench(
    desk_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], elsewhere: None
) -> Iterator[Bench]:
    """A workshop's desk of each kind of database, set by its settings to the pack for machinery."""
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", desk_url.replace("postgresql+psycopg", "postgresql"))
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"{PREFIX}PACK", "machinery")
    made = Bench(tmp_path, desk_url, capsys)
    yield made
    made.store.close()


@pytest.mark.req("S57", "S71", "S78")
def test_what_fits_is_kept_and_the_rest_is_told_with_its_reason(workbench: Bench) -> None:
    table = workbench.table(
        "旧工单.xlsx",
        [
            HEADER,
            ["A1", "海天机械", "2025-03-01", "液压站", "掉压", "液压站异常", "16 MPa", "2025-02-01", "机加工", "x.nc"],
            ["A2", "海天机械", "2025-03-02", "液压站", "掉压", "液压站异常", "900", "2025-02-30", "焊接", ""],
            ["A3", "海天机械", "2025-03-03", "数控车床", "程序报错", "CNC程序错误", "16", "", "机加工", ""],
            ["A4", "海天机械", "2025-03-04", "打印机", "卡纸", "其他", "", "", "", ""],
        ],
    )
    outcome = workbench.imports("tickets", table)
    assert "表单的列：故障类型、油压值、滤芯更换日期、产线" in outcome.out
    assert outcome.counted()["新增"] == 4 and outcome.counted()["拒绝"] == 0
    refused = outcome.file.read_text("utf-8-sig")
    for words in (
        "900，应在 0–60 MPa",
        "2025-02-30”不是能用的日期",
        "没有“焊接”",
        "“油压值”填了 16",
        "看不出是哪种表单",
    ):
        assert words in refused
    tickets = {t.number: t for t in workbench.act(lambda turn: turn.rows(Ticket, select(Ticket.table)))}
    held = workbench.act(lambda turn: {number: dict(answers_of(turn, ticket)) for number, ticket in tickets.items()})
    assert held["A1"]["oil_pressure"] == (16,) and held["A1"]["filter_changed"] == ("2025-02-01",)
    assert held["A2"] == {"fault_kind": ("hydraulic",)}
    assert "oil_pressure" not in held["A3"] and held["A4"] == {}
    assert workbench.act(lambda turn: filled(turn, "main", 0, turn.now + DAY)) == []
    workbench.imports("tickets", table)
    assert workbench.act(lambda turn: len(turn.rows(Ticket, select(Ticket.table)))) == 4
