"""The WeChat official account: who may knock, how long we may speak, and what the vendor's SDK makes of the same wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from wechatpy import WeChatClient, parse_message

from bots.emulated.asgi import body_of
from bots.emulated.wechat_mp import WeChatServer
from bots.emulated.wecom import over_http
from bots.emulated.wecom_seal import seal, sign
from bots.wechat_mp import MpConfig, WeChatMp
from config.reading import read_command
from core.words import DAY, HOUR, SECOND, Button, CannotFetch, Hook, Receipt, Say
from tests.contract.rig import Inbox, MemoryShelf, Now, Watched
from tests.contract.wechat_mp_cases import MpRig
from tests.wecom_story import served

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads"
NEWS = Say("progress", text="刘工已经出发，预计下午两点半到您那里，请留意电话，谢谢。", link="https://desk.example/t/1")
TEMPLATE = {"thing1": "{text}", "phrase2": "处理中"}


def account(rig: MpRig, **more: Any) -> WeChatMp:
    """The channel as another process, or another configuration, has it."""
    server = rig.server
    keys = ((server.token, server.aes_key),)
    config = MpConfig(**{"app_id": server.app_id, "app_secret": server.secret, "keys": keys, **more})
    return WeChatMp(config, rig.shelf, rig.now, Watched(server, rig.hosts))


async def told(rig: MpRig, count: int, channel: WeChatMp | None = None, say: Say = NEWS) -> list[Receipt]:
    return [await (channel or rig.channel).post(rig.room, say, f"k{number}") for number in range(count)]


# ---------------------------------------------------------------- the door


def test_an_account_in_compatible_mode_is_believed_in_its_sealed_half_only() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.server.mode = "compatible"
        hook = rig.hook("空压机不启动")
        forged = replace(hook, body=hook.body.replace("空压机不启动".encode(), "取消工单".encode()))
        assert forged != hook
        assert (await rig.channel.receive(forged, rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["空压机不启动"]

    asyncio.run(story())


@pytest.mark.req("S8")
def test_an_unsealed_message_passes_only_where_somebody_allowed_it() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.server.mode = "plain"
        assert (await rig.channel.receive(rig.hook("接单"), rig.inbox.accept)).status == 400
        open_door = account(rig, plain=True)
        assert (await open_door.receive(rig.hook("不启动"), rig.inbox.accept)).body == b"success"
        for bad in (replace(rig.hook("x"), query=[]), replace(rig.hook("x"), body=b""), _signed_by_another(rig)):
            assert 400 <= (await open_door.receive(bad, rig.inbox.accept)).status < 500
        rig.now.passes(600)
        rig.server.mode = "safe"
        assert (await open_door.receive(rig.hook("又停了"), rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["不启动"] and len(rig.inbox.messages) == 1

    asyncio.run(story())


def _signed_by_another(rig: MpRig) -> Hook:
    hook = rig.hook("x")
    return replace(hook, query=[(name, "0" * 40 if name == "signature" else value) for name, value in hook.query])


def test_what_is_sealed_for_another_account_is_turned_away_and_no_error_of_ours() -> None:
    async def story() -> None:
        rig = MpRig()
        stamp, nonce = str(rig.now() // SECOND), "n"
        for text in (seal(b"<xml/>", rig.server.aes_key, "wx-another", b"r" * 16), "AAAA", "not base64 !", "A" * 64):
            signature = sign(rig.server.token, stamp, nonce, text)
            query = [("msg_signature", signature), ("timestamp", stamp), ("nonce", nonce)]
            body = f"<xml><Encrypt>{text}</Encrypt></xml>".encode()
            assert (await rig.channel.receive(Hook("POST", {}, query, body), rig.inbox.accept)).status == 403
        assert rig.inbox.calls == 0

    asyncio.run(story())


def test_the_first_call_is_answered_only_if_it_is_signed() -> None:
    async def story() -> None:
        rig = MpRig()
        assert await rig.server.verify()
        hook = rig.server.handshake("<script>")
        bad = replace(hook, query=[(name, "f" * 40 if name == "signature" else value) for name, value in hook.query])
        answer = await rig.channel.receive(bad, rig.inbox.accept)
        assert (answer.status, answer.body) == (403, b"")

    asyncio.run(story())


def test_a_key_is_rotated_without_a_gap() -> None:
    async def story() -> None:
        rig = MpRig()
        new = ("mpToken02", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg")
        both = account(rig, keys=((rig.server.token, rig.server.aes_key), new))
        assert (await both.receive(rig.hook("旧"), rig.inbox.accept)).status == 200
        rig.server.token, rig.server.aes_key = new
        assert (await both.receive(rig.hook("新"), rig.inbox.accept)).status == 200
        assert (await both.receive(rig.server.handshake("7"), rig.inbox.accept)).body == b"7"
        assert (await rig.channel.receive(rig.hook("新"), rig.inbox.accept)).status == 403

    asyncio.run(story())


# ---------------------------------------------------------------- how long we may speak


@pytest.mark.req("S67")
def test_a_scan_brings_its_token_and_lets_us_say_three_things_within_a_minute() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.now.passes(3 * DAY / SECOND)
        await rig.server.scans("o_new", "dev-7Kq", new=True)
        await rig.server.scans("o_wang", "dev-7Kq")
        assert [(one.kind, one.text) for one in rig.inbox.messages.values()] == [("enter", "dev-7Kq")] * 2
        assert [receipt.state for receipt in await told(rig, 3)] == ["sent"] * 3
        assert await told(rig, 1) == [Receipt("refused", why="window")]
        await rig.server.scans("o_wang", "dev-7Kq")
        rig.now.passes(61)
        assert await told(rig, 1) == [Receipt("refused", why="window")]

    asyncio.run(story())


def test_what_somebody_wrote_lets_us_say_five_things_in_two_days() -> None:
    async def story() -> None:
        rig = MpRig()
        await rig.says("不启动")
        rig.now.passes(47 * HOUR / SECOND)
        assert [receipt.state for receipt in await told(rig, 6)] == ["sent"] * 5 + ["refused"]
        await rig.says("在吗")
        rig.now.passes(48 * HOUR / SECOND + 1)
        assert await told(rig, 1) == [Receipt("refused", why="window")]

    asyncio.run(story())


def test_after_the_window_a_template_tells_the_gist_and_its_fate_comes_late() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.now.passes(3 * DAY / SECOND)
        channel = account(rig, template="tpl-1", fields=TEMPLATE)
        (receipt,) = await told(rig, 1, channel)
        assert receipt.state == "sent" and receipt.ref
        (shown,) = rig.server.templates
        assert shown["data"]["thing1"]["value"] == "刘工已经出发，预计下午两点半到您那里，…"
        assert shown["data"]["phrase2"]["value"] == "处理中" and shown["url"] == NEWS.link
        for status, state in (("success", "sent"), ("failed:user block", "gone"), ("failed: system failed", "refused")):
            raw = rig.server.message("o_wang", "event", Event="TEMPLATESENDJOBFINISH", MsgID=receipt.ref, Status=status)
            found = WeChatMp.late(raw.encode())
            assert found is not None and (found[0], found[1].state) == (receipt.ref, state)
        assert WeChatMp.late(rig.server.message("o_wang", "text", Content="x", MsgId="1").encode()) is None

    asyncio.run(story())


def test_a_template_that_is_wrong_leaves_the_news_for_when_he_writes() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.now.passes(3 * DAY / SECOND)
        assert await told(rig, 1, account(rig, template="tpl-1")) == [Receipt("refused", why="window")]
        channel = account(rig, template="tpl-1", fields=TEMPLATE)
        rig.server.fault("gone", "busy", path="message/template/send")
        assert [receipt.state for receipt in await told(rig, 2, channel)] == ["gone", "later"]
        assert rig.server.templates == []

    asyncio.run(story())


def test_a_question_is_not_cut_down_to_a_template() -> None:
    async def story() -> None:
        rig = MpRig()
        rig.now.passes(3 * DAY / SECOND)
        channel = account(rig, template="tpl-1", fields=TEMPLATE)
        asked = (
            Say("ask_confirm", "取消吗？", buttons=(Button("是", "y"),)),
            Say("ask_slot", "哪台？", asks=("device",)),
        )
        for say in asked:
            assert await told(rig, 1, channel, say) == [Receipt("refused", why="window")]
        assert rig.server.templates == []

    asyncio.run(story())


def test_a_menu_that_fails_after_its_text_was_shown_is_not_said_twice() -> None:
    async def story() -> None:
        rig = MpRig()
        long = Say("ask_confirm", text="满" * 400, buttons=(Button("是", "y"),))
        assert (await rig.channel.post(rig.room, long, "1")).state == "sent"
        assert [len(seen.buttons) for seen in rig.server.sent] == [0, 1]
        rig.server.follows("o_wang")
        await told(rig, 4)
        assert (await rig.channel.post(rig.room, long, "2")).state == "unknown"

    asyncio.run(story())


CODES = {
    45015: Receipt("refused", why="window"),
    45047: Receipt("refused", why="window"),
    43004: Receipt("gone", why="WeChat error 43004"),
    40003: Receipt("gone", why="WeChat error 40003"),
    48001: Receipt("refused", why="WeChat error 48001"),
    40013: Receipt("refused", why="WeChat error 40013"),
    45009: Receipt("later", after=60.0, why="WeChat error 45009"),
    -1: Receipt("later", after=2.0, why="WeChat error -1"),
}


@pytest.mark.parametrize("code", CODES)
def test_each_error_code_leads_to_its_action(code: int) -> None:
    async def story() -> None:
        rig = MpRig()
        rig.server.fault(code)
        assert await told(rig, 1) == [CODES[code]]

    asyncio.run(story())


# ---------------------------------------------------------------- tokens


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_is_always_stale_is_asked_for_once_more_and_no_more(code: int) -> None:
    """wechatpy asks without end: 487 times, until Python's stack is full."""

    async def story() -> None:
        rig = MpRig()
        rig.server.fault(*[code] * 10)
        (receipt,) = await told(rig, 1)
        assert receipt.state == "refused" and rig.server.calls["message/custom/send"] == 2
        assert rig.server.calls["stable_token"] == 2

    asyncio.run(story())


