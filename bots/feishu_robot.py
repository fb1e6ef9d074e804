"""Feishu group robots (飞书群机器人): alarms and boards into a group by the webhook of its own robot. Nobody can answer there."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import orjson

from bots.feishu_api import API_BASE, Api
from bots.feishu_cards import message_of
from bots.wire import Trouble
from core.words import (
    SECOND,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Unreadable,
)

MOST_BODY = 20 * 1024
"""Longest request, bytes."""

CAN = Can(
    text=Size(15_000, "bytes"),  # a request holds 20 KB with everything around it
    card=True,
    gap=0.6,  # 100 a minute and 5 a second for each robot
)


@dataclass(frozen=True)
class Robot:
    """One group's robot: the end of its webhook's address, and the secret with which its messages are signed, if it wants that."""

    token: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


class FeishuRobot:
    """The channel of all robots. A room is the group of one of them, by the name that the settings give it:
    Room("feishu_robot", "robot", "managers", group=True)."""

    name = "feishu_robot"

    def __init__(
        self,
        robots: Mapping[str, Robot],
        clock: Clock,
        api_base: str = API_BASE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN
        self._robots, self._clock = robots, clock
        self._api = Api(api_base, transport)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """Raises Unreadable: a robot hears nothing."""
        raise Unreadable("a group robot hears nothing")

    async def run(self, accept: Accept) -> None:
        """Returns at once: there is nothing to listen to."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message. Feishu names it by nothing, and shows a repetition again."""
        robot = self._robots.get(room.id)
        if robot is None:
            return Receipt("refused", why="no robot of this name")
        kind, content = message_of(say, group=True)
        body = {
            "msg_type": kind,
            "card" if kind == "interactive" else "content": content,
            **_signature(robot, self._clock()),
        }
        if CAN.text.of(say.text) > CAN.text.most or len(orjson.dumps(body)) > MOST_BODY:
            return Receipt("refused", why="longer than 15,000 bytes, or 20 KB with its facts")
        if say.file or say.buttons or not (say.text or say.title or say.facts):
            return Receipt("refused", why="a robot sends words and links")
        try:
            await self._api.call("POST", f"bot/v2/hook/{robot.token}", body)
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent")

    async def fetch(self, media: Media) -> bytes:
        """Nobody sends files here."""
        raise CannotFetch("a group robot brings no files")

    async def close(self) -> None:
        await self._api.close()


def _signature(robot: Robot, now: Micros) -> dict[str, str]:
    """Proof of the secret, good for an hour: HMAC-SHA256 over nothing, keyed with timestamp (seconds) and secret."""
    if robot.secret is None:
        return {}
    timestamp = str(now // SECOND)
    digest = hmac.digest(f"{timestamp}\n{robot.secret}".encode(), b"", "sha256")
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
