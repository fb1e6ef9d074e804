"""Feishu and DingTalk over real sockets: what a broken line, a silent platform or an endless answer means for a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from bots import wire
from bots.dingtalk_notice import DingTalkNotice, NoticeConfig
from bots.emulated.dingtalk_notice import DingTalkNotices
from bots.emulated.feishu import FeishuServer
from bots.feishu import Feishu, FeishuConfig
from core.words import Receipt, Room, Say
from tests.contract.feishu_cases import stored
from tests.contract.rig import MemoryShelf, Now
from tests.wecom_story import served

HELLO = Say("note", text="您好")
Post = Callable[[str], Coroutine[Any, Any, Receipt]]


async def by_feishu(base: str) -> Receipt:
    now = Now()
    config = FeishuConfig(FeishuServer.app_id, FeishuServer.app_secret, (), base)
    channel = Feishu(config, MemoryShelf(now), stored, now)
    try:
        return await channel.post(Room("feishu", FeishuServer.app_id, "ou_sun"), HELLO, "1")
    finally:
        await channel.close()


async def by_dingtalk(base: str) -> Receipt:
    now, here = Now(), DingTalkNotices
    config = NoticeConfig(here.agent_id, here.app_key, here.app_secret, base, base)
    channel = DingTalkNotice(config, MemoryShelf(now), now)
    try:
        return await channel.post(Room("dingtalk_notice", str(here.agent_id), "liu01"), HELLO, "1")
    finally:
        await channel.close()


both = pytest.mark.parametrize("post", [by_feishu, by_dingtalk], ids=["feishu", "dingtalk_notice"])


def test_feishu_is_told_over_a_socket() -> None:
    async def story() -> None:
        server = FeishuServer(Now())
        server.person("ou_sun", "孙立军")
        async with served(server) as base:
            assert (await by_feishu(base)).state == "sent"
        assert [sent.text for sent in server.sent] == ["您好"]

    asyncio.run(story())


def test_dingtalk_is_told_over_a_socket() -> None:
    async def story() -> None:
        server = DingTalkNotices(Now())
        server.member("liu01", "刘志远")
        async with served(server) as base:
            assert (await by_dingtalk(base)).state == "sent"
        assert [notice.title for notice in server.seen_by("liu01")] == ["您好"]

    asyncio.run(story())


@both
def test_without_a_connection_it_goes_later(post: Post) -> None:
    receipt = asyncio.run(post("http://127.0.0.1:9"))
    assert (receipt.state, receipt.after) == ("later", wire.BUSY_SECONDS)


class Answering:
    """A platform that gives a token, and to anything else this answer, or none."""

    def __init__(self, status: int, pieces: list[bytes], *, silent: bool = False) -> None:
        self.status, self.pieces, self.silent = status, pieces, silent

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        token = scope["path"].endswith(("/tenant_access_token/internal", "/accessToken"))
        given = b'{"code":0,"tenant_access_token":"t-1","expire":7200,"accessToken":"a-1","expireIn":7200}'
        if self.silent and not token:
            await asyncio.sleep(5)
        status, pieces = (200, [given]) if token else (self.status, self.pieces)
        await send({"type": "http.response.start", "status": status, "headers": []})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@both
@pytest.mark.parametrize(
    ("status", "pieces", "state"),
    [
        (502, [b"<html>Bad Gateway</html>"], "later"),
        (200, [b"<html>captive portal</html>"], "unknown"),
        (302, [b""], "unknown"),
        (200, [b"[]"], "unknown"),
        (200, [b"x" * 65_536] * 20, "unknown"),
    ],
)
def test_what_is_no_answer_is_told_as_what_it_means(post: Post, status: int, pieces: list[bytes], state: str) -> None:
    async def story() -> None:
        async with served(Answering(status, pieces)) as base:
            receipt = await post(base)
        assert receipt.state == state and receipt.why

    asyncio.run(story())


@both
def test_a_platform_that_is_silent_has_perhaps_shown_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_PATIENCE", httpx.Timeout(0.2, connect=1.0).as_dict())

    async def story() -> None:
        async with served(Answering(200, [b"{}"], silent=True)) as base:
            assert (await post(base)).state == "unknown"

    asyncio.run(story())
