"""WeCom over real HTTP, both ways, and without loading what is not needed."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import httpx
import pytest

from bots.emulated.asgi import body_of
from bots.emulated.wecom import WeComServer, over_http
from bots.wecom_kf import WeComKf
from core.words import Button, FileRef, Hook, Receipt, Room, Say
from tests.contract.rig import Inbox, MemoryShelf, Now
from tests.contract.wecom_cases import stored
from tests.wecom_story import HELLO, kf_config, running, served, until


def test_a_conversation_over_real_http(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        now = Now()
        platform, shelf = WeComServer(now), MemoryShelf(now)
        async with served(platform) as api:
            kf = WeComKf(kf_config(platform, api_base=api, poll_seconds=600), shelf, stored, now)
            inbox = Inbox(shelf)
            inbox.channel = kf

            async def door(scope, receive, send) -> None:
                if scope["type"] != "http":
                    return
                query = httpx.QueryParams(scope["query_string"].decode()).multi_items()
                answer = await kf.receive(Hook(scope["method"], {}, query, await body_of(receive)), inbox.accept)
                await send({"type": "http.response.start", "status": answer.status, "headers": []})
                await send({"type": "http.response.body", "body": answer.body})

            async with served(door) as desk, running(kf, inbox):
                hook = platform.kf_hook = over_http(f"{desk}/hook/wecom_kf")
                assert await platform.verify(platform.kf, hook)
                await until(lambda: platform.calls["kf/sync_msg"] == 1)
                await platform.customer_says("wm_wang", "空压机报 E-07")
                await platform.customer_sends("wm_wang", "image", b"\xff\xd8 photo", "image/jpeg")
                await until(lambda: len(inbox.messages) == 2)
                text, photo = inbox.messages.values()
                assert text.text == "空压机报 E-07" and await kf.fetch(photo.media[0]) == b"\xff\xd8 photo"
                say = Say(
                    "ack_created",
                    text="已受理",
                    buttons=(Button("是", "y"),),
                    file=FileRef("pdf", "报告.pdf", "application/pdf", 15),
                )
                assert (await kf.post(text.room, say, "k")).state == "sent"
                assert [sent.kind for sent in platform.sent] == ["msgmenu", "file"]
                assert platform.sent[1].file and platform.sent[1].file.name == "报告.pdf"
                platform.fault("kf/send_msg", "lost")
                assert (await kf.post(text.room, HELLO, "k2")).state == "unknown"
                assert (await kf.post(text.room, HELLO, "k2")).state == "sent"
                assert [sent.text for sent in platform.sent].count("您好") == 1
            await kf.close()
        assert (await kf_after_the_end(platform, shelf, now, api)).state == "later"

    asyncio.run(story())
    assert "accesstoken" not in caplog.text and WeComServer.kf.secret not in caplog.text


async def kf_after_the_end(platform: WeComServer, shelf: MemoryShelf, now: Now, api: str) -> Receipt:
    """What becomes of a post when nobody listens any more."""
    late = WeComKf(kf_config(platform, api_base=api), shelf, stored, now)
    try:
        return await late.post(Room("wecom_kf", platform.open_kfid, "wm_wang"), HELLO, "late")
    finally:
        await late.close()


def test_wechatpy_is_not_loaded_before_a_channel_is_made() -> None:
    check = (
        "import sys, bots.wecom, bots.wecom_kf\n"
        "bots.wecom_kf.WeComKf.read(b'<xml><MsgType>event</MsgType></xml>')\n"
        "assert not [name for name in sys.modules if name.startswith('wechatpy')]"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
