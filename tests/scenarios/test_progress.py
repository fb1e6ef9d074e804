"""修好了吗? One message says who answers for it, where it stands, why it waits, what comes next and what was replaced (S97, S99)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import select

from core.conversations.model import Conversation
from core.parts.model import PartSwap
from core.store.turn import Turn
from core.tickets.model import Attachment, Status, Ticket
from core.tickets.progress import Asked, Fact, progress
from core.tickets.queries import must_find
from core.words import DAY, MINUTE
from tests.scenario import Party, Story

HELD = "挂起 客户车间明天全天停电检修无法试机，主机油路已检查完毕密封圈已更换，等恢复供电后再做加载测试和保压测试，约好后天上午九点"


def reported(desk: Story, wang: Party, words: str = "三楼打印机卡纸") -> str:
    """She reports, and everybody has heard of it."""
    wang.says(words)
    wang.hears("ack_created", within=30)
    desk.unheard.clear()
    return desk.tickets()[-1].number


def at_work(desk: Story, wang: Party, liu: Party) -> str:
    """Her ticket, on which he is on site."""
    number = reported(desk, wang)
    liu.says(f"接单 {number}")
    liu.says("到了")
    desk.unheard.clear()
    return number


def says_quietly(desk: Story, party: Party, *texts: str) -> None:
    for text in texts:
        party.says(text)
    desk.unheard.clear()


def swaps(desk: Story) -> list[tuple[str | None, str | None, str | None]]:
    counts = select(PartSwap.table).where(PartSwap.table.c.withdrawn_at.is_(None)).order_by(PartSwap.table.c.id)
    return [(one.code, one.old_serial, one.new_serial) for one in desk.act(lambda turn: turn.rows(PartSwap, counts))]


def shown(desk: Story) -> list[str | None]:
    photos = select(Attachment.table).order_by(Attachment.table.c.id)
    return [one.shows for one in desk.act(lambda turn: turn.rows(Attachment, photos))]


def forget_tickets(turn: Turn) -> None:
    """As if no ticket had been spoken of with anybody."""
    for talk in turn.rows(Conversation, select(Conversation.table)):
        talk.last_ticket = None


def asks(desk: Story, wang: Party, text: str) -> list[str]:
    """The lines of the answer, without the link."""
    desk.unheard.clear()
    wang.says(text)
    answer = wang.hears("progress").text
    desk.unheard.clear()
    return [line for line in answer.splitlines() if not line.startswith("http")]


@pytest.mark.req("S99")
def test_two_photos_and_a_serial_number_in_chat_are_what_the_customer_sees(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    number = at_work(desk, wang, liu)
    liu.sends_photo()
    liu.says("旧件")
    liu.hears("action_done", "旧件照片 1 张")
    liu.says("新件SN12345")
    liu.hears("action_done", "新件 SN12345")
    liu.sends_photo()
    desk.unheard.clear()
    wang.says("硒鼓换上了吗")
    answer = wang.hears(
        "progress", number, "刘工", "旧件照片 1 张", "新件照片 1 张", "新件 SN12345", "先是旧件，后是新件"
    )
    assert answer.text.splitlines()[0] == f"{number}（打印机 卡纸）换件：旧件照片 1 张，新件照片 1 张，新件 SN12345"
    assert answer.text.splitlines()[-1].startswith(f"http://desk.example/c/{number}?p=")
    files = [wang.hears("progress").reached.files[0] for _ in range(2)]
    assert [file["name"] for file in files] == [f"{number}-旧件.jpg", f"{number}-新件.jpg"]
    assert all(file["mime"] == "image/jpeg" and file["bytes"] > 500 for file in files)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S37", "S99")
def test_only_marked_copies_leave(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    liu.sends_photo()
    says_quietly(desk, liu, "旧件")
    photos = select(Attachment.table)
    [photo] = desk.act(lambda turn: turn.rows(Attachment, photos))
    wang.says("修好了吗")
    wang.hears("progress", "旧件照片 1 张", "照片：旧件")
    sent = wang.hears("progress").reached.say.file
    assert sent is not None and sent.hash == photo.marked != photo.hash

    def unmark(turn):
        turn.get(Attachment, photo.id).marked = None

    desk.act(unmark)
    wang.says("修好了吗")
    assert "照片：" not in wang.hears("progress", "旧件照片 1 张").text
    desk.nobody_heard_anything_else()


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["旧件SN A123 新件SN B456"], [(None, "A123", "B456")]),
        (["换上了 DR-4200-TN SN 778899"], [("DR-4200-TN", None, "778899")]),
        (["旧件 SN A123", "新件 SN B456"], [(None, "A123", "B456")]),
        (["新件SN B456", "新件SN B457"], [(None, None, "B456"), (None, None, "B457")]),
        (["新件SN B456", "不对，新件SN是 B457"], [(None, None, "B457")]),
        (["新件SN B456", "新件SN B456"], [(None, None, "B456")]),
        (["机器SN X99871，换上新件 SN B456"], [(None, None, "B456")]),
        (["old part SN A123, new part SN B456"], [(None, "A123", "B456")]),
        (["旧件SN A123 坏了，还要申请 DR-4200-TN 两支"], [(None, "A123", None)]),
        (["新件SN B456 是多少？"], []),
        (["旧件要寄回"], []),
        (["申请新件 DR-4200-TN 一支"], []),
    ],
)
def test_serial_numbers_are_taken_from_his_words(desk: Story, texts: list[str], kept: list[object]) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    for text in texts:
        says_quietly(desk, liu, text)
        desk.passes(minutes=2)
    assert swaps(desk) == kept
    desk.chains_are_whole()


def test_words_before_the_photo_and_a_caption_say_what_it_shows(desk: Story) -> None:
    wang = desk.customer("王女士")
    liu = desk.engineer("刘工", channel="telegram")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, "拆下来的旧件")
    liu.does("image", files=1)
    assert shown(desk) == ["old_part"]
    liu.does("image", "新件 SN B456", files=2)
    assert shown(desk) == ["old_part", "new_part", "new_part"]
    desk.passes(minutes=2)
    liu.does("image", files=1)
    assert shown(desk)[-1] is None
    assert desk.ticket(number).attachments == 4
    assert desk.ticket(number).first_response_at is not None


def test_a_caption_without_a_ticket_is_asked_about_once_and_its_photo_waits(desk: Story) -> None:
    wang, chen = desk.customer("王女士"), desk.customer("陈先生")
    liu = desk.engineer("刘工", channel="telegram")
    first, second = reported(desk, wang), reported(desk, chen, "饮水机漏水")
    says_quietly(desk, liu, f"接单 {first}", f"接单 {second}")
    desk.passes(minutes=2)
    desk.act(forget_tickets)
    liu.does("image", "新件 SN B456", files=1)
    liu.hears("ask_choice", first, second)
    says_quietly(desk, liu, "2")
    assert shown(desk) == ["new_part"]
    assert [one.ticket_id for one in desk.act(lambda turn: turn.rows(PartSwap, select(PartSwap.table)))] == [
        desk.ticket(second).id
    ]


def test_what_he_takes_back_within_the_minute_was_not_replaced(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    says_quietly(desk, liu, "旧件SN A123")
    liu.sends_photo()
    says_quietly(desk, liu, "新件SN B456")
    assert swaps(desk) == [(None, "A123", "B456")]
    says_quietly(desk, liu, "撤回")
    assert swaps(desk) == [(None, "A123", None)]
    desk.chains_are_whole()


@pytest.mark.req("S1")
def test_who_has_it_is_said_first_also_while_a_hand_over_fails(desk: Story) -> None:
    wang, liu, zhang = desk.customer("王女士"), desk.engineer("刘工"), desk.engineer("张工")
    number = at_work(desk, wang, liu)
    desk.rehearsal.wecom.fault("message/send", "5xx")
    says_quietly(desk, liu, f"{number} 转给张工，他在那个厂区")
    assert asks(desk, wang, "到底谁在管？")[0] == f"{number}（打印机 卡纸）负责人：刘工"
    says_quietly(desk, zhang, f"接单 {number}")
    answer = asks(desk, wang, "到底谁在管？")
    assert answer[0] == f"{number}（打印机 卡纸）负责人：张工"
    assert "刘工" not in "".join(answer)


def test_what_is_asked_comes_first(desk: Story) -> None:
    wang, liu, hu = desk.customer("王女士"), desk.engineer("刘工"), desk.buyer("胡采购")
    number = at_work(desk, wang, liu)
    head = f"{number}（打印机 卡纸）"
    assert asks(desk, wang, "到哪一步了")[0] == f"{head}：正在现场处理，今天 10:00到场"
    assert asks(desk, wang, "硒鼓换上了吗")[0] == f"{head}还没有换件的记录"
    assert asks(desk, wang, "配件到了没")[0] == f"{head}没有在等配件或别的事"
    says_quietly(desk, liu, "要换 DR-4200-TN 2个")
    assert asks(desk, wang, "配件到了没")[0] == f"{head}原因：配件已申请，到货日期还没定，定了马上告诉您"
    says_quietly(desk, hu, f"{number} 顺丰 SF1234567890123")
    assert asks(desk, wang, "配件到了没")[0] == f"{head}原因：等配件，已经寄出，还在路上"
    says_quietly(desk, hu, f"{number} 预计周五到货")
    assert asks(desk, wang, "配件到了没")[0] == f"{head}原因：等配件，预计后天（3月6日 周五）到货"
    assert asks(desk, wang, "什么时候来")[0] == f"{head}下一步：配件一到，刘工就来更换"
    desk.passes(hours=4 * 24)
    assert asks(desk, wang, "配件到了没")[0] == f"{head}原因：等配件，原定3月6日 周五到货，还没有到"
    assert "DR-4200-TN" not in "".join(asks(desk, wang, "修好了吗"))


def test_a_pause_is_told_with_its_reason_and_its_end(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, f"{number} {HELD}")
    answer = asks(desk, wang, "修好了吗")
    assert answer[0] == f"{number}（打印机 卡纸）：暂停中，今天 10:00起"
    assert "原因：客户车间明天全天停电检修" in answer[2]
    assert answer[3] == "下一步：后天（3月6日 周五）09:00继续"
    desk.passes(hours=72)
    assert asks(desk, wang, "修好了吗")[3] == "下一步：原定3月6日 周五 09:00继续，还没有恢复"


def test_nobody_has_taken_it_yet_and_until_when_an_answer_is_promised(desk: Story) -> None:
    wang = desk.customer("王女士")
    desk.manager("孙经理")
    reported(desk, wang)
    answer = asks(desk, wang, "有人管吗，到哪一步了")
    assert "还没有工程师接单，今天 10:00报修" in answer[0]
    assert answer[1] == "负责人：孙经理"
    assert answer[2] == "下一步：最晚明天（3月5日 周四）10:00响应，有人接单马上告诉您"
    ticket = desk.tickets()[-1]
    desk.moves_to(ticket.created_at + DAY + MINUTE)
    assert asks(desk, wang, "修好了吗")[2] == "下一步：有人接单马上告诉您"


def test_an_agreed_visit_that_has_passed_is_not_passed_over(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    number = reported(desk, wang)
    says_quietly(desk, liu, f"接单 {number}", f"{number} 改约今天下午三点")
    assert asks(desk, wang, "什么时候来")[0].startswith(f"{number}（打印机 卡纸）下一步：今天 15:00")
    desk.passes(hours=9)
    assert "还没有到场记录" in asks(desk, wang, "什么时候来")[0]


def test_several_tickets_are_asked_about_or_all_told_at_once(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    first = reported(desk, wang)
    desk.passes(minutes=5)
    second = reported(desk, wang, "一楼饮水机漏水")
    says_quietly(desk, liu, f"接单 {first}")
    wang.says("修好了吗")
    wang.hears("ask_choice", "打印机", "饮水机")
    answer = asks(desk, wang, "2")
    assert answer[0].startswith(f"{second}（饮水机 漏水）")
    answer = asks(desk, wang, "都到哪了")
    assert [line.split("（")[0] for line in answer] == [first, second]
    assert "刘工已接单" in answer[0]


def test_the_question_behind_a_choice_is_answered_first(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    first = reported(desk, wang)
    desk.passes(minutes=5)
    reported(desk, wang, "一楼饮水机漏水")
    says_quietly(desk, liu, f"接单 {first}")
    wang.says("谁在管")
    wang.hears("ask_choice")
    assert asks(desk, wang, "1")[0] == f"{first}（打印机 卡纸）负责人：刘工"


def test_english_is_answered_in_english(desk: Story) -> None:
    wang, liu = desk.customer("Ms Wang"), desk.engineer("刘工")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, "旧件SN A123 新件SN B456")
    answer = asks(desk, wang, "who is handling my ticket?")
    assert answer[0] == f"{number} (打印机 卡纸). Answers for it: 刘工"
    assert answer[1] == "being worked on on site, since today 10:00"
    assert answer[-1] == "Replaced: new part SN B456"
    assert asks(desk, wang, "has the drum been replaced?")[0] == f"{number} (打印机 卡纸). Replaced: new part SN B456"


def test_pictures_never_take_the_last_message_that_wecom_allows(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    liu.sends_photo()
    says_quietly(desk, liu, "旧件")
    liu.sends_photo()
    says_quietly(desk, liu, "新件SN12345")
    cans = desk.rehearsal.desk.house.cans
    usual = cans["wecom_kf"]
    assert usual.push is not None
    for most, pictures in ((5, 2), (4, 2), (3, 1), (2, 0), (1, 0)):
        cans["wecom_kf"] = replace(usual, push=replace(usual.push, messages=most))  # type: ignore[index]
        wang.says("修好了吗")
        wang.hears("progress", "旧件照片 1 张")
        assert len([heard for heard in desk.unheard if heard.say.file]) == pictures
        desk.unheard.clear()


def test_at_night_a_question_is_answered_at_once(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    quiet = desk.rehearsal.desk.house.policies.reaching
    assert quiet.quiet_from == time(22)
    desk.passes(hours=13)
    desk.unheard.clear()
    wang.says("修好了吗")
    wang.hears("progress", "刘工", within=1)


def test_in_a_group_there_are_neither_link_nor_pictures(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="telegram"), desk.engineer("刘工")
    at_work(desk, wang, liu)
    liu.sends_photo()
    says_quietly(desk, liu, "旧件")
    wang.does("text", "修好了吗", group="客户群")
    desk.passes(seconds=5)
    answers = [heard for heard in desk.unheard if heard.say.purpose == "progress"]
    assert len(answers) == 1 and "旧件照片 1 张" in answers[0].text
    assert "http" not in answers[0].text and not answers[0].files


CANARY = "金丝雀"
SHOWN = frozenset({"number", "device", "fault_symptom"})
"""Texts of a ticket that stand in an answer."""


@pytest.mark.req("S18")
def test_nothing_else_of_the_ticket_and_no_word_of_the_staff_stands_in_an_answer(desk: Story) -> None:
    """Every other text that a ticket holds is marked, and so are notes; whatever is asked, by whom, and however it stands."""
    wang, liu = desk.customer("王女士"), desk.engineer("刘工", phone="13911112222")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, f"{number} 检查了{CANARY}一遍，打了 13911112222 问厂家")
    texts = {name for name, field in Ticket.model_fields.items() if field.annotation in (str, str | None)} - SHOWN
    assert {"summary", "part_code", "phone", "address", "description"} <= texts

    def answers(turn: Turn) -> list[str]:
        ticket = must_find(turn, "main", number)
        return [
            progress(Asked(turn, marked(ticket, status, texts - {"entity"}), lang, concerned), first)
            for status in Status
            for lang in ("zh", "en")
            for concerned in (True, False)
            for first in Fact
        ]

    told = desk.act(answers)
    assert len(told) == 160 and all(number in text for text in told)
    assert [text for text in told if CANARY in text or "13911112222" in text] == []


def marked(ticket: Ticket, status: Status, names: set[str]) -> Ticket:
    """The ticket in this status, with marks in these fields."""
    return Ticket(**{**ticket.__dict__, **dict.fromkeys(names, CANARY), "status": status})


def test_a_reason_that_was_told_is_for_those_who_were_told(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, f"{number} {HELD}，电话13911112222")

    def answers(turn: Turn) -> list[str]:
        ticket = must_find(turn, "main", number)
        return [progress(Asked(turn, ticket, "zh", concerned)) for concerned in (True, False)]

    told, relative = desk.act(answers)
    assert "停电检修" in told and "13911112222" not in told
    assert "停电检修" not in relative and "后天（3月6日 周五）09:00继续" in relative


def test_words_while_the_desk_asks_where_photos_belong_are_no_second_question(desk: Story) -> None:
    wang, chen, liu = desk.customer("王女士"), desk.customer("陈先生"), desk.engineer("刘工")
    first, second = reported(desk, wang), reported(desk, chen, "饮水机漏水")
    says_quietly(desk, liu, f"接单 {first}", f"接单 {second}")
    desk.passes(hours=1)
    desk.act(forget_tickets)
    desk.unheard.clear()
    liu.sends_photo()
    liu.hears("ask_choice", first, second)
    liu.says("旧件")
    liu.sends_photo()
    liu.says("新件SN B456")
    liu.hears_nothing(seconds=3)
    liu.says("2")
    liu.hears("action_done", second)
    assert shown(desk) == ["old_part", "new_part"]
    assert swaps(desk) == [(None, None, "B456")]


def test_an_edited_note_tells_the_serial_number_anew(desk: Story) -> None:
    wang = desk.customer("王女士")
    liu = desk.engineer("刘工", channel="telegram")
    at_work(desk, wang, liu)
    said = liu.does("text", "换上新件SN B456，试机正常")
    assert swaps(desk) == [(None, None, "B456")]
    liu.does("edit", "换上新件SN B465，试机正常", about=said)
    assert swaps(desk) == [(None, None, "B465")]
    desk.chains_are_whole()


def test_a_summary_that_was_too_short_tells_of_parts_too(desk: Story) -> None:
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    number = at_work(desk, wang, liu)
    says_quietly(desk, liu, "完成 换上新件SN B456")
    assert swaps(desk) == [(None, None, "B456")]
    rest = "旧件SN A123已交客户，清洁定影组件与搓纸轮，连续打印测试页二十张无卡纸无底灰，客户现场试用后签字确认"
    says_quietly(desk, liu, rest)
    assert desk.ticket(number).status == "done"
    assert swaps(desk) == [(None, "A123", "B456")]
