"""Telegram: what the contract suite cannot see. Each defect of the library that is known is shown not to be ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import telegram
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from bots.emulated.telegram import TelegramServer
from bots.telegram import Telegram, TelegramConfig
from bots.wire import Through, Trouble, Wire
from core.words import Button, FileRef, Media, Room, Say
from tests.contract.rig import Inbox, MemoryShelf, Now, Running
from tests.contract.telegram_cases import HOOK, SECRET, PollingRig, TelegramRig, message
from tests.contract.wecom_cases import stored
from tests.wecom_story import served

WITHOUT_IS_BOT = {"id": 1111111, "first_name": "Test"}
PHOTO = b"\xff\xd8\xff photo"


def lived(story: Callable[[PollingRig], Coroutine[Any, Any, None]]) -> None:
    """A story with a channel that polls."""

    async def whole() -> None:
        rig = PollingRig()
        try:
            await story(rig)
        finally:
            await rig.close()

    asyncio.run(whole())


def sample(**content: Any) -> dict[str, Any]:
    """A message as Telegram's own guide to webhooks shows one: its people lack `is_bot`."""
    chat = {"id": 1111111, "type": "private", "first_name": "Test"}
    return {"message_id": 1365, "date": 1441645532, "chat": chat, "from": WITHOUT_IS_BOT, **content}


# ---------------------------------------------------------------- defects of the library


def test_an_update_is_confirmed_only_after_it_is_stored_so_that_a_crash_loses_nothing() -> None:
    """The library's own polling confirms what lies in memory only."""

    async def story(rig: PollingRig) -> None:
        rig.inbox.failures = 3
        await rig.says("第一句")
        assert rig.inbox.calls >= 4 and rig.inbox.texts == ["第一句"]
        rig.inbox.opened.clear()
        saying = asyncio.ensure_future(rig.says("第二句"))
        await asyncio.sleep(0.05)
        assert rig.server.confirmed == 1 and len(rig.server.waiting) == 1
        assert rig._running is not None
        await rig._running.stop()
        rig.inbox.opened.set()
        rig._running = Running(rig.channel, rig.inbox.accept)
        await saying
        assert rig.inbox.texts == ["第一句", "第二句"] and rig.server.confirmed == 2

    lived(story)


def test_an_update_that_the_library_cannot_parse_wedges_nothing() -> None:
    async def story(rig: PollingRig) -> None:
        odd = {"message": sample(text="装货口的门关不上")}
        with pytest.raises(TypeError):
            telegram.Update.de_json({"update_id": 1, **odd}, None)
        rig._run()
        await rig.server.deliver(odd)
        await rig.says("后面的一句")
        assert rig.inbox.texts == ["装货口的门关不上", "后面的一句"]
        assert rig.server.calls["getUpdates"] <= 6, "it must not poll again and again"

    lived(story)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"text": "/start"}, "enter", ""),
        ({"text": "Bold", "entities": [{"type": "bold", "offset": 0, "length": 4}]}, "text", "Bold"),
        ({"text": "/start", "forward_from": {"id": 222222, "first_name": "F"}, "forward_date": 1}, "text", "/start"),
        ({"voice": {"file_id": "AwAD", "duration": 5, "mime_type": "audio/ogg"}}, "voice", ""),
        ({"document": {"file_id": "BQAD", "file_name": "T.pdf", "mime_type": "application/pdf"}}, "file", ""),
    ],
)
def test_the_platforms_own_samples_are_read_although_they_lack_is_bot(content: Any, kind: str, text: str) -> None:
    bare = sample(**content)
    with pytest.raises(TypeError):
        telegram.Message.de_json(bare, None)
    (heard,) = Telegram.read(b'{"update_id":10000,"message":%b}' % httpx.Response(200, json=bare).content)
    assert (heard.kind, heard.text, heard.who.id, heard.forwarded) == (kind, text, "1111111", "forward_date" in content)


