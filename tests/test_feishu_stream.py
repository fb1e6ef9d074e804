"""Feishu's long connection over real sockets, by its own SDK in a process of its own: stored before it is answered, repeated if it
could not be, made again when it is cut, and gone when it is cancelled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from bots.apart import Died
from bots.emulated.feishu import FeishuServer
from bots.emulated.feishu_line import PIECE
from bots.feishu import Feishu, FeishuConfig
from core.words import SECOND, Answer, Button, Hook, Room, Say
from tests.contract.feishu_cases import stored
from tests.contract.rig import Inbox, MemoryShelf, Now, Running
from tests.wecom_story import served, until

HOME = Path(__file__).parent.parent


class Desk:
    """The channel with a long connection to an emulated Feishu on this machine."""

    def __init__(self, base: str, server: FeishuServer, now: Now, secret: str | None = None) -> None:
        self.server, self.now = server, now
        config = FeishuConfig(server.app_id, secret or server.app_secret, (), base, "long")
        shelf = MemoryShelf(server.clock)
        self.inbox = Inbox(shelf)
        self.channel = self.inbox.channel = Feishu(config, shelf, stored, server.clock)


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """A desk whose channel runs, connected."""
    now = Now()
    server = FeishuServer(now)
    server.person("ou_sun", "孙立军")
    async with served(server) as base:
        made = Desk(base, server, now)
        running = Running(made.channel, made.inbox.accept)
        try:
            await until(lambda: server.lines.pings > 0, 60)
            yield made
        finally:
            await running.stop()
            await made.channel.close()


def children() -> set[int]:
    """Processes that this one has started and that run an SDK."""
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True
    )
    return {int(line.split()[0]) for line in found.stdout.splitlines() if "bots.feishu_stream" in line}


@pytest.mark.req("S8")
def test_what_is_said_is_stored_before_it_is_answered_and_repeated_if_it_was_not() -> None:
    async def story() -> None:
        async with desk() as here:
            server, inbox = here.server, here.inbox
            await server.says("ou_sun", "空压机不启动")
            assert (inbox.texts, server.answers) == (["空压机不启动"], [200])
            assert here.channel.sign == server.clock()

            inbox.failures = 1
            await server.says("ou_sun", "型号 GA37")
            assert (inbox.texts[1:], server.answers[1:]) == (["型号 GA37"], [500, 200])

            inbox.opened.clear()
            saying = asyncio.ensure_future(server.says("ou_sun", "接单"))
            await until(lambda: inbox.calls == 4)
            await asyncio.sleep(0.1)
            assert len(server.answers) == 3
            inbox.opened.set()
            await saying
            assert server.answers[3:] == [200]
            assert children()
        assert not children()

    asyncio.run(story())


def test_whatever_it_brings_is_handed_over_as_it_was_sent() -> None:
    """Events of types that the SDK's dispatcher has no processor for, events in several frames, presses of cards."""

    async def story() -> None:
        async with desk() as here:
            server, inbox = here.server, here.inbox
            unknown = server.event("im.message.of_next_year_v9", {"anything": 1})
            await server.deliver(unknown)
            await server.deliver(server.event("im.message.message_read_v1", {"reader": {}}))
            assert (server.answers, inbox.calls, inbox.texts) == ([200, 200], 2, [])
            await server.deliver(b'{"schema": :2.0')
            assert (server.answers[2:], inbox.quarantine) == ([200], [b'{"schema": :2.0'])

            long = "满" * PIECE
            await server.says("ou_sun", long)
            assert inbox.texts == [long]

            await server.forwards("ou_sun", "压力上不去", "报 E-07")
            assert inbox.texts[1:] == ["压力上不去\n报 E-07"]

            say = Say("assigned", title="GD-1001", buttons=(Button("接单", "accept:1"),))
            receipt = await here.channel.post(Room("feishu", server.app_id, "ou_sun"), say, "1")
            await server.presses("ou_sun", str(receipt.ref), "接单")
            press = list(inbox.messages.values())[-1]
            assert (press.kind, press.press, press.about) == ("press", "accept:1", receipt.ref)
            assert orjson.loads(press.raw)["header"]["event_type"] == "card.action.trigger"

    asyncio.run(story())


