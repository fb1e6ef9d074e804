"""A desk as a process of its own: real HTTP, real SQLite, and an emulated WeCom somewhere else on this machine.

python -m benchmarks.serving '{"url": …, "api": …}'    says "ready PORT" when it listens, and serves until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.counting import CountingDatabase
from benchmarks.plain_mind import PlainMind
from bots.emulated.wecom import WeComServer
from bots.wecom import WeCom, WeComConfig
from bots.wecom_kf import KfConfig, WeComKf
from config.desk import ChannelMaker, Desk, build, load_mind
from config.listening import open_socket
from config.listening import serve as config_serve
from config.running import LiveRunner, Supervisor
from core.policies import Policies
from core.store.files import FileStore
from core.store.pump import Pump
from core.words import SECOND, Answer, Micros
from web.hooks import Door, Hooks


@dataclass(frozen=True)
class Serving:
    """What is served. `api`: where the emulated WeCom listens; `port` 0 takes any.

    `own_mind`: the desk's own understanding, else PlainMind. `turns`: whether messages have their turns, or are only
    stored. `unlimited`: WeCom's own limits on sending (150 a second, one in two seconds to a member) are lifted.
    `quiet`: how long an opening report waits for more words, seconds.
    """

    url: str
    api: str
    port: int = 0
    own_mind: bool = False
    turns: bool = True
    unlimited: bool = False
    quiet: float = 8.0
    poll: float = 30.0

    def words(self) -> str:
        return json.dumps(asdict(self))


class StoringOnly(Pump):
    """A pump that takes messages in and gives them no turn."""

    def _waiting(self, connection: Any) -> list[Any]:
        return []

    def next_due(self) -> Micros | None:
        return None


def now() -> Micros:
    return time.time_ns() // 1000


def put_together(serving: Serving, database: CountingDatabase) -> Desk:
    """The desk that is served."""
    policies = Policies()
    quiet = replace(policies.conversation, burst_quiet=int(serving.quiet * SECOND))
    policies = replace(policies, conversation=quiet)
    folder = Path(serving.url.removeprefix("sqlite:///")).parent
    mind = load_mind(policies, folder / "mind") if serving.own_mind else PlainMind()
    files = FileStore(folder / "files")
    desk = build(database, policies, makers(serving), files, now, mind)
    if not serving.turns:
        desk.pump.__class__ = StoringOnly
    return desk


def makers(serving: Serving) -> dict[str, ChannelMaker]:
    """The two WeCom channels, joined to the emulated server."""
    server = WeComServer
    app = WeComConfig(
        server.corp_id, server.agent_id, server.app.secret, ((server.app.token, server.app.aes_key),), serving.api
    )
    kf_keys = ((server.kf.token, server.kf.aes_key),)
    kf = KfConfig(server.corp_id, server.kf.secret, kf_keys, (server.open_kfid,), serving.api, serving.poll)

    def made(channel: Any) -> Any:
        if serving.unlimited:
            channel.can = replace(channel.can, rate=1e6, gap=0.0)
        return channel

    return {
        "wecom": lambda shelf, files, clock: made(WeCom(app, shelf, files, clock)),
        "wecom_kf": lambda shelf, files, clock: made(WeComKf(kf, shelf, files, clock)),
    }


async def serve(serving: Serving) -> None:
    """Serve until killed."""
    database = CountingDatabase(serving.url)
    database.own()
    desk = put_together(serving, database)
    LiveRunner(desk).start()
    Supervisor(desk).start()
    doors = {name: Door.of(channel, desk.accept_for(name)) for name, channel in desk.channels.items()}
    await listen_and_say(Hooks(doors, Spent(database)), serving.port)


async def listen_and_say(app: Any, port: int = 0) -> None:
    """Serve as `desk serve` does; says where, once it listens."""
    listening = open_socket("127.0.0.1", port)

    def ready() -> None:
        print("ready", listening.getsockname()[1], flush=True)

    await config_serve(app, listening, asyncio.Event(), ready, lambda: None)


class Spent:
    """Answers any request with the processor seconds of this process and the commits of its database so far."""

    def __init__(self, database: CountingDatabase | None = None):
        self._database = database

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        commits = self._database.commits if self._database else 0
        body = json.dumps({"cpu": used.ru_utime + used.ru_stime, "commits": commits}).encode()
        await answer(send, Answer(200, body))


async def answer(send: Any, said: Answer) -> None:
    headers = [(b"content-length", str(len(said.body)).encode())]
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": said.body})


if __name__ == "__main__":
    uvloop.run(serve(Serving(**json.loads(sys.argv[1]))))
