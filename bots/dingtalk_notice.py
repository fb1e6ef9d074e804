"""DingTalk work notifications (钉钉工作通知): the desk tells, nobody answers. For the technical group (指定技术组群, S10).

DingTalk takes a notification under a number and delivers it later; whether anybody was reached is asked afterwards. A
person is shown the same content once a day only. So every message ends with a mark of its own key: two alarms with the
same words are two messages, and the same message sent twice is shown once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.dingtalk_api import API_BASE, OAPI_BASE, RATE, Api
from bots.payload import OPEN, unmarked
from bots.wire import Trouble
from core.words import (
    SECOND,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Unreadable,
)

MOST_MESSAGE = 2048
"""Longest message, bytes of its JSON."""
MOST_TEXT = Size(1400, "bytes")
"""Longest text, so that title, link and line ends find room beside it."""
MOST_TITLE = 30
"""Characters of the first line that are shown in the list of notifications."""
MOST_USERS, MOST_DEPARTMENTS = 100, 20
"""Recipients of one call."""
OUTCOME_AFTER = 10 * SECOND
"""How long after a post its result is first asked for."""
OUTCOME_TRIES = 6
"""How often a result is asked for; each wait is twice the one before."""
LOOK_SECONDS = 1.0
"""Seconds between two looks for results that are due."""
ASKED_AT_ONCE = 5
"""Results asked for in one look, so that posts have the rest of what may be called in a second."""
MOST_ASKED = 1_000
"""Notifications whose results are waited for; the oldest are let go."""

CAN = Can(text=MOST_TEXT, rate=RATE, safe=True)

SHOWN = frozenset({"143106", "143206"})
"""The same content was shown to the same person today: by its mark, this very message."""
log = logging.getLogger("huiying.dingtalk_notice")


@dataclass(frozen=True)
class NoticeConfig:
    """The app in whose name notifications come."""

    agent_id: int
    app_key: str
    app_secret: str = field(repr=False)
    api_base: str = API_BASE
    oapi_base: str = OAPI_BASE


@dataclass(frozen=True, slots=True)
class _Sent:
    """A notification whose result is to be asked for."""

    task: int
    due: Micros
    wait: int = OUTCOME_AFTER
    tries: int = 0


class DingTalkNotice:
    """The channel. A room is a group of recipients: Room("dingtalk_notice", agent id, "dept:12,13" or "users:a,b", group=True),
    or one member by his userid."""

    name = "dingtalk_notice"

    def __init__(
        self, config: NoticeConfig, shelf: Shelf, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        bases = config.api_base, config.oapi_base
        self._api = Api(bases, config.app_key, config.app_secret, shelf, transport)
        self._sent: deque[_Sent] = deque(maxlen=MOST_ASKED)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """Nothing: nobody can answer a work notification. Raises Unreadable for what is not from here."""
        _result(raw)
        return []

    @staticmethod
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """Which notification (by its Receipt's `ref`) reached nobody after all. Raises Unreadable."""
        task, result = _result(raw)
        return str(task), Receipt("refused", why=f"reached nobody: {_reasons(result)}")

    async def run(self, accept: Accept) -> None:
        """Asks what became of notifications and tells of those that reached nobody, until cancelled."""
        while True:
            await self.look(accept)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, accept: Accept) -> None:
        """Ask for results that are due."""
        for sent in [sent for sent in self._sent if sent.due <= self._clock()][:ASKED_AT_ONCE]:
            self._sent.remove(sent)
            try:
                result = await self._outcome(sent.task)
            except Trouble as trouble:
                log.warning("no result of a work notification", extra={"ref": str(sent.task), "why": str(trouble)})
                result = None
            if result is not None and _reached_nobody(result):
                await accept([orjson.dumps({"task_id": sent.task, "send_result": result})])
            elif not result or not _anybody(result):
                self._ask_again(sent)

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Hands one fitted message over. A repetition under the same key is shown once a day."""
        if not say.text or MOST_TEXT.of(say.text) > MOST_TEXT.most or say.file:
            return Receipt("refused", why="not a text of at most 1,400 bytes")
        message = message_of(say, key)
        if len(orjson.dumps(message)) > MOST_MESSAGE:
            return Receipt("refused", why="longer than 2,048 bytes with its title and link")
        try:
            asked = {"agent_id": self._config.agent_id, **_recipients(room.id), "to_all_user": False, "msg": message}
            answer = await self._api.call_older("topapi/message/corpconversation/asyncsend_v2", asked)
        except Trouble as trouble:
            if trouble.code in SHOWN:
                return Receipt("sent", ref=mark_of(key))
            return trouble.receipt
        task = answer.get("task_id")
        if not isinstance(task, int):
            return Receipt("unknown", why="no task_id")
        self._sent.append(_Sent(task, self._clock() + OUTCOME_AFTER))
        return Receipt("sent", ref=str(task))

    async def fetch(self, media: Media) -> bytes:
        """Nobody sends files here."""
        raise CannotFetch("work notifications bring no files")

    async def close(self) -> None:
        await self._api.close()

    async def _outcome(self, task: int) -> Mapping[str, Any]:
        asked = {"agent_id": self._config.agent_id, "task_id": task}
        answer = await self._api.call_older("topapi/message/corpconversation/getsendresult", asked)
        found = answer.get("send_result")
        return found if isinstance(found, dict) else {}

    def _ask_again(self, sent: _Sent) -> None:
        if sent.tries + 1 < OUTCOME_TRIES:
            self._sent.append(_Sent(sent.task, self._clock() + 2 * sent.wait, 2 * sent.wait, sent.tries + 1))


def message_of(say: Say, key: str) -> dict[str, Any]:
    """The notification: a card with a button where there is a link, else plain markdown."""
    text = unmarked(say.text.removesuffix(f"\n{say.link}"))
    title = text.strip().partition("\n")[0][:MOST_TITLE]
    body = text.replace("\n", "  \n") + f"\n\n〔{mark_of(key)}〕"
    if say.link:
        card = {"title": title, "markdown": body, "single_title": OPEN, "single_url": say.link}
        return {"msgtype": "action_card", "action_card": card}
    return {"msgtype": "markdown", "markdown": {"title": title, "text": body}}


def mark_of(key: str) -> str:
    """What makes a message one of its kind: the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _recipients(name: str) -> dict[str, str]:
    """Raises Trouble for a room that cannot be meant."""
    kind, found, listed = name.partition(":")
    people = listed.split(",") if found else [name]
    numbers = kind == "dept" and all(person.isdigit() for person in people) and len(people) <= MOST_DEPARTMENTS
    users = (not found or kind == "users") and all(people) and len(people) <= MOST_USERS
    if numbers:
        return {"dept_id_list": listed}
    if users:
        return {"userid_list": ",".join(people)}
    raise Trouble(Receipt("refused", why="a room of work notifications is dept:1,2 or users:a,b"))


