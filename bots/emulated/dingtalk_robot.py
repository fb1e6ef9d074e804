"""DingTalk's group robots at their wire format: a token each, a sign, keywords, limits; and what their groups are shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.platform import Seen
from core.words import HOUR, MILLISECOND, MINUTE, Accept, Clock, Micros

MOST_BODY = 20_000
A_MINUTE = 20
"""Messages of one robot; who says more is silenced for BANNED."""
BANNED = 10 * MINUTE
NO_TOKEN, BAD, MISTRUST, TOO_MANY = 300001, 400105, 310000, 130101


class Refused(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class _Robot:
    group: str
    secret: str | None
    keywords: tuple[str, ...]
    silent_until: Micros = 0


class DingTalkRobots:
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
        body, query = await body_of(receive), dict(parse_qsl(scope["query_string"].decode()))
        status, answer = self._answered(scope["path"], query, body)
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    def _answered(self, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        fault = self._faults.popleft() if self._faults else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault == "5xx":
            return 502, {}
        try:
            if isinstance(fault, int):
                raise Refused(fault, "emulated")
            if path != "/robot/send":
                raise Refused(404, "请求的URI地址不存在")
            self._show(query, body)
        except Refused as refused:
            return 200, {"errcode": refused.code, "errmsg": str(refused)}
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, {"errcode": 0, "errmsg": "ok"}

    def _show(self, query: Mapping[str, str], body: bytes) -> None:
        token = query.get("access_token", "")
        robot = self._robots.get(token)
        if robot is None:
            raise Refused(NO_TOKEN, "token is not exist")
        self._must_not_say_too_much(token, robot)
        if len(body) > MOST_BODY:
            raise Refused(BAD, "message too long")
        asked = orjson.loads(body)
        text = asked["text"]["content"] if asked.get("msgtype") == "text" else ""
        if not isinstance(text, str) or not text.strip():
            raise Refused(BAD, "unsupported msgtype or empty content")
        self._must_be_trusted(robot, query, text)
        at = asked.get("at") or {}
        called = [*at.get("atMobiles", ()), *at.get("atUserIds", ())]
        mentions = tuple(person for person in called if f"@{person}" in text)
        self.sent.append(Seen(self.clock(), robot.group, text, "", group=True, mentions=mentions))

    def _must_not_say_too_much(self, token: str, robot: _Robot) -> None:
        recent, now = self._recent[token], self.clock()
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        recent.append(now)
        if len(recent) > A_MINUTE:
            robot.silent_until = now + BANNED
        if now < robot.silent_until:
            raise Refused(TOO_MANY, "send too fast, exceed 20 times per minute")

    def _must_be_trusted(self, robot: _Robot, query: Mapping[str, str], text: str) -> None:
        if robot.secret is not None:
            stamp = query.get("timestamp", "")
            made = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
            if not stamp.isdigit() or abs(int(stamp) * MILLISECOND - self.clock()) > HOUR:
                raise Refused(MISTRUST, "invalid timestamp")
            if query.get("sign") != base64.b64encode(made).decode():
                raise Refused(MISTRUST, "sign not match")
        if robot.keywords and not any(word in text for word in robot.keywords):
            raise Refused(MISTRUST, "keywords not in content")
