"""DingTalk's stream over real sockets, with the vendor's SDK (dingtalk-stream 0.24.3) in its process: each of its defects that we
know of, and how the desk does without."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import websockets

from bots.apart import Died, Ended
from bots.dingtalk import DingTalk, DingTalkConfig
from bots.dingtalk_stream import Client
from bots.emulated.dingtalk import MESSAGES, DingTalkServer, window
from tests.contract.dingtalk_cases import StreamRig
from tests.contract.rig import MemoryShelf
from tests.contract.wecom_cases import stored
from tests.wecom_story import until

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads" / "dingtalk"

Story = Callable[[StreamRig], Coroutine[Any, Any, None]]


def told(story: Story) -> None:
    """Plays a story on a rig of its own."""

    async def play() -> None:
        rig = StreamRig()
        try:
            await story(rig)
        finally:
            await rig.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


def children() -> set[int]:
    """The processes that this one has started, as far as they live."""
    listed = {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}
    return {pid for pid in listed if b"bots.dingtalk_stream" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def test_a_message_is_stored_then_acknowledged_as_the_sdk_does_it() -> None:
    async def story(rig: StreamRig) -> None:
        await rig.says("我来处理")
        assert rig.inbox.texts == ["我来处理"]
        ack = rig.server.acks[0]
        if RECORDED.exists():
            recorded = orjson.loads((RECORDED / "ws-out-ack.json").read_bytes())
            assert ack == recorded | {"headers": recorded["headers"] | {"messageId": ack["headers"]["messageId"]}}
        assert (ack["code"], orjson.loads(ack["data"])) == (200, {"response": "OK"})

    told(story)


def test_no_acknowledgement_before_storing_and_none_without() -> None:
    """The SDK's AsyncChatbotHandler acknowledges at once, whatever becomes of the message."""

    async def story(rig: StreamRig) -> None:
        rig.inbox.failures = 1
        rig.server.repeats_after = 1.0
        await rig.says("不启动")
        assert rig.inbox.texts == ["不启动"] and rig.inbox.calls >= 2
        assert len(rig.server.acks) == rig.inbox.calls - 1 and {ack["code"] for ack in rig.server.acks} == {200}

    told(story)


def test_what_is_brought_twice_is_one_message() -> None:
    """The SDK does not tell a repetition from a message."""

    async def story(rig: StreamRig) -> None:
        await rig.says("不启动")
        (message,) = rig.inbox.messages.values()
        body = orjson.loads(orjson.loads(message.raw)["data"])
        await rig.server.bring(rig.server.frame("CALLBACK", MESSAGES, body))
        assert rig.inbox.calls >= 2 and rig.inbox.texts == ["不启动"]

    told(story)


def test_messages_come_in_the_order_in_which_they_were_sent() -> None:
    """The SDK makes a task of each, so that a slow one is overtaken."""

    async def story(rig: StreamRig) -> None:
        await rig.says("开始")
        rig.inbox.opened.clear()
        saying = []
        for number in range(20):
            saying.append(asyncio.ensure_future(rig.server.says("sun01", str(number))))
            await asyncio.sleep(0.002)
        rig.inbox.opened.set()
        await asyncio.gather(*saying)
        assert rig.inbox.texts == ["开始", *map(str, range(20))]

    told(story)


def test_a_topic_that_nobody_knows_is_acknowledged_and_kept() -> None:
    """The SDK answers nothing for want of a handler, so that DingTalk brings it again for ever."""

    async def story(rig: StreamRig) -> None:
        await rig.says("开始")
        next(iter(rig.server.lines.values())).add("/v1.0/something/new")
        await rig.server.bring(rig.server.frame("CALLBACK", "/v1.0/something/new", {"what": "ever"}))
        assert set(rig.server.answers) == {200} and len(set(rig.inbox.quarantine)) == 1

    told(story)


def test_events_are_heard_and_what_does_not_concern_us_is_acknowledged() -> None:
    async def story(rig: StreamRig) -> None:
        await rig.connected()
        await rig.server.happens("user_add_org", {"userId": ["liu01"]})
        await rig.server.happens("isw_user_msg_received", window("王女士", "空调不制冷", "w1"))
        assert set(rig.server.answers) == {200} and rig.inbox.texts == ["空调不制冷"]

    told(story)


