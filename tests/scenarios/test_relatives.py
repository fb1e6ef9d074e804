"""我是家属: who has the code that went to the number on the ticket may ask how it stands, in that chat and for a day (S18)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.letting_in import ENDED, LET_IN
from core.people.model import Guest, Link
from core.people.proving import CODE_LASTS, MOST_CLAIMS, MOST_TRIES
from core.store.model import Event
from core.words import HOUR, SECOND
from tests.scenario import Party, Story
from tests.scenarios.test_identity import another, code_in

PHONE, NOBODYS = "13811110001", "13899990009"
ADDRESS = "城东路18号"


def reported(desk: Story, wang: Party) -> str:
    wang.says(f"三楼打印机卡纸，电话{PHONE}，地址{ADDRESS}")
    wang.hears("ack_created", within=30)
    desk.unheard.clear()
    return desk.tickets()[-1].number


def let_in(desk: Story, son: Party, said: str = f"我是家属 {PHONE}") -> None:
    """He asks to see, and types the code."""
    son.says(said)
    son.hears("ask_info", "验证码")
    son.says(code_in(desk.phone(PHONE).gets("验证码", "代问的家属", within=90).text))


def events(desk: Story, kind: str) -> list[Event]:
    return desk.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.kind == kind)))


@pytest.mark.req("S18", "S97")
def test_a_relative_with_the_code_sees_progress_and_neither_number_nor_address(desk: Story) -> None:
    wang, liu, son = desk.customer("王女士"), desk.engineer("刘工"), desk.customer("小王")
    number = reported(desk, wang)
    liu.says(f"接单 {number}")
    liu.says("到了")
    liu.sends_photo()
    liu.says("旧件SN A123 新件SN B456")
    desk.unheard.clear()
    son.says(f"{number} 修好了吗")
    son.hears("cannot_find", number, "我是家属")
    let_in(desk, son)
    first = son.hears("progress", "24 小时", number, "刘工")
    wang.hears("guest_let_in", "家属", "24 小时", "收回")
    son.says(f"{number} 修好了吗")
    told = son.hears("progress", number, "刘工", "正在现场处理", "新件 SN B456")
    for text in (first.text, told.text):
        assert PHONE not in text and ADDRESS not in text and "http" not in text and "王女士" not in text
    assert not any(heard.files for heard in desk.unheard)
    desk.nobody_heard_anything_else()
    [event] = events(desk, LET_IN)
    assert event.data.keys() == {"guest", "until"}
    desk.chains_are_whole()


@pytest.mark.req("S18")
def test_he_stays_who_he_is_and_changes_nothing(desk: Story) -> None:
    wang, liu, son = desk.customer("王女士"), desk.engineer("刘工"), desk.customer("小王")
    number = reported(desk, wang)
    liu.says(f"接单 {number}")
    liu.hears("action_done", number)
    let_in(desk, son)
    desk.passes(seconds=5)
    desk.unheard.clear()
    for said in ("取消工单", "快点行不行，急死了", f"{number} 取消", f"{number} 改到明天下午三点"):
        son.says(said)
        desk.passes(seconds=20)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.urge_count, ticket.appointment_start) == ("accepted", 0, None)
    assert not [heard for heard in desk.unheard if heard.who in (wang.address, liu.address)]
    owners = {link.person_id for link in desk.act(lambda turn: turn.rows(Link, select(Link.table)))}
    assert len(owners) == 3
    desk.unheard.clear()


@pytest.mark.req("S18")
def test_the_same_words_whether_the_desk_knows_the_number_or_not(desk: Story) -> None:
    wang, one, other = desk.customer("王女士"), desk.customer("小王"), desk.customer("路人")
    reported(desk, wang)
    one.says(f"我是家属 {PHONE}")
    known = one.hears("ask_info").text
    code = code_in(desk.phone(PHONE).gets("验证码", within=90).text)
    other.says(f"我是家属 {NOBODYS}")
    assert other.hears("ask_info").text == known
    desk.phone(NOBODYS).silent(seconds=90)
    other.says(code)
    wrong = other.hears("error_hint").text
    one.says(another(code))
    assert one.hears("error_hint").text == wrong
    desk.nobody_heard_anything_else()


def test_he_is_asked_for_the_number_if_he_names_none(desk: Story) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王")
    number = reported(desk, wang)
    son.says("我是家属")
    son.hears("ask_info", "手机号")
    let_in(desk, son, PHONE)
    son.hears("progress", number)
    wang.hears("guest_let_in")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S18")
def test_after_five_wrong_codes_the_right_one_is_wrong(desk: Story) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王")
    reported(desk, wang)
    son.says(f"我是家属 {PHONE}")
    son.hears("ask_info")
    code = code_in(desk.phone(PHONE).gets("验证码", within=90).text)
    for _ in range(MOST_TRIES):
        son.says(another(code))
        son.hears("error_hint")
    son.says(code)
    son.hears("error_hint")
    assert not desk.act(lambda turn: turn.rows(Guest, select(Guest.table)))
    desk.nobody_heard_anything_else()


@pytest.mark.parametrize(("late", "opens"), [(0, True), (1, False)])
def test_a_code_holds_ten_minutes(desk: Story, late: int, opens: bool) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王")
    reported(desk, wang)
    son.says(f"我是家属 {PHONE}")
    asked = desk.now
    code = code_in(desk.phone(PHONE).gets("验证码", within=90).text)
    desk.moves_to(asked + CODE_LASTS + late * SECOND)
    desk.unheard.clear()
    son.says(code)
    desk.passes(seconds=20)
    assert [heard.say.purpose for heard in desk.unheard if heard.who == wang.address] == ["guest_let_in"] * opens
    desk.unheard.clear()


def test_codes_are_not_sent_without_end(desk: Story) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王")
    reported(desk, wang)
    for _ in range(MOST_CLAIMS):
        son.says(f"我是家属 {PHONE}")
        son.hears("ask_info")
        desk.phone(PHONE).gets("验证码", within=90)
    son.says(f"我是家属 {PHONE}")
    son.hears("error_hint", "明天")
    desk.phone(PHONE).silent(seconds=90)


@pytest.mark.req("S18")
def test_the_customer_ends_it_and_so_does_a_day(desk: Story) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王")
    number = reported(desk, wang)
    wang.says("收回")
    desk.passes(seconds=20)
    desk.unheard.clear()
    let_in(desk, son)
    desk.unheard.clear()
    wang.says("收回")
    wang.hears("confirm_change", "已收回")
    assert len(events(desk, ENDED)) == 1
    son.says(f"{number} 修好了吗")
    son.hears("cannot_find", number)
    let_in(desk, son)
    until = desk.act(lambda turn: turn.rows(Guest, select(Guest.table)))[-1].until
    assert until == desk.now + 24 * HOUR
    desk.moves_to(until - SECOND)
    desk.unheard.clear()
    son.says(f"{number} 修好了吗")
    son.hears("progress", number)
    desk.moves_to(until)
    desk.unheard.clear()
    son.says(f"{number} 修好了吗")
    son.hears("cannot_find", number)


@pytest.mark.req("S18")
def test_he_sees_it_in_that_chat_only_and_only_while_it_is_open(desk: Story) -> None:
    wang, son = desk.customer("王女士"), desk.customer("小王", phone="13822220002")
    elsewhere = desk.also(son, "telegram")
    number = reported(desk, wang)
    let_in(desk, son)
    desk.unheard.clear()
    elsewhere.says(f"{number} 修好了吗")
    elsewhere.hears("cannot_find", number)
    wang.says("取消工单")
    wang.says("是的")
    desk.unheard.clear()
    assert desk.ticket(number).status == "cancelled"
    son.says(f"{number} 修好了吗")
    son.hears("cannot_find", number)


def test_in_english(desk: Story) -> None:
    wang, son = desk.customer("Ms Wang"), desk.customer("Tom")
    number = reported(desk, wang)
    son.says(f"how is {number} going?")
    son.hears("cannot_find", "I am a relative")
    son.says(f"I am a relative, number is {PHONE}")
    son.hears("ask_info", "6-digit code")
    son.says(code_in(desk.phone(PHONE).gets(within=90).text))
    son.hears("progress", number, "24 hours")
    wang.hears("guest_let_in")


def test_a_report_for_a_relative_is_a_report(desk: Story) -> None:
    son = desk.customer("小王")
    son.says(f"我妈家的空调不制冷，她电话{PHONE}")
    son.hears("ack_created", within=30)
