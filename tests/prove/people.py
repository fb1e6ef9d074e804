"""People who go on writing while the desk is killed again and again, on a platform that repeats what was not taken."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.town import Household
from benchmarks.wire import Wire, request
from bots.emulated.wecom import CALLBACK_SECONDS, FIRST_MSGID, WeComServer
from core.words import SECOND, Hook, Micros

NOTE_EVERY = 2.5
"""Seconds between two notes of an engineer: WeCom lets us answer him once in two."""
AGAIN = 0.2
"""Seconds after which the platform sends again what was not taken. Real ones wait longer; this one is to find faults."""
TWICE = 0.05
"""Share of the messages that the platform repeats although they were taken, as after a lost answer."""
APP_PATH, KF_PATH = "/hook/wecom", "/hook/wecom_kf"


@dataclass
class Crowd:
    """Engineers who note on their ticket 1, 2, 3 …, and strangers who report one fault each.

    What they say goes to one of the desk's `ports`, and to the next one if nobody takes it there, as behind a load balancer.
    `just_taken` is set whenever a message was taken. `taken`: engineer → MsgIds that were answered with 200, in order.
    `deliveries`: how often anything was brought to a process that listened. `reported`: customer → id of his item;
    `reported_at`: customer → when, in the platform's time. `urgent`: share of the faults that stop a whole line;
    `standstills`: how many did.
    """

    platform: WeComServer
    ports: Sequence[int]
    chance: random.Random
    urgent: float = 0.0
    taken: dict[str, list[str]] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    reported_at: dict[str, Micros] = field(default_factory=dict)
    standstills: int = 0
    deliveries: int = 0
    just_taken: asyncio.Event = field(default_factory=asyncio.Event)
    _finishing: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self) -> None:
        """Nobody begins anything new."""
        self._finishing.set()

    async def engineer(self, household: Household) -> None:
        """One note after the other; the next only when the last one was taken."""
        mine = self.taken.setdefault(household.engineer, [])
        await self._pause(self.chance.random() * NOTE_EVERY)
        while not self._finishing.is_set():
            msgid = str(FIRST_MSGID + self.platform.number())
            text = f"备注 {household.number} 第{len(mine) + 1}次检查，密封圈正常"
            note = self._note(household.engineer, text, msgid)
            await self._deliver(APP_PATH, lambda note=note: self.platform.callback(self.platform.app, note))
            mine.append(msgid)
            await self._pause(NOTE_EVERY * self.chance.uniform(0.8, 1.2))

    async def strangers(self, a_second: float) -> None:
        """Every now and then somebody whom the desk does not know reports a fault."""
        while not self._finishing.is_set():
            await self._pause(self.chance.expovariate(a_second))
            customer = f"wmStranger{len(self.reported):05d}"
            self.reported_at[customer] = self.platform.clock()
            self.platform.remember(customer, wrote=self.reported_at[customer])
            stands = self.chance.random() < self.urgent
            self.standstills += stands
            text = {"content": f"{'整条线停了，' * stands}空压机漏油，请派人看看"}
            account = self.platform.open_kfid
            self.reported[customer] = self.platform.keep(account, customer, 3, {"msgtype": "text", "text": text})
            await self._deliver(KF_PATH, lambda: self.platform.callback(self.platform.kf, self._hint()))

    async def tells(self, path: str, hook: Hook) -> None:
        """What another provider has to tell, until it is taken."""
        await self._deliver(path, lambda: hook)

    async def _deliver(self, path: str, made: Callable[[], Hook]) -> None:
        """As the platform does it: again until it is taken, and sometimes once more."""
        takings = 2 if self.chance.random() < TWICE else 1
        while takings:
            if await self._taken(path, made):
                self.just_taken.set()
                takings -= 1
            else:
                await asyncio.sleep(AGAIN)

    async def _taken(self, path: str, made: Callable[[], Hook]) -> bool:
        for port in self.chance.sample(self.ports, len(self.ports)):
            if await self._taken_at(port, path, made()):
                return True
        return False

    async def _taken_at(self, port: int, path: str, hook: Hook) -> bool:
        try:
            wire = await Wire.open(port)
        except OSError:
            return False
        try:
            self.deliveries += 1
            async with asyncio.timeout(CALLBACK_SECONDS):
                return (await wire.ask(request(path, hook)))[0] == 200
        except (ConnectionError, TimeoutError):
            return False
        finally:
            wire.close()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._finishing.wait(), seconds)

    def _note(self, userid: str, text: str, msgid: str) -> str:
        platform = self.platform
        envelope = f"<ToUserName>{platform.corp_id}</ToUserName><FromUserName>{userid}</FromUserName>"
        envelope += f"<CreateTime>{platform.clock() // SECOND}</CreateTime><MsgType>text</MsgType>"
        content = f"<Content>{text}</Content><MsgId>{msgid}</MsgId>"
        return f"<xml>{envelope}{content}<AgentID>{platform.agent_id}</AgentID></xml>"

    def _hint(self) -> str:
        platform = self.platform
        account = platform.open_kfid
        hint = f"<xml><ToUserName>{platform.corp_id}</ToUserName><CreateTime>{platform.clock() // SECOND}</CreateTime>"
        hint += "<MsgType>event</MsgType><Event>kf_msg_or_event</Event>"
        return hint + f"<Token>{platform.hint_token(account)}</Token><OpenKfId>{account}</OpenKfId></xml>"
