"""Two processes speak with one WeCom: whenever its token has run out, one of them asks for a new one, and no message is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_endpoints import TOKEN_SECONDS
from bots.wecom import WeCom, WeComConfig
from config.desk import ChannelMaker
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import Room, Say
from tests.faults.living import Eye, Time, living
from tests.faults.people import People

EACH = 20
"""Messages of each process after every expiry."""


@pytest.mark.req("S35")
def test_one_refresh_for_all(desk_on_postgres: str) -> None:
    """The token is new; then it has lived its two hours; then WeCom forgets it before its time, and forgets it again."""
    asyncio.run(_story(desk_on_postgres))


async def _story(url: str) -> None:
    clock = Time()
    platform, people, eye = WeComServer(clock), People("webchat", clock), Eye(url, clock)
    maker = _wecom(platform)
    async with (
        living(url, people, clock, holder="one", makers={"wecom": maker}) as one,
        living(url, people, clock, holder="two", makers={"wecom": maker}) as two,
    ):
        happens: list[Callable[[], None]] = [
            lambda: None,
            lambda: clock.skip(TOKEN_SECONDS + 1),
            platform.forget_tokens,
            platform.forget_tokens,
        ]
        for times, happen in enumerate(happens, start=1):
            happen()
            await asyncio.gather(
                *(desk.desk.act(_tells_many(platform, f"{times}{desk.desk.pump.holder}")) for desk in (one, two))
            )
            await eye.rest()
            assert platform.calls["gettoken"] == times
            assert len(platform.sent) == 2 * EACH * times
    told = [sent.to for sent in platform.sent]
    assert len(set(told)) == len(told) and not platform.swallowed
    assert eye.broken() == []
    assert eye.one("SELECT max(attempts) FROM outbox") == 1
    eye.close()


def _wecom(platform: WeComServer) -> ChannelMaker:
    app = platform.app
    config = WeComConfig(platform.corp_id, platform.agent_id, app.secret, ((app.token, app.aes_key),))
    return lambda shelf, files, now: WeCom(config, shelf, files, now, httpx.ASGITransport(platform))


def _tells_many(platform: WeComServer, name: str) -> Callable[[Turn], None]:
    def tell(turn: Turn) -> None:
        for number in range(EACH):
            post(turn, Room("wecom", str(platform.agent_id), f"{name}-{number}"), Say("news", "今天下午停电"))

    return tell
