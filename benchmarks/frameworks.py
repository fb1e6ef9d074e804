"""Two frameworks of the field, handing one Slack message to one handler that says one thing: what their own dispatch costs.

Neither sends anything: slack-bolt's client and nonebot2's bot are stand-ins that only take the words.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

WARM = 200
HELLO = "已受理 GD-1001，刘工 14:30 上门"


def processor(rounds: int, once: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds of CPU that one call takes, over so many."""

    async def measured() -> float:
        for _ in range(WARM):
            await once()
        began = time.process_time()
        for _ in range(rounds):
            await once()
        return (time.process_time() - began) / rounds * 1000

    return asyncio.run(measured())


def slack_bolt(raw: bytes, rounds: int) -> float:
    """slack-bolt: one event, through its middleware, to one listener that answers."""
    from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
    from slack_bolt.authorization import AuthorizeResult
    from slack_sdk.web.async_client import AsyncWebClient

    class Silent(AsyncWebClient):
        """A client whose calls end before the network."""

        async def api_call(self, api_method: str, **_: Any) -> Any:
            return {"ok": True, "ts": "1.2"}

    async def ours(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="UBOT")

    silent = Silent("xoxb-1")
    app = AsyncApp(client=silent, authorize=ours, process_before_response=True, signing_secret="s")

    @app.event("message")
    async def heard(event: dict[str, Any]) -> None:
        await silent.chat_postMessage(channel=event["channel"], text=HELLO)

    async def once() -> None:
        answer = await app.async_dispatch(AsyncBoltRequest(body=raw.decode(), mode="socket_mode"))
        assert answer.status == 200, (answer.status, answer.body)

    return processor(rounds, once)


def nonebot(raw: bytes, rounds: int) -> float:
    """nonebot2: one event, through its matchers, to one handler that answers."""
    import nonebot
    from nonebot.adapters import Bot, Event
    from nonebot.message import handle_event

    from benchmarks.plain_nonebot import Plain, Said, Silent

    nonebot.init(driver="~none", log_level="CRITICAL")
    nonebot.logger.remove()
    bot = Silent(Plain(nonebot.get_driver()), "UBOT")
    matcher = nonebot.on_message()

    @matcher.handle()
    async def heard(bot: Bot, event: Event) -> None:
        await bot.send(event, HELLO)

    async def once() -> None:
        await handle_event(bot, Said.model_validate(orjson.loads(raw)["event"]))

    return processor(rounds, once)
