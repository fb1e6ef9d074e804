"""What people hear before they ask: what has happened, and what happens next; and to whom it must never be told."""

from __future__ import annotations

import re

import pytest

from core.tickets.model import Status
from tests.scenario import Story
from tests.scenarios.so_far import FIFTY, PART, REASON, ticket_in

S = Status
HAN = re.compile(r"[\u3400-\u9fff]")
WANGS, CHENS = "13800138021", "13500001111"


@pytest.mark.req("S66", "S98", "S16", "S19")
def test_from_created_to_rated_the_customer_hears_each_step_and_the_next(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    sun, hu = desk.manager("孙经理"), desk.buyer("胡采购")
    wang.says("三楼打印机卡纸")
    number = wang.hears("ack_created", "24小时内响应").ticket
    liu.hears("assigned", number)
    liu.says(f"接单 {number}，下午两点半到")
    liu.hears("action_done", "接单成功", "已记录")
    wang.hears("engineer_assigned", "刘工", "尽快联系")
    wang.hears("progress", number, "14:30", "刘工")
    desk.passes(hours=4.5)
    wang.says("谢谢")
    wang.hears("smalltalk")
    liu.says("到了")
    wang.hears("engineer_arrived", "刘工", "正在处理")
    liu.says(f"要换 {PART} 2个")
    wang.hears("progress", "配件", "到货日期定了马上告诉您")
    hu.hears("part_request", number, PART, "定了到货日期请回复")
    hu.says(f"{number} 后天能到")
    hu.hears("action_done", number)
    wang.hears("progress", "3月6日", "刘工马上来换")
    liu.hears("part_eta", PART, "3月6日")
    desk.passes(hours=46)
    wang.says("好的")
    desk.passes(seconds=30)
    hu.says(f"{number} {PART} 到了")
    hu.hears("action_done", number)
    liu.hears("part_arrived", PART, "可以去换了")
    desk.unheard.clear()
    liu.says(f"完成 {number} {FIFTY}，建议三个月保养一次")
    liu.hears("action_done", number)
    done = wang.hears("done", "刘工", f"{PART}×2", "更换时间", "6月6日", "评价", "没修好")
    assert "rating_request" in done.reached.say.also
    wang.says("5")
    wang.hears("rating_thanks", "谢谢")
    assert desk.ticket(number).rating == 5
    sun.hears_nothing()
    desk.nobody_heard_anything_else()


@pytest.mark.req("S98")
def test_assigned_with_a_time_that_was_agreed_and_the_correction_of_that_time(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    wang.says("明天下午两点半来")
    wang.hears("confirm_change", "14:30")
    liu.says(f"{number} 约明天下午三点")
    wang.hears("progress", number, "明天", "15:00")
    liu.says(f"接单 {number}")
    wang.hears("engineer_assigned", "刘工", "明天", "15:00")
    liu.says(f"{number} 改约后天上午十点")
    moved = wang.hears("correction", number, "后天", "10:00")
    assert moved.reached.say.purpose == "progress"


@pytest.mark.req("S98")
def test_a_customers_new_time_reaches_the_engineer_who_may_object(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("改到后天下午三点")
    wang.hears("confirm_change", number, "后天", "15:00", "刘工")
    liu.hears("rescheduled", number, "后天", "15:00", "不合适")
    liu.says(f"{number} 约后天下午五点")
    wang.hears("correction", number, "17:00")
    desk.passes(seconds=10)
    assert liu.hears("action_done", "17:00")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S66")
@pytest.mark.parametrize(
    ("summary", "months"),
    [
        ("", 6),
        ("，建议每半年保养一次", 6),
        ("，保养周期三个月", 3),
        ("，每年保养一次即可", 12),
        ("，建议每2个月清洁", 2),
        ("，一个季度做一次保养", 3),
    ],
)
def test_the_next_maintenance_is_what_the_engineer_wrote_else_half_a_year(
    desk: Story, summary: str, months: int
) -> None:
    wang, liu = desk.customer("王女士", "telegram", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    due = f"{3 + months}月4日" if months < 10 else "2027年3月4日"
    liu.says(f"完成 {number} {FIFTY}{summary}")
    wang.hears("done", due)
    wang.says("5分")
    desk.passes(hours=24 * (30 * months - 5))
    desk.unheard.clear()
    desk.passes(hours=24 * 10)
    wang.hears("maintenance_due", number, "打印机", "保养")


def test_holding_tells_why_and_until_when_and_nobodys_number(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"挂起 {number} {REASON}，陈先生13500001111那边也停，约好后天上午九点")
    told = wang.hears("progress", "停电检修", "后天", "09:00")
    assert CHENS not in told.text


@pytest.mark.req("S19")
def test_purchasing_stops_when_the_ticket_is_over(desk: Story) -> None:
    wang, liu, hu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工"), desk.buyer("胡采购")
    number = ticket_in(desk, S.WAITING_PART, wang, liu)
    wang.says(f"取消 {number}")
    wang.says("是")
    hu.hears("cancelled", number, PART, "不用")
    liu.hears("cancelled", number)
    hu.says(f"{number} {PART} 到了")
    hu.hears("error_hint", number)


@pytest.mark.req("S66")
def test_only_parts_that_were_built_in_are_told(desk: Story) -> None:
    wang, liu, hu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工"), desk.buyer("胡采购")
    number = ticket_in(desk, S.WAITING_PART, wang, liu)
    liu.says(
        f"完成 {number} 重新插拔硒鼓并清洁触点后恢复正常不需要更换配件，连续打印测试页二十张无卡纸无底灰，客户现场试用确认无误签字"
    )
    done = wang.hears("done", number)
    assert PART not in done.text
    hu.hears("cancelled", PART, "不用")


@pytest.mark.req("S19")
def test_the_same_part_asked_for_again_is_no_second_order(desk: Story) -> None:
    wang, liu, hu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工"), desk.buyer("胡采购")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"{number} 换件 {PART} 1个")
    liu.hears("action_done")
    hu.hears("part_request")
    wang.hears("progress")
    desk.passes(seconds=15)
    liu.says(f"{number} 换件 {PART} 1个")
    liu.hears("action_done")
    desk.nobody_heard_anything_else()
    liu.says(f"{number} 换件 FX-9 3个")
    hu.hears("part_request", "FX-9×3")
    hu.says(f"{number} FX-9 到了")
    liu.hears("part_arrived", "FX-9")
    assert desk.ticket(number).status == S.WAITING_PART
    hu.says(f"{number} {PART} 到了")
    assert desk.ticket(number).status == S.ACCEPTED


@pytest.mark.req("S18")
def test_purchasing_never_sees_a_phone_whatever_it_asks(desk: Story) -> None:
    wang, liu, hu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工"), desk.buyer("胡采购")
    wang.says(f"打印机卡纸，电话{WANGS}，地址宁波市鄞州区学士路1号")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    liu.says(f"{number} 换件 {PART} 1个 客户电话{WANGS}")
    for words in (
        f"查 {number}",
        f"{number} 客户电话多少",
        number,
        f"{WANGS} 是谁",
        "我的单",
        "看板",
        f"{number} 后天到",
        f"备注 {number} 供应商周五发货",
    ):
        hu.says(words)
        desk.passes(seconds=20)
    liu.says("撤回")
    desk.passes(seconds=20)
    read = "\n".join(m.text for m in desk.unheard if m.who == hu.address)
    assert PART in read
    assert WANGS not in read and "学士路" not in read and "王女士" not in read


def test_no_customer_reads_anothers_phone_or_name(desk: Story) -> None:
    wang, chen = desk.customer("王女士", phone=WANGS), desk.customer("陈先生", phone=CHENS)
    liu = desk.engineer("刘工")
    hers, his = ticket_in(desk, S.ON_SITE, wang, liu), ticket_in(desk, S.ON_SITE, chen, liu, "热水器", "不点火")
    for words in (
        f"{his} 修好了吗",
        f"取消 {his}",
        f"{his} 改到明天下午三点",
        f"催一下 {his}",
        f"{his} 电话多少",
        f"{his} 没修好",
        f"给 {his} 打5分",
    ):
        wang.says(words)
        desk.passes(seconds=30)
    for token in (
        f"about:cancel_ticket:{desk.ticket(his).id}",
        f"rate:{desk.ticket(his).id}:1",
        f"about:ask_progress:{desk.ticket(his).id}",
    ):
        wang.says(kind="press", token=token)
        desk.passes(seconds=30)
    read = "\n".join(m.text for m in desk.unheard if m.who == wang.address)
    assert CHENS not in read and "陈先生" not in read and "热水器" not in read
    before = desk.ticket(his)
    assert (before.status, before.urge_count, before.rating, before.reopened) == (S.ON_SITE, 0, None, 0)
    assert desk.ticket(hers).urge_count == 0


def test_mary_writes_english_and_reads_english(desk: Story) -> None:
    mary, liu, hu = desk.customer("Mary", "slack"), desk.engineer("Liu"), desk.buyer("胡采购")
    mary.says("Hello, the printer on the third floor is jammed")
    number = mary.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    mary.hears("engineer_assigned", "Liu")
    liu.says(f"{number} 到了")
    mary.hears("engineer_arrived")
    mary.says("what is the status of my ticket?")
    mary.hears("progress", "on site")
    liu.says(f"{number} 换件 {PART} 1个")
    mary.hears("progress", "part")
    hu.says(f"{number} 后天能到")
    mary.hears("progress", "in two days")
    hu.says(f"{number} {PART} 到了")
    mary.says("please move it to tomorrow 3pm")
    mary.hears("confirm_change", "15:00")
    liu.says(f"完成 {number} {FIFTY}")
    mary.hears("done", PART, "maintenance")
    mary.says("not fixed")
    mary.hears("confirm_change", "open again")
    liu.says(f"完成 {number} {FIFTY}")
    mary.hears("done")
    mary.says("5 stars, great service")
    mary.hears("rating_thanks")
    for message in desk.rehearsal.carriers["slack"].sent:
        assert not HAN.search(message.say.text), message.say.text
    assert liu.person_id


@pytest.mark.parametrize("words", ["不用通知我到场", "到场不用通知我", "别通知到场"])
def test_a_kind_of_notice_can_be_muted_and_the_others_still_come(desk: Story, words: str) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    wang.says(words)
    wang.hears("confirm_change", "到场", "恢复通知")
    liu.says(f"接单 {number}")
    wang.hears("engineer_assigned")
    liu.says(f"{number} 到了")
    wang.hears_nothing(seconds=20)
    liu.says("撤回")
    wang.hears_nothing(seconds=20)
    wang.says("恢复通知")
    wang.hears("confirm_change")
    liu.says(f"{number} 到了")
    wang.hears("engineer_arrived")


def test_what_matters_cannot_be_muted(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone=WANGS), desk.engineer("刘工")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    wang.says("别通知我了")
    wang.hears("clarify", "到场", "保养")
    liu.says(f"完成 {number} {FIFTY}")
    wang.hears("done")
