"""Imports beside a running desk: what they bring counts from the next message on, and nobody is told anything."""

from __future__ import annotations

import csv
import threading
import time
from typing import Any

import pytest
from sqlalchemy import select

from core.links.matching import match_customer_by_phone
from core.people.model import Person, Role
from tests.importing.conftest import Bench
from tests.scenario import Story

STAFF = ["工号", "姓名", "手机", "职位", "区域"]
CUSTOMERS = ["客户编码", "客户名称（最终）", "联系人", "联系电话", "地址"]


@pytest.mark.req("S75", "S107", "S71")
def test_the_next_dispatch_uses_what_was_imported(desk: Story, bench: Bench) -> None:
    lei, tao = desk.engineer("王磊"), desk.engineer("冯涛")
    wang = desk.customer("王女士", phone="13600000001")
    people = [
        ["1006", "王磊", "13805740006", "维修工程师", "鄞州区"],
        ["1011", "冯涛", "13805740011", "维修工程师", "北仑区"],
    ]
    bench.imports("staff", bench.csv("员工.csv", [STAFF, *people]))
    firm = ["KH1", "宁波甲厂", "王女士", "136 0000 0001", "宁波市鄞州区创业路1号"]
    bench.imports("customers", bench.csv("客户.csv", [CUSTOMERS, firm]))
    known = desk.act(lambda turn: match_customer_by_phone(turn, "main", "13600000001"))
    assert known.id == wang.person_id and known.company == "宁波甲厂"
    desk.nobody_heard_anything_else()

    wang.says("空压机漏油")
    wang.hears("ack_created")
    lei.hears("assigned", "空压机", "负责鄞州区")
    bench.imports("customers", bench.csv("客户.csv", [CUSTOMERS, [*firm[:4], "宁波市北仑区港城路9号"]]))
    desk.passes(minutes=1)
    wang.says("投影仪打不开")
    tao.hears("assigned", "投影仪", "负责北仑区")
    desk.chains_are_whole()


@pytest.mark.req("S5b")
def test_a_new_engineer_gets_his_code_and_speaks(desk: Story, bench: Bench) -> None:
    table = bench.csv("员工.csv", [[*STAFF, "值班"], ["1006", "王磊", "13805740006", "维修工程师", "鄞州区", "是"]])
    bench.imports("staff", table, "--codes", "codes.csv")
    rows = csv.DictReader((bench.folder / "codes.csv").read_text(encoding="utf-8-sig").splitlines())
    stranger = desk.stranger()
    stranger.says(next(rows)["绑定码"])
    stranger.hears("action_done", "王磊，绑定成功")
    wang = desk.customer("王女士", phone="13600000001")
    wang.says("空压机漏油")
    stranger.hears("assigned", "空压机")


def test_a_desk_that_writes_all_the_time_and_an_import_leave_each_other_room(bench: Bench) -> None:
    rows = [[f"K{n}", f"第{n}厂", "", f"136{n:08d}", ""] for n in range(3_000)]
    table = bench.csv("客户.csv", [CUSTOMERS, *rows])
    longest, stop = [0.0], threading.Event()

    def write(turn: Any) -> None:
        turn.add(Person(id=turn.new_id(), entity="other", role=Role.CUSTOMER, name="x"))

    def desk() -> None:
        while not stop.is_set():
            started = time.monotonic()
            bench.act(write)
            longest.append(time.monotonic() - started)
            time.sleep(0.002)

    running = threading.Thread(target=desk)
    running.start()
    try:
        done = bench.imports("customers", table)
    finally:
        stop.set()
        running.join()
    assert done.counted()["新增"] == 3_000 and len(longest) > 50
    with bench.store.looking() as turn:
        ids = [person.id for person in turn.rows(Person, select(Person.table))]
    assert len(ids) == len(set(ids)) == 3_000 + len(longest) - 1
    assert max(longest) < 3, "a turn of the desk waited long"
