"""DingTalk's directory (钉钉通讯录): departments and members, read whole or not at all. Not a chat channel: nobody talks here.

The app needs the right to read contacts (通讯录部门信息读, 成员信息读); without 手机号 the numbers stay empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from core.links.directory import Directory, Member, Unit

API_BASE = "https://api.dingtalk.com"
"""Where access tokens come from."""
OAPI_BASE = "https://oapi.dingtalk.com"
"""Where the directory lies."""
ROOT = 1
"""The department that is the company itself."""
PAGE = 100
"""Members in one answer, the most that are allowed."""
PACE = 0.05
"""Seconds between two calls: an interface may be called some 20 to 40 times a second, and bans who goes beyond."""
TRIES = 5
BACK_OFF = 1.0
"""Seconds before the second try, doubled each time; a ban after too many calls ends within the second."""
ANSWER_SECONDS = 20.0
MOST_ANSWER = 8 * 1024 * 1024
"""Longest answer, bytes: a hundred members are some 100 kB."""
MOST_UNITS = 20_000
MOST_MEMBERS = 200_000

STALE = frozenset({"40014", "42001", "InvalidAuthentication"})
"""Codes of an access token that is no longer valid."""
BUSY = frozenset({"-1", "15", "90002", "90006", "90018", "Forbidden.AccessDenied.QpsLimitForApi"})
"""Codes of a system that is busy, or of too many calls: the same call succeeds later."""

Sleep = Callable[[float], Awaitable[None]]


class DirectoryTrouble(Exception):
    """The directory cannot be read whole. `code` is DingTalk's own, `refused` says that trying again is no use."""

    def __init__(self, why: str, code: str = "", *, refused: bool = True) -> None:
        super().__init__(why)
        self.code, self.refused = code, refused


@dataclass(frozen=True)
class DirectoryConfig:
    """The app that may read the directory."""

    app_key: str
    app_secret: str = field(repr=False)
    api_base: str = API_BASE
    oapi_base: str = OAPI_BASE


async def read_directory(
    config: DirectoryConfig, transport: httpx.AsyncBaseTransport | None = None, sleep: Sleep = asyncio.sleep
) -> Directory:
    """The whole directory. Raises DirectoryTrouble."""
    async with httpx.AsyncClient(transport=transport, timeout=ANSWER_SECONDS) as client:
        contacts = _Contacts(config, client, sleep)
        units = {str(ROOT): Unit(str(ROOT), "", None)}
        async for unit in contacts.units():
            if units.setdefault(unit.id, unit) is not unit:
                raise DirectoryTrouble(f"department {unit.id} is listed twice")
            if len(units) > MOST_UNITS:
                raise DirectoryTrouble(f"more than {MOST_UNITS} departments")
        members: dict[str, Member] = {}
        for number in units:
            async for member in contacts.members(number):
                members[member.id] = _joined(members.get(member.id), member)
                if len(members) > MOST_MEMBERS:
                    raise DirectoryTrouble(f"more than {MOST_MEMBERS} members")
    return Directory("dingtalk", units, tuple(members.values()))


