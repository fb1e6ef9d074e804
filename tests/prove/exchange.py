"""The provider of calls and SMS as the killed processes know it: Aliyun at its wire format, people who press a key, and a
ledger of every call and SMS that was ever begun."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from config.listening import open_socket, serve
from core.words import MINUTE, SECOND, Clock, Hook, Micros
from notifier.carriers.deliveries import SHANGHAI
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.callees import Callee, Often

PATH = "/hook/voice"
SECRET = "exchange-hook-secret"
THANKS, PROMPT, ALERT = "TTS_100009", "TTS_100001", "SMS_100001"
TAKES = 0.5
"""Share of the calls in which somebody presses the key."""
SOON = (0.3, 3.0)
"""Seconds until he does, or hangs up."""
FUSE = 1 * MINUTE
LADDERS = """
[escalation.ladders.alarm]
steps = [
  { targets = ["duty:engineer"], routes = ["sms", "voice"] },
  { targets = ["duty:manager"], routes = ["voice"], after_min = 0.05 },
  { targets = ["role:manager"], routes = ["voice"], after_min = 0.1 },
]
[escalation.ladders.fuse]
steps = [
  { targets = ["owner"], routes = ["voice"] },
  { targets = ["duty:manager"], routes = ["voice"], up = 1, after_min = 0.1 },
]
"""
"""Seconds where a house has minutes. The fuse calls engineers first: WeCom lets us write to a manager once in two seconds."""
NUMBERS = 13_600_000_000
"""The first number of the staff."""


@dataclass(frozen=True)
class Begun:
    """A call or an SMS that the provider took: its own name for it, our name of the attempt, for whom, when, what was said."""

    ref: str
    attempt: str
    number: str
    at: Micros
    says: str


class Exchange(AliyunServer):
    """Aliyun, with no limits of its own: those of the desk are lifted too, so that there is something to count."""

    def __init__(self, clock: Clock, chance: random.Random):
        """`tells` brings a report to the desk, until it is taken."""
        super().__init__(clock)
        self.tells: Callable[[str, Hook], Awaitable[None]] | None = None
        self.begun: list[Begun] = []
        self.written: list[Begun] = []
        self._chance = chance
        self._texting = self._calling = Often(clock, ())
        self._under_way: set[asyncio.Task[Any]] = set()

    async def rest(self) -> None:
        """Returns when everything has been told."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    def _send_sms(self, params: Mapping[str, str]) -> dict[str, Any]:
        done = super()._send_sms(params)
        text = self.texts[-1]
        self.written.append(Begun(text.ref, params["OutId"], text.to, text.at, text.text))
        return done

    def _report_call(self, call_id: str, out_id: str, number: str, callee: Callee) -> None:
        now = self.clock()
        self.begun.append(Begun(call_id, out_id, number, now, self.rung[-1].text))
        self._ended[call_id] = {"caller": self.show_number, "callee": number, "status_code": "200000", "began": now}
        self._ended[call_id] |= {"gmtCreate": "", "duration": "9"}
        task = asyncio.get_running_loop().create_task(self._goes_on(call_id, out_id, number))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _goes_on(self, call_id: str, out_id: str, number: str) -> None:
        known = {"call_id": call_id, "out_id": out_id}
        await asyncio.sleep(self._chance.uniform(*SOON))
        takes = self._chance.random() < TAKES
        if takes:
            pressed = {"status_code": "300000", "dtmf": "1", "status_time": beijing(self.clock())}
            await self._tell({**known, **pressed})
        known["callee"] = number
        status = "200000" if takes else self._chance.choice(("200008", "200003", "200005"))
        await self._tell({**known, "status_code": status, "end_time": beijing(self.clock()), "dtmf": "1" * takes})

    async def _tell(self, report: Mapping[str, Any]) -> None:
        assert self.tells is not None
        await self.tells(PATH, Hook("POST", {}, (("secret", SECRET),), orjson.dumps([report])))

    def _push(self, to: Any, report: Mapping[str, Any], seconds: float) -> None:
        """Receipts of SMS are not told: that they were taken is enough."""


@asynccontextmanager
async def exchange(clock: Clock, chance: random.Random, answer: float) -> AsyncIterator[tuple[Exchange, str]]:
    """It listens, and answers each request after `answer` seconds; its address."""
    provider = Exchange(clock, chance)
    provider.slowness = answer
    listening, started, stop = open_socket("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(provider, listening, stop, started.set, lambda: None))
    try:
        await started.wait()
        yield provider, f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        await task


def settings(api: str, folder: Path) -> dict[str, str]:
    """The desk's settings for it: Aliyun carries SMS and calls, nobody is spared, and a P0 calls soon."""
    server, ladders = AliyunServer, folder / "ladders.toml"
    ladders.write_text(LADDERS)
    carrier = {
        "KEY_ID": server.key_id,
        "KEY_SECRET": "env:EXCHANGE_KEY",
        "SIGN_NAME": server.sign_name,
        "SHOW_NUMBER": server.show_number,
        "THANKS": THANKS,
        "HOOK_SECRET": "env:EXCHANGE_HOOK",
        "SMS_TEMPLATES": f"p0_alert {ALERT} number what place, escalation {ALERT} number what place",
        "VOICE_TEMPLATES": f"escalation {PROMPT} number what minutes",
        "SMS_API": api,
        "VOICE_API": api,
    }
    limits = dict.fromkeys(("VOICE_PER_MINUTE", "VOICE_PER_HOUR", "VOICE_PER_DAY", "SMS_PER_MINUTE"), "100000")
    return {
        "HUIYING_CONFIG": str(ladders),
        "EXCHANGE_KEY": server.key_secret,
        "EXCHANGE_HOOK": SECRET,
        "HUIYING_CARRIERS__SMS": "aliyun",
        "HUIYING_CARRIERS__VOICE": "aliyun",
        "HUIYING_ESCALATION__FUSE_MIN": str(FUSE // MINUTE),
        "HUIYING_ESCALATION__MOST_ON_DUTY": "1",
        "HUIYING_LIMITS__CEILING_FEN": "0",
        **{f"HUIYING_CARRIERS__ALIYUN__{name}": value for name, value in carrier.items()},
        **{f"HUIYING_LIMITS__{name}": value for name, value in limits.items()},
    }


def beijing(at: Micros) -> str:
    """An instant as Aliyun tells it."""
    return datetime.fromtimestamp(at / SECOND, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