def test_two_processes_share_one_token() -> None:
    async def story() -> None:
        rig = MpRig()
        other = account(rig)
        await asyncio.gather(told(rig, 2), told(rig, 2, other))
        assert rig.server.calls["stable_token"] == 1 and len(rig.server.sent) == 4

    asyncio.run(story())


def test_a_wrong_secret_is_not_tried_again_and_again() -> None:
    async def story() -> None:
        rig = MpRig()
        wrong = account(rig, app_secret="mp-secret-of-old")
        receipts = await told(rig, 3, wrong)
        assert {receipt.state for receipt in receipts} == {"refused"} and rig.server.calls["stable_token"] == 1
        assert not any("mp-secret" in (receipt.why or "") for receipt in receipts)

    asyncio.run(story())


# ---------------------------------------------------------------- files


def test_a_video_is_fetched_from_where_it_lies_and_from_no_host_of_strangers() -> None:
    async def story() -> None:
        rig = MpRig()
        await rig.server.sends("o_wang", b"\0\0\0 ftyp", "video/mp4")
        (video,) = rig.inbox.messages.values()
        assert await rig.channel.fetch(video.media[0]) == b"\0\0\0 ftyp"
        for place in ("http://169.254.169.254", "http://qq.com.evil.example", "file:///etc/passwd", "ftp://a.qq.com"):
            rig.server.videos = place
            with pytest.raises(CannotFetch):
                await rig.channel.fetch(video.media[0])
        assert set(rig.hosts) == {"api.weixin.qq.com"}

    asyncio.run(story())


