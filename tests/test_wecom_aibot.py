"""The WeCom AI bot: one connection that nobody fights for, nothing lost that it brought, and what it shows."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bots import wecom_aibot
from bots.emulated.wecom_aibot import AibotServer
from bots.wecom_aibot import AibotConfig, Lost, WeComAibot, messages_of
from bots.wire import Trouble
from config.reading import read_command
from core.words import MINUTE, SECOND, Button, CannotFetch, FileRef, Media, Receipt, Room, Say
from tests.contract.rig import Inbox, MemoryShelf, Now, Watched
from tests.contract.wecom_aibot_cases import AibotRig, until
from tests.contract.wecom_cases import stored

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads"
HELLO = Say("note", text="您好")
IN_TEXT = """{"msgid": "m", "aibotid": "b", "from": {"userid": "liu"}, "chattype": "single",
 "msgtype": "text", "text": {"content": "在吗"}}"""


class Floor:
    """A bot with its platform behind a real socket, and colleagues who have talked with it before."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = AibotServer(self.now)
        self.server.knows("liu", "wr9")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []

    def bot(self, url: str = "", **more: Any) -> WeComAibot:
        """A process's channel; in this process if there is no `url`."""
        config = AibotConfig(**{"bot_id": self.server.bot_id, "secret": self.server.secret, "ws_url": url, **more})
        way = {} if url else {"connect": self.server.connect}
        channel = WeComAibot(config, stored, self.now, transport=Watched(self.server, self.hosts), **way)
        self.inbox.channel = channel
        return channel

    def room(self, name: str = "liu") -> Room:
        return Room("wecom_aibot", self.server.bot_id, name, group=name.startswith("wr"))

    @contextlib.asynccontextmanager
    async def running(self, channel: WeComAibot) -> AsyncIterator[asyncio.Task[None]]:
        """The channel holds its connection meanwhile; what ended it, if anything did, can be awaited."""
        task = asyncio.create_task(channel.run(self.inbox.accept))
        try:
            await until(lambda: channel.ready or task.done())
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
            await self.server.leave()


def play(story: Any) -> Any:
    return asyncio.run(asyncio.wait_for(story, 20))


# ---------------------------------------------------------------- one connection


def test_a_conversation_over_a_real_socket() -> None:
    async def story() -> None:
        floor = Floor()
        async with floor.server.served() as url:
            channel = floor.bot(url)
            async with floor.running(channel):
                await floor.server.says("liu", "我来处理", about="GD-1001 待配件")
                await floor.server.sends("liu", b"\xff\xd8\xff leak", "image/jpeg", words="这里漏", group="wr9")
                await floor.server.sends("liu", b"#!AMR", "audio/amr", words="到了")
                await until(lambda: len(floor.inbox.messages) == 3)
                text, mixed, voice = floor.inbox.messages.values()
                assert (text.text, text.quoted) == ("我来处理", "GD-1001 待配件")
                assert (mixed.text, mixed.room) == ("这里漏", floor.room("wr9"))
                assert await channel.fetch(mixed.media[0]) == b"\xff\xd8\xff leak"
                assert (voice.kind, voice.text, voice.media) == ("voice", "到了", ())
                say = Say("ask_confirm", "接单吗？", buttons=(Button("接", "yes:1"), Button("不接", "no:1")))
                receipt = await channel.post(text.room, say, "k1")
                assert receipt.state == "sent"
                await floor.server.presses("liu", floor.server.sent[0].ref, "接")
                await until(lambda: len(floor.inbox.messages) == 4)
                press = [*floor.inbox.messages.values()][3]
                assert (press.press, press.about) == ("yes:1", receipt.ref)

    play(story())


def test_who_is_kicked_does_not_kick_back() -> None:
    """Two desks with one bot: the newcomer keeps it, and the other leaves it alone for ten minutes, however often it is begun."""

    async def story() -> None:
        floor = Floor()
        async with floor.server.served() as url:
            old, new = floor.bot(url), floor.bot(url)
            async with floor.running(old) as first, floor.running(new):
                with pytest.raises(Lost):
                    await first
                assert not old.ready and new.ready
                for _ in range(3):
                    with pytest.raises(Lost):
                        await old.run(floor.inbox.accept)
                floor.now.passes(9 * 60)
                with pytest.raises(Lost):
                    await old.run(floor.inbox.accept)
                assert (floor.server.subscribed, floor.server.kicked) == (2, 1)
                floor.now.passes(2 * 60)
                async with floor.running(old):
                    assert old.ready

    play(story())


