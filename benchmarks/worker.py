"""One process of a desk, as `desk serve` runs it but for HTTP: its pump in a thread, its deliveries on a loop, silent platforms.

python -m benchmarks.worker '{"url": …, "started": …}'      obeys lines on its standard input, and answers each by a line of JSON

go      begins to work                                      answered at once
alarm   a customer reports a standstill                     answered when the first message of the highest priority is posted
stop    ends in good order                                  tells processor seconds since `go`, largest memory, messages posted
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

from benchmarks.plain_mind import PlainMind
from benchmarks.silent import PresentClock, SilentApp, SilentKf, by_customer, silent_channels
from benchmarks.towns import FOLDER
from config.desk import Desk, build, load_mind
from config.running import LiveRunner, Supervisor
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.waking import Listener, News
from core.words import Receipt, Room, Say

ALARM = "整条生产线停了，注塑机报警停机，很急"
URGENT = "escalation"
"""Purpose of a message that tells of a P0."""


@dataclass(frozen=True)
class Working:
    """What the process works on; `started` is when the present began, the same for all; `own_mind`: the desk's own
    understanding, else one that knows a handful of phrases."""

    url: str
    started: float
    own_mind: bool = False

    def words(self) -> str:
        return json.dumps(asdict(self))


class Posts:
    """What was posted by this process."""

    def __init__(self) -> None:
        self.count = 0
        self.urgent = asyncio.Event()

    def note(self, say: Say, key: str) -> Receipt:
        self.count += 1
        if say.purpose == URGENT:
            self.urgent.set()
        return Receipt("sent", ref=key)


def put_together(working: Working, posts: Posts) -> Desk:
    """The desk: WeCom's channels, its limits on sending lifted, each message there in no time."""

    class App(SilentApp):
        async def post(self, room: Room, say: Say, key: str) -> Receipt:
            return posts.note(say, key)

    class Kf(SilentKf):
        async def post(self, room: Room, say: Say, key: str) -> Receipt:
            return posts.note(say, key)

    def unlimited(make: Any, kind: type) -> Any:
        def made(*given: Any) -> Any:
            channel = make(*given)
            channel.__class__, channel.can = kind, replace(channel.can, rate=1e6, gap=0.0)
            return channel

        return made

    makers = silent_channels()
    kinds = {"wecom": App, "wecom_kf": Kf}
    policies = Policies()
    mind = load_mind(policies, FOLDER / "mind") if working.own_mind else PlainMind()
    database = Database(working.url)
    database.own()
    clock = PresentClock(working.started)
    makers = {name: unlimited(make, kinds[name]) for name, make in makers.items()}
    return build(database, policies, makers, FileStore(FOLDER / "files"), clock, mind)


def listener_of(desk: Desk, loop: asyncio.AbstractEventLoop) -> Listener:
    """What hears the other processes and takes up what they leave over."""

    def heard(news: News) -> None:
        loop.call_soon_threadsafe(desk.heard, news)

    return Listener(desk.database, desk.pump.holder, heard)


async def work(working: Working) -> None:
    """Obey until told to stop."""
    posts = Posts()
    desk = put_together(working, posts)
    runner, supervisor, loop = LiveRunner(desk), Supervisor(desk), asyncio.get_running_loop()
    listener = listener_of(desk, loop) if desk.database.shared else None
    begun = 0.0
    say({"ready": True})
    while (line := await loop.run_in_executor(None, sys.stdin.readline)).strip() != "stop":
        if line.strip() == "go":
            begun = spent()
            runner.start()
            supervisor.start()
            if listener:
                listener.start()
            say({"going": True})
        elif line.startswith("alarm"):
            said = by_customer("reporting", int(line.split()[1]), ALARM)
            started = time.perf_counter()
            await desk.accept_for(said.channel)([said.raw(0, desk.clock())])
            await posts.urgent.wait()
            say({"seconds": time.perf_counter() - started})
        elif not line:
            return
    if listener:
        await asyncio.to_thread(listener.stop)
    await supervisor.stop()
    while desk.deliverer.busy or desk.pump.pending:  # noqa: ASYNC110 - what is under way is written down
        await asyncio.sleep(0.01)
    await runner.stop()
    await asyncio.sleep(0)
    await desk.close()
    say({"cpu": spent() - begun, "rss": most_memory(), "posted": posts.count})


def most_memory() -> int:
    """The most memory that this program ever had, bytes (what getrusage says holds for who started it, too)."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def spent() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(work(Working(**json.loads(sys.argv[1]))))
