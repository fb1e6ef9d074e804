"""What a channel costs: CPU to read one delivery and to post one message, beside two frameworks' own dispatch in the same run.

Opening what came sealed is counted apart (it is the same cryptography for everybody). No network: a transport that says yes to
everything, at once; an access token is at hand.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import orjson

from benchmarks.figures import Table
from benchmarks.frameworks import HELLO, nonebot, processor, slack_bolt
from core.words import Room, Say

ROUNDS, QUICK_ROUNDS = 2_000, 200
PEOPLE = 1_000
"""To so many people in turn, since some platforms take only so much for one."""
NOW = 1_772_596_800_000_000
YES = orjson.dumps(
    {
        **{
            "code": 0,
            "errcode": 0,
            "StatusCode": 0,
            "ok": True,
            "errmsg": "ok",
            "msgid": "m1",
            "ts": "1.2",
            "channel": "C1",
        },
        **{"access_token": "t", "accessToken": "t", "tenant_access_token": "t"},
        **{"expires_in": 7200, "expireIn": 7200, "expire": 7200, "processQueryKey": "q", "data": {"message_id": "m1"}},
        "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}},
    }
)
"""An answer in which every platform's client finds that all went well."""


class Shelf:
    """A shelf in memory, whose values never run out."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self._values.get(name)

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        self._values[name] = value

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        yield


async def _nothing(name: str) -> bytes:
    raise KeyError(name)


class Yes(httpx.AsyncBaseTransport):
    """A way to a platform that takes everything."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(YES))


@dataclass(frozen=True)
class Measured:
    """One channel: what makes it (given shelf, files, clock, transport), a text message as it is delivered, and a room."""

    name: str
    make: Callable[[Any, Any, Any, Any], Any]
    raw: bytes
    room: Room


def channels(table: Table, rounds: int = ROUNDS) -> None:
    """One round over all channels and the two frameworks."""
    bolt = slack_bolt(SLACK, rounds)
    table.add("slack-bolt: its dispatch of one event to one listener", bolt, "ms CPU")
    table.add("nonebot2: its dispatch of one event to one handler", nonebot(SLACK, rounds), "ms CPU")
    for one in measured():
        reading, posting = _costs(one, rounds)
        table.add(f"{one.name}: read", reading, "ms CPU")
        table.add(f"{one.name}: post", posting, "ms CPU")
        table.add(f"{one.name}: read and post, beside slack-bolt", (reading + posting) / bolt, "×", "≤ 1")


def _costs(one: Measured, rounds: int) -> tuple[float, float]:
    channel = one.make(Shelf(), _nothing, lambda: NOW, Yes())
    assert len(channel.read(one.raw)) == 1, one.name
    began = time.process_time()
    for _ in range(rounds):
        channel.read(one.raw)
    reading = (time.process_time() - began) / rounds * 1000
    number = iter(range(10**9))

    async def post() -> None:
        count = next(number)
        room = replace(one.room, id=f"{one.room.id}{count % PEOPLE}")
        receipt = await channel.post(room, Say("ack_created", text=HELLO), f"k{count}")
        assert receipt.state == "sent", (one.name, receipt)

    return reading, processor(rounds, post)


SLACK = orjson.dumps(
    {
        "token": "t", "team_id": "T1", "api_app_id": "A1", "type": "event_callback", "event_id": "Ev1",
        "event_time": 1772596800, "authorizations": [{"user_id": "UBOT", "is_bot": True}],
        "event": {
            "type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "1772596800.000100",
            "text": "空压机不启动", "client_msg_id": "c1", "team": "T1",
        },
    }
)  # fmt: skip


WECHAT = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[liu]]></FromUserName><CreateTime>1772596800"
    "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[空压机不启动]]></Content><MsgId>1</MsgId>"
)
SAID: dict[str, bytes] = {
    "wecom": f"{WECHAT}<AgentID>1</AgentID></xml>".encode(),
    "wechat_mp": f"{WECHAT}</xml>".encode(),
    "wecom_kf": orjson.dumps(
        {
            "msgid": "m1", "open_kfid": "wkA", "external_userid": "wmB", "send_time": 1772596800, "origin": 3,
            "msgtype": "text", "text": {"content": "空压机不启动"},
        }
    ),
    "dingtalk": orjson.dumps(
        {
            "msgId": "m1", "msgtype": "text", "conversationType": "1", "conversationId": "cid9", "senderId": "$:sun",
            "senderStaffId": "sun01", "createAt": 1772596800000, "chatbotUserId": "$:bot", "robotCode": "ding1",
            "text": {"content": "空压机不启动"},
        }
    ),
    "feishu": orjson.dumps(
        {
            "schema": "2.0",
            "header": {
                "event_id": "e1", "event_type": "im.message.receive_v1", "create_time": "1772596800000", "app_id": "cli_1",
            },
            "event": {
                "sender": {"sender_id": {"open_id": "ou_sun"}, "sender_type": "user"},
                "message": {
                    "message_id": "om_1", "create_time": "1772596800000", "chat_id": "oc_9", "chat_type": "p2p",
                    "message_type": "text", "content": '{"text":"空压机不启动"}',
                },
            },
        }
    ),
    "slack": SLACK,
    "telegram": orjson.dumps(
        {
            "update_id": 1,
            "message": {
                "message_id": 1, "date": 1772596800, "text": "空压机不启动", "chat": {"id": 50021, "type": "private"},
                "from": {"id": 50021, "is_bot": False, "first_name": "丽"},
            },
        }
    ),
}  # fmt: skip
"""One text message, as each platform delivers it."""


def measured() -> Iterator[Measured]:
    """The channels that read and post by HTTP; the others hold a socket, a mailbox or a page, or only tell."""
    for name, make in _makers().items():
        (said,) = make(Shelf(), _nothing, lambda: NOW, Yes()).read(SAID[name])
        yield Measured(name, make, SAID[name], said.room)


def _makers() -> dict[str, Callable[[Any, Any, Any, Any], Any]]:
    """What makes each channel."""
    from bots.dingtalk import DingTalk, DingTalkConfig
    from bots.feishu import Feishu, FeishuConfig
    from bots.slack import Slack, SlackConfig
    from bots.telegram import Telegram, TelegramConfig
    from bots.wechat_mp import MpConfig, WeChatMp
    from bots.wecom import WeCom, WeComConfig
    from bots.wecom_kf import KfConfig, WeComKf

    keys = (("token", "a" * 43),)
    app, service = WeComConfig("ww1", 1, "s", keys), KfConfig("ww1", "s", keys)
    account, robot = MpConfig("wx1", "s", keys), DingTalkConfig("ding1", "s", "ding1")
    return {
        "wecom": lambda shelf, files, clock, way: WeCom(app, shelf, files, clock, way),
        "wecom_kf": lambda shelf, files, clock, way: WeComKf(service, shelf, files, clock, way),
        "wechat_mp": lambda shelf, files, clock, way: WeChatMp(account, shelf, clock, way),
        "dingtalk": lambda shelf, files, clock, way: DingTalk(robot, shelf, files, clock, way),
        "feishu": lambda shelf, files, clock, way: Feishu(FeishuConfig("cli_1", "s"), shelf, files, clock, way),
        "slack": lambda shelf, files, clock, way: Slack(SlackConfig("xoxb-1"), files, clock, way),
        "telegram": lambda shelf, files, clock, way: Telegram(TelegramConfig("1:a", "bot"), files, clock, way),
    }
