"""People who go on writing while the desk is killed again and again, on a platform that repeats what was not taken."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.town import Household
from benchmarks.wire import Wire, request
from bots.emulated.wecom import FIRST_MSGID, WeComServer
from core.words import SECOND

NOTE_EVERY = 2.5
"""Seconds between two notes of an engineer: WeCom lets us answer him once in two."""
AGAIN = 0.2
"""Seconds after which the platform sends again what was not taken. Real ones wait longer; this one is to find faults."""
TWICE = 0.05
"""Share of the messages that the platform repeats although they were taken, as after a lost answer."""
ANSWER_SECONDS = 0.15
"""How long the platform takes to answer a message that it has shown: a usual time over the net."""
APP_PATH, KF_PATH = "/hook/wecom", "/hook/wecom_kf"


class SlowToAnswer:
    """A platform that has done what it was asked and takes its time to say so: what a kill hits is then under way."""

    def __init__(self, platform: WeComServer):
        self._platform, self.under_way = platform, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def say(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["path"].endswith(("message/send", "kf/send_msg")):
                self.under_way += 1
                await asyncio.sleep(ANSWER_SECONDS)
                self.under_way -= 1
            await send(message)

        await self._platform(scope, receive, say)


@dataclass
class Crowd:
    """Engineers who note on their ticket 1, 2, 3 …, and strangers who report one fault each.

    `just_taken` is set whenever a message was taken. `taken`: engineer → MsgIds that were answered with 200, in order. `reported`: customer → id of his item.
    """

    platform: WeComServer
    port: int
    chance: random.Random
    taken: dict[str, list[str]] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    sent_again: int = 0
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
            await self._deliver(APP_PATH, self._note(household.engineer, text, msgid))
            mine.append(msgid)
            await self._pause(NOTE_EVERY * self.chance.uniform(0.8, 1.2))

    async def strangers(self, a_second: float) -> None:
        """Every now and then somebody whom the desk does not know reports a fault."""
        while not self._finishing.is_set():
            await self._pause(self.chance.expovariate(a_second))
            customer = f"wmStranger{len(self.reported):05d}"
            self.platform.remember(customer, wrote=self.platform.clock())
            text = {"content": "空压机漏油，请派人看看"}
            account = self.platform.open_kfid
            self.reported[customer] = self.platform.keep(account, customer, 3, {"msgtype": "text", "text": text})
            await self._deliver(KF_PATH, self._hint())

    async def _deliver(self, path: str, message: str) -> None:
        """As the platform does it: again until it is taken, and sometimes once more."""
        takings = 2 if self.chance.random() < TWICE else 1
        self.sent_again -= 1
        while takings:
            self.sent_again += 1
            if await self._taken(path, message):
                self.just_taken.set()
                takings -= 1
            else:
                await asyncio.sleep(AGAIN)

    async def _taken(self, path: str, message: str) -> bool:
        platform = self.platform
        app = platform.app if path == APP_PATH else platform.kf
        try:
            wire = await Wire.open(self.port)
        except OSError:
            return False
        try:
            return (await wire.ask(request(path, platform.callback(app, message))))[0] == 200
        except ConnectionError:
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
