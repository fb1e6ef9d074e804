"""How the desk's messages go out to WeCom: windows, menus, files, and what each refusal means."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bots.wecom import GAP, WeCom, WeComConfig
from bots.wecom_kf import WeComKf, message_id
from core.words import HOUR, SECOND, Button, FileRef, Receipt, Room, Say, Window
from tests.contract.wecom_cases import AppRig, KfRig, kf_item, stored
from tests.wecom_story import HELLO


def test_the_window_closes_after_five_messages_and_after_48_hours() -> None:
    async def story() -> None:
        rig = KfRig()
        states = [(await rig.channel.post(rig.room, HELLO, f"a{number}")).state for number in range(6)]
        assert states == ["sent"] * 5 + ["refused"]
        rig.server.remember("wm_wang", wrote=rig.now())
        rig.now.passes(48 * HOUR / SECOND)
        assert (await rig.channel.post(rig.room, HELLO, "b")).state == "sent"
        rig.now.passes(1)
        late = await rig.channel.post(rig.room, HELLO, "c")
        assert (late.state, late.why) == ("refused", "window")
        rig.server.remember("wm_wang", wrote=rig.now())
        rig.server.human.add("wm_wang")
        taken = await rig.channel.post(rig.room, HELLO, "d")
        assert (taken.state, taken.why) == ("refused", "window")
        assert rig.channel.can.push == Window(48 * 3600, 5)

    asyncio.run(story())


@pytest.mark.parametrize("code", [95001, 95002, 95013, 95018])
def test_every_code_of_a_closed_window_says_window(code: int) -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.fault("kf/send_msg", code)
        receipt = await rig.channel.post(rig.room, HELLO, "1")
        assert (receipt.state, receipt.why) == ("refused", "window")

    asyncio.run(story())


@pytest.mark.parametrize("code", [40003, 60111, 81013, 40096, 95014])
def test_every_code_of_a_lost_recipient_says_gone(code: int) -> None:
    async def story() -> None:
        rig = AppRig()
        rig.server.fault("message/send", code)
        assert (await rig.channel.post(rig.room, HELLO, "1")).state == "gone"

    asyncio.run(story())


def test_a_member_whom_the_app_cannot_reach_is_gone_though_the_call_succeeds() -> None:
    async def story() -> None:
        rig = AppRig()
        rig.server.fault("message/send", "partial")
        assert (await rig.channel.post(rig.room, HELLO, "1")).state == "gone"
        rig.server.gone.add("liu")
        assert (await rig.channel.post(rig.room, HELLO, "2")).state == "gone"

    asyncio.run(story())


def test_a_message_id_is_ours_legal_and_always_the_same() -> None:
    ids = [message_id("outbox:1"), message_id("outbox:2"), message_id("键" * 100), message_id("outbox:1", 1)]
    assert len(set(ids)) == 4 and ids[0] == message_id("outbox:1")
    assert all(len(one) == 32 and one.isalnum() and one.isascii() for one in ids)


def test_a_delivery_that_failed_after_all_names_its_post() -> None:
    async def story() -> None:
        rig = KfRig()
        rig.server.fault("kf/send_msg", "fail:4")
        receipt = await rig.channel.post(rig.room, HELLO, "outbox:7")
        raws: list[bytes] = []

        async def accept(deliveries, cursor=None) -> None:
            raws.extend(deliveries)

        await rig.channel.pull(accept)
        assert receipt.state == "sent" and rig.shown() == []
        assert [WeComKf.late(raw) for raw in raws] == [(receipt.ref, Receipt("refused", why="window"))]
        assert [rig.channel.read(raw) for raw in raws] == [[]]

    asyncio.run(story())
    assert WeComKf.late(kf_item("text", 1, content="x")) is None


def test_a_long_question_goes_before_its_menu() -> None:
    async def story() -> None:
        rig = KfRig()
        buttons = tuple(Button(f"选{number}", f"t{number}") for number in range(10))
        for number, text in enumerate(("满" * 341 + "x", "满" * 341 + "xx", "")):
            rig.server.remember("wm_wang", wrote=rig.now())
            assert (
                await rig.channel.post(rig.room, Say("ask_choice", text=text, buttons=buttons), f"{number}")
            ).state == "sent"
        kinds = [(sent.kind, len(sent.text), len(sent.buttons)) for sent in rig.server.sent]
        assert kinds == [("msgmenu", 342, 10), ("text", 343, 0), ("msgmenu", 0, 10), ("msgmenu", 0, 10)]
        eleven = Say("ask_choice", text="选", buttons=(*buttons, Button("多", "x")))
        assert (await rig.channel.post(rig.room, eleven, "eleven")).state == "refused"

    asyncio.run(story())


def test_a_picture_goes_as_a_picture_and_a_document_with_its_chinese_name() -> None:
    async def story() -> None:
        for rig in (AppRig(), KfRig()):
            for kind, name, mime in (
                ("image", "照片.jpg", "image/jpeg"),
                ("file", '服务"报告".pdf', "application/pdf"),
            ):
                file = FileRef("pdf", name, mime, 15)
                assert (await rig.channel.post(rig.room, Say("report_pdf", file=file), name)).state == "sent"
                sent = rig.server.sent[-1]
                assert sent.kind == kind and sent.file and sent.file.content == b"%PDF-1.4 report"
                assert sent.file.name.startswith(name[:2]) and sent.file.mime == mime

    asyncio.run(story())


def test_a_file_that_wecom_would_not_take_is_not_even_uploaded() -> None:
    async def story() -> None:
        rig = AppRig()
        for name in ("tiny", "large"):
            file = FileRef(name, "x.pdf", "application/pdf", 1)
            assert (await rig.channel.post(rig.room, Say("report_pdf", file=file), name)).state == "refused"
        assert rig.server.calls["media/upload"] == 0

    asyncio.run(story())


def test_one_account_of_the_api_cannot_use_the_other() -> None:
    async def story() -> None:
        rig = KfRig()
        keys = ((rig.server.app.token, rig.server.app.aes_key),)
        wrong = WeComConfig(rig.server.corp_id, rig.server.agent_id, rig.server.kf.secret, keys)
        channel = WeCom(wrong, rig.shelf, stored, rig.now, httpx.ASGITransport(app=rig.server))
        assert (await channel.post(Room("wecom", "1000002", "liu"), HELLO, "1")).state == "refused"
        assert "secret" not in repr(wrong) and rig.server.app.aes_key not in repr(wrong)

    asyncio.run(story())


def test_the_platform_swallows_a_flood_so_the_channel_asks_for_a_pause() -> None:
    async def story() -> None:
        rig = AppRig()
        for number in range(29):
            await rig.channel.post(rig.room, Say("note", text=f"第{number}条"), str(number))
            rig.now.passes(1)
        two = Say("ask", text="长" * 161, buttons=(Button("接单", "accept:GD-1001"),))
        waits = await rig.channel.post(rig.room, two, "two")
        assert (waits.state, waits.after) == ("later", 31) and len(rig.shown()) == 29
        rig.now.passes(31)
        assert (await rig.channel.post(rig.room, two, "two")).state == "sent"
        assert len(rig.shown()) == 31 and rig.server.swallowed == []
        assert 60 / GAP <= 30 and rig.channel.can.gap == GAP
        other = Room("wecom", rig.room.account, "zhao")
        assert (await rig.channel.post(other, two, "other")).state == "sent"

    asyncio.run(story())


def test_the_same_words_twice_are_shown_twice_except_right_after_one_another() -> None:
    async def story() -> None:
        rig = AppRig()
        await rig.channel.post(rig.room, HELLO, "1")
        await rig.channel.post(rig.room, HELLO, "1")
        assert len(rig.shown()) == 1
        rig.now.passes(11)
        await rig.channel.post(rig.room, HELLO, "2")
        assert len(rig.shown()) == 2

    asyncio.run(story())