@pytest.mark.parametrize("hook", [None, HOOK])
def test_what_waited_while_the_desk_was_away_is_never_dropped(hook: str | None) -> None:
    async def story() -> None:
        rig = TelegramRig()
        asked: list[tuple[str, bytes]] = []

        async def seen(request: httpx.Request) -> httpx.Response:
            asked.append((request.url.path.rpartition("/")[2], await request.aread()))
            if asked[-1][0] == "getUpdates":
                await asyncio.sleep(5)
            return httpx.Response(200, stream=httpx.ByteStream(b'{"ok": true, "result": true}'))

        config = TelegramConfig(rig.server.token, rig.server.name, hook=hook, secret=SECRET if hook else "")
        channel = Telegram(config, stored, rig.now, httpx.MockTransport(seen))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await channel.run(rig.inbox.accept)
        assert asked[0][0] == ("setWebhook" if hook else "deleteWebhook")
        assert not [body for _, body in asked if b"drop_pending_updates" in body]
        await channel.close()
        await rig.close()

    asyncio.run(story())


def test_after_an_idle_week_telegram_counts_anew_and_nothing_is_skipped() -> None:
    async def story(rig: PollingRig) -> None:
        await rig.says("上周")
        rig.server._update = 100
        await rig.says("这周")
        assert rig.inbox.texts == ["上周", "这周"]

    lived(story)


def test_a_bad_request_is_refused_although_the_library_counts_it_among_network_errors() -> None:
    assert issubclass(BadRequest, NetworkError)

    async def story(rig: PollingRig) -> None:
        rig.server.fault(400)
        assert (await rig.channel.post(rig.room, Say("note", text="您好"), "1")).state == "refused"
        stranger = Room("telegram", rig.room.account, "404")
        assert (await rig.channel.post(stranger, Say("note", text="您好"), "2")).state == "gone"
        rig.server.fault("odd")
        assert (await rig.channel.post(rig.room, Say("note", text="您好"), "3")).state == "unknown"

    lived(story)


def test_somebody_else_polls_with_the_same_token() -> None:
    async def story(rig: PollingRig) -> None:
        rig.server._result = refused_as_second  # type: ignore[method-assign]
        with pytest.raises(Trouble, match="Conflict"):
            await rig.channel.run(rig.inbox.accept)

    async def refused_as_second(method: str, asked: Any) -> Any:
        from bots.emulated.telegram_limits import Refused

        if method == "getUpdates":
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        return True

    lived(story)


# ---------------------------------------------------------------- what only Telegram has


def test_a_group_that_became_a_supergroup_is_found_by_its_new_number() -> None:
    async def story(rig: PollingRig) -> None:
        rig.server.group("-4242", "售后")
        old = Room("telegram", rig.room.account, "-4242", group=True)
        rig.server.moves("-4242", -1001234567890)
        receipt = await rig.channel.post(old, Say("note", text="早会九点"), "1")
        assert receipt.state == "sent" and receipt.ref == "-1001234567890:1"
        assert [(seen.to, seen.text) for seen in rig.server.sent] == [("-1001234567890", "早会九点")]

    lived(story)


def test_a_message_is_shown_anew_in_place_and_one_that_is_gone_anew() -> None:
    async def story(rig: PollingRig) -> None:
        buttons = (Button("接单", "accept:1"),)
        first = await rig.channel.post(rig.room, Say("new_ticket", text="新工单", buttons=buttons), "1")
        taken = Say("new_ticket", text="刘工已接单", replaces=first.ref)
        for key in ("2", "again"):
            assert await rig.channel.post(rig.room, taken, key) == first
        assert [(seen.text, seen.buttons) for seen in rig.server.sent] == [("刘工已接单", ())]
        lost = await rig.channel.post(rig.room, Say("note", text="下一条", replaces="50021:999"), "3")
        assert lost.state == "sent" and [seen.text for seen in rig.server.sent] == ["刘工已接单", "下一条"]

    lived(story)


