"""Imported people: who is new, who is known, who changed, and who is refused."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from core.links.matching import match_customer_by_phone, member_of_account
from core.links.model import ExternalId
from core.people.linking import bind, redeem
from core.people.model import Link, Person, Role
from core.refused import Refused
from core.store.model import Event, EventPrivate
from core.words import Inbound, Room, Who
from tests.importing.conftest import Bench

CUSTOMERS = ["客户编码", "客户名称（最终）", "联系人", "联系电话", "客户等级", "地址", "区域"]
FIRM = ["K1", "宁波甲厂", "张三", "13600000001", "B级", "宁波市鄞州区创业路1号", "鄞州区"]
STAFF = ["工号", "姓名", "手机", "部门", "职位", "直属上级", "企业微信账号"]


def staff(bench: Bench, *rows: list[Any], head: list[str] = STAFF, **more: Any) -> Any:
    """Import these members of the staff."""
    return bench.imports("staff", bench.csv("员工.csv", [head, *rows]), **more)


def customers(bench: Bench, *rows: list[Any], head: list[str] = CUSTOMERS) -> Any:
    return bench.imports("customers", bench.csv("客户.csv", [head, *rows]))


def reasons(done: Any) -> dict[str, str]:
    """Line → why it was refused."""
    return {row["行号"]: row["原因"] for row in done.refused}


def written(bench: Bench, who: str, text: str, channel: str = "wecom") -> Inbound:
    room = Room(channel, "1000002", who)
    return Inbound(f"test:{who}:{text}", 1, Who(who), room, "text", text)


# ---------------------------------------------------------------- customers


@pytest.mark.req("S75", "S107")
def test_a_customer_who_moves_is_in_another_region_from_the_next_turn_on(bench: Bench) -> None:
    customers(bench, FIRM)
    before = bench.people()["宁波甲厂"]
    done = customers(bench, [*FIRM[:5], "宁波市北仑区港城路9号", "北仑区"])
    assert done.counted()["修改"] == 1 and "第 2 行 宁波甲厂：区域、地址" in done.out
    after = bench.act(lambda turn: turn.get(Person, before.id))
    assert (before.region, after.region, after.address) == ("鄞州区", "北仑区", "宁波市北仑区港城路9号")
    (event,) = bench.events("person.changed")
    assert event.data["fields"] == ["address", "region"] and event.stream == f"person:{before.id}"
    bench.chains_are_whole()


def test_the_region_follows_the_address_where_no_column_tells_it(bench: Bench) -> None:
    head = CUSTOMERS[:-1]
    customers(bench, FIRM[:-1], head=head)
    assert bench.people()["宁波甲厂"].region == "鄞州区"
    customers(bench, [*FIRM[:5], "浙江省慈溪市周巷镇1号"], head=head)
    assert bench.people()["宁波甲厂"].region == "慈溪市"


def test_what_stands_in_events_names_nobody(bench: Bench) -> None:
    customers(bench, FIRM)
    customers(bench, [*FIRM[:5], "宁波市北仑区港城路9号", "北仑区"])
    for event in bench.rows(Event):
        assert not any(word in str(event.data) for word in ("张三", "1360000", "甲厂", "港城路"))
    assert any("港城路" in str(hidden.data) for hidden in bench.rows(EventPrivate))


def test_an_empty_cell_takes_nothing_away(bench: Bench) -> None:
    customers(bench, FIRM)
    done = customers(bench, ["K1", "宁波甲厂", "", "", "", "", ""])
    assert "没有要写的" in done.out
    assert bench.people()["宁波甲厂"].phone == "13600000001"


def test_somebody_known_by_phone_is_not_doubled(bench: Bench) -> None:
    def meet(turn: Any) -> int:
        return turn.add(Person(id=turn.new_id(), entity="main", role=Role.CUSTOMER, name="张", phone="13600000001")).id

    known = bench.act(meet)
    customers(bench, FIRM)
    (person,) = bench.rows(Person)
    assert (person.id, person.company, person.name) == (known, "宁波甲厂", "张三")
    customers(bench, [*FIRM[:3], "13600000009", *FIRM[4:]])
    (person,) = bench.rows(Person)
    assert (person.id, person.phone) == (known, "13600000009"), "from now on he is known by his number"


def test_two_firms_may_have_one_contact(bench: Bench) -> None:
    done = customers(bench, FIRM, ["K2", "宁波乙厂", "张三", "13600000001", "", "", ""])
    assert done.counted()["新增"] == 2
    assert "没有要写的" in customers(bench, FIRM, ["K2", "宁波乙厂", "张三", "13600000001", "", "", ""]).out


def test_without_numbers_the_phone_and_then_name_and_address_identify(bench: Bench) -> None:
    head = ["客户名称", "电话", "地址"]
    rows = [
        ["甲厂", "13600000001", ""],
        ["乙厂", "", "某路1号"],
        ["乙厂", "", "某路2号"],
        ["甲厂分号", "13600000001", ""],
    ]
    done = customers(bench, *rows, ["乙厂", "", "某路1号"], head=head)
    assert done.counted()["新增"] == 3
    assert reasons(done) == {"5": "电话 13600000001 在第 2 行已经有了。", "6": "“乙厂”在第 3 行已经有了。"}
    assert "没有要写的" in customers(bench, *rows[:3], head=head).out


@pytest.mark.req("S71")
def test_a_customer_is_recognised_by_the_number_that_was_imported(bench: Bench) -> None:
    customers(bench, FIRM, ["K2", "宁波乙厂", "李四", "0574-88001234", "", "", ""], ["K3", "丙", "王", "", "", "", ""])
    match = lambda phone: bench.act(lambda turn: match_customer_by_phone(turn, "main", phone))  # noqa: E731
    assert match("+86 136-0000-0001").company == "宁波甲厂" and match("（0574）8800 1234").company == "宁波乙厂"
    assert match("13600000002") is match("") is match("不知道") is None
    assert bench.act(lambda turn: match_customer_by_phone(turn, "other", "13600000001")) is None
    staff(bench, ["1", "员工", "13600000002", "", "维修工", "", ""])
    assert match("13600000002") is None, "a member of the staff is no customer"
    customers(bench, FIRM, ["K4", "丁厂", "张三", "13600000001", "", "", ""])
    assert match("13600000001") is None, "a number of two customers tells nobody"


# ---------------------------------------------------------------- staff


@pytest.mark.req("S36")
def test_two_people_on_one_account_are_both_refused_and_reported(bench: Bench) -> None:
    done = staff(
        bench,
        ["1", "甲", "13600000001", "外协组", "维修工", "", "shared01"],
        ["2", "乙", "13600000002", "外协组", "维修工", "", "shared01"],
        ["3", "丙", "13600000003", "外协组", "维修工", "", "own03"],
    )
    assert set(bench.people()) == {"丙"}
    assert set(reasons(done)) == {"2", "3"} and "一个账号只能属于一个人" in reasons(done)["2"]
    assert bench.act(lambda turn: member_of_account(turn, "main", "wecom", "own03")).name == "丙"
    assert bench.act(lambda turn: member_of_account(turn, "main", "wecom", "shared01")) is None


@pytest.mark.req("S36")
def test_an_account_that_somebody_speaks_with_cannot_be_claimed_for_another(bench: Bench) -> None:
    staff(bench, ["1", "甲", "13600000001", "", "维修工", "", "jia"])
    jia = bench.people()["甲"]
    bench.act(lambda turn: bind(turn, turn.adopt(jia), written(bench, "bound", "码"), "code"))
    done = staff(
        bench,
        ["2", "乙", "13600000002", "", "维修工", "", "jia"],
        ["3", "丙", "13600000003", "", "维修工", "", "bound"],
    )
    assert set(bench.people()) == {"甲"}
    assert all("已经属于 甲" in reason for reason in reasons(done).values()) and len(reasons(done)) == 2


def test_two_with_one_phone_are_both_refused(bench: Bench) -> None:
    done = staff(
        bench, ["1", "甲", "13600000001", "", "维修工", "", ""], ["2", "乙", "136 0000 0001", "", "维修工", "", ""]
    )
    assert bench.people() == {} and set(reasons(done)) == {"2", "3"}
    staff(bench, ["1", "甲", "13600000001", "", "维修工", "", ""])
    done = staff(bench, ["2", "乙", "13600000001", "", "维修工", "", ""])
    assert reasons(done) == {"2": "电话 13600000001 已经是 甲 的。"}


def test_superiors_by_number_phone_and_name(bench: Bench) -> None:
    staff(
        bench,
        ["3", "丙", "13600000003", "", "维修工", "13600000002", ""],
        ["2", "乙", "13600000002", "", "组长", "甲", ""],
        ["1", "甲", "13600000001", "", "经理", "甲", ""],
        ["4", "丁", "13600000004", "", "维修工", "2", ""],
    )
    people = bench.people()
    above = {name: person.reports_to for name, person in people.items()}
    assert above == {"甲": None, "乙": people["甲"].id, "丙": people["乙"].id, "丁": people["乙"].id}
    done = staff(bench, ["4", "丁", "13600000004", "", "维修工", "1", ""])
    assert done.counted() == {"新增": 0, "修改": 1, "不变": 0, "略过": 0, "拒绝": 0, "部分导入": 0}
    assert bench.people()["丁"].reports_to == people["甲"].id
    assert "没有要写的" in staff(bench, ["4", "丁", "13600000004", "", "维修工", "1", ""]).out
    bench.chains_are_whole()


def test_superiors_in_a_circle_are_left_out_and_the_people_are_not(bench: Bench) -> None:
    done = staff(
        bench,
        ["1", "甲", "", "", "经理", "3", ""],
        ["2", "乙", "", "", "组长", "1", ""],
        ["3", "丙", "", "", "维修工", "2", ""],
        ["4", "丁", "", "", "维修工", "3", ""],
    )
    people = bench.people()
    assert len(people) == 4 and {row["结果"] for row in done.refused} == {"部分导入"}
    assert set(reasons(done)) == {"2", "3", "4"} and people["丁"].reports_to == people["丙"].id
    assert {people[name].reports_to for name in "甲乙丙"} == {None}


def test_a_circle_over_people_outside_the_table_is_seen(bench: Bench) -> None:
    staff(bench, ["1", "甲", "", "", "经理", "", ""], ["2", "乙", "", "", "组长", "1", ""])
    done = staff(bench, ["1", "甲", "", "", "经理", "2", ""])
    assert "绕了一圈" in reasons(done)["2"] and bench.people()["甲"].reports_to is None


def test_a_superior_whom_nobody_knows(bench: Bench) -> None:
    done = staff(bench, ["1", "甲", "", "", "维修工", "没有这人", ""])
    assert bench.people()["甲"].reports_to is None
    assert done.refused[0]["结果"] == "部分导入" and "没有这人" in reasons(done)["2"]


def test_of_two_with_one_name_no_superior_is_guessed(bench: Bench) -> None:
    done = staff(
        bench,
        ["1", "张伟", "", "", "组长", "", ""],
        ["2", "张伟", "", "", "组长", "", ""],
        ["3", "丙", "", "", "维修工", "张伟", ""],
    )
    assert "不止一个" in reasons(done)["4"] and len(bench.rows(Person)) == 3


def test_a_title_without_a_role_is_refused_until_the_mapping_names_it(bench: Bench) -> None:
    rows = [["1", "甲", "", "", "出纳", "", ""], ["2", "乙", "", "", "机台长", "", ""]]
    done = staff(bench, *rows)
    assert bench.people() == {} and "出纳: skip" in done.refused[0]["下一步"]
    path = bench.csv("员工.csv", [STAFF, *rows])
    bench.imports("staff", path, "--mapping", "m.yaml")
    kept = (bench.folder / "m.yaml").read_text(encoding="utf-8")
    (bench.folder / "m.yaml").write_text(kept + "roles:\n  出纳: skip\n  机台长: engineer\n", encoding="utf-8")
    done = bench.imports("staff", path, "--mapping", "m.yaml")
    assert done.counted()["略过"] == 1 and bench.people()["乙"].role == Role.ENGINEER


def test_no_table_makes_a_customer_of_a_member_of_the_staff(bench: Bench) -> None:
    path = bench.csv("员工.csv", [STAFF, ["1", "甲", "", "", "访客", "", ""]])
    (bench.folder / "m.yaml").write_text(
        "kind: staff\ncolumns: {工号: external, 姓名: name, 职位: title}\nroles: {访客: customer}\n"
    )
    assert "不存在" in reasons(bench.imports("staff", path, "--mapping", "m.yaml"))["2"]


def test_a_role_that_was_set_here_stays_until_the_title_changes(bench: Bench) -> None:
    staff(bench, ["1", "甲", "", "", "维修工", "", ""])

    def promote(turn: Any) -> None:
        turn.get(Person, bench.people()["甲"].id).role = Role.MANAGER

    bench.act(promote)
    staff(bench, ["1", "甲", "13600000001", "", "维修工", "", ""])
    assert bench.people()["甲"].role == Role.MANAGER
    staff(bench, ["1", "甲", "13600000001", "", "采购员", "", ""])
    assert bench.people()["甲"].role == Role.PROCUREMENT


def test_somebody_added_by_hand_is_found_by_name(bench: Bench) -> None:
    def add(turn: Any) -> int:
        return turn.add(Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name="刘工", on_duty=True)).id

    known = bench.act(add)
    staff(bench, ["1", "刘工", "13600000001", "", "维修工", "", ""])
    (person,) = bench.rows(Person)
    assert (person.id, person.phone, person.on_duty) == (known, "13600000001", True)


def test_who_left_can_do_nothing_any_more(bench: Bench) -> None:
    head = [*STAFF, "在职状态"]
    staff(
        bench, ["1", "甲", "", "", "维修工", "", "", "在职"], ["2", "乙", "", "", "维修工", "", "", "离职"], head=head
    )
    assert set(bench.people()) == {"甲"}
    staff(bench, ["1", "甲", "", "", "维修工", "", "", "离职"], head=head)
    assert not bench.people()["甲"].active


def test_the_number_of_somebody_who_left_can_be_given_to_another(bench: Bench) -> None:
    staff(bench, ["1", "甲", "13600000001", "", "维修工", "", ""])
    staff(bench, ["1", "甲", "", "", "维修工", "", "", "离职"], head=[*STAFF, "状态"])
    assert staff(bench, ["2", "乙", "13600000001", "", "维修工", "", ""]).counted()["新增"] == 1


def test_a_changed_account_replaces_the_old_claim(bench: Bench) -> None:
    staff(bench, ["1", "甲", "", "", "维修工", "", "jia"])
    staff(bench, ["1", "甲", "", "", "维修工", "", "jia2"])
    claims = [row.external for row in bench.rows(ExternalId) if row.kind == "account"]
    assert claims == ["jia2"]


# ---------------------------------------------------------------- what is left over


def test_refused_lines_run_no_formula_and_can_be_imported_when_corrected(bench: Bench) -> None:
    done = customers(bench, ["K1", '=HYPERLINK("http://x","点我")', "@SUM(1)", "+86 1360", "A级", "-1+1", ""])
    raw = done.file.read_text(encoding="utf-8-sig")
    for row in csv.reader(raw.splitlines()):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert done.file.stat().st_mode & 0o777 == 0o600
    done.file.rename(bench.folder / "改好.csv")
    fixed = (bench.folder / "改好.csv").read_text(encoding="utf-8-sig").replace("'+86 1360,", "'+86 13600000001,")
    again = bench.imports("customers", bench.file("改好.csv", fixed.encode()))
    assert again.counted()["新增"] == 1
    (person,) = bench.rows(Person)
    assert person.phone == "13600000001" and person.company == '=HYPERLINK("http://x","点我")'


@pytest.mark.req("S5b")
def test_codes_for_everybody_in_a_file_of_ones_own(bench: Bench) -> None:
    rows = [["1", "甲", "", "设备部", "维修工", "", ""], ["2", "乙", "", "", "维修工", "", ""]]
    path = bench.csv("员工.csv", [STAFF, *rows])
    bench.imports("staff", path, "--codes", "codes.csv")
    file = bench.folder / "codes.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    codes = {row["姓名"]: row["绑定码"] for row in csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())}
    person = bench.act(lambda turn: redeem(turn, written(bench, "jia", codes["甲"])))
    assert person.name == "甲" and [link.who_id for link in bench.rows(Link)] == ["jia"]
    with pytest.raises(Refused):
        bench.act(lambda turn: redeem(turn, written(bench, "yi", codes["甲"])))
    refused = bench.imports("staff", path, "--codes", "codes.csv")
    assert refused.status == 1 and "已经存在" in refused.err
    bench.imports("staff", path, "--codes", "more.csv")
    more = (bench.folder / "more.csv").read_text(encoding="utf-8-sig")
    assert "乙" in more and "甲" not in more


@pytest.mark.req("S90")
def test_the_number_of_a_member_of_the_staff_stands_on_him(bench: Bench) -> None:
    row = ["A-017", "周工", "13700000017", "售后部", "维修工程师", "", ""]
    staff(bench, row)
    person = bench.people()["周工"]
    assert person.staff_no == "A-017"

    def forget(turn: Any) -> None:
        turn.get(Person, person.id).staff_no = None

    bench.act(forget)
    done = staff(bench, row)
    assert done.counted()["修改"] == 1 and "第 2 行 周工：工号" in done.out
    assert bench.act(lambda turn: turn.get(Person, person.id)).staff_no == "A-017"
    assert "没有要写的" in staff(bench, row).out
