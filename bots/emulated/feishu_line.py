"""Feishu's long connections: apps ask where to call, call, are brought events in frames, and answer each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any

import orjson

from bots.emulated.feishu_frames import CONTROL, DATA, Frame, read, written

ENDPOINT = "/callback/ws/endpoint"
SOCKET = "/ws/v2"
SERVICE = 33554678
PIECE = 8_000
"""Bytes of an event in one frame; a longer one comes in several."""
PATIENCE = 20.0
"""Seconds that a test waits at most for a connection, or for the answer to an event."""
CONFIG = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": 1}
"""What the app is told of pings and reconnecting, seconds; the real one says some 120, 120, 30."""
FORBIDDEN = 403


class Line:
    """The connections of one app. Several share the events. `opened` counts them, `pings` what came on them."""

    def __init__(self, app_id: str, app_secret: str) -> None:
        self._credentials = {"AppID": app_id, "AppSecret": app_secret}
        self._sockets: list[Any] = []
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[int]] = {}
        self._connected, self._cut = asyncio.Event(), asyncio.Event()
        self.opened = self.pings = 0
        self.deaf = False

    def where(self, asked: Mapping[str, Any], host: str) -> dict[str, Any]:
        """The answer to an app that asks for its address."""
        if {name: asked.get(name) for name in self._credentials} != self._credentials:
            return {"code": FORBIDDEN, "msg": "app_id or app_secret is invalid"}
        url = f"ws://{host}{SOCKET}?device_id={next(self._numbers)}&service_id={SERVICE}&access_key=a-key"
        return {"code": 0, "msg": "success", "data": {"URL": url, "ClientConfig": CONFIG}}

    async def hold(self, receive: Any, send: Any) -> None:
        """One connection, until it is closed by either side."""
        await receive()
        await send({"type": "websocket.accept"})
        self._sockets.append(send)
        self.opened += 1
        self._connected.set()
        self._cut.clear()
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await self._take(read(message["bytes"]), send)
        finally:
            self._sockets.remove(send)
            if not self._sockets:
                self._connected.clear()
                self._cut.set()
            for number in list(self._answers):
                self._answer(number, 0)

    async def _take(self, frame: Frame, send: Any) -> None:
        if frame.method == DATA:
            self._answer(frame.headers["message_id"], orjson.loads(frame.payload)["code"])
            return
        self.pings += 1
        if not self.deaf:
            await send(_framed(Frame(CONTROL, SERVICE, {"type": "pong"}, orjson.dumps(CONFIG))))

    def _answer(self, number: str, code: int) -> None:
        answer = self._answers.get(number)
        if answer and not answer.done():
            answer.set_result(code)

    async def bring(self, event: bytes) -> int:
        """Bring an event by one of the connections, as soon as there is one; the code of its answer, 0 if none came."""
        async with asyncio.timeout(PATIENCE):
            await self._connected.wait()
            number = f"msg-{next(self._numbers)}"
            self._answers[number] = answer = asyncio.get_running_loop().create_future()
            pieces = [event[at : at + PIECE] for at in range(0, len(event), PIECE)]
            told = {"type": "event", "message_id": number, "trace_id": f"trace-{number}", "sum": str(len(pieces))}
            try:
                for seq, piece in enumerate(pieces):
                    await self._sockets[0](_framed(Frame(DATA, SERVICE, {**told, "seq": str(seq)}, piece)))
                return await answer
            finally:
                del self._answers[number]

    async def drop(self) -> None:
        """Cut every connection."""
        for send in list(self._sockets):
            await send({"type": "websocket.close", "code": 1011})
        async with asyncio.timeout(PATIENCE):
            await self._cut.wait()


def _framed(frame: Frame) -> dict[str, Any]:
    return {"type": "websocket.send", "bytes": written(frame)}
