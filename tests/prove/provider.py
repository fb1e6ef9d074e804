"""The platform as the killed processes know it: it does what it is asked, takes its time to say so, and keeps a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from bots.emulated.wecom import WeComServer
from bots.wecom_kf import MOST_KEY
from core.words import SECOND, Micros

POSTS = ("message/send", "kf/send_msg", "message/update_template_card")
ANEW = "anew:"
"""Begins the name of a card that is shown anew in its place."""
LOOK_BACK = 30 * SECOND
"""What was answered longer ago has been written down long since."""


@dataclass
class Call:
    """A message that was handed to the platform: on which connection (the caller's port), when, and when that was answered.

    A repetition has the same `body`. `ref` is the name under which the desk will know that it was sent.
    """

    port: int
    begun: Micros
    body: bytes = b""
    ref: str = ""
    answered: Micros | None = None


class SlowProvider:
    """WeCom, which answers a message `seconds` after it has shown it: what a kill hits is then under way."""

    def __init__(self, platform: WeComServer, seconds: float):
        self.calls: list[Call] = []
        self._platform, self._seconds = platform, seconds

    def now(self) -> Micros:
        """The platform's time."""
        return self._platform.clock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope.get("path", "").endswith(POSTS):
            await self._platform(scope, receive, send)
            return
        call = Call(scope["client"][1], self._platform.clock())

        async def read() -> Any:
            event = await receive()
            call.body += event.get("body", b"")
            return event

        async def say(event: Any) -> None:
            if event["type"] == "http.response.start":
                self.calls.append(call)
                await asyncio.sleep(self._seconds)
            else:
                call.ref, call.answered = _ref(call.body, event["body"]), self._platform.clock()
                if call.ref.startswith(ANEW) and orjson.loads(event["body"])["errcode"]:
                    self.calls.remove(call)
            await send(event)

        await self._platform(scope, read, say)

    def at_kill(self, ports: Collection[int], at: Micros) -> tuple[list[Call], list[Call]]:
        """Of the process with these connections, killed at that time: what it had under way, and what it had lately been
        told the outcome of. Ask a moment later, when all has been read that it had written to the wire."""
        under_way, answered = [], []
        for call in self._since(at - LOOK_BACK):
            if call.port in ports:
                (answered if call.answered is not None and call.answered <= at else under_way).append(call)
        return under_way, answered

    def _since(self, at: Micros) -> Iterator[Call]:
        for call in reversed(self.calls):
            if call.begun < at:
                return
            yield call


def _ref(body: bytes, answer: bytes) -> str:
    """As the desk names it: by our own number, that of the first part if there are several, or by the platform's, which for a card
    is the code by which it can be replaced."""
    asked, told = orjson.loads(body), orjson.loads(answer)
    ours = asked.get("msgid")
    if "response_code" in asked:
        return f"{ANEW}{asked['response_code']}"
    return f"{ours[: MOST_KEY - 1]}0" if ours else str(told.get("response_code") or told.get("msgid", ""))
