"""Staff from DingTalk's directory: the client against an emulated company at the wire format (S71)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import config.directories
from bots.dingtalk_directory import TRIES, DirectoryConfig, DirectoryTrouble, read_directory
from bots.emulated.dingtalk_directory import LARGEST_PAGE, DingTalkContacts
from config.settings import PREFIX
from core.links.directory import Directory, Member, Unit
from core.links.matching import member_of_account
from core.people.model import Person, Role
from core.words import SECOND
from tests.importing.conftest import Bench, Outcome


class Company(DingTalkContacts):
    """The emulated company, with a clock that goes on while somebody waits."""

    def __init__(self) -> None:
        self.now = 1_772_589_600 * SECOND
        self.slept = 0.0
        super().__init__(lambda: self.now)

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += int(seconds * SECOND)

    def read(self, **more: str) -> Directory:
        config = DirectoryConfig(**({"app_key": self.app_key, "app_secret": self.app_secret} | more))
        return asyncio.run(read_directory(config, httpx.ASGITransport(app=self), self.sleep))


@pytest.fixture
def company() -> Company:
    """A service department with two teams, in which people lead and follow."""
    made = Company()
    service = made.department("售后服务部")
    first, second = made.department("维修一组", service), made.department("维修二组", service)
    made.member("boss", "陈国栋", title="总经理", mobile="13805740001", leader=True)
    made.member("m02", "孙立军", service, title="售后经理", mobile="13805740002", leader=True)
    made.member("e05", "刘洋", first, title="组长", mobile="13805740005", leader=True)
    made.member("e06", "王磊", first, second, title="维修工程师", mobile="13805740006")
    made.member("e11", "冯涛", second, title="维修工程师", mobile="13805740011", work_place="北仑")
    made.member("c19", "尤佳", title="出纳")
    return made


@pytest.fixture
def hr(bench: Bench, company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The bench, set up for that company; only the transport is exchanged."""
    monkeypatch.setenv(f"{PREFIX}DIRECTORY__DINGTALK__APP_KEY", company.app_key)
    monkeypatch.setenv(f"{PREFIX}DIRECTORY__DINGTALK__APP_SECRET", "env:THE_SECRET")
    monkeypatch.setenv("THE_SECRET", company.app_secret)

    async def read(config: DirectoryConfig) -> Directory:
        return await read_directory(config, httpx.ASGITransport(app=company), company.sleep)

    monkeypatch.setattr(config.directories, "read_directory", read)
    yield bench


def test_the_whole_directory_is_read(company: Company) -> None:
    directory = company.read()
    assert sorted(directory.paths.values()) == ["售后服务部", "售后服务部/维修一组", "售后服务部/维修二组"]
    members = {member.id: member for member in directory.members}
    assert len(members) == 6 and len(members["e06"].units) == 2
    assert members["e05"].leads == {members["e05"].units[0]} and members["boss"].units == ("1",)
    assert company.calls["v1.0/oauth2/accessToken"] == 1