def test_a_press_is_heard_with_its_label_and_calmed_and_counts_when_it_cannot_be() -> None:
    async def story(rig: PollingRig) -> None:
        rig._run()
        shown = await rig.channel.post(
            rig.room, Say("ask", text="修好了吗？", buttons=(Button("修好了", "yes:1"),)), "1"
        )
        rig.now.passes(60)
        await rig.server.presses("50021", str(shown.ref), "修好了")
        (pressed,) = rig.inbox.messages.values()
        assert (pressed.kind, pressed.press, pressed.text, pressed.about) == ("press", "yes:1", "修好了", shown.ref)
        assert pressed.at == rig.now() and len(rig.server.calmed) == 1
        asked = {"id": "too old", "from": rig.server.message("50021", None, {})["from"], "data": "yes:1"}
        await rig.server.deliver({"callback_query": asked | {"message": rig.server._messages[str(shown.ref)]}})
        await rig.says("还在吗")
        assert len(rig.inbox.messages) == 3 and len(rig.server.calmed) == 1

    lived(story)


def test_who_is_asked_for_his_number_can_share_it_by_a_button_but_not_before_a_group() -> None:
    async def story(rig: PollingRig) -> None:
        rig.server.group("-100777", "一组")
        ask = Say("ask_slot", text="您的手机号？", asks=("phone",))
        await rig.channel.post(rig.room, ask, "1")
        await rig.channel.post(Room("telegram", rig.room.account, "-100777", group=True), ask, "2")
        assert list(rig.server.keyboards) == ["50021"]
        assert rig.server.keyboards["50021"]["keyboard"][0][0]["request_contact"] is True
        rig._run()
        await rig.server.shows("50021", contact={"phone_number": "8613800000000", "first_name": "王", "user_id": 50021})
        await rig.server.shows("50021", contact={"phone_number": "8613900000000", "first_name": "李", "user_id": 50022})
        assert [heard.who.phone for heard in rig.inbox.messages.values()] == ["+8613800000000", None]

    lived(story)


def test_a_text_too_long_for_a_caption_goes_before_its_file_and_half_of_it_is_unclear() -> None:
    async def story(rig: PollingRig) -> None:
        pdf = FileRef("pdf", "服务报告.pdf", "application/pdf", 15)
        short, long = Say("report_pdf", text="报告", file=pdf), Say("report_pdf", text="长" * 1025, file=pdf)
        assert (await rig.channel.post(rig.room, short, "1")).state == "sent"
        assert (await rig.channel.post(rig.room, long, "2")).state == "sent"
        assert [(seen.text[:2], seen.name) for seen in rig.server.sent] == [
            ("报告", "服务报告.pdf"),
            ("长长", None),
            ("", "服务报告.pdf"),
        ]
        rig.server._faults.extend(["", 429])
        assert (await rig.channel.post(rig.room, long, "3")).state == "unknown"

    lived(story)


def test_topics_answers_and_calls_by_name_reach_a_group() -> None:
    async def story(rig: PollingRig) -> None:
        rig.server.group("-100777", "一组", forum=True)
        rig._run()
        asked = await rig.server.says("50021", f"@{rig.server.name} 三号机停了 😀", group="-100777", thread="9")
        (heard,) = rig.inbox.messages.values()
        assert (heard.text, heard.called, heard.room.thread) == ("三号机停了 😀", True, "9")
        say = Say("note", text="刘工去看", reply=asked, mentions=("50021",))
        assert (await rig.channel.post(heard.room, say, "1")).state == "sent"
        (seen,) = rig.server.sent
        assert (seen.to, seen.thread, seen.mentions, seen.text) == ("-100777", "9", ("50021",), "🔔刘工去看")

    lived(story)


def test_a_half_character_of_a_customer_does_not_stop_his_answer() -> None:
    async def story(rig: PollingRig) -> None:
        assert (await rig.channel.post(rig.room, Say("relay", text="坏字 \ud83d 在此"), "1")).state == "sent"
        assert rig.server.sent[0].text == "坏字 ? 在此"

    lived(story)


def test_our_settings_and_reprs_keep_the_token() -> None:
    config = TelegramConfig(TelegramServer.token, "x_bot", hook=HOOK, secret=SECRET)
    assert TelegramServer.token not in repr(config) and SECRET not in repr(config)
    (heard,) = Telegram.read(message(1, text="在吗"))
    assert TelegramServer.token not in repr(heard)