def test_a_connection_that_is_cut_and_a_process_that_dies_are_replaced() -> None:
    async def story() -> None:
        async with desk() as here:
            server, inbox = here.server, here.inbox
            await server.lines.drop()
            await server.says("ou_sun", "空压机不启动")
            assert (inbox.texts, server.lines.opened) == (["空压机不启动"], 2)

            (child,) = children()
            os.kill(child, signal.SIGKILL)
            await until(lambda: server.lines.opened == 3, 60)
            await server.says("ou_sun", "型号 GA37")
            assert inbox.texts[1:] == ["型号 GA37"] and child not in children()

    asyncio.run(story())


def test_a_pong_is_a_sign_of_life_and_silence_is_none() -> None:
    async def story() -> None:
        async with desk() as here:
            server, channel = here.server, here.channel
            here.now.passes(60)
            await until(lambda: channel.sign == server.clock())
            server.lines.deaf = True
            pings = server.lines.pings
            await until(lambda: server.lines.pings > pings)
            here.now.passes(60)
            await until(lambda: server.lines.pings > pings + 1)
            assert channel.sign == server.clock() - 60 * SECOND
            assert channel.patience > 2 * 120

    asyncio.run(story())


def test_an_app_that_feishu_refuses_ends_the_run_and_tells_no_secret() -> None:
    async def story() -> None:
        now = Now()
        server = FeishuServer(now)
        async with served(server) as base:
            with pytest.raises(Died) as died:
                made = Desk(base, server, now, "a wrong secret")
                await made.channel.run(made.inbox.accept)
        assert "ClientException" in str(died.value) and "wrong secret" not in str(died.value)
        assert not children()

    asyncio.run(story())


def test_the_emulated_platform_satisfies_the_sdk() -> None:
    """Its seal and signature open there, and its API takes what the SDK sends: the two sides of our tests do not merely agree."""

    async def story() -> None:
        now = Now()
        server = FeishuServer(now)
        server.person("ou_sun", "孙立军")
        hooks: list[Hook] = []

        async def take(hook: Hook) -> Answer:
            hooks.append(hook)
            return Answer(200)

        server.hook = take
        await server.says("ou_sun", "我来处理")
        await server.sends("ou_sun", b"photo", "image/jpeg")
        given = {
            "headers": {name.title(): value for name, value in hooks[0].headers.items()},
            "body": hooks[0].body.decode(),
            "encrypt_key": server.encrypt_key,
            "app_id": server.app_id,
            "app_secret": server.app_secret,
            "to": "ou_sun",
            "file": next(iter(server.files)),
        }
        async with served(server) as base:
            sdk = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.feishu_sdk", base, cwd=HOME, stdin=PIPE, stdout=PIPE, stderr=PIPE
            )
            told, complaints = await sdk.communicate(orjson.dumps(given))
        assert sdk.returncode == 0, complaints.decode()
        assert orjson.loads(told) == {"status": 200, "read": ['{"text":"我来处理"}'], "codes": [0] * 6}
        assert [seen.text for seen in server.sent] == ["SDK"] * 3

    asyncio.run(story())


def test_the_sdk_is_imported_by_its_own_process_only() -> None:
    code = (
        "import sys, bots.feishu, config.channels; sys.exit('lark_oapi' in sys.modules or 'websockets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=HOME, check=False).returncode == 0


def test_a_webhook_needs_no_run_and_a_long_connection_no_door() -> None:
    async def story() -> None:
        now = Now()
        server = FeishuServer(now)
        webhook = Feishu(FeishuConfig(server.app_id, server.app_secret), MemoryShelf(now), stored, now)
        await webhook.run(Inbox(MemoryShelf(now)).accept)
        long = Desk("http://127.0.0.1:9", server, now)
        hook = server.sealed(server.event("im.message.message_read_v1", {}))
        assert (await long.channel.receive(hook, long.inbox.accept)).status == 404

    asyncio.run(story())