@pytest.mark.parametrize("count", [0, 1, LARGEST_PAGE, LARGEST_PAGE + 1, 3 * LARGEST_PAGE])
def test_pages(count: int) -> None:
    company = Company()
    for n in range(count):
        company.member(f"u{n}", f"员工{n}")
    assert len(company.read().members) == count
    assert company.calls["topapi/v2/user/list"] == max(1, -(-count // LARGEST_PAGE))


def test_many_departments_stay_within_the_pace(company: Company) -> None:
    for n in range(60):
        company.department(f"部{n}")
    assert len(company.read().units) == 64
    assert sum(company.calls.values()) == 1 + 64 + 64, "no call had to be repeated"


@pytest.mark.parametrize("fault", [-1, 90002, 90018, "down", "5xx"])
def test_what_passes_is_tried_again(company: Company, fault: int | str) -> None:
    company.fault(fault, fault)
    assert len(company.read().members) == 6 and company.slept > 2


def test_a_token_that_ended_early_is_renewed_once(company: Company) -> None:
    company.fault(40014)
    assert len(company.read().members) == 6 and company.calls["v1.0/oauth2/accessToken"] == 2
    company.fault(40014, 40014)
    with pytest.raises(DirectoryTrouble) as caught:
        company.read()
    assert caught.value.code == "40014"


def test_trouble_that_stays_ends_the_reading(company: Company) -> None:
    company.fault(*["down"] * TRIES)
    with pytest.raises(DirectoryTrouble) as caught:
        company.read()
    assert not caught.value.refused
    company.fault(*["odd"] * TRIES)
    with pytest.raises(DirectoryTrouble, match="HTTP 200"):
        company.read()


def test_a_refusal_names_its_code(company: Company) -> None:
    with pytest.raises(DirectoryTrouble) as caught:
        company.read(app_secret="wrong")
    assert caught.value.code == "invalidClientIdOrSecret" and caught.value.refused
    company.permitted = False
    with pytest.raises(DirectoryTrouble) as caught:
        company.read()
    assert caught.value.code == "60011" and "权限" in str(caught.value)


def test_departments_that_stand_below_themselves_end() -> None:
    units = {"1": Unit("1", "", None), "2": Unit("2", "甲", "3"), "3": Unit("3", "乙", "2")}
    directory = Directory("dingtalk", units, (Member("m", "丙", title="维修工", units=("2",)),))
    assert all(len(path) < 200 for path in directory.paths.values())
    (line,) = directory.lines("钉钉")
    row = directory.reader({})(line)
    assert row and row.superior is None


# ---------------------------------------------------------------- into the desk


@pytest.mark.req("S71")
def test_people_and_tree_come_from_the_directory(hr: Bench) -> None:
    done = hr.imports("dingtalk")
    assert done.counted() == {"新增": 5, "修改": 0, "不变": 0, "略过": 0, "拒绝": 1, "部分导入": 0}
    assert hr.tree() == ["售后服务部", "售后服务部/维修一组", "售后服务部/维修二组"]
    people = hr.people()
    above = {name: person.reports_to for name, person in people.items()}
    assert above == {
        "陈国栋": None,
        "孙立军": people["陈国栋"].id,
        "刘洋": people["孙立军"].id,
        "王磊": people["刘洋"].id,
        "冯涛": people["孙立军"].id,
    }
    assert people["王磊"].department == "售后服务部/维修一组" and people["孙立军"].role == Role.MANAGER
    assert hr.act(lambda turn: member_of_account(turn, "main", "dingtalk", "e06")).name == "王磊"
    assert "没有要写的" in hr.imports("dingtalk").out
    hr.chains_are_whole()


def test_a_table_and_the_directory_tell_of_the_same_people(hr: Bench) -> None:
    head = ["工号", "姓名", "手机", "职位", "技能", "区域"]
    hr.imports("staff", hr.csv("员工.csv", [head, ["1006", "王磊", "13805740006", "维修工程师", "空压机", "鄞州区"]]))
    done = hr.imports("dingtalk")
    assert done.counted()["新增"] == 4 and done.counted()["修改"] == 1
    assert (hr.people()["王磊"].skills, hr.people()["王磊"].region) == (["空压机"], "鄞州区")
    assert len(hr.rows(Person)) == 5


@pytest.mark.req("S5b", "S75")
def test_changes_in_the_directory_arrive(hr: Bench, company: Company) -> None:
    hr.imports("dingtalk")
    company.rename(next(iter(company.departments)), "客户服务部")
    company.employees["e11"].title = "维修主管"
    company.leaves("e06")
    done = hr.imports("dingtalk")
    assert "离职停用 1" in done.out and done.counted()["修改"] == 3
    people = hr.people()
    assert not people["王磊"].active and people["冯涛"].role == Role.MANAGER
    assert people["刘洋"].department == "客户服务部/维修一组"
    assert hr.tree() == ["客户服务部", "客户服务部/维修一组", "客户服务部/维修二组"]
    assert [event.data["person"] for event in hr.events("person.left")] == [people["王磊"].id]
    assert "没有要写的" in hr.imports("dingtalk").out


def test_many_do_not_leave_by_mistake(hr: Bench, company: Company) -> None:
    for n in range(15):
        company.member(f"x{n}", f"工{n}", title="维修工")
    hr.imports("dingtalk")
    for n in range(5):
        company.leaves(f"x{n}")
    done = hr.imports("dingtalk")
    assert done.status == 1 and "5 人离职（现有 20 人）" in done.err
    assert all(person.active for person in hr.rows(Person))
    company.member("x0", "工0", title="维修工")
    assert "离职停用 4" in hr.imports("dingtalk").out, "one in five may leave"
    for n in range(5, 12):
        company.leaves(f"x{n}")
    assert "离职停用 7" in hr.imports("dingtalk", "--many-may-leave").out


def test_nothing_is_written_when_the_directory_ends_halfway(hr: Bench, company: Company) -> None:
    company.fault("ok", "ok", 60011)
    done = hr.imports("dingtalk")
    assert done.status == 1 and "60011" in done.err and hr.rows(Person) == []


def test_titles_are_named_in_the_mapping(hr: Bench) -> None:
    (hr.folder / "roles.yaml").write_text("roles: {出纳: skip}\n", encoding="utf-8")
    done: Outcome = hr.imports("dingtalk", "--mapping", "roles.yaml")
    assert done.counted()["略过"] == 1 and done.counted()["拒绝"] == 0


def test_a_directory_that_is_not_set_up(bench: Bench) -> None:
    done: Any = bench.imports("dingtalk")
    assert done.status == 1 and "directory.dingtalk" in done.err