def test_a_file_is_there_for_three_days() -> None:
    async def story() -> None:
        rig = MpRig()
        await rig.sends(b"\xff\xd8", "image/jpeg")
        (photo,) = rig.inbox.messages.values()
        rig.now.passes(3 * DAY / SECOND + 1)
        with pytest.raises(CannotFetch):
            await rig.channel.fetch(photo.media[0])

    asyncio.run(story())


# ---------------------------------------------------------------- beside wechatpy, and over real sockets


def test_wechatpy_reads_the_same_from_what_the_emulator_sends() -> None:
    async def story() -> None:
        rig = MpRig()
        await rig.says("空压机不启动")
        await rig.server.sends("o_wang", b"#!AMR", "audio/amr", words="漏油了。")
        await rig.server.scans("o_wang", "T1", new=True)
        text, voice, scan = rig.inbox.messages.values()
        theirs: list[Any] = [parse_message(message.raw) for message in (text, voice, scan)]
        assert [str(their.source) for their in theirs] == ["o_wang"] * 3
        assert (theirs[0].content, str(theirs[0].id)) == (text.text, text.id)
        assert (theirs[1].media_id, theirs[1].recognition) == (voice.media[0].ref, voice.media[0].words)
        assert theirs[2].event == "subscribe_scan" and theirs[2].scene_id == scan.text == "T1"

    asyncio.run(story())


