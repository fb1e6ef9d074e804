"""How WeCom's messages come in: one access token for all processes, pages, cursors, hints and lost hints."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.wecom_cases import AppRig, KfRig
from tests.wecom_story import HELLO, another_process, running, until


def test_processes_share_one_token_and_refresh_it_once() -> None:
    async def story() -> None:
        rig = KfRig()
        channels = [rig.channel, another_process(rig), another_process(rig)]
        await asyncio.gather(*(channel.post(rig.room, HELLO, f"a{n}") for n, channel in enumerate(channels)))
        assert rig.server.calls["gettoken"] == 1
        rig.server.remember("wm_wang", wrote=rig.now())
        rig.server.forget_tokens()
        receipts = await asyncio.gather(*(channel.post(rig.room, HELLO, f"b{n}") for n, channel in enumerate(channels)))
        assert [receipt.state for receipt in receipts] == ["sent"] * 3
        assert rig.server.calls["gettoken"] == 2

    asyncio.run(story())


def test_a_token_is_renewed_before_its_end_and_not_earlier() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.channel.post(rig.room, HELLO, "1")
        rig.now.passes(7200 - 301)
        await rig.channel.post(rig.room, HELLO, "2")
        assert rig.server.calls["gettoken"] == 1
        rig.now.passes(2)
        await rig.channel.post(rig.room, HELLO, "3")
        assert rig.server.calls["gettoken"] == 2

    asyncio.run(story())


@pytest.mark.parametrize("code", [42001, 40014])
def test_a_token_that_stays_bad_is_refreshed_once_and_then_given_up(code: int) -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.fault("kf/send_msg", code, code, code)
        assert (await rig.channel.post(rig.room, HELLO, "1")).state == "refused"
        assert rig.server.calls["kf/send_msg"] == 2 and rig.server.calls["gettoken"] == 2

    asyncio.run(story())


def test_a_refused_secret_is_not_tried_again_for_a_minute() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.fault("gettoken", 40001)
        for number in range(5):
            receipt = await rig.channel.post(rig.room, HELLO, str(number))
            assert receipt.state == "refused" and rig.server.kf.secret not in (receipt.why or "")
        assert rig.server.calls["gettoken"] == 1
        rig.now.passes(60)
        assert (await rig.channel.post(rig.room, HELLO, "later")).state == "sent"

    asyncio.run(story())


@pytest.mark.parametrize("fault", ["down", "5xx", "lost", -1, 45009])
def test_without_a_token_nothing_was_shown_and_the_message_waits(fault: int | str) -> None:
    async def story() -> None:
        rig = AppRig()
        rig.server.fault("gettoken", fault)
        assert (await rig.channel.post(rig.room, HELLO, "1")).state == "later"
        assert rig.shown() == []

    asyncio.run(story())


def test_pages_are_read_to_the_end_and_the_cursor_is_kept() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.page = 2
        for number in range(5):
            await rig.server.customer_says("wm_wang", f"第{number}句")
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == [f"第{number}句" for number in range(5)] and rig.inbox.calls == 3
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.calls == 3
        restarted = another_process(rig)
        await rig.server.customer_says("wm_wang", "重启以后")
        await restarted.pull(rig.inbox.accept)
        assert rig.inbox.calls == 4 and rig.inbox.texts[-1] == "重启以后"

    asyncio.run(story())


def test_an_empty_page_with_more_to_come_is_not_the_end() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.customer_says("wm_wang", "在吗")
        rig.server.empty_pages = 1
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == ["在吗"]

    asyncio.run(story())


def test_the_cursor_moves_on_though_there_was_nothing_to_store() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.customer_says("wm_wang", "四天前")
        rig.now.passes(4 * 24 * 3600)
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == [] and rig.inbox.calls == 1
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.calls == 1

    asyncio.run(story())


def test_a_page_that_could_not_be_stored_is_pulled_again() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.page = 1
        await rig.server.customer_says("wm_wang", "一")
        await rig.server.customer_says("wm_wang", "二")
        rig.inbox.failures = 1
        with pytest.raises(OSError):
            await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == []
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == ["一", "二"]

    asyncio.run(story())


def test_a_stale_hint_token_is_left_out() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.customer_says("wm_wang", "一")
        rig.server.fault("kf/sync_msg", 95007)
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == ["一"] and rig.server.calls["kf/sync_msg"] == 2
        await rig.server.customer_says("wm_wang", "二")
        rig.now.passes(601)
        await rig.channel.pull(rig.inbox.accept)
        assert rig.inbox.texts == ["一", "二"] and rig.server.calls["kf/sync_msg"] == 4

    asyncio.run(story())


def test_two_processes_do_not_pull_the_same_page_at_once() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.says("零")
        await rig.server.customer_says("wm_wang", "一")
        second = another_process(rig, open_kfids=(rig.server.open_kfid,))
        await asyncio.gather(*(channel.pull(rig.inbox.accept) for channel in (rig.channel, second)))
        assert rig.inbox.calls == 2

    asyncio.run(story())


def test_a_hint_wakes_the_run_and_a_lost_one_is_made_good_by_the_timer() -> None:
    async def story() -> None:
        rig = KfRig()
        patient = another_process(rig, poll_seconds=600)
        rig.server.kf_hook = lambda hook: patient.receive(hook, rig.inbox.accept)
        async with running(patient, rig.inbox):
            await until(lambda: rig.server.calls["kf/sync_msg"] == 1)
            await rig.server.customer_says("wm_wang", "有回调")
            await until(lambda: rig.inbox.texts == ["有回调"])
            await asyncio.sleep(0.02)
            assert rig.server.calls["kf/sync_msg"] == 2
        rig.server.kf_hook = None
        async with running(rig.channel, rig.inbox):
            await rig.server.customer_says("wm_wang", "回调丢了")
            await until(lambda: rig.inbox.texts == ["有回调", "回调丢了"])

    asyncio.run(story())


def test_a_server_that_is_down_does_not_end_the_run(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.fault("kf/sync_msg", "down", "5xx", "lost", 95000, 45009)
        await rig.server.customer_says("wm_wang", "还在吗")
        async with running(rig.channel, rig.inbox):
            await until(lambda: rig.inbox.texts == ["还在吗"])

    asyncio.run(story())
    assert caplog.text.count("cannot pull") == 5 and "accesstoken" not in caplog.text


def test_a_store_that_is_down_ends_the_run_for_its_supervisor_to_see() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.customer_says("wm_wang", "一")
        rig.inbox.failures = 1
        with pytest.raises(OSError, match="disk full"):
            await rig.channel.run(rig.inbox.accept)
        async with running(rig.channel, rig.inbox):
            await until(lambda: rig.inbox.texts == ["一"])

    asyncio.run(story())


def test_without_a_list_every_account_is_heard() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.customer_says("wm_wang", "甲", account="wkSecond")
        await rig.server.customer_says("wm_wang", "乙")
        await another_process(rig).pull(rig.inbox.accept)
        assert sorted(rig.inbox.texts) == ["乙", "甲"]
        assert {message.room.account for message in rig.inbox.messages.values()} == {"wkSecond", rig.server.open_kfid}
        assert rig.channel.can.push is not None

    asyncio.run(story())


def test_what_a_colleague_writes_at_the_service_desk_is_not_the_customers_word() -> None:
    async def story() -> None:
        rig = KfRig()
        await rig.server.servicer_says("lin", "wm_wang", "您好，我来处理")
        await rig.server.customer_enters("wm_wang", scene_param="tk1")
        msgid = await rig.server.customer_says("wm_wang", "好的")
        await rig.server.customer_recalls("wm_wang", msgid)
        await rig.server.customer_is_at("wm_wang", 23.1, 113.3, "一号楼", "滨江东路")
        await rig.server.customer_presses("wm_wang", "yes", "是")
        await rig.channel.pull(rig.inbox.accept)
        heard = [(message.kind, message.text, message.press) for message in rig.inbox.messages.values()]
        assert heard == [
            ("enter", "tk1", None),
            ("text", "好的", None),
            ("recall", "", None),
            ("place", "23.1,113.3 一号楼 滨江东路", None),
            ("press", "是", "yes"),
        ]

    asyncio.run(story())


def test_members_write_press_and_come_in() -> None:
    async def story() -> None:
        rig = AppRig()
        await rig.server.member_enters("liu")
        await rig.server.member_taps("liu", "my_open")
        await rig.server.member_is_at("liu", 31.2, 121.4, "车间")
        await rig.server.member_sends("liu", "voice", b"#!AMR voice", "audio/amr")
        heard = [(m.kind, m.text, m.press, m.media and m.media[0].mime) for m in rig.inbox.messages.values()]
        assert heard == [
            ("enter", "", None, ()),
            ("press", "", "my_open", ()),
            ("place", "31.2,121.4 车间", None, ()),
            ("voice", "", None, "audio/amr"),
        ]

    asyncio.run(story())
