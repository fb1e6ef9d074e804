"""DingTalk's work notifications at their wire format, in the company of the emulated directory: limits, results, repetitions.

server = DingTalkNotices(clock)
server.member("liu01", "刘志远", server.department("设备部"))
channel = DingTalkNotice(NoticeConfig(server.agent_id, server.app_key, server.app_secret), shelf, clock, httpx.ASGITransport(app=server))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.emulated.dingtalk_directory import Answer, DingTalkContacts, Refusal
from core.words import DAY, HOUR, Clock, Micros

SEND = "topapi/message/corpconversation/asyncsend_v2"
RESULT = "topapi/message/corpconversation/getsendresult"
MOST_MESSAGE = 2048
MOST_USERS, MOST_DEPARTMENTS = 100, 20
MOST_A_DAY = 500
MOST_TITLE, MOST_BUTTON = 64, 20
SHANGHAI = 8 * HOUR
FRESH = DAY
"""For how long a result can be asked for."""
WRONG, NO_APP, REPEATED, TOO_MANY = 400002, 41012, "143106", "143105"


@dataclass
class Notice:
    """A notification; `reached` are those who see it, `kept_back` those who do not, with the code that says why."""

    task: int
    at: Micros
    title: str
    text: str
    link: str
    reached: list[str] = field(default_factory=list)
    kept_back: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


class DingTalkNotices(DingTalkContacts):
    """One company and the app in whose name notifications come. Tests look at `notices`."""

    agent_id = 836390886

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.notices: list[Notice] = []
        self.under_way = False
        self.read: set[str] = set()
        self._shown: set[tuple[int, str, bytes]] = set()
        self._today: Counter[tuple[int, str]] = Counter()

    def seen_by(self, userid: str) -> list[Notice]:
        """What somebody finds among his work notifications."""
        return [notice for notice in self.notices if userid in notice.reached]

    def _answered(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if path == SEND and self._faults and self._faults[0] == "lost":
            self._faults.popleft()
            super()._answered(method, path, query, body)
            raise httpx.ReadTimeout("no answer")
        return super()._answered(method, path, query, body)

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        match method, path:
            case "POST", path if path == SEND:
                asked = self._ours(self._asked(path, query, body))
                return {"errcode": 0, "task_id": self._send(asked), "request_id": self._request()}
            case "POST", path if path == RESULT:
                asked = self._ours(self._asked(path, query, body))
                return {"errcode": 0, "send_result": self._result_of(asked), "request_id": self._request()}
        return super()._answer(method, path, query, body)

    def _ours(self, asked: Answer) -> Answer:
        if asked.get("agent_id") != self.agent_id:
            raise _refusal(NO_APP, "不合法的agentid")
        return asked

    def _send(self, asked: Answer) -> int:
        content, message = _message(asked.get("msg")), orjson.dumps(asked.get("msg"))
        users = _listed(asked.get("userid_list"), MOST_USERS)
        departments = _listed(asked.get("dept_id_list"), MOST_DEPARTMENTS)
        if not users and not departments:
            raise _refusal(1430000, "接受者为空")
        self._number += 1
        notice = Notice(256271660000 + self._number, self.clock(), *content)
        people = dict.fromkeys([*users, *(person for number in departments for person in self._within(int(number)))])
        for person in people:
            self._show(notice, person, message)
        self.notices.append(notice)
        return notice.task

    def _show(self, notice: Notice, person: str, message: bytes) -> None:
        day = (self.clock() + SHANGHAI) // DAY
        if person not in self.employees:
            notice.unknown.append(person)
        elif (day, person, message) in self._shown:
            notice.kept_back[person] = REPEATED
        elif self._today[day, person] >= MOST_A_DAY:
            notice.kept_back[person] = TOO_MANY
        else:
            self._shown.add((day, person, message))
            self._today[day, person] += 1
            notice.reached.append(person)

    def _within(self, number: int) -> Iterator[str]:
        """Members of a department and of those below it."""
        yield from (who for who, employee in self.employees.items() if number in employee.departments)
        for below, (_, above) in self.departments.items():
            if above == number:
                yield from self._within(below)

    def _result_of(self, asked: Answer) -> Answer:
        notice = next((notice for notice in self.notices if notice.task == asked.get("task_id")), None)
        if notice is None or self.clock() - notice.at > FRESH:
            raise _refusal(WRONG, "无效的参数")
        names = ("invalid_user", "forbidden_user", "failed_user", "read_user", "unread_user", "invalid_dept")
        told: Answer = {f"{name}_id_list": [] for name in names}
        if self.under_way:
            return told
        told["invalid_user_id_list"] = notice.unknown
        told["forbidden_user_id_list"] = list(notice.kept_back)
        told["read_user_id_list"] = [who for who in notice.reached if who in self.read]
        told["unread_user_id_list"] = [who for who in notice.reached if who not in self.read]
        told["forbidden_list"] = [{"userid": who, "code": code} for who, code in notice.kept_back.items()]
        return told


def _message(message: Any) -> tuple[str, str, str]:
    """Title, text and link. Raises Refusal for anything beyond what DingTalk takes."""
    match message:
        case {"msgtype": "markdown", "markdown": {"title": str(title), "text": str(text)}}:
            link = ""
        case {
            "msgtype": "action_card",
            "action_card": {
                "title": str(title),
                "markdown": str(text),
                "single_title": str(button),
                "single_url": str(link),
            },
        }:
            if not 0 < len(button) <= MOST_BUTTON or not link.startswith(("http://", "https://")):
                raise _refusal(WRONG, "无效的参数")
        case _:
            raise _refusal(WRONG, "无效的参数")
    if not 0 < len(title) <= MOST_TITLE or not text.strip() or len(orjson.dumps(message)) > MOST_MESSAGE:
        raise _refusal(WRONG, "无效的参数")
    return title, text, link


def _listed(value: Any, most: int) -> list[str]:
    listed = [part for part in str(value or "").split(",") if part]
    if len(listed) > most:
        raise _refusal(WRONG, "无效的参数")
    return listed


def _refusal(code: int, words: str) -> Refusal:
    return Refusal({"errcode": code, "errmsg": words, "request_id": "request000000"})
