"""Feishu's group robots at their wire format: an address each, a sign, keywords, limits; and what their groups are shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.feishu_limits import Refusal, checked, shown_of
from bots.emulated.platform import Seen
from core.words import HOUR, MINUTE, SECOND, Accept, Clock, Micros

HOOK = "/open-apis/bot/v2/hook/"
MOST_BODY = 20 * 1024
A_SECOND, A_MINUTE = 5, 100
"""Messages of one robot."""
NO_ROBOT, NO_SIGN, NO_WORD, BAD, TOO_MANY = 19001, 19021, 19024, 9499, 9499


@dataclass(frozen=True)
class _Robot:
    group: str
    secret: str | None
    keywords: tuple[str, ...]


class FeishuRobots:
    """Groups with a robot each. `sent` is what they were shown: a robot's message has no id that its sender would know."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self._robots: dict[str, _Robot] = {}
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._faults: deque[int | str] = deque()

    def join(self, channel: Any, accept: Accept) -> None:
        """Nothing is delivered: a robot hears nothing."""

    def robot(self, token: str, group: str, secret: str | None = None, keywords: tuple[str, ...] = ()) -> None:
        """A robot in a group, with a secret for its sign and words of which one must stand in each message, if any."""
        self._robots[token] = _Robot(group, secret, keywords)

    def remove(self, token: str) -> None:
        """Somebody takes the robot out of its group."""
        del self._robots[token]

    def fault(self, *faults: int | str) -> None:
        """What goes wrong with the next calls: an error code, "down", "5xx", or "lost" (done, but not answered)."""
        self._faults.extend(faults)

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body = await body_of(receive)
        status, answer = self._answered(scope["path"].removeprefix(HOOK), body)
        head = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    def _answered(self, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        fault = self._faults.popleft() if self._faults else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault == "5xx":
            return 502, {}
        try:
            if isinstance(fault, int):
                raise Refusal(fault, "emulated", 200)
            self._show(token, body)
        except Refusal as refusal:
            return refusal.status, {"code": refusal.code, "msg": str(refusal), "data": {}}
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}

    def _show(self, token: str, body: bytes) -> None:
        robot = self._robots.get(token)
        if robot is None:
            raise Refusal(NO_ROBOT, "param invalid: incoming webhook access token invalid", 200)
        if len(body) > MOST_BODY:
            raise Refusal(BAD, "Bad Request", 400)
        asked = orjson.loads(body)
        self._must_be_signed(robot, asked)
        kind = asked.get("msg_type")
        content = asked.get("card" if kind == "interactive" else "content")
        text, buttons, called = shown_of(kind, checked(kind, orjson.dumps(content).decode()))
        if robot.keywords and not any(word in text for word in robot.keywords):
            raise Refusal(NO_WORD, "Key Words Not Found", 200)
        self._must_be_slow(token)
        number = f"robot_{len(self.sent) + 1}"
        self.sent.append(Seen(self.clock(), robot.group, text, number, True, buttons=buttons, mentions=called))

    def _must_be_signed(self, robot: _Robot, asked: Mapping[str, Any]) -> None:
        if robot.secret is None:
            return
        stamp = str(asked.get("timestamp", ""))
        key = stamp.encode() + b"\n" + robot.secret.encode()
        sign = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
        fresh = stamp.isdigit() and abs(int(stamp) * SECOND - self.clock()) < HOUR
        if not fresh or asked.get("sign") != sign:
            raise Refusal(NO_SIGN, "sign match fail or timestamp is not within one hour from current time", 200)

    def _must_be_slow(self, token: str) -> None:
        recent = self._recent[token]
        while recent and recent[0] <= self.clock() - MINUTE:
            recent.popleft()
        if len(recent) >= A_MINUTE or sum(at > self.clock() - SECOND for at in recent) >= A_SECOND:
            raise Refusal(TOO_MANY, "too many request", 400)
        recent.append(self.clock())