def test_a_process_that_is_killed_is_begun_again() -> None:
    """The SDK's tasks may end without anybody noticing; a process cannot."""

    async def story(rig: StreamRig) -> None:
        await rig.says("不启动")
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        await until(lambda: not rig.server.lines, 10)
        await rig.says("还在吗")
        assert rig.inbox.texts == ["不启动", "还在吗"]
        assert child not in children()

    told(story)


def test_whoever_is_asked_to_connect_elsewhere_does() -> None:
    async def story(rig: StreamRig) -> None:
        await rig.says("不启动")
        await rig.server.sends_away()
        await until(lambda: not rig.server.lines, 10)
        await rig.says("还在吗")
        assert rig.inbox.texts == ["不启动", "还在吗"]

    told(story)


def test_a_pong_is_a_sign_of_life_though_nobody_writes() -> None:
    """The SDK pings, and waits for no pong."""

    async def story(rig: StreamRig) -> None:
        await rig.connected()
        await until(lambda: rig.channel.sign is not None, 20)
        assert rig.inbox.calls == 0 and rig.channel.sign == rig.now()

    told(story)


@pytest.mark.prove
def test_a_connection_at_whose_other_end_nobody_answers_is_ended() -> None:
    async def story() -> None:
        async with websockets.serve(lambda line: asyncio.sleep(60), "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            lives: list[None] = []
            settings = {"client_id": "a", "client_secret": "b"}
            client = Client(settings, lambda raw: None, lambda: lives.append(None))
            async with websockets.connect(f"ws://127.0.0.1:{port}") as line:
                with pytest.raises(Ended):
                    async with asyncio.timeout(10):
                        keeping = client.keepalive(line, 0.1)
                        line.ping = unanswered  # what a line that is cut without a word does
                        await keeping
            assert len(lives) == 1

    async def unanswered(data: Any = None) -> asyncio.Future[float]:
        return asyncio.get_running_loop().create_future()

    asyncio.run(story())


@asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """A server that takes connections and says nothing; its address."""

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def channel_at(rig: StreamRig, base: str, secret: str = DingTalkServer.app_secret) -> DingTalk:
    config = DingTalkConfig(DingTalkServer.app_key, secret, DingTalkServer.robot_code, bases=(base, base))
    return DingTalk(config, MemoryShelf(rig.now), stored, rig.now)


def test_a_gateway_that_is_silent_blocks_nobody_and_cancelling_takes_no_second() -> None:
    """The SDK asks it by requests, in the loop, without a time limit; and its start() swallows being cancelled."""

    async def story(rig: StreamRig) -> None:
        async with mute() as base:
            channel = channel_at(rig, base)
            running = asyncio.ensure_future(channel.run(rig.inbox.accept))
            await until(children, 10)
            await asyncio.sleep(1.5)
            began = time.monotonic()
            await asyncio.sleep(0.01)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            assert time.monotonic() - began < 1 and not children() and channel.sign is None
            await channel.close()

    told(story)


def test_a_refused_app_ends_the_run_in_words_without_the_secret() -> None:
    """The SDK tries again every ten seconds, for ever, and tells only its log; on its first try it stumbles over a module of
    websockets that it has not imported."""

    async def story(rig: StreamRig) -> None:
        await rig.connected()
        channel = channel_at(rig, rig.base, secret="another-secret-0002")
        with pytest.raises(Died, match="gave no connection") as died:
            async with asyncio.timeout(20):
                await channel.run(rig.inbox.accept)
        assert "another-secret" not in str(died.value)
        await channel.close()

    told(story)


def test_the_address_of_the_gateway_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes it from the environment, when it is imported."""
    monkeypatch.setenv("DINGTALK_OPENAPI_ENDPOINT", "http://127.0.0.1:9")

    async def story(rig: StreamRig) -> None:
        await rig.says("我来处理")
        assert rig.inbox.texts == ["我来处理"]

    told(story)


def test_the_desk_itself_does_not_load_the_sdk() -> None:
    async def story() -> bytes:
        words = "import sys, bots.dingtalk; print([name for name in sys.modules if name.startswith('dingtalk_stream')])"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", words, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        return (await child.communicate())[0]

    assert asyncio.run(story()).strip() == b"[]"