def test_a_wrong_secret_ends_the_run_and_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> str:
        floor = Floor()
        async with floor.server.served() as url:
            with pytest.raises(Trouble) as trouble:
                await floor.bot(url, secret="aibot-secret-of-old").run(floor.inbox.accept)
        return str(trouble.value)

    assert play(story()) == "WeCom error 40001"
    assert "aibot-secret" not in caplog.text


def test_signs_of_life_are_given_and_a_platform_that_gives_none_is_deaf() -> None:
    """After two that were not answered the sign is older than our patience, and the supervisor begins anew."""

    async def story() -> None:
        floor = Floor()
        channel = floor.bot(beat_seconds=0.02)
        async with floor.running(channel):
            await until(lambda: floor.server.calls["ping"] >= 3)
            assert channel.sign == floor.now()
            floor.server.deaf, heard = True, floor.now()
            pings = floor.server.calls["ping"]
            floor.now.passes(channel.patience + 1)
            await until(lambda: floor.server.calls["ping"] >= pings + 2)
            assert channel.sign == heard
        assert 2 * wecom_aibot.BEAT < floor.bot().patience < 3 * wecom_aibot.BEAT

    play(story())


def test_the_wire_is_cut_while_a_message_waits_for_its_answer() -> None:
    async def story() -> None:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel) as run:
            floor.server.fault("lost")
            assert (await channel.post(floor.room(), HELLO, "1")).state == "unknown"
            with pytest.raises(ConnectionError):
                await run
            assert await channel.post(floor.room(), HELLO, "2") == Receipt("later", after=5.0, why="no connection")
        assert len(floor.server.sent) == 1

    play(story())


def test_an_answer_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wecom_aibot, "SILENCE_SECONDS", 0.05)

    async def story() -> None:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel):
            floor.server.fault("silent")
            assert (await channel.post(floor.room(), HELLO, "1")).state == "unknown"
            assert (await channel.post(floor.room(), HELLO, "2")).state == "sent"

    play(story())


# ---------------------------------------------------------------- nothing lost


def test_what_could_not_be_stored_ends_the_run_and_is_handed_over_by_the_next() -> None:
    """The platform brings nothing twice, so the channel must not forget what it has."""

    async def story() -> None:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel) as run:
            floor.inbox.failures = 1
            await floor.server.says("liu", "三号机漏油")
            with pytest.raises(OSError, match="disk full"):
                await run
            assert floor.inbox.texts == [] and not channel.ready
        async with floor.running(channel):
            await floor.server.says("liu", "在吗")
            await until(lambda: len(floor.inbox.messages) == 2)
        assert floor.inbox.texts == ["三号机漏油", "在吗"]

    play(story())


def test_a_message_that_comes_twice_is_one() -> None:
    async def story() -> None:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel):
            frame = {"cmd": "aibot_msg_callback", "headers": {"req_id": "1"}, "body": orjson.loads(IN_TEXT)}
            await floor.server.babble(orjson.dumps(frame).decode())
            await until(lambda: floor.inbox.calls == 1)
            floor.now.passes(3)
            await floor.server.babble(orjson.dumps({**frame, "headers": {"req_id": "2"}}).decode())
            await until(lambda: floor.inbox.calls == 2)
            (only,) = floor.inbox.messages.values()
            assert only.at == floor.now() - 3 * SECOND

    play(story())


# ---------------------------------------------------------------- what it shows


def test_a_short_question_is_one_card_and_a_long_one_has_its_words_before() -> None:
    room, buttons = Room("wecom_aibot", "b", "liu"), (Button("是", "y"),)
    (card,) = messages_of(room, Say("ask", "接单吗？", buttons=buttons), "k")
    assert card["template_card"]["sub_title_text"] == "接单吗？"
    words, card = messages_of(room, Say("ask", "满" * 113, buttons=buttons), "k")
    assert words["markdown"]["content"] == "满" * 113 and "sub_title_text" not in card["template_card"]
    words, card = messages_of(
        room, Say("ask", "看 <a>", buttons=(*buttons, Button("工单", url="https://d.example"))), "k"
    )
    assert words["markdown"]["content"] == "看 ＜a>\n[工单](https://d.example)"


def test_people_are_called_in_groups_only() -> None:
    say = Say("red_line", "两小时没有更新", mentions=("liu", "sun"))
    (in_group,) = messages_of(Room("wecom_aibot", "b", "wr9", group=True), say, "k")
    (alone,) = messages_of(Room("wecom_aibot", "b", "liu"), say, "k")
    assert in_group["markdown"]["content"] == "<@liu> <@sun>\n两小时没有更新"
    assert alone["markdown"]["content"] == "两小时没有更新"


