"""A customer gets a copy of what is kept of her: all of it, and nothing of anybody else's (PIPL Art. 45)."""

from __future__ import annotations

import io
import zipfile

import orjson

from core.privacy.exporting import handed_out
from core.words import DAY
from tests.privacy.story import ADDRESS, AGAIN, NAME, PHONE, SAID, files_are_old, repaired, request
from tests.scenario import Story


def test_the_copy_holds_hers_and_nobody_elses(desk: Story) -> None:
    other = desk.customer("邻居老周", "telegram")
    other.says("空调不制冷，电话13733334444")
    desk.passes(seconds=60)
    customer, _, _, number = repaired(desk)
    customer.says("导出我的信息")
    desk.passes(seconds=20)
    customer.hears("my_data", "index.html")
    copy = zipfile.ZipFile(io.BytesIO(desk.rehearsal.desk.files.get(request(desk, "export").hash or "")))
    found = orjson.loads(copy.read("data.json"))
    assert found["person"]["name"] == NAME
    assert [ticket["number"] for ticket in found["tickets"]] == [number]
    assert found["tickets"][0]["phone"] == PHONE and SAID in found["tickets"][0]["description"]
    assert {SAID, AGAIN} <= {message["text"] for message in found["messages"]}
    page, whole = copy.read("index.html").decode(), copy.read("data.json").decode()
    assert ADDRESS in page and AGAIN in page
    for foreign in ("邻居老周", "13733334444", "刘工", "孙经理", "电源板烧坏"):
        assert foreign not in page + whole
    assert len([name for name in copy.namelist() if name.startswith(number)]) == 1


def test_it_is_taken_away_after_its_time_and_is_nobody_elses(desk: Story) -> None:
    from core.privacy import sweeping

    customer, _, _, _ = repaired(desk)
    customer.says("导出我的信息")
    desk.passes(seconds=20)
    asked = request(desk, "export")
    copy = asked.hash or ""
    assert desk.act(lambda turn: handed_out(turn, asked.id, asked.person_id)) is not None
    assert desk.act(lambda turn: handed_out(turn, asked.id, asked.person_id + 1)) is None
    desk.act(sweeping.begin)
    desk.run(desk.rehearsal.pass_until(desk.now + 6 * DAY))
    assert request(desk, "export").hash == copy
    files_are_old(desk)
    desk.run(desk.rehearsal.pass_until(desk.now + 3 * DAY))
    assert request(desk, "export").hash is None
    assert not (desk.rehearsal.desk.files.folder / copy[:2] / copy).exists()


def test_what_is_kept_of_her_is_told_alone_and_not_in_a_group(desk: Story) -> None:
    customer = desk.customer(NAME, "telegram")
    customer.says("我的信息")
    told = customer.hears("privacy", "聊天内容（保存 730 天）", "服务报告与签名（一直保存）").text
    assert "回复“导出我的信息”" in told and "（本服务台为处理报修" not in told
