"""One person, known on several channels: by a directory, by his own number, by a code sent there (S5b, S8, S36)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from core.links.model import ExternalId
from core.people.model import Link, NumberClaim, Person, Role
from core.people.proving import MOST_CLAIMS, MOST_TRIES
from core.store.turn import Turn
from tests.scenario import Party, Story

LIU, WANG = "13900002222", "13811110001"


def listed(desk: Story, person: Party, channel: str, account: str) -> None:
    """The company's directory says that this account is his."""

    def claim(turn: Turn) -> None:
        assert person.person_id is not None
        at = {"since": turn.now, "entity": "main", "system": channel, "kind": "account", "external": account}
        turn.add(ExternalId(id=turn.new_id(), subject_id=person.person_id, **at))

    desk.act(claim)


def links(desk: Story, who: Party) -> list[tuple[str, str]]:
    """Where somebody is known, and by what."""
    found: Sequence[Link] = desk.act(lambda turn: turn.rows(Link, select(Link.table).order_by(Link.table.c.id)))
    return [(link.channel, link.proof) for link in found if link.person_id == who.person_id]


def code_in(text: str) -> str:
    """The six digits of an SMS."""
    found = re.search(r"\d{6}", text)
    assert found is not None
    return found[0]


def another(code: str) -> str:
    """Six other digits."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.req("S5b", "S8")
def test_an_engineer_known_on_wecom_is_the_same_on_slack_and_telegram(desk: Story) -> None:
    liu, wang = desk.engineer("刘工", phone=LIU), desk.customer("王女士")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket", number)
    on_slack, on_telegram = desk.customer("Liu", "slack"), desk.customer("Liu", "telegram")
    listed(desk, liu, "slack", on_slack.address)
    on_slack.says(f"接单 {number}")
    on_slack.hears("action_done", number)
    on_telegram.does("contact", "刘工 13900002222", phone="+8613900002222")
    on_telegram.hears("action_done", "刘工", "绑定成功")
    on_telegram.says("我的单")
    on_telegram.hears("my_list", number)
    assert links(desk, liu) == [("wecom", "setup"), ("slack", "directory"), ("telegram", "contact")]
    people = desk.act(lambda turn: turn.rows(Person, select(Person.table).where(Person.table.c.role != Role.CUSTOMER)))
    assert [person.name for person in people] == ["刘工"]


@pytest.mark.req("S5b")
def test_a_customer_of_wechat_proves_her_number_on_telegram_and_asks_about_her_ticket(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANG), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    elsewhere = desk.customer("Wang", "telegram")
    elsewhere.says("修好了吗")
    assert number not in "".join(elsewhere._all())
    desk.unheard.clear()
    elsewhere.does("contact", "王女士 13811110001", phone="+8613811110001")
    elsewhere.hears("action_done", "确认是您本人")
    elsewhere.says("修好了吗")
    elsewhere.hears("progress", number)


def test_what_she_reported_before_she_proved_her_number_is_hers_too(desk: Story) -> None:
    wang = desk.customer("王女士", phone=WANG)
    elsewhere = desk.customer("Wang", "telegram")
    elsewhere.says("打印机卡纸")
    number = elsewhere.hears("ack_created").ticket
    assert desk.ticket(number).customer_id != wang.person_id
    elsewhere.does("contact", "王女士", phone=WANG)
    elsewhere.hears("action_done", "确认是您本人")
    assert desk.ticket(number).customer_id == wang.person_id
    wang.says("打印机修好了吗")
    wang.hears("progress", number)
    desk.chains_are_whole()


@pytest.mark.req("S8")
def test_somebody_elses_contact_proves_nothing(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=LIU)
    stranger = desk.customer("陌生人", "telegram")
    stranger.does("contact", f"刘工 {LIU}")
    stranger.says("我的单")
    assert links(desk, liu) == [("wecom", "setup")]
    assert not [message for message in desk.unheard if message.say.purpose == "my_list"]


def test_a_number_that_merely_comes_along_makes_nobody_staff(desk: Story) -> None:
    liu, wang = desk.engineer("刘工", phone=LIU), desk.customer("王女士", phone=WANG)
    for number in (LIU, WANG):
        desk.customer("某人", "webchat").does("text", "空压机漏油", phone=number)
    assert links(desk, liu) == [("wecom", "setup")]
    assert links(desk, wang) == [("wecom_kf", "setup"), ("webchat", "contact")]


@pytest.mark.req("S5b", "S36")
@pytest.mark.parametrize("channel", ["feishu", "slack"])
def test_a_code_by_sms_binds_an_engineer_who_names_his_number(desk: Story, channel: str) -> None:
    liu = desk.engineer("刘工", phone=LIU)
    stranger = desk.stranger(channel)
    stranger.says(LIU if channel == "feishu" else f"绑定手机号 {LIU}")
    stranger.hears("ask_info", "6 位验证码")
    code = code_in(desk.phone(LIU).gets("验证码").text)
    kept = desk.act(lambda turn: turn.rows(NumberClaim, select(NumberClaim.table)))
    assert [code in repr(claim) for claim in kept] == [False]
    stranger.says(f"验证码：{code}")
    stranger.hears("action_done", "刘工", "绑定成功")
    assert links(desk, liu) == [("wecom", "setup"), (channel, "sms")]
    desk.nobody_heard_anything_else()


def test_a_customer_binds_her_number_by_a_code_in_any_channel(desk: Story) -> None:
    wang = desk.customer("王女士", phone=WANG)
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    elsewhere = desk.customer("Wang", "wechat_mp")
    elsewhere.says(f"验证我的手机号：{WANG}")
    elsewhere.hears("ask_info", "验证码")
    elsewhere.says(code_in(desk.phone(WANG).gets().text))
    elsewhere.hears("action_done", "确认是您本人")
    elsewhere.says("修好了吗")
    elsewhere.hears("progress", number)
    assert links(desk, wang) == [("wecom_kf", "setup"), ("wechat_mp", "sms")]


@pytest.mark.req("S8")
def test_nobody_learns_which_numbers_are_known(desk: Story) -> None:
    desk.engineer("刘工", phone=LIU)
    told = []
    for number in (LIU, "13712345678"):
        stranger = desk.stranger("feishu")
        stranger.says(number)
        answers = [stranger.hears("ask_info").text]
        for guess in ("000000", "111111"):
            stranger.says(guess)
            answers.append(stranger.hears("error_hint").text)
        told.append(answers)
    assert told[0] == told[1]
    desk.phone(LIU).gets("验证码")
    desk.phone("13712345678").silent(seconds=60)


@pytest.mark.req("S8")
def test_guessing_a_code_is_shut(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=LIU)
    stranger = desk.stranger("feishu")
    stranger.says(LIU)
    stranger.hears("ask_info")
    code = code_in(desk.phone(LIU).gets().text)
    for _ in range(MOST_TRIES):
        stranger.says(another(code))
        stranger.hears("error_hint", "验证码不对或已过期")
    stranger.says(code)
    stranger.hears("error_hint", "验证码不对或已过期")
    assert links(desk, liu) == [("wecom", "setup")]


def test_a_code_is_good_for_ten_minutes_for_one_chat_and_once(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=LIU)
    stranger, other = desk.stranger("feishu"), desk.stranger("feishu")
    stranger.says(LIU)
    stranger.hears("ask_info")
    code = code_in(desk.phone(LIU).gets().text)
    other.says(code)
    other.hears("error_hint", "还不认识你")
    desk.passes(minutes=10, seconds=1)
    stranger.says(code)
    stranger.hears("error_hint", "还不认识你")
    stranger.says(LIU)
    stranger.hears("ask_info")
    stranger.says(code_in(desk.phone(LIU).gets().text))
    stranger.hears("action_done", "绑定成功")
    other.says(LIU)
    other.hears("ask_info")
    desk.passes(minutes=1)
    other.says(code_in(desk.phone(LIU).gets().text))
    other.hears("error_hint", "一人一号")
    assert links(desk, liu) == [("wecom", "setup"), ("feishu", "sms")]


@pytest.mark.req("S36")
def test_codes_are_asked_for_so_often_a_day_and_a_number_gets_no_more(desk: Story) -> None:
    desk.engineer("刘工", phone=LIU)
    stranger = desk.stranger("feishu")
    for _ in range(MOST_CLAIMS):
        stranger.says(LIU)
        stranger.hears("ask_info")
        desk.phone(LIU).gets("验证码")
        desk.passes(minutes=2)
    stranger.says(LIU)
    stranger.hears("error_hint", "明天再试")
    other = desk.stranger("feishu")
    other.says(LIU)
    other.hears("ask_info")
    desk.phone(LIU).silent(seconds=120)
    desk.passes(hours=24)
    stranger.says(LIU)
    stranger.hears("ask_info")
    desk.phone(LIU).gets("验证码")


def test_a_number_in_a_report_is_a_contact_and_no_claim(desk: Story) -> None:
    desk.customer("王女士", phone=WANG)
    newcomer = desk.customer("新客户", "telegram")
    newcomer.says("空压机漏油，电话13811110001")
    newcomer.hears("ack_created")
    desk.phone(WANG).silent(seconds=60)


@pytest.mark.req("S5b")
def test_an_engineer_who_was_met_as_a_customer_is_bound_by_his_one_time_code(desk: Story) -> None:
    code = desk.code_for("赵工")
    zhao = desk.customer("赵工", "telegram")
    zhao.says("在吗")
    desk.unheard.clear()
    zhao.says(code)
    zhao.hears("action_done", "赵工", "绑定成功")


@pytest.mark.req("S8")
def test_one_time_codes_cannot_be_tried_out(desk: Story) -> None:
    stranger = desk.stranger("feishu")
    for number in range(12):
        stranger.says(f"ABCDEFG{'23456789ABCD'[number]}")
        stranger.hears("error_hint", "绑定码不对")
    right = desk.code_for("赵工")
    stranger.says(right)
    stranger.hears("error_hint", "绑定码不对")
    desk.passes(hours=24)
    again = desk.another_code_for("赵工")
    stranger.says(again)
    stranger.hears("action_done", "绑定成功")


@pytest.mark.req("S36")
def test_an_account_that_the_directory_names_beside_another_is_refused_and_told(desk: Story) -> None:
    liu, sun = desk.engineer("刘工"), desk.manager("孙经理", "feishu")
    other = desk.stranger("wecom")
    listed(desk, liu, "wecom", other.address)
    other.says("我的单")
    other.hears("error_hint", "一人一号")
    sun.hears("shared_account", "刘工")
    desk.passes(minutes=31)
    other.says("接单")
    other.hears("error_hint", "一人一号")
    desk.nobody_heard_anything_else()


def test_whoever_is_known_by_his_first_word_in_a_group_is_reached_in_his_own_chat(desk: Story) -> None:
    liu = desk.engineer("刘工")
    in_group = desk.customer("Liu", "slack")
    listed(desk, liu, "slack", in_group.address)
    in_group.does("text", "我的单", group="C0TECH", called=True)
    desk.unheard.clear()
    rooms = desk.act(
        lambda turn: [link.room for link in turn.rows(Link, select(Link.table)) if link.channel == "slack"]
    )
    assert rooms == [f"slack/desk/{in_group.address}"]
