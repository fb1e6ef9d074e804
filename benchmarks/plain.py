"""The cheapest alternatives: what the same server costs when it does next to nothing of a desk's work.

python -m benchmarks.plain '{"sort": …, "path": …, "api": …}'

nothing   answers at once
raw       opens the callback, inserts one row with the sqlite3 module, commits, answers
reply     the same, and then sends a fixed reply as the desk sends; nothing else is stored
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from typing import Any
from urllib.parse import parse_qsl

import uvloop

from benchmarks.serving import Spent, answer, listen_and_say
from bots.emulated.asgi import body_of
from bots.emulated.wecom import WeComServer
from bots.wecom_api import Api
from bots.wecom_gate import Gate, xml_fields
from core.words import Answer, Hook
from notifier.pacing import ROOMS_AT_ONCE

REPLY = "备注已记下"


class Plain:
    """A server with one function."""

    commits = 0

    def __init__(self, sort: str, path: str, api: str):
        app = WeComServer.app
        self._sort, self._api = sort, Api(api, WeComServer.corp_id, app.secret, Memory(), None)  # type: ignore[arg-type]
        self._gate = Gate(((app.token, app.aes_key),), WeComServer.corp_id)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, raw BLOB)")
        self._places = asyncio.Semaphore(ROOMS_AT_ONCE)
        self._spent = Spent(self)  # type: ignore[arg-type]
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/spent":
            await self._spent(scope, receive, send)
            return
        body = await body_of(receive)
        if self._sort != "nothing":
            sender = self._keep(Hook("POST", {}, parse_qsl(scope["query_string"].decode()), body))
            if self._sort == "reply":
                task = asyncio.create_task(self._reply(sender))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await answer(send, Answer(200))

    def _keep(self, hook: Hook) -> str:
        message = self._gate.open(hook, time.time_ns() // 1000)
        fields = xml_fields(message)
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("INSERT OR IGNORE INTO inbox (key, raw) VALUES (?, ?)", (fields["MsgId"], message))
        self._database.execute("COMMIT")
        self.commits += 1
        return fields["FromUserName"]

    async def _reply(self, to: str) -> None:
        async with self._places:
            await self._api.call(
                "message/send",
                {"touser": to, "agentid": WeComServer.agent_id, "msgtype": "text", "text": {"content": REPLY}},
            )


class Memory:
    """A shelf that forgets when the process ends."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._alone = asyncio.Lock()

    async def get(self, name: str) -> str | None:
        return self._values.get(name)

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        self._values[name] = value

    def alone(self, name: str) -> asyncio.Lock:
        return self._alone


if __name__ == "__main__":
    uvloop.run(listen_and_say(Plain(**json.loads(sys.argv[1]))))
