"""A platform lets us speak for a while only; what is held goes out when the customer writes again (S98)."""

from __future__ import annotations

from sqlalchemy import select

from core.store.model import Outbox, OutboxState
from tests.scenario import Party, Story

TIME_OVER = 95002
SUMMARY = (
    "完成 更换投影仪灯泡一只并清理滤网，开机测试四十分钟画面正常颜色无偏差，已向客户演示并确认，建议每半年清理一次滤网"
)


def test_after_48_hours_a_notice_is_held_and_goes_when_the_customer_writes(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    desk.passes(hours=49)
    desk.unheard.clear()
    liu.says(f"接单 {number}")
    wang.hears_nothing()
    assert _states(desk, "engineer_assigned") == [OutboxState.HELD]
    wang.says("有人吗")
    wang.hears("engineer_assigned", "刘工")
    assert _states(desk, "engineer_assigned") == [OutboxState.SENT]


def test_a_post_that_was_not_delivered_after_all_is_held(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    wang.hears("engineer_assigned")
    server = desk.rehearsal.wecom
    sent = [message for message in server.sent if message.channel == "wecom_kf"][-1]
    desk.run(server.undelivered(sent.msgid, 4))
    channel = desk.rehearsal.desk.channels["wecom_kf"]
    desk.run(channel.pull(desk.rehearsal.desk.accept_for("wecom_kf")))  # type: ignore[attr-defined]
    desk.settle()
    assert _states(desk, "engineer_assigned") == [OutboxState.HELD]


def test_what_was_not_delivered_after_all_is_shown_when_he_writes(desk: Story) -> None:
    """The platform knows its key already, under which it would show nothing any more."""
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    desk.rehearsal.wecom.fault("kf/send_msg", "fail:5")
    liu.says(f"接单 {number}")
    desk.passes(seconds=30)
    channel = desk.rehearsal.desk.channels["wecom_kf"]
    desk.run(channel.pull(desk.rehearsal.desk.accept_for("wecom_kf")))  # type: ignore[attr-defined]
    desk.settle()
    assert _states(desk, "engineer_assigned") == [OutboxState.HELD]
    desk.unheard.clear()
    wang.says("有人吗")
    wang.hears("engineer_assigned", "刘工", within=60)


def assigned(desk: Story) -> tuple[Party, Party, str]:
    """A customer's ticket that an engineer has just accepted, which the platform did not let us tell."""
    wang, lei = desk.customer("王女士", phone="13911112222"), desk.engineer("王磊")
    wang.says("二楼投影仪打不开，地址二期五栋201，电话13911112222，明天下午都行")
    number = wang.hears("ack_created").ticket
    desk.passes(minutes=1)
    desk.unheard.clear()
    desk.rehearsal.wecom.fault("kf/send_msg", TIME_OVER)
    lei.says(f"接单 {number}")
    lei.hears("action_done")
    desk.passes(minutes=2)
    desk.unheard.clear()
    return wang, lei, number


def test_what_a_window_kept_back_is_said_when_he_writes_though_we_thought_it_open(desk: Story) -> None:
    wang, _, _ = assigned(desk)
    wang.hears_nothing()
    wang.says("在吗")
    wang.hears("engineer_assigned", "王磊", within=60)


def test_after_such_a_refusal_nothing_more_is_tried_before_he_writes(desk: Story) -> None:
    wang, lei, number = assigned(desk)
    calls = desk.rehearsal.wecom.calls["kf/send_msg"]
    lei.says(f"{number} 到了")
    lei.hears("action_done")
    desk.passes(minutes=2)
    assert desk.rehearsal.wecom.calls["kf/send_msg"] == calls
    desk.unheard.clear()
    wang.says("在吗")
    wang.hears("engineer_arrived", within=60)


def _states(desk: Story, purpose: str) -> list[OutboxState]:
    rows = desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table)))
    return [row.state for row in rows if row.purpose == purpose and row.channel == "wecom_kf"]