def _result(raw: bytes) -> tuple[int, Mapping[str, Any]]:
    try:
        found = orjson.loads(raw)
        task, result = found["task_id"], found["send_result"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Unreadable(f"not a result of a work notification ({type(error).__name__})") from error
    if type(task) is not int or not isinstance(result, dict):
        raise Unreadable("not a result of a work notification")
    return task, result


def _anybody(result: Mapping[str, Any]) -> bool:
    return bool(result.get("read_user_id_list") or result.get("unread_user_id_list"))


_NOT_REACHED = ("invalid_user_id_list", "forbidden_user_id_list", "failed_user_id_list", "invalid_dept_id_list")


def _reached_nobody(result: Mapping[str, Any]) -> bool:
    """A repetition that DingTalk kept back was shown before, so that it reached somebody."""
    if _anybody(result) or _codes(result) & SHOWN:
        return False
    return any(result.get(name) for name in (*_NOT_REACHED, "forbidden_list"))


def _codes(result: Mapping[str, Any]) -> set[str]:
    return {str(item.get("code")) for item in result.get("forbidden_list") or () if isinstance(item, dict)}


def _reasons(result: Mapping[str, Any]) -> str:
    names = [name.removesuffix("_list") for name in _NOT_REACHED if result.get(name)]
    return ", ".join([*names, *sorted(_codes(result))]) or "no reason given"
