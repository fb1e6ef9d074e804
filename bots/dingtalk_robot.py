"""DingTalk group robots (钉钉群机器人): alarms and boards into a group by the webhook of its own robot. Nobody can answer there."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from bots.dingtalk_api import OAPI_BASE, checked
from bots.payload import unmarked
from bots.wire import Trouble, Wire
from core.words import (
    MILLISECOND,
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

MOST_TEXT = Size(9_000, "bytes")
"""Longest text: a request has 20,000 bytes, and a line end or a quotation mark takes two of them."""
GAP = 3.0
"""Seconds between two messages of a robot: who says more than 20 in a minute is silenced for ten."""
MISTRUST = "310000"
"""Code of a message that does not keep to the robot's security settings."""
REASONS = {
    "keyword": "none of the robot's keywords (自定义关键词) is in the message",
    "关键词": "none of the robot's keywords (自定义关键词) is in the message",
    "sign": "the sign (加签) is wrong: another secret, or a clock that is an hour off",
    "timestamp": "the sign (加签) is wrong: another secret, or a clock that is an hour off",
    "签名": "the sign (加签) is wrong: another secret, or a clock that is an hour off",
    "ip": "this machine's address is not among the robot's (IP 地址段)",
}
"""What DingTalk says with it, and what that means."""

CAN = Can(text=MOST_TEXT, gap=GAP)


@dataclass(frozen=True)
class Robot:
    """One group's robot: the access_token in its webhook's address, and the secret of its sign (加签), if it has one."""

    token: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


class DingTalkRobot:
    """The channel of all robots. A room is the group of one of them, by the name that the settings give it:
    Room("dingtalk_robot", "robot", "managers", group=True)."""

    name = "dingtalk_robot"

    def __init__(
        self,
        robots: Mapping[str, Robot],
        clock: Clock,
        oapi_base: str = OAPI_BASE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN
        self._robots, self._clock = robots, clock
        self._base, self._wire = oapi_base, Wire(transport)

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
        """Sends one fitted message. DingTalk names it by nothing, and shows a repetition again."""
        robot = self._robots.get(room.id)
        if robot is None:
            return Receipt("refused", why="no robot of this name")
        if not say.text or MOST_TEXT.of(say.text) > MOST_TEXT.most or say.file:
            return Receipt("refused", why="not a text of at most 9,000 bytes")
        try:
            url = f"{self._base}/robot/send?{urlencode(signed(robot, self._clock()))}"
            checked(await self._wire.post(url, message_of(say)))
        except Trouble as trouble:
            return _explained(trouble)
        return Receipt("sent")

    async def fetch(self, media: Media) -> bytes:
        """Nobody sends files here."""
        raise CannotFetch("a group robot brings no files")

    async def close(self) -> None:
        await self._wire.close()


def message_of(say: Say) -> dict[str, Any]:
    """A plain text, in which nothing that a customer wrote becomes a link. Whoever is called, by mobile number or userid, must
    stand in the text too."""
    calls = [person.removeprefix("+86") for person in say.mentions]
    mobiles = [call for call in calls if call.isdigit() and len(call) == 11]
    others = [call for call in calls if call not in mobiles]
    text = "\n".join(filter(None, (unmarked(say.text), " ".join(f"@{call}" for call in calls))))
    return {
        "msgtype": "text",
        "text": {"content": text},
        "at": {"atMobiles": mobiles, "atUserIds": others, "isAtAll": False},
    }


def signed(robot: Robot, now: Micros) -> dict[str, str]:
    """What the address says besides: the token, and the proof of the secret, good for an hour: HMAC-SHA256 over timestamp
    (milliseconds) and secret, keyed with the secret."""
    if robot.secret is None:
        return {"access_token": robot.token}
    timestamp = str(now // MILLISECOND)
    digest = hmac.digest(robot.secret.encode(), f"{timestamp}\n{robot.secret}".encode(), "sha256")
    return {"access_token": robot.token, "timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def _explained(trouble: Trouble) -> Receipt:
    """What a trouble means for the message; of security settings it says which."""
    if trouble.code != MISTRUST:
        return trouble.receipt
    said = trouble.words.lower()
    why = next((why for mark, why in REASONS.items() if mark in said), "the robot's security settings refuse it")
    return Receipt("refused", why=f"DingTalk error {MISTRUST}: {why}")
