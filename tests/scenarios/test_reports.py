"""The service report: made once by a completion, delivered in the chat, void when the work was not done after all (S66, S100)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.policies import Policies
from core.reports.checking import Found, by_file, by_token
from core.reports.content import Waits, content
from core.reports.model import Report, ReportState
from core.reports.ordering import MAKE_REPORT, made, not_made
from core.reports.press import Checked, Sheet
from core.reports.queries import report_of_hash
from core.store.model import Event, Job, JobState, Outbox
from core.tickets.events import Happened
from core.words import Can
from tests.scenario import Heard, Party, Story, story

SUMMARY = "经检查故障原因是搓纸轮磨损，更换搓纸轮DR-4200-TN一只并清洁走纸通道，连续打印测试页二十张全部正常，客户现场试用确认没有再卡纸"
PDF = b"%PDF-"


@pytest.fixture
def desk(desk_url: str) -> Iterator[Story]:
    with story(desk_url, reports=True) as told:
        yield told
        told.chains_are_whole()


@pytest.fixture
def wang(desk: Story) -> Party:
    return desk.customer("王𬭎", phone="13800138021")


@pytest.fixture
def liu(desk: Story) -> Party:
    return desk.engineer("刘工", phone="13900139000")


def reported(wang: Party, liu: Party, fault: str = "打印机卡纸，型号HP M428，序列号CN3K7, 报 E-07") -> str:
    """A ticket that was reported and accepted."""
    wang.says(fault)
    number = wang.hears("ack_created", within=30).ticket
    liu.says(f"接单 {number}")
    liu.hears("action_done", number)
    return number


def done(wang: Party, liu: Party, number: str) -> Heard:
    """He completes it; the message with the report that the customer gets."""
    liu.says(f"完成 {number} {SUMMARY}")
    wang.hears("rating_request", number, within=60)
    return wang.hears("report_pdf", within=60)


def reports(desk: Story) -> list[Report]:
    return desk.act(lambda turn: turn.rows(Report, select(Report.table).order_by(Report.table.c.id)))


def document(desk: Story, heard: Heard) -> bytes:
    """The file that came with a message."""
    file = heard.reached.say.file
    assert file is not None
    return desk.rehearsal.desk.files.get(file.hash)


def happened(desk: Story, number: str) -> list[str]:
    stream = desk.ticket(number).stream
    events = desk.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.stream == stream)))
    return [event.kind for event in sorted(events, key=lambda event: event.seq)]


def brought(desk: Story) -> list[Outbox]:
    found = select(Outbox.table).where(Outbox.table.c.purpose == "report_pdf")
    return desk.act(lambda turn: turn.rows(Outbox, found))


def checked(desk: Story, content: bytes) -> Checked:
    press = desk.rehearsal.desk.press
    assert press is not None
    return press.check(content)


def sheet_of(desk: Story, report: Report) -> Sheet | Waits | None:
    """What would stand in a report if it were made now."""

    def read(turn: Any) -> Sheet | Waits | None:
        known = turn.get(Report, report.id)
        before, known.state = known.state, ReportState.ORDERED
        try:
            return content(turn, report.id)
        finally:
            known.state = before

    return desk.act(read)


# ---- made once, delivered


@pytest.mark.req("S66", "S100")
def test_a_completion_brings_the_sealed_report_into_the_chat(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    desk.unheard.clear()
    message = done(wang, liu, number)
    [report] = reports(desk)
    assert message.reached.say.file is not None and message.reached.say.file.name == f"服务报告_{number}-1.pdf"
    assert "签字" in message.text and "二维码" in message.text
    sealed = document(desk, message)
    assert sealed.startswith(PDF) and checked(desk, sealed).verdict == "valid"
    assert (report.state, report.number, report.size) == (ReportState.SEALED, f"{number}-1", len(sealed))
    assert message.reached.files[0]["signed"] is True
    assert happened(desk, number)[-2:] == [Happened.REPORT_ORDERED, Happened.REPORT_MADE]
    liu.hears("action_done", number)
    desk.nobody_heard_anything_else()
    desk.chains_are_whole()


@pytest.mark.req("S100")
def test_when_one_message_may_be_sent_it_is_the_file(desk: Story, wang: Party, liu: Party) -> None:
    """A customer who wrote once hears of receipt, engineer, arrival, end; the fifth message of WeCom's window is the report itself."""
    number = reported(wang, liu)
    liu.says(f"到了 {number}")
    message = done(wang, liu, number)
    assert message.text == "" and document(desk, message).startswith(PDF)
    desk.passes(hours=1)
    assert len(brought(desk)) == 1


