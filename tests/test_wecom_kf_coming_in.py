"""Customers who come in to WeCom customer service: their names, their welcome, and what they pass on."""

from __future__ import annotations

import asyncio

import pytest

from core.words import Button, Say
from tests.contract.wecom_cases import KfRig, kf_item
from tests.wecom_story import HELLO, another_process, until

WELCOME = Say("smalltalk", text="您好，机器有问题直接说", buttons=(Button("报修", "report"),))


def test_a_customer_has_the_name_that_he_bears_in_wechat() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.remember("wm_wang", "王小明")
        await rig.says("不启动")
        await rig.says("型号 GA37")
        assert [message.who.name for message in rig.inbox.messages.values()] == ["王小明"] * 2
        assert rig.server.calls["kf/customer/batchget"] == 1

    asyncio.run(story())


@pytest.mark.parametrize("fault", ["down", "5xx", "lost", 48002, 45009])
def test_without_an_answer_about_names_messages_come_all_the_same(fault: int | str) -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.remember("wm_wang", "王小明")
        rig.server.fault("kf/customer/batchget", fault, fault)
        await rig.says("不启动")
        await rig.says("型号 GA37")
        assert [(message.text, message.who.name) for message in rig.inbox.messages.values()] == [
            ("不启动", None),
            ("型号 GA37", None),
        ]
        assert rig.server.calls["kf/customer/batchget"] <= 1

    asyncio.run(story())


def test_a_hundred_names_are_asked_for_at_once_and_no_more() -> None:
    async def story() -> None:
        rig = KfRig()
        for number in range(130):
            rig.server.remember(f"wm_{number:03d}", f"客户{number}")
            await rig.server.customer_says(f"wm_{number:03d}", "在吗")
        await rig.channel.pull(rig.inbox.accept)
        names = [message.who.name for message in rig.inbox.messages.values()]
        assert len(names) == 130 and len([name for name in names if name]) == 100
        assert rig.server.calls["kf/customer/batchget"] == 1

    asyncio.run(story())


def test_who_comes_in_is_welcomed_once_by_whichever_process_answers() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.remember("wm_new")
        await rig.server.customer_enters("wm_new", scene_param="tk1")
        await rig.channel.pull(rig.inbox.accept)
        (entered,) = rig.inbox.messages.values()
        assert (entered.kind, entered.text) == ("enter", "tk1")
        other = another_process(rig)
        assert (await other.post(entered.room, WELCOME, "1")).state == "sent"
        again = await other.post(entered.room, HELLO, "2")
        assert (again.state, again.why) == ("refused", "window")
        assert [(shown.to, shown.text) for shown in rig.shown()] == [("wm_new", "您好，机器有问题直接说")]
        assert rig.server.calls["kf/send_msg_on_event"] == 2

    asyncio.run(story())


def test_after_20_seconds_a_welcome_comes_too_late_and_waits_for_his_word() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.remember("wm_new")
        await rig.server.customer_enters("wm_new")
        await rig.channel.pull(rig.inbox.accept)
        (entered,) = rig.inbox.messages.values()
        rig.now.passes(21)
        late = await rig.channel.post(entered.room, WELCOME, "1")
        assert (late.state, late.why) == ("refused", "window")
        assert rig.server.calls["kf/send_msg_on_event"] == 0

    asyncio.run(story())


def test_who_opens_the_chat_again_has_done_nothing() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.says("不启动")
        await rig.server.customer_enters("wm_wang")
        await rig.server.customer_enters("wm_wang", scene_param="tk2")
        await rig.channel.pull(rig.inbox.accept)
        assert [(message.kind, message.text) for message in rig.inbox.messages.values()] == [
            ("text", "不启动"),
            ("enter", "tk2"),
        ]

    asyncio.run(story())


@pytest.mark.parametrize(
    "item",
    [
        kf_item("link", 1, title="T", desc="D", url="U"),
        kf_item("miniprogram", 2, title="小程序"),
        kf_item("channels", 3, nickname="视频号", title="动态"),
        kf_item("channels_shop_order", 4, order_id="O1", product_titles="滤芯", state="已发货"),
        kf_item("merged_msg", 5, title="聊天记录", item=[]),
    ],
)
def test_what_somebody_else_made_is_passed_on(item: bytes) -> None:
    (message,) = KfRig().channel.read(item)
    assert message.forwarded and message.kind == "text"
    (own,) = KfRig().channel.read(kf_item("text", 9, content="不启动"))
    assert not own.forwarded


@pytest.mark.parametrize("odd", [7, "x", None, ["x"], {"event": "x"}, {"event": None}, {"external_userid": ["x"]}])
def test_an_odd_item_in_a_page_holds_up_neither_names_nor_messages(odd: object) -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.remember("wm_wang", "王小明")
        await rig.server.customer_says("wm_wang", "前")
        rig.server.lay(rig.server.open_kfid, odd)
        await rig.server.customer_says("wm_wang", "后")
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == ["前", "后"] and len(rig.inbox.quarantine) == 1

    asyncio.run(story())


def test_a_hint_during_a_pull_is_not_forgotten() -> None:
    async def story() -> None:
        rig = KfRig()
        patient = another_process(rig, poll_seconds=600)
        rig.server.kf_hook = lambda hook: patient.receive(hook, rig.inbox.accept)
        rig.inbox.opened.clear()
        task = asyncio.ensure_future(patient.run(rig.inbox.accept))
        await rig.server.customer_says("wm_wang", "一")
        await until(lambda: rig.inbox.calls == 1)
        await rig.server.customer_says("wm_wang", "二")
        rig.inbox.opened.set()
        await until(lambda: rig.inbox.texts == ["一", "二"])
        task.cancel()

    asyncio.run(story())
