"""The three tables of the article, as such a company has them, are brought in by the documented commands (S71-S74)."""

from __future__ import annotations

import io
import time

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from core.links.model import ExternalId
from core.people.linking import staff_of
from core.people.model import Person, Role
from core.store.model import Outbox, Timer
from core.tickets.model import Status, Ticket
from tests.importing import samples
from tests.importing.conftest import Bench


def test_the_files_are_what_the_script_makes() -> None:
    for name, make in samples.BOOKS.items():
        fresh = load_workbook(io.BytesIO(make())).worksheets[0]
        kept = load_workbook(samples.FOLDER / name).worksheets[0]
        assert [[cell.value for cell in row] for row in kept] == [[cell.value for cell in row] for row in fresh]


@pytest.mark.req("S71", "S72", "S73")
def test_staff_customers_and_former_tickets(bench: Bench) -> None:
    started = time.monotonic()
    staff = bench.imports("staff", str(samples.FOLDER / samples.STAFF))
    customers = bench.imports("customers", str(samples.FOLDER / samples.CUSTOMERS))
    tickets = bench.imports("tickets", str(samples.FOLDER / samples.TICKETS))
    assert time.monotonic() - started < 30 * 60

    assert (staff.status, customers.status, tickets.status) == (0, 0, 0)
    assert staff.counted() == {"新增": 18, "修改": 0, "不变": 0, "略过": 0, "拒绝": 3, "部分导入": 1}
    assert customers.counted() == {"新增": 56, "修改": 0, "不变": 0, "略过": 0, "拒绝": 4, "部分导入": 0}
    assert tickets.counted()["新增"] == 80
    assert "客户名称（最终）  →  company（客户名称）   ⚠ 列名含括号" in customers.out

    assert bench.tree() == [
        "信息部",
        "售后服务部",
        "售后服务部/外协组",
        "售后服务部/客服组",
        "售后服务部/维修一组",
        "售后服务部/维修二组",
        "采购部",
    ]
    people = {person.name: person for person in bench.act(lambda turn: staff_of(turn, "main"))}
    wang, boss = people["王磊"], people["刘洋"]
    assert (wang.role, wang.phone, wang.region, wang.skills) == (Role.ENGINEER, "13805740006", "鄞州区", ["空压机"])
    assert wang.department == "售后服务部/维修一组" and wang.reports_to == boss.id
    assert boss.reports_to == people["孙立军"].id and people["孙立军"].reports_to == people["陈国栋"].id
    assert people["李强"].phone == "13805740007" and people["钱进"].phone == "13805740009"
    assert wang.on_duty and not people["陈国栋"].on_duty
    assert people["施文"].reports_to is None and people["陈国栋"].role == Role.MANAGER
    customer = bench.people()["宁波海天机械有限公司"]
    assert (customer.role, customer.level, customer.region) == (Role.CUSTOMER, "A", "鄞州区")

    ticket = next(ticket for ticket in bench.rows(Ticket) if ticket.number == "WX202203002")
    assert ticket.status == Status.CLOSED and ticket.engineer_id == people["赵鹏"].id and ticket.priority == "P1"
    assert ticket.device == "注塑机" and "铜套" in (ticket.summary or "") and ticket.rating == 4
    assert bench.rows(Outbox) == [] and bench.rows(Timer) == []
    bench.chains_are_whole()


@pytest.mark.req("S71")
def test_a_second_run_changes_nothing(bench: Bench) -> None:
    files = {"staff": samples.STAFF, "customers": samples.CUSTOMERS, "tickets": samples.TICKETS}
    for what, name in files.items():
        bench.imports(what, str(samples.FOLDER / name))
    before = {kind: [row.to_db() for row in bench.rows(kind)] for kind in (Person, Ticket, ExternalId)}
    events = len(bench.events("person.imported")) + len(bench.events("person.changed"))
    for what, name in files.items():
        again = bench.imports(what, str(samples.FOLDER / name))
        assert again.status == 0 and "没有要写的" in again.out
        assert again.counted("将要")["新增"] == again.counted("将要")["修改"] == 0
    assert before == {kind: [row.to_db() for row in bench.rows(kind)] for kind in before}
    assert events == len(bench.events("person.imported")) + len(bench.events("person.changed"))


def test_former_tickets_whose_customer_nobody_knows_make_him_once(bench: Bench) -> None:
    head = ["单号", "报修日期", "客户", "故障现象", "处理结果"]
    table = bench.table(
        "旧.xlsx", [head, ["1", "2023-05-01", "甲厂", "漏油", "换密封圈"], ["2", "2023-05-03", "甲厂", "异响", "紧固"]]
    )
    done = bench.imports("tickets", table)
    assert done.counted()["新增"] == 2 and "按名称新建 1" in done.out
    tickets = bench.rows(Ticket)
    assert len({ticket.customer_id for ticket in tickets}) == 1
    assert [person.company for person in bench.rows(Person)] == ["甲厂"]


def test_a_former_number_is_never_taken_for_one_of_ours(bench: Bench) -> None:
    table = bench.csv("旧.csv", [["工单号", "报修时间", "客户名称"], ["GD-1001", "2023/5/1 8:30", "甲厂"]])
    bench.imports("tickets", table)
    assert [ticket.number for ticket in bench.rows(Ticket)] == ["H-GD-1001"]
    assert "没有要写的" in bench.imports("tickets", table).out


def test_numbers_of_other_systems_are_kept(bench: Bench) -> None:
    bench.imports("customers", bench.csv("客户.csv", [["客户编码", "客户名称"], ["K1", "甲厂"]]))
    known = bench.act(lambda turn: turn.rows(ExternalId, select(ExternalId.table)))
    assert [(row.system, row.kind, row.external) for row in known] == [("erp", "customer", "K1")]