@pytest.mark.req("S100")
def test_a_job_that_ends_twice_makes_one_report_and_one_message(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    done(wang, liu, number)
    [job] = desk.act(lambda turn: turn.rows(Job, select(Job.table).where(Job.table.c.kind == MAKE_REPORT)))
    before = reports(desk)
    desk.act(lambda turn: made(turn, turn.get(Job, job.id)))
    desk.act(lambda turn: not_made(turn, turn.get(Job, job.id)))
    assert [vars(one) for one in reports(desk)] == [vars(one) for one in before]
    assert len(brought(desk)) == 1
    assert desk.act(lambda turn: turn.start(MAKE_REPORT, job.key, {"report": before[0].id})) is None


@pytest.mark.req("S66", "S99", "S100")
def test_what_stands_in_it(desk: Story, wang: Party, liu: Party) -> None:
    def engage(turn: Any) -> None:
        turn.get(Person, liu.person_id).staff_no = "1023"

    desk.act(engage)
    number = reported(wang, liu)
    liu.says(f"备注 {number} 客户很难缠，下次让老张来，他电话13911112222")
    desk.passes(minutes=30)
    liu.says(f"到了 {number}")
    desk.passes(hours=1)
    done(wang, liu, number)
    [report] = reports(desk)
    sheet = sheet_of(desk, report)
    assert isinstance(sheet, Sheet)
    rows = dict(row for _, facts in sheet.sections for row in facts)
    assert [title for title, _ in sheet.sections] == ["客户", "设备", "故障", "处理", "时间", "服务时限"]
    assert (rows["客户"], rows["电话"]) == ("王𬭎", "138****8021")
    assert (rows["设备"], rows["型号"], rows["序列号"], rows["故障代码"]) == ("打印机", "HP M428", "CN3K7", "E-07")
    assert rows["原因"] == "搓纸轮磨损" and rows["处理措施"].startswith("更换搓纸轮DR-4200-TN一只")
    assert rows["报修"] == "2026-03-04 10:00" and rows["完成"].startswith("2026-03-04 11:3")
    assert rows["首响"].startswith("达到：要求 24 小时")
    assert [part.code for part in sheet.parts] == ["DR-4200-TN"]
    assert sheet.maintenance == "2026-09-04" and sheet.engineer == "刘工（工号 1023）"
    assert sheet.check_url == f"http://desk.example/check/{report.token}" and sheet.number == f"{number}-1"
    assert not re.search("难缠|老张|13911112222|13800138021", str(sheet))


@pytest.mark.req("S66")
def test_in_the_language_of_its_customer(desk: Story, liu: Party) -> None:
    smith = desk.customer("Smith")
    number = reported(smith, liu, "The printer on the 2nd floor has a paper jam")
    message = done(smith, liu, number)
    assert "service report" in message.text.casefold()
    sheet = sheet_of(desk, reports(desk)[0])
    assert isinstance(sheet, Sheet) and sheet.lang == "en" and sheet.title == "Service report"
    assert set(sheet.labels.values()) & {"Scan to check", "Next maintenance"}


# ---- void


@pytest.mark.req("S100")
def test_taken_back_within_the_minute_it_does_not_count(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    wang.says("好的，谢谢")
    message = done(wang, liu, number)
    desk.passes(seconds=30)
    liu.says("撤回")
    wang.hears("correction", f"服务报告 {number}-1 作废")
    [report] = reports(desk)
    assert (report.state, report.void_why) == (ReportState.VOID, "undone")
    assert Happened.REPORT_VOIDED in happened(desk, number)
    digest = message.reached.say.file.hash if message.reached.say.file else ""
    found = desk.act(lambda turn: by_file(turn, digest, checked(desk, document(desk, message))))
    assert (found.verdict, found.why) == ("void", "undone")
    wang.says("把服务报告发我")
    assert "还没完工" in wang.hears("report_ready", number).text


@pytest.mark.req("S100")
def test_reopened_and_completed_again_there_is_another(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    done(wang, liu, number)
    desk.passes(hours=1)
    wang.says("没修好，还是卡")
    wang.hears("correction", f"服务报告 {number}-1 作废", "返修")
    desk.passes(hours=1)
    message = done(wang, liu, number)
    assert message.reached.say.file is not None and message.reached.say.file.name == f"服务报告_{number}-2.pdf"
    assert [(one.number, one.state, one.void_why) for one in reports(desk)] == [
        (f"{number}-1", ReportState.VOID, "reopened"),
        (f"{number}-2", ReportState.SEALED, None),
    ]
    verdicts = [desk.act(lambda turn, token=one.token: by_token(turn, token)).verdict for one in reports(desk)]
    assert verdicts == ["void", "valid"]


def test_void_before_it_is_made_nobody_gets_it(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    done(wang, liu, number)
    [report] = reports(desk)
    [job] = desk.act(lambda turn: turn.rows(Job, select(Job.table).where(Job.table.c.kind == MAKE_REPORT)))

    def as_if_late(turn: Any) -> None:
        kept, late = turn.get(Report, report.id), turn.get(Job, job.id)
        kept.state, kept.hash, kept.void_why = ReportState.VOID, None, "undone"
        made(turn, late)

    desk.act(as_if_late)
    assert reports(desk)[0].hash is None and len(brought(desk)) == 1


# ---- what can go wrong


def test_a_report_that_cannot_be_made_is_told_and_can_be_made_again(desk: Story, wang: Party, liu: Party) -> None:
    sun = desk.manager("孙经理")
    number = reported(wang, liu)
    done(wang, liu, number)
    [report] = reports(desk)

    def fails(turn: Any) -> None:
        kept = turn.get(Report, report.id)
        kept.state, kept.hash, kept.size, kept.made_at = ReportState.ORDERED, None, None, None
        [job] = turn.rows(Job, select(Job.table).where(Job.table.c.kind == MAKE_REPORT))
        job.error, job.state = "the seal cannot be opened", JobState.DEAD
        not_made(turn, job)
        not_made(turn, job)

    desk.act(fails)
    desk.settle()
    assert "desk dead again" in sun.hears("report_failed", number).text
    assert reports(desk)[0].state == ReportState.FAILED
    wang.says("报告")
    assert "没做成" in wang.hears("report_ready", number).text

    def again(turn: Any) -> None:
        [job] = turn.rows(Job, select(Job.table).where(Job.table.c.kind == MAKE_REPORT))
        job.state, job.due_at, job.attempts = JobState.WAITING, turn.now, 0

    desk.act(again)
    desk.settle()
    wang.hears("report_pdf", number)
    assert reports(desk)[0].state == ReportState.SEALED


def test_where_no_file_can_be_sent_there_is_a_link(desk: Story, liu: Party) -> None:
    wang, cans = desk.customer("王女士", channel="wechat_mp"), cast(dict[str, Can], desk.rehearsal.desk.house.cans)
    cans["wechat_mp"] = replace(cans["wechat_mp"], file=0)
    number = reported(wang, liu)
    message = done(wang, liu, number)
    [report] = reports(desk)
    assert message.reached.files == () and f"http://desk.example/s/{report.token}?p=" in message.text


def test_who_told_of_the_same_fault_hears_that_there_is_one_and_gets_no_copy(
    desk: Story, wang: Party, liu: Party
) -> None:
    sun, other = desk.manager("孙经理"), desk.customer("李先生")
    number = reported(wang, liu)
    other.says("打印机卡纸，序列号CN3K7")
    twin = other.hears("ack_created", within=30).ticket
    sun.says(f"合并 {twin} 到 {number}")
    done(wang, liu, number)
    assert other.hears("report_ready", number).reached.say.file is None


# ---- asked for


def test_he_asks_for_it_and_has_the_newest_version(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    wang.says("把服务报告发我")
    assert "还没完工" in wang.hears("report_ready", number).text
    sealed = document(desk, done(wang, liu, number))
    for said in ("报告", f"把{number}的服务报告发我"):
        wang.says(said)
        assert document(desk, wang.hears("report_pdf", number)) == sealed


def test_nobody_has_the_report_of_somebody_else(desk: Story, wang: Party, liu: Party) -> None:
    number = reported(wang, liu)
    done(wang, liu, number)
    other, hu = desk.customer("李先生"), desk.buyer("胡采购")
    other.says(f"{number}的服务报告")
    assert other.hears("cannot_find").reached.say.file is None
    other.says("服务报告")
    assert other.hears("report_ready").reached.say.file is None
    hu.says(f"报告 {number}")
    assert hu.hears("error_hint").reached.say.file is None
    desk.unheard.clear()
    liu.says(f"报告 {number}")
    assert document(desk, liu.hears("report_pdf", number)).startswith(PDF)


# ---- checked


@pytest.mark.req("S100")
def test_anybody_who_holds_it_learns_whether_it_counts_and_nothing_of_the_customer(
    desk: Story, wang: Party, liu: Party
) -> None:
    number = reported(wang, liu)
    sealed = document(desk, done(wang, liu, number))
    [report] = reports(desk)

    def of(content: bytes) -> Found:
        import hashlib

        return desk.act(lambda turn: by_file(turn, hashlib.sha256(content).hexdigest(), checked(desk, content)))

    found = desk.act(lambda turn: by_token(turn, report.token))
    assert found.verdict == "valid" and found.facts["number"] == f"{number}-1" and found.facts["engineer"] == "刘工"
    assert not re.search("王|138|打印机", str(found))
    assert of(sealed).verdict == "valid"
    place = len(sealed) // 2
    assert of(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]).verdict == "altered"
    assert of(b"%PDF-1.7 something else").verdict == "unknown"
    assert desk.act(lambda turn: by_token(turn, "nothing")).verdict == "unknown"
    assert desk.act(lambda turn: report_of_hash(turn, report.hash or "")) is not None


# ---- photos


@pytest.mark.req("S37", "S100")
def test_a_photo_on_its_way_is_waited_for_and_not_for_ever(desk_url: str) -> None:
    from core.tickets.model import Attachment

    rules = Policies()
    with story(desk_url, reports=True, policies=replace(rules)) as desk:
        wang, liu = desk.customer("王女士"), desk.engineer("刘工")
        number = reported(wang, liu)
        done(wang, liu, number)
        [report] = reports(desk)

        def photo(turn: Any, **more: Any) -> None:
            ticket_id, event_id = report.ticket_id, report.event_id
            turn.add(
                Attachment(
                    id=turn.new_id(), ticket_id=ticket_id, event_id=event_id, person_id=liu.person_id or 0, at=turn.now,
                    channel="wecom", ref="x", kind="image", **more,
                )
            )  # fmt: skip

        desk.act(photo)
        assert isinstance(sheet_of(desk, report), Waits)
        desk.act(lambda turn: photo(turn, marked="a" * 64, shows="old_part"))
        desk.rehearsal.clock.now += rules.reports.photos - 1
        assert isinstance(sheet_of(desk, report), Waits)
        desk.rehearsal.clock.now += 1
        sheet = sheet_of(desk, report)
        assert isinstance(sheet, Sheet)
        assert [picture.hash for picture in sheet.pictures] == ["a" * 64]
        assert sheet.pictures[0].caption.startswith("旧件")