def test_more_than_thirty_messages_a_minute_in_a_chat_wait() -> None:
    async def story() -> list[Receipt]:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel):
            receipts = [await channel.post(floor.room(), HELLO, str(number)) for number in range(31)]
            other = await channel.post(floor.room("wr9"), HELLO, "other")
            floor.now.passes(61)
            return [*receipts, other, await channel.post(floor.room(), HELLO, "again")]

    *sent, over, other, again = play(story())
    assert {receipt.state for receipt in (*sent, other, again)} == {"sent"}
    assert over == Receipt("later", after=60.0, why="WeCom error 45009")


def test_who_never_spoke_with_the_bot_cannot_be_written_to() -> None:
    async def story() -> Receipt:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel):
            return await channel.post(floor.room("stranger"), HELLO, "1")

    assert play(story()) == Receipt("gone", why="WeCom error 93006")


def test_a_large_file_goes_in_pieces_and_before_its_words_are_shown() -> None:
    """An upload that fails has shown nothing yet, so that the whole may be tried again."""
    content = bytes(range(256)) * 5_000

    async def story() -> None:
        floor = Floor()
        channel = floor.bot()

        async def files(name: str) -> bytes:
            return content

        channel._files = files
        async with floor.running(channel):
            file = FileRef("h", "服务报告.pdf", "application/pdf", len(content))
            assert (await channel.post(floor.room(), Say("report_pdf", "报告在此", file=file), "1")).state == "sent"
        text, shown = floor.server.sent
        assert (text.text, shown.name, shown.file) == ("报告在此", "服务报告.pdf", content)
        assert floor.server.calls["aibot_upload_media_chunk"] == 3

    play(story())


# ---------------------------------------------------------------- files


def test_a_file_lies_for_five_minutes_and_opens_with_its_own_key_only() -> None:
    async def story() -> None:
        floor = Floor()
        channel = floor.bot()
        async with floor.running(channel):
            await floor.server.sends("liu", b"\xff\xd8\xff leak", "image/jpeg")
            await until(lambda: floor.inbox.messages)
        (photo,) = next(iter(floor.inbox.messages.values())).media
        assert await channel.fetch(photo) == b"\xff\xd8\xff leak"
        url, _, key = photo.ref.partition("#")
        other = base64.b64encode(b"k" * 32).decode()
        for ref in (url, f"{url}#", f"{url}#{other}", f"{url}#short", f"{url}#*"):
            with pytest.raises(CannotFetch):
                await channel.fetch(Media(ref))
        for host in ("https://evil.cos.ap-guangzhou.myqcloud.com", "http://ww-aibot-img-1.cos.ap-x.myqcloud.com"):
            with pytest.raises(CannotFetch):
                await channel.fetch(Media(f"{host}/a#{key}"))
        floor.now.passes((5 * MINUTE + SECOND) / SECOND)
        with pytest.raises(CannotFetch):
            await channel.fetch(photo)

    play(story())


def test_the_emulator_knows_nobody_who_has_not_subscribed() -> None:
    async def story() -> None:
        floor = Floor()
        async with floor.server.served() as url, connect(url) as line:
            await line.send('{"cmd": "aibot_send_msg", "headers": {"req_id": "1"}, "body": {"chatid": "liu"}}')
            assert '"errcode": 846600' in str(await line.recv())
            await line.send("no frame")
            with pytest.raises(ConnectionClosed):
                await line.recv()

    play(story())


@pytest.mark.parametrize("path", sorted(RECORDED.glob("wecom-aibot/*in-*")) or [None], ids=str)
def test_desk_read_digests_a_recorded_delivery(path: Path | None, capsys: pytest.CaptureFixture[str]) -> None:
    if path is None:
        assert not RECORDED.exists()
        return
    assert read_command(["wecom_aibot", str(path)]) == 0
    silent = path.name in SILENT
    assert len(capsys.readouterr().out.splitlines()) == (0 if silent else 1)


SILENT = {
    "in-event-feedback.json",
    "in-stream-refresh.json",
    "ws-in-ack.json",
    "ws-in-event-disconnected.json",
    "ws-in-upload_finish.json",
    "ws-in-upload_init.json",
}


def test_the_rig_joins_without_a_network() -> None:
    async def story() -> None:
        rig = AibotRig()
        await rig.says("在吗")
        assert rig.inbox.texts == ["在吗"]
        await rig.close()

    play(story())
