"""What can leave through one connection only waits for the process that has it, and wears nobody's patience meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bots.emulated.wecom_aibot import AibotServer
from bots.wecom_aibot import AibotConfig, WeComAibot
from core.store import leases
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import SECOND, Room, Say
from tests.faults.living import Eye, Living, Time, living, until
from tests.faults.people import People

HOLD, RENEW, LAST, LOOK = 2.0, 0.4, 0.5, 0.2
"""Seconds, in the places of core/store/leases.py."""


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("HOLD", HOLD), ("RENEW", RENEW), ("LAST", LAST), ("LOOK", LOOK)):
        monkeypatch.setattr(leases, name, int(seconds * SECOND))


async def stored(name: str) -> bytes:
    raise KeyError(name)


def bot(server: AibotServer, url: str) -> WeComAibot:
    return WeComAibot(AibotConfig(server.bot_id, server.secret, url), stored, server.clock)


def tells(server: AibotServer, *texts: str, priority: int = 1) -> Callable[[Turn], None]:
    def tell(turn: Turn) -> None:
        for text in texts:
            post(turn, Room("wecom_aibot", server.bot_id, "liu"), Say("news", text), priority=priority)

    return tell


@pytest.mark.usefixtures("brisk")
def test_who_has_no_connection_leaves_its_messages_to_who_has(desk_on_postgres: str) -> None:
    """Two processes and one bot: nobody kicks anybody, and what either says is shown once; then the other takes over."""
    clock = Time()
    server = AibotServer(clock)
    server.knows("liu")

    async def story() -> None:
        async with server.served() as url:
            first, second = bot(server, url), bot(server, url)
            async with living(
                desk_on_postgres, People("webchat", clock), clock, holder="two", channels=[second]
            ) as two:
                async with living(
                    desk_on_postgres, People("webchat", clock), clock, holder="one", channels=[first]
                ) as one:
                    await until(lambda: first.ready or second.ready)
                    here, there = (one, two) if first.ready else (two, one)
                    await there.desk.act(tells(server, "三号机报警", priority=0))
                    await there.desk.act(tells(server, "刘工已接单"))
                    await here.desk.act(tells(server, "备件到了"))
                    await until(lambda: len(server.sent) == 3, 15.0)
                    assert first.ready != second.ready and server.kicked == 0
                survivor: Living = two
                await until(lambda: second.ready, 15.0)
                await survivor.desk.act(tells(server, "还在"))
                await until(lambda: len(server.sent) == 4, 15.0)
        assert sorted(seen.text for seen in server.sent) == sorted(["三号机报警", "刘工已接单", "备件到了", "还在"])
        assert server.kicked == 0

    asyncio.run(story())
    eye = Eye(desk_on_postgres, clock, watch=False)
    assert eye.column("SELECT attempts FROM outbox") == [1, 1, 1, 1]
    eye.close()


def test_nothing_is_tried_and_nothing_dies_while_there_is_no_connection(desk_url: str) -> None:
    clock = Time()
    server = AibotServer(clock)
    server.knows("liu")
    server.down = True

    async def story() -> None:
        channel = WeComAibot(AibotConfig(server.bot_id, server.secret), stored, clock, server.connect)
        eye = Eye(desk_url, clock, watch=False)
        async with living(desk_url, People("webchat", clock), clock, channels=[channel]) as one:
            await one.desk.act(tells(server, "三号机报警", priority=0))
            await one.desk.act(tells(server, "刘工已接单"))
            await asyncio.sleep(2.5)
            assert eye.column("SELECT state FROM outbox") == ["waiting", "waiting"]
            assert eye.column("SELECT attempts FROM outbox") == [0, 0]
            server.down = False
            await until(lambda: len(server.sent) == 2, 20.0)
        eye.close()
        await server.leave()

    asyncio.run(story())
    assert [seen.text for seen in server.sent] == ["三号机报警", "刘工已接单"]