class _Contacts:
    def __init__(self, config: DirectoryConfig, client: httpx.AsyncClient, sleep: Sleep) -> None:
        self._config, self._client, self._sleep = config, client, sleep
        self._token = ""

    async def units(self) -> AsyncIterator[Unit]:
        """Every department below the company, those above first."""
        waiting = deque([ROOT])
        while waiting:
            above = waiting.popleft()
            for item in _list(await self._call("topapi/v2/department/listsub", {"dept_id": above})):
                number = _number(item.get("dept_id"))
                waiting.append(number)
                yield Unit(str(number), str(item.get("name") or number), str(above))

    async def members(self, unit: str) -> AsyncIterator[Member]:
        """The members of one department, page by page."""
        cursor = 0
        while True:
            asked = {"dept_id": int(unit), "cursor": cursor, "size": PAGE}
            page = await self._call("topapi/v2/user/list", asked)
            if not isinstance(page, Mapping):
                raise DirectoryTrouble("an answer that cannot be read")
            for item in _list(page.get("list")):
                yield _member(item, unit)
            if not page.get("has_more"):
                return
            following = _number(page.get("next_cursor"))
            if following <= cursor:
                raise DirectoryTrouble("pages that do not go on")
            cursor = following

    async def _call(self, path: str, body: Mapping[str, Any]) -> Any:
        """The result of a call; after a refused token once more with a new one, after "busy" again and again."""
        renewed = False
        for attempt in range(TRIES):
            if attempt:
                await self._sleep(BACK_OFF * 2 ** (attempt - 1))
            await self._sleep(PACE)
            try:
                self._token = self._token or await self._fresh_token()
                url = f"{self._config.oapi_base}/{path}"
                return (await self._post(url, body, {"access_token": self._token})).get("result")
            except DirectoryTrouble as trouble:
                stale = trouble.code in STALE and not renewed
                if attempt == TRIES - 1 or (trouble.refused and not stale):
                    raise
                if stale:
                    renewed, self._token = True, ""
        raise AssertionError("unreachable")

    async def _fresh_token(self) -> str:
        keys = {"appKey": self._config.app_key, "appSecret": self._config.app_secret}
        answer = await self._post(f"{self._config.api_base}/v1.0/oauth2/accessToken", keys, {})
        token = answer.get("accessToken")
        if not isinstance(token, str) or not token:
            raise DirectoryTrouble("no access token")
        return token

    async def _post(self, url: str, body: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        how = {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}, "params": query}
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._client.stream("POST", url, **how) as response:
                pieces, size = [], 0
                async for piece in response.aiter_bytes():
                    size += len(piece)
                    if size > MOST_ANSWER:
                        raise DirectoryTrouble("an answer without end")
                    pieces.append(piece)
        except (httpx.HTTPError, TimeoutError) as error:
            raise DirectoryTrouble(type(error).__name__, refused=False) from error
        return _checked(response.status_code, b"".join(pieces))


def _checked(status: int, body: bytes) -> dict[str, Any]:
    """The answer. Raises DirectoryTrouble for an error code of either API."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise DirectoryTrouble(f"HTTP {status}", refused=status < 500)
    code = str(answer.get("sub_code") or answer.get("errcode") or answer.get("code") or "")
    if code in ("", "0") and status < 400:
        return answer
    words = answer.get("sub_msg") or answer.get("errmsg") or answer.get("message") or f"HTTP {status}"
    raise DirectoryTrouble(str(words)[:200], code, refused=code not in BUSY and status < 500)


def _member(item: Mapping[str, Any], unit: str) -> Member:
    number = item.get("userid")
    if not isinstance(number, str) or not number:
        raise DirectoryTrouble("a member without userid")
    listed = item.get("dept_id_list")
    units = tuple(str(place) for place in listed) if isinstance(listed, list) and listed else (unit,)
    return Member(
        number,
        str(item.get("name") or ""),
        mobile=_mobile(item),
        title=str(item.get("title") or ""),
        units=units,
        leads=frozenset({unit} if item.get("leader") is True else ()),
        place=str(item.get("work_place") or ""),
    )


def _mobile(item: Mapping[str, Any]) -> str:
    mobile, country = str(item.get("mobile") or ""), str(item.get("state_code") or "86")
    return mobile if country == "86" or not mobile or mobile.startswith("+") else f"+{country}{mobile}"


def _joined(known: Member | None, member: Member) -> Member:
    """One member out of his entries in several departments."""
    if known is None:
        return member
    return Member(known.id, known.name, known.mobile, known.title, known.units, known.leads | member.leads, known.place)


def _list(value: Any) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise DirectoryTrouble("an answer that cannot be read")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DirectoryTrouble("an answer that cannot be read")
    return value
