"""What the tests of the two WeCom channels have in common."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn

from bots.emulated.wecom import WeComServer
from bots.wecom_kf import KfConfig, WeComKf
from core.words import Say
from tests.contract.rig import Inbox
from tests.contract.wecom_cases import KfRig, Watched, stored

HELLO = Say("smalltalk", text="您好")
LOOK_AGAIN = 0.001
"""Seconds between two looks at something that happens elsewhere."""


def kf_config(server: WeComServer, **more: Any) -> KfConfig:
    return KfConfig(server.corp_id, server.kf.secret, ((server.kf.token, server.kf.aes_key),), **more)


def another_process(rig: KfRig, **more: Any) -> WeComKf:
    """A second process on the same store."""
    return WeComKf(kf_config(rig.server, **more), rig.shelf, stored, rig.now, Watched(rig.server, rig.hosts))


@contextlib.asynccontextmanager
async def running(channel: WeComKf, inbox: Inbox) -> AsyncIterator[None]:
    """The channel runs meanwhile."""
    task = asyncio.ensure_future(channel.run(inbox.accept))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await task


async def until(true: Callable[[], object], seconds: float = 5) -> None:
    """Waits for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_AGAIN)


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """An ASGI application on a free port of this machine; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    task = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
