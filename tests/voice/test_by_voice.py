"""People speak instead of writing: their words come later than their voice, and count from when they spoke."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from config.ear import SURE
from core.conversations.history import said_in
from core.tickets.model import Attachment, Status
from core.tickets.page import ticket_page
from core.words import Room
from dialogue.transcribing.listening import Found
from tests.scenario import Story, story
from tests.scenarios.so_far import ticket_in

FIFTY = "更换了液压站的密封圈和压力传感器，清洗了阀块，重新加注液压油，空载和带载各试运行半小时，压力稳定，没有再漏油，客户已经确认。"


def recordings(desk: Story, number: str) -> list[Attachment]:
    ticket = desk.ticket(number)
    of_ticket = select(Attachment.table).where(Attachment.table.c.ticket_id == ticket.id)
    return desk.act(lambda turn: turn.rows(Attachment, of_ticket))


@pytest.mark.req("S82", "S68")
def test_a_report_by_voice_is_a_ticket_with_model_and_symptom(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("K9车型减震异响，错误码 E-07", kind="voice")
    ack = wang.hears("ack_created", "E-07")
    ticket = desk.ticket(ack.ticket)
    assert "异响" in (ticket.fault_symptom or "")
    [recording] = recordings(desk, ack.ticket)
    assert (recording.words, recording.engine, recording.confidence) == (
        "K9车型减震异响，错误码 E-07",
        "emulated",
        round(100 * SURE),
    )
    assert recording.hash and recording.kind == "voice"
    with desk.rehearsal.desk.database.reading() as connection:
        lines = said_in(connection, Room.of(ticket.room))
    assert [line.kind for line in lines if line.say is None] == ["voice"]


@pytest.mark.req("S68")
def test_who_waits_for_his_words_hears_once_that_his_voice_came(desk: Story) -> None:
    wang, began = desk.customer("王女士"), desk.now
    desk.rehearsal.ear.next.extend([5.0, 5.0])
    wang.says("二楼投影仪打不开", kind="voice")
    wang.says("开机没反应", kind="voice")
    wang.hears("voice_received", within=4)
    wang.hears_nothing(seconds=1)
    assert len(desk.tickets()) == 0
    number = wang.hears("ack_created").ticket
    assert desk.ticket(number).description.splitlines() == ["二楼投影仪打不开", "开机没反应"]
    assert desk.ticket(number).created_at == began
    desk.nobody_heard_anything_else()


@pytest.mark.req("S68")
def test_voices_of_a_room_are_heard_in_the_order_in_which_they_were_spoken(desk: Story) -> None:
    wang = desk.customer("王女士")
    desk.rehearsal.ear.next.extend([6.0, 0.0])
    wang.says("空调漏水", kind="voice")
    wang.says("一直滴水", kind="voice")
    wang.hears("voice_received")
    number = wang.hears("ack_created").ticket
    assert desk.ticket(number).description.splitlines() == ["空调漏水", "一直滴水"]


@pytest.mark.req("S68")
def test_words_that_do_not_come_in_time_follow_the_recording_to_its_ticket(desk: Story) -> None:
    wang, began = desk.customer("王女士"), desk.now
    desk.rehearsal.ear.next.append(60.0)
    wang.says("空调漏水，地址科技路8号", kind="voice")
    wang.hears("voice_received")
    number = wang.hears("ack_created", "正在转成文字", within=40).ticket
    assert desk.ticket(number).fault_symptom is None and desk.ticket(number).created_at == began
    desk.passes(seconds=60)
    assert "漏水" in (desk.ticket(number).fault_symptom or "")
    [recording] = recordings(desk, number)
    assert recording.words == "空调漏水，地址科技路8号" and recording.hash
    wang.hears("confirm_change", number)
    assert [ticket.number for ticket in desk.tickets()] == [number]


@pytest.mark.req("S68")
def test_what_cannot_be_believed_is_asked_for_in_writing_and_kept(desk: Story) -> None:
    wang = desk.customer("王女士")
    desk.rehearsal.ear.next.append(Found(why="whisper:subtitles"))
    wang.says("听不清的话", kind="voice")
    number = wang.hears("ack_created", "请打字").ticket
    [recording] = recordings(desk, number)
    assert recording.words is None and recording.hash and desk.ticket(number).description == ""


@pytest.mark.req("S12", "S68")
def test_a_note_by_voice_is_the_first_response_at_the_time_when_it_was_spoken(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工")
    number = ticket_in(desk, Status.ON_SITE, wang, liu)
    spoken_at = desk.now
    desk.rehearsal.ear.next.append(2.0)
    liu.says("液压站压力不够，拆开看密封圈老化", kind="voice")
    liu.hears("action_done", number)
    assert desk.ticket(number).first_response_at == spoken_at < desk.now
    [recording] = recordings(desk, number)
    assert recording.words == "液压站压力不够，拆开看密封圈老化"


@pytest.mark.req("S38", "S68")
def test_a_summary_by_voice_completes(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工")
    number = ticket_in(desk, Status.ON_SITE, wang, liu)
    liu.says(f"完成 {number} {FIFTY[:20]}", kind="voice")
    liu.hears("too_short_summary")
    liu.says(FIFTY[20:] + FIFTY[:20], kind="voice")
    liu.hears("action_done", number)
    assert desk.ticket(number).status == Status.DONE


@pytest.mark.req("S68")
def test_a_customer_says_what_he_really_said(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("投影仪打不开，错误码 E-07", kind="voice")
    number = wang.hears("ack_created").ticket
    wang.says("不是，我说的是打印机打不开，错误码 E-17")
    wang.hears("confirm_change", number, "E-17")
    ticket = desk.ticket(number)
    assert ticket.error_code == "E-17" and "打印机" in (ticket.device or "") and "投影仪" not in ticket.description
    [recording] = recordings(desk, number)
    assert (recording.words, recording.corrected) == ("投影仪打不开，错误码 E-07", "打印机打不开，错误码 E-17")


@pytest.mark.req("S68")
def test_an_engineer_says_what_he_really_said(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工")
    number = ticket_in(desk, Status.ON_SITE, wang, liu)
    spoken_at = desk.now
    liu.says("液压站压力不够，拆开看主阀老化", kind="voice")
    liu.hears("action_done", number)
    desk.passes(seconds=10)
    liu.says("不对，我说的是液压站压力不够，拆开看密封圈老化")
    liu.hears("action_done", number)
    [recording] = recordings(desk, number)
    assert recording.corrected == "液压站压力不够，拆开看密封圈老化"
    assert desk.ticket(number).first_response_at == spoken_at


@pytest.mark.req("S68")
def test_a_question_by_voice_makes_no_ticket(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    desk.passes(minutes=2)
    wang.says("我的单子到哪一步了", kind="voice")
    wang.hears("progress", number)
    assert len(desk.tickets()) == 1


@pytest.mark.req("S68")
def test_a_kill_while_somebody_listens_loses_nothing_and_doubles_nothing(desk: Story) -> None:
    wang = desk.customer("王女士")
    desk.rehearsal.ear.next.append(10.0)
    wang.says("空调漏水", kind="voice")
    desk.passes(seconds=5)
    desk.run(desk.rehearsal.desk.worker.close())
    desk.passes(minutes=6)
    [ticket] = desk.tickets()
    assert ticket.description == "空调漏水"
    [recording] = recordings(desk, ticket.number)
    assert recording.words == "空调漏水" and recording.hash


@pytest.mark.req("S68")
def test_a_platform_that_does_not_give_the_file_out_keeps_nobody_waiting(desk: Story) -> None:
    wang = desk.customer("王女士", "telegram")
    carrier = desk.rehearsal.carriers["telegram"]
    wang.says(kind="voice")
    carrier.media.clear()
    number = wang.hears("ack_created", "请打字").ticket
    [recording] = recordings(desk, number)
    assert recording.words is None


@pytest.mark.req("S68")
def test_a_desk_without_an_engine_keeps_the_recording_and_asks_for_words(desk_url: str) -> None:
    with story(desk_url, listening=False) as desk:
        wang = desk.customer("王女士")
        wang.says("空调漏水", kind="voice")
        number = wang.hears("ack_created", "请打字").ticket
        [recording] = recordings(desk, number)
        assert recording.words is None and recording.hash


@pytest.mark.req("S68", "S18")
def test_the_ticket_page_shows_what_was_said_and_who_wrote_it_down(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    wang.says("空调漏水，电话13800138021", kind="voice")
    number = wang.hears("ack_created").ticket
    [paper] = desk.act(lambda turn: ticket_page(turn, liu.person_id or 0, number)).files
    assert (paper.said, paper.wrote) == ("空调漏水，电话13800138021", "演练引擎转写，把握 90%")
    wang.says("不是，我说的是冰箱漏水，电话13800138021")
    wang.hears("confirm_change")
    [paper] = desk.act(lambda turn: ticket_page(turn, liu.person_id or 0, number)).files
    assert paper.said == "冰箱漏水，电话13800138021" and "空调漏水" in paper.wrote
    buyer = desk.buyer("小赵")
    assert desk.act(lambda turn: ticket_page(turn, buyer.person_id or 0, number)).files == []