def test_wechatpys_client_is_served_by_the_emulator_and_bound_by_the_same_windows() -> None:
    async def story() -> list[str]:
        rig = MpRig()
        async with served(rig.server) as base:
            token = rig.server._token({"appid": rig.server.app_id, "secret": rig.server.secret, **GRANT})
            said: list[str] = []
            await asyncio.to_thread(_speak, f"{base}/cgi-bin/", token["access_token"], said)
        return [*said, *(seen.text for seen in rig.server.sent)]

    assert asyncio.run(story()) == ["ok", "ok", "45015", "您好", "选一个\n谢谢"]


GRANT = {"grant_type": "client_credential"}


def _speak(base: str, token: str, said: list[str]) -> None:
    client: Any = WeChatClient("wx", "secret", access_token=token, timeout=5, auto_retry=False)
    client.API_BASE_URL = base
    menu = {"head_content": "选一个", "list": [{"id": "1", "content": "是"}], "tail_content": "谢谢"}
    said.append(client.message.send_text("o_wang", "您好")["errmsg"])
    said.append(client.message.send_msg_menu("o_wang", menu)["errmsg"])
    try:
        client.message.send_text("o_nobody", "您好")
    except Exception as error:
        said.append(str(getattr(error, "errcode", error)))


def test_a_conversation_over_real_http() -> None:
    async def story() -> None:
        now = Now()
        platform, shelf = WeChatServer(now), MemoryShelf(now)
        async with served(platform) as api:
            keys = ((platform.token, platform.aes_key),)
            channel = WeChatMp(MpConfig(platform.app_id, platform.secret, keys, api_base=api), shelf, now)
            inbox = Inbox(shelf)
            inbox.channel = channel

            async def door(scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] != "http":
                    return
                query = httpx.QueryParams(scope["query_string"].decode()).multi_items()
                answer = await channel.receive(Hook(scope["method"], {}, query, await body_of(receive)), inbox.accept)
                await send({"type": "http.response.start", "status": answer.status, "headers": []})
                await send({"type": "http.response.body", "body": answer.body})

            async with served(door) as desk:
                platform.hook = over_http(f"{desk}/hook/wechat_mp")
                assert await platform.verify()
                await platform.says("o_wang", "空压机报 E-07")
                await platform.sends("o_wang", b"\xff\xd8 photo", "image/jpeg")
                text, photo = inbox.messages.values()
                assert await channel.fetch(photo.media[0]) == b"\xff\xd8 photo"
                say = Say("ask_confirm", text="已受理，对吗？", buttons=(Button("对", "yes:1"),))
                assert (await channel.post(text.room, say, "k")).state == "sent"
                await platform.presses("o_wang", platform.sent[0].ref, "对")
                assert [one.press for one in inbox.messages.values()] == [None, None, "yes:1"]
            await channel.close()

    asyncio.run(story())


@pytest.mark.parametrize("path", sorted(RECORDED.glob("wechat-mp/in-*")) or [None], ids=str)
def test_desk_read_digests_a_recorded_delivery(path: Path | None, capsys: pytest.CaptureFixture[str]) -> None:
    if path is None:
        assert not RECORDED.exists()
        return
    assert read_command(["wechat_mp", str(path)]) == 0
    silent = path.name in ("in-event-location.xml", "in-event-view.xml", "in-unknown_message.xml", FINISHED)
    assert len(capsys.readouterr().out.splitlines()) == (0 if silent else 1)


FINISHED = "in-event-templatesendjobfinish.xml"
