"""DingTalk: cards and what is pressed on them, groups, files, and what it means when DingTalk says no."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from dingtalk_stream import ChatbotMessage
from dingtalk_stream.card_callback import CardCallbackMessage

from bots.dingtalk import MOST_TEXT, TALKS, DingTalk, DingTalkConfig
from bots.dingtalk_api import BANNED_SECONDS
from bots.emulated.dingtalk import DingTalkServer
from bots.payload import table
from core.fitting import fit
from core.words import Button, CannotFetch, FileRef, Media, Room, Say
from tests.contract.dingtalk_cases import DingTalkRig
from tests.contract.rig import MemoryShelf
from tests.contract.wecom_cases import stored

TICKET = Say(
    "ticket",
    text="注塑机漏油",
    title="GD-1001",
    facts=(("客户", "王女士"), ("状态", "待接单")),
    buttons=(Button("接单", "accept:1"), Button("转交", "pass:1"), Button("打开", url="https://desk.example/t/1")),
)
PDF = FileRef("pdf", "服务报告.pdf", "application/pdf", 15)


class PlainRig(DingTalkRig):
    """A robot without a template for cards."""

    template = ""


@pytest.fixture
def rig() -> DingTalkRig:
    made = DingTalkRig()
    made.server.group("cid9=", "sun01")
    made.server.join(made.channel, made.inbox.accept)
    return made


@pytest.fixture
def plain() -> DingTalkRig:
    return PlainRig()


def group(rig: DingTalkRig, number: str = "cid9=") -> Room:
    return Room("dingtalk", rig.server.robot_code, number, group=True)


def test_a_card_is_shown_pressed_and_shown_anew_in_its_place(rig: DingTalkRig) -> None:
    async def story() -> None:
        receipt = await rig.channel.post(rig.room, TICKET, "key")
        (seen,) = rig.server.sent
        assert seen.text.splitlines() == [
            "GD-1001",
            "注塑机漏油",
            "客户：王女士",
            "状态：待接单",
            "[打开](https://desk.example/t/1)",
        ]
        assert seen.buttons == (("接单", "accept:1"), ("转交", "pass:1"))
        await rig.server.presses("sun01", seen.ref, "接单")
        (press,) = rig.inbox.messages.values()
        assert (press.kind, press.press, press.room, press.about) == ("press", "accept:1", rig.room, receipt.ref)
        done = Say("ticket", text="孙立军已接单", title="GD-1001", replaces=receipt.ref)
        assert await rig.channel.post(rig.room, done, "key2") == receipt
        (seen,) = rig.server.sent
        assert (seen.text, seen.buttons) == ("GD-1001\n孙立军已接单", ())

    asyncio.run(story())


def test_the_same_card_twice_is_shown_once(rig: DingTalkRig) -> None:
    async def story() -> None:
        rig.server.fault("lost")
        assert (await rig.channel.post(rig.room, TICKET, "key")).state == "unknown"
        assert (await rig.channel.post(rig.room, TICKET, "key")).state == "sent"
        assert len(rig.server.sent) == 1

    asyncio.run(story())


def test_a_press_in_a_group_is_answered_in_the_group_and_calls_reach_people(rig: DingTalkRig) -> None:
    async def story() -> None:
        said = Say("ticket", text="谁来？", buttons=(Button("我来", "accept:2"),), mentions=("sun01",))
        await rig.channel.post(group(rig), said, "key")
        (seen,) = rig.server.sent
        assert (seen.to, seen.group, seen.mentions) == ("cid9=", True, ("sun01",))
        await rig.server.presses("sun01", seen.ref, "我来")
        (press,) = rig.inbox.messages.values()
        assert press.room == group(rig) and press.who.id == "sun01"

    asyncio.run(story())


def test_a_customers_words_make_no_link_on_a_card(rig: DingTalkRig) -> None:
    async def story() -> None:
        words = "[点此领奖](https://evil.example) <font color=red>急</font>"
        await rig.channel.post(rig.room, Say("relay", title=words, text=words, facts=(("说明", words),)), "key")
        (seen,) = rig.server.sent
        assert "](https://evil" not in seen.text.partition("\n")[2] and "<font" not in seen.text.partition("\n")[2]

    asyncio.run(story())


def test_without_a_template_buttons_are_a_menu_by_number(plain: DingTalkRig) -> None:
    async def story() -> None:
        for part in fit(TICKET, plain.channel.can):
            assert (await plain.channel.post(plain.room, part, "key")).state == "sent"
        text = "\n".join(seen.text for seen in plain.server.sent)
        assert "1 接单" in text and "2 转交" in text and "https://desk.example/t/1" in text
        assert all(seen.buttons == () for seen in plain.server.sent)

    asyncio.run(story())


def test_what_is_said_in_a_group_is_answered_there(rig: DingTalkRig) -> None:
    async def story() -> None:
        await rig.server.says("sun01", "接单", group="cid9=")
        (message,) = rig.inbox.messages.values()
        assert (message.text, message.room, message.called) == ("接单", group(rig), True)
        await rig.channel.post(message.room, Say("note", text="好的"), "key")
        assert [(seen.to, seen.text) for seen in rig.server.sent] == [("cid9=", "好的")]

    asyncio.run(story())


def test_an_answer_to_a_message_of_ours_names_it_by_its_ref(rig: DingTalkRig) -> None:
    async def story() -> None:
        receipt = await rig.channel.post(rig.room, Say("note", text="GD-1001 到了吗？"), "key")
        await rig.server.says("sun01", "到了", about=receipt.ref)
        (message,) = rig.inbox.messages.values()
        assert (message.about, message.quoted) == (receipt.ref, "GD-1001 到了吗？")

    asyncio.run(story())


def test_a_good_answer_that_reached_nobody_is_none(rig: DingTalkRig) -> None:
    there = Room("dingtalk", rig.server.robot_code, "nobody")
    assert asyncio.run(rig.channel.post(there, Say("note", text="您好"), "key")).state == "gone"


def test_who_is_spoken_to_too_often_is_spoken_to_later(rig: DingTalkRig) -> None:
    rig.server.fault("flow")
    receipt = asyncio.run(rig.channel.post(rig.room, Say("note", text="您好"), "key"))
    assert (receipt.state, receipt.after) == ("later", 60.0) and rig.server.sent == []


def test_a_card_that_was_made_and_not_delivered_was_not_sent(rig: DingTalkRig) -> None:
    there = Room("dingtalk", rig.server.robot_code, "nobody")
    assert asyncio.run(rig.channel.post(there, TICKET, "key")).state == "refused"


@pytest.mark.parametrize("result", [True, [], {"deliverResults": None}, {"deliverResults": ["odd"]}, None])
def test_an_odd_answer_about_a_card_is_no_crash(rig: DingTalkRig, result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.server, "_new_card", lambda asked: {"success": True, "result": result})
    assert asyncio.run(rig.channel.post(rig.room, TICKET, "key")).state == "sent"


def test_a_robot_writes_in_its_own_rooms_only(rig: DingTalkRig) -> None:
    window = Room("dingtalk", "app-0001", "王女士")
    receipt = asyncio.run(rig.channel.post(window, Say("note", text="您好"), "key"))
    assert receipt.state == "refused" and "service window" in (receipt.why or "")
    assert rig.hosts == []


@pytest.mark.parametrize("one", ["\n", '"', "\\", "满"])
def test_the_longest_text_goes_whatever_json_makes_of_it(plain: DingTalkRig, one: str) -> None:
    async def story() -> None:
        text = "x" + one * ((MOST_TEXT.most - 1) // len(one.encode()) - 1) + "y"
        assert (await plain.channel.post(plain.room, Say("note", text=text), "key")).state == "sent"
        assert [seen.text for seen in plain.server.sent] == [text]

    asyncio.run(story())


def test_a_file_follows_its_words_and_a_picture_is_one(rig: DingTalkRig) -> None:
    async def story() -> None:
        picture = FileRef("pdf", "照片.png", "image/png", 15)
        for key, file in enumerate((PDF, picture)):
            await rig.channel.post(rig.room, Say("report_pdf", text="报告", file=file), str(key))
        shown = [(seen.text, seen.name, seen.file) for seen in rig.server.sent]
        content = b"%PDF-1.4 report"
        assert shown == [
            ("报告", None, None),
            ("", "服务报告.pdf", content),
            ("报告", None, None),
            ("", "照片.png", content),
        ]

    asyncio.run(story())


def test_words_that_were_shown_without_their_file_are_not_repeated_by_themselves(rig: DingTalkRig) -> None:
    async def story() -> None:
        rig.server.fault("ok", "ok", "quota")
        receipt = await rig.channel.post(rig.room, Say("report_pdf", text="报告", file=PDF), "key")
        assert receipt.state == "unknown" and "without its file" in (receipt.why or "")
        assert [seen.text for seen in rig.server.sent] == ["报告"]

    asyncio.run(story())


def test_all_processes_share_a_token_and_a_wrong_secret_is_tried_once_a_minute(rig: DingTalkRig) -> None:
    async def story() -> None:
        shelf = MemoryShelf(rig.now)
        for secret in (rig.server.app_secret, rig.server.app_secret, "wrong", "wrong"):
            config = DingTalkConfig(rig.server.app_key, secret, rig.server.robot_code)
            channel = DingTalk(config, shelf, stored, rig.now, httpx.ASGITransport(app=rig.server))
            receipt = await channel.post(rig.room, Say("note", text="您好"), "key")
            assert (receipt.state == "sent") == (secret != "wrong")
        assert rig.server.calls["v1.0/oauth2/accessToken"] == 2

    asyncio.run(story())


class Elsewhere(DingTalkServer):
    """DingTalk, naming another place for each file."""

    url = ""

    def _place_of(self, asked: Any) -> Any:
        return {"downloadUrl": self.url}


class Network(httpx.AsyncBaseTransport):
    """Reaches DingTalk, and notes what else was asked of whom."""

    def __init__(self, server: DingTalkServer) -> None:
        self.inner = httpx.ASGITransport(app=server)
        self.elsewhere: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.dingtalk.com":
            return await self.inner.handle_async_request(request)
        self.elsewhere.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"photo"))


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://wukong-file-im-zjk.oss-cn-zhangjiakou.aliyuncs.com/a?Signature=b%2B", "https://wukong-file-im-zjk.oss-cn-zhangjiakou.aliyuncs.com/a?Signature=b%2B"),
        ("https://down-cdn.dingtalk.com/a.jpg", "https://down-cdn.dingtalk.com/a.jpg"),
        ("https://ddoss.factory.example/a", "https://ddoss.factory.example/a"),
        ("https://evil.example/a", None),
        ("https://evil-dingtalk.com/a", None),
        ("http://169.254.169.254/latest/meta-data", None),
        ("http://[", None),
        ("", None),
    ],
)  # fmt: skip
def test_files_are_fetched_from_dingtalks_hosts_only_and_no_token_goes_there(
    rig: DingTalkRig, url: str, asked: str | None
) -> None:
    async def story() -> None:
        server = Elsewhere(rig.now)
        server.url, network = url, Network(server)
        config = DingTalkConfig(server.app_key, server.app_secret, server.robot_code, "", ("ddoss.factory.example",))
        channel = DingTalk(config, MemoryShelf(rig.now), stored, rig.now, network)
        if asked is None:
            with pytest.raises(CannotFetch):
                await channel.fetch(Media("code1"))
        else:
            assert await channel.fetch(Media("code1")) == b"photo"
        assert [str(request.url) for request in network.elsewhere] == ([asked] if asked else [])
        assert not any("x-acs-dingtalk-access-token" in request.headers for request in network.elsewhere)

    asyncio.run(story())


def test_the_vendors_classes_read_what_the_emulated_platform_sends(rig: DingTalkRig) -> None:
    async def story() -> None:
        await rig.server.says("sun01", "我来处理")
        await rig.channel.post(rig.room, TICKET, "key")
        await rig.server.presses("sun01", rig.server.sent[0].ref, "接单")

    asyncio.run(story())
    said, pressed = (table(table(message.raw)["data"].encode()) for message in rig.inbox.messages.values())
    message = ChatbotMessage.from_dict(said)
    assert message.get_text_list() == ["我来处理"] and message.sender_staff_id == "sun01"
    press = CardCallbackMessage.from_dict(pressed)
    assert press.content["cardPrivateData"]["params"] == {"token": "accept:1"} and press.user_id == "sun01"


@pytest.mark.parametrize(
    ("mime", "kind", "words"),
    [("audio/amr", "voice", "又漏油了"), ("video/mp4", "file", None), ("application/pdf", "file", None)],
)
def test_what_the_sdk_leaves_unread_is_read(rig: DingTalkRig, mime: str, kind: str, words: str | None) -> None:
    """Its ChatbotMessage keeps voices, videos and files among the extensions, where most programs lose them."""

    async def story() -> None:
        await rig.server.sends("sun01", b"content", mime, "没有扩展名", words=words)
        (message,) = rig.inbox.messages.values()
        (media,) = message.media
        assert (message.kind, media.words) == (kind, words) and await rig.channel.fetch(media) == b"content"
        sdk = ChatbotMessage.from_dict(table(table(message.raw)["data"].encode()))
        assert sdk.get_text_list() is None and sdk.extensions["content"]["downloadCode"] == media.ref

    asyncio.run(story())


def test_rich_text_is_read_without_the_call_that_harmony_os_repeats(rig: DingTalkRig) -> None:
    async def story() -> None:
        items = [{"text": "@回应"}, {"text": "\n"}, {"text": "三号机漏油"}]
        await rig.server.message("sun01", "richText", group="cid9=", content={"richText": items})
        await rig.server.message("sun01", "richText", group="cid9=", content={"richText": items[2:]})
        assert rig.inbox.texts == ["三号机漏油"] * 2

    asyncio.run(story())


def test_every_call_goes_where_the_settings_say(rig: DingTalkRig) -> None:
    """The SDK uploads to oapi.dingtalk.com whatever its settings are."""
    asyncio.run(rig.channel.post(rig.room, Say("report_pdf", text="报告", file=PDF), "key"))
    assert set(rig.hosts) == {"api.dingtalk.example"} and rig.server.calls["media/upload"] == 1


def test_what_a_robot_cannot_do_is_not_claimed() -> None:
    assert (TALKS.buttons, TALKS.card, TALKS.edit, TALKS.safe, TALKS.push) == (0, False, False, False, None)
    assert BANNED_SECONDS == 600
