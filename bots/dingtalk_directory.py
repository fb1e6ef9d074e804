"""DingTalk's directory (钉钉通讯录): departments and members, read whole or not at all. Not a chat channel: nobody talks here.

The app needs the right to read contacts (通讯录部门信息读, 成员信息读); without 手机号 the numbers stay empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from bots.dingtalk_api import API_BASE, OAPI_BASE, fresh_token, older
from bots.wire import Trouble, Wire
from core.links.directory import Directory, Member, Unit

ROOT = 1
"""The department that is the company itself."""
PAGE = 100
"""Members in one answer, the most that are allowed."""
PACE = 0.05
"""Seconds between two calls: an interface may be called some 20 to 40 times a second, and bans who goes beyond."""
TRIES = 5
BACK_OFF = 1.0
"""Seconds before the second try, doubled each time; a ban after too many calls ends within the second."""
MOST_ANSWER = 8 * 1024 * 1024
"""Longest answer, bytes: a hundred members are some 100 kB."""
MOST_UNITS = 20_000
MOST_MEMBERS = 200_000

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
    wire = Wire(transport)
    try:
        contacts = _Contacts(config, wire, sleep)
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
    finally:
        await wire.close()
    return Directory("dingtalk", units, tuple(members.values()))


class _Contacts:
    def __init__(self, config: DirectoryConfig, wire: Wire, sleep: Sleep) -> None:
        self._config, self._wire, self._sleep = config, wire, sleep
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
                return (await self._ask(path, body)).get("result")
            except Trouble as trouble:
                refused = trouble.receipt.state not in ("later", "unknown")
                stale = trouble.stale and not renewed
                if attempt == TRIES - 1 or (refused and not stale):
                    raise DirectoryTrouble(
                        (trouble.words or str(trouble))[:200], trouble.code, refused=refused
                    ) from trouble
                if stale:
                    renewed, self._token = True, ""
        raise AssertionError("unreachable")

    async def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        config = self._config
        if not self._token:
            self._token, _ = await fresh_token(self._wire, config.api_base, config.app_key, config.app_secret)
        return await older(self._wire, f"{config.oapi_base}/{path}", body, self._token, MOST_ANSWER)


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
        number=str(item.get("job_number") or ""),
    )


def _mobile(item: Mapping[str, Any]) -> str:
    mobile, country = str(item.get("mobile") or ""), str(item.get("state_code") or "86")
    return mobile if country == "86" or not mobile or mobile.startswith("+") else f"+{country}{mobile}"


def _joined(known: Member | None, member: Member) -> Member:
    """One member out of his entries in several departments."""
    if known is None:
        return member
    return replace(known, leads=known.leads | member.leads)


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