# ---------------------------------------------------------------- the vendor's library and real sockets


@asynccontextmanager
async def by_the_library(server: TelegramServer) -> AsyncIterator[telegram.Bot]:
    """The library's own client, with classes of its own for all that it reads."""
    request = HTTPXRequest(httpx_kwargs={"transport": httpx.ASGITransport(app=server)})
    async with telegram.Bot(server.token, request=request, get_updates_request=request) as bot:
        yield bot


def test_the_library_and_the_emulated_platform_understand_each_other() -> None:
    async def story() -> None:
        server = TelegramServer(Now())
        server.person(50021, "王女士")
        async with by_the_library(server) as bot:
            assert bot.username == server.name
            keys = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("接单", callback_data="a:1")]])
            shown = await bot.send_message(50021, "新工单", reply_markup=keys)
            assert server.sent[0].buttons == (("接单", "a:1"),)
            await server.presses("50021", f"50021:{shown.message_id}", "接单")
            await server.sends("50021", PHOTO, "image/jpeg", "x.jpg")
            await server.says("50021", "/start abc")
            pressed, photo, started = await bot.get_updates(timeout=0)
            assert pressed.callback_query and pressed.callback_query.data == "a:1"
            assert await bot.answer_callback_query(pressed.callback_query.id)
            assert photo.message and started.message and started.message.text == "/start abc"
            file = await bot.get_file(photo.message.photo[-1].file_id)
            assert bytes(await file.download_as_bytearray()) == PHOTO
            edited = await bot.edit_message_text("已接单", 50021, shown.message_id)
            assert isinstance(edited, telegram.Message) and edited.text == "已接单"
            await bot.send_document(50021, telegram.InputFile(b"%PDF", "报告.pdf"), caption="报告")
            assert (server.sent[-1].file, server.sent[-1].name) == (b"%PDF", "报告.pdf")
            server.fault(429)
            with pytest.raises(RetryAfter):
                await bot.send_message(50021, "快")
            server.blocked.add("50021")
            with pytest.raises(Forbidden):
                await bot.send_message(50021, "在吗")
            await bot.set_webhook(HOOK, secret_token=SECRET)
            with pytest.raises(Conflict):
                await bot.get_updates(timeout=0)

    asyncio.run(story())


def test_polling_sending_and_fetching_over_a_real_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.telegram.POLL_SECONDS", 1)

    async def story() -> None:
        now = Now()
        server, inbox = TelegramServer(now), Inbox(MemoryShelf(now))
        server.person(50021, "王女士")
        async with served(server) as base:
            channel = Telegram(TelegramConfig(server.token, server.name, base), stored, now)
            inbox.channel = channel
            running = Running(channel, inbox.accept)
            server.join(channel, inbox.accept)
            await server.says("50021", "空调漏水")
            await server.sends("50021", PHOTO, "image/jpeg", "x.jpg", words="这里")
            said, photo = inbox.messages.values()
            assert (said.text, photo.text) == ("空调漏水", "这里")
            assert await channel.fetch(photo.media[0]) == PHOTO
            assert (await channel.post(said.room, Say("ack_created", text="已受理"), "1")).state == "sent"
            await running.stop()
            await channel.close()
        assert [seen.text for seen in server.sent] == ["已受理"]

    asyncio.run(story())


def test_what_the_library_reads_of_us_is_bounded() -> None:
    async def story() -> None:
        async def endless(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=httpx.ByteStream(b"x" * 2000))

        client = httpx.AsyncClient(transport=Through(Wire(httpx.MockTransport(endless)), 1000))
        with pytest.raises(Trouble, match="more than 1000 bytes"):
            await client.get("https://api.telegram.org/x")
        await client.aclose()

    asyncio.run(story())


def test_a_file_that_telegram_does_not_give_cannot_be_fetched() -> None:
    async def story(rig: PollingRig) -> None:
        from core.words import CannotFetch

        with pytest.raises(CannotFetch):
            await rig.channel.fetch(Media("AgADnone"))
        assert set(rig.hosts) == {"api.telegram.org"}

    lived(story)
