"""DingTalk's contacts API at its wire format, an ASGI application: tokens, departments, members, limits and errors.

server = DingTalkContacts(clock)
repair = server.department("设备部")
server.member("manager01", "孙立军", repair, title="设备主管", mobile="13805740002", leader=True)
await read_directory(DirectoryConfig(server.app_key, server.app_secret), httpx.ASGITransport(app=server))
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson

from bots.emulated.asgi import body_of, lifespan
from core.words import SECOND, Clock, Micros

TOKEN_SECONDS = 7200
LARGEST_PAGE = 100
A_SECOND = 40
"""Calls of one interface in a second; what goes beyond is banned for a second."""
FIRST_DEPARTMENT = 950_000_001
"""Departments have numbers of nine digits; the company itself is 1."""

Answer = dict[str, Any]


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, answer: Answer, status: int = 200) -> None:
        super().__init__(str(answer))
        self.answer, self.status = answer, status


@dataclass
class Employee:
    """A member as the company's administrator entered him. `leads`: departments that he leads."""

    userid: str
    name: str
    departments: list[int]
    title: str = ""
    mobile: str = ""
    job_number: str = ""
    work_place: str = ""
    leads: set[int] = field(default_factory=set)


class DingTalkContacts:
    """One company and an app that may read its contacts. Tests look at `calls`."""

    app_key = "dingq1w2e3r4t5y6u7i8"
    app_secret = "contacts-secret-0001"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: Counter[str] = Counter()
        self.departments: dict[int, tuple[str, int]] = {}
        self.employees: dict[str, Employee] = {}
        self.permitted = True
        self.tells_mobiles = True
        self._tokens: dict[str, Micros] = {}
        self._faults: deque[int | str] = deque()
        self._recent: dict[str, deque[Micros]] = {}
        self._number = 0

    # ------------------------------------------------------------ what a test can arrange

    def department(self, name: str, above: int = 1) -> int:
        """A new department; its number."""
        number = FIRST_DEPARTMENT + len(self.departments)
        self.departments[number] = (name, above)
        return number

    def rename(self, department: int, name: str) -> None:
        self.departments[department] = (name, self.departments[department][1])

    def member(self, userid: str, name: str, *departments: int, leader: bool = False, **more: Any) -> Employee:
        """A new member of these departments; a leader leads the first of them."""
        employee = Employee(userid, name, list(departments) or [1], **more)
        if leader:
            employee.leads.add(employee.departments[0])
        self.employees[userid] = employee
        return employee

    def leaves(self, userid: str) -> None:
        """Somebody leaves the company."""
        del self.employees[userid]

    def fault(self, *faults: int | str) -> None:
        """What goes wrong with the next calls: an error code, "down", "5xx", or "odd" (an answer that is no JSON)."""
        self._faults.extend(faults)

    def forget_tokens(self) -> None:
        """Every access token is invalid from now on, before its time."""
        self._tokens.clear()

    # ------------------------------------------------------------ HTTP

    async def __call__(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body = await body_of(receive)
        path = scope["path"].strip("/")
        status, answer = self._answered(scope["method"], path, dict(parse_qsl(scope["query_string"].decode())), body)
        head = {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        await send(head)
        await send({"type": "http.response.body", "body": answer})

    def _answered(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self.calls[path] += 1
        fault = self._faults.popleft() if self._faults and path != "v1.0/oauth2/accessToken" else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault == "5xx":
            return 502, b"<html>Bad Gateway</html>"
        if fault == "odd":
            return 200, b"<html>captive portal</html>"
        try:
            if isinstance(fault, int):
                raise Refusal(_error(fault, "emulated"))
            return 200, orjson.dumps(self._answer(method, path, query, body))
        except Refusal as refusal:
            return refusal.status, orjson.dumps(refusal.answer)

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        match method, path:
            case "GET", "gettoken":
                if (query.get("appkey"), query.get("appsecret")) != (self.app_key, self.app_secret):
                    raise Refusal(_error(40089, "不合法的corpid或corpsecret"))
                return {"errcode": 0, "access_token": self._token(), "errmsg": "ok", "expires_in": TOKEN_SECONDS}
            case "POST", "v1.0/oauth2/accessToken":
                asked = _json(body)
                if (asked.get("appKey"), asked.get("appSecret")) != (self.app_key, self.app_secret):
                    wrong = {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
                    raise Refusal({**wrong, "requestid": self._request()}, 400)
                return {"accessToken": self._token(), "expireIn": TOKEN_SECONDS}
            case "POST", "topapi/v2/department/listsub":
                return self._result(self._subdepartments(self._asked(path, query, body)))
            case "POST", "topapi/v2/user/list":
                return self._result(self._page(self._asked(path, query, body)))
        raise Refusal({"errcode": 404, "errmsg": "请求的URI地址不存在"}, 404)

    def _asked(self, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The body of a call whose token is valid and which does not come too soon."""
        if self._tokens.get(query.get("access_token", ""), 0) <= self.clock():
            raise Refusal(_error(40014, "不合法的access_token"))
        recent = self._recent.setdefault(path, deque())
        while recent and recent[0] <= self.clock() - SECOND:
            recent.popleft()
        recent.append(self.clock())
        if len(recent) > A_SECOND:
            told = f"您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了, apiPath(/{path})"
            raise Refusal(_error(90002, told))
        if not self.permitted:
            denied = {"sub_code": "60011", "sub_msg": "没有调用该接口的权限"}
            raise Refusal(
                {"errcode": 88, **denied, "errmsg": "ding talk error[subcode=60011]", "request_id": self._request()}
            )
        asked = _json(body)
        if asked.get("dept_id", 1) != 1 and asked.get("dept_id") not in self.departments:
            raise Refusal(_error(60003, "部门不存在"))
        return asked

    def _subdepartments(self, asked: Answer) -> list[Answer]:
        above = asked.get("dept_id", 1)
        return [
            {"auto_add_user": True, "create_dept_group": True, "dept_id": number, "name": name, "parent_id": parent}
            for number, (name, parent) in self.departments.items()
            if parent == above
        ]

    def _page(self, asked: Answer) -> Answer:
        department, cursor, size = asked.get("dept_id"), asked.get("cursor"), asked.get("size")
        if (
            department is None
            or not isinstance(cursor, int)
            or not isinstance(size, int)
            or not 0 < size <= LARGEST_PAGE
        ):
            raise Refusal(_error(400002, "无效的参数"))
        people = [employee for employee in self.employees.values() if department in employee.departments]
        page: Answer = {"list": [self._member(person, department) for person in people[cursor : cursor + size]]}
        page["has_more"] = cursor + size < len(people)
        if page["has_more"]:
            page["next_cursor"] = cursor + size
        return page

    def _member(self, employee: Employee, department: int) -> Answer:
        told = {
            "userid": employee.userid,
            "unionid": f"{employee.userid}iEiE",
            "name": employee.name,
            "avatar": "",
            "title": employee.title,
            "job_number": employee.job_number,
            "work_place": employee.work_place,
            "dept_id_list": employee.departments,
            "dept_order": 176292374215511,
            "leader": department in employee.leads,
            "active": True,
            "admin": False,
            "boss": False,
            "hide_mobile": False,
            "exclusive_account": False,
        }
        return told | (
            {"mobile": employee.mobile, "state_code": "86"} if self.tells_mobiles and employee.mobile else {}
        )

    def _result(self, result: Any) -> Answer:
        return {"errcode": 0, "errmsg": "ok", "result": result, "request_id": self._request()}

    def _token(self) -> str:
        self._number += 1
        token = f"token{self._number:027d}"
        self._tokens[token] = self.clock() + TOKEN_SECONDS * SECOND
        return token

    def _request(self) -> str:
        self._number += 1
        return f"request{self._number:06d}"


def _error(code: int, words: str) -> Answer:
    return {"errcode": code, "errmsg": words, "request_id": "request000000"}


def _json(body: bytes) -> Answer:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict):
        raise Refusal(_error(400002, "无效的参数"))
    return asked
