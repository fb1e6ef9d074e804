"""DingTalk's open platform as everything here uses it: one access token, two generations of API, and what its error codes ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from bots.tokens import SharedToken
from bots.wire import MOST_ANSWER, QUOTA_SECONDS, Action, Reply, Trouble, Wire, complaint, content_of, fetching
from core.words import CannotFetch, FileRef, Files, Receipt, Shelf

API_BASE = "https://api.dingtalk.com"
"""Where access tokens come from, and the newer API is."""
OAPI_BASE = "https://oapi.dingtalk.com"
"""Where the older API is: work notifications, the directory, uploads, group robots."""
HOSTS = (".dingtalk.com", ".aliyuncs.com", ".alicdn.com")
"""Where DingTalk keeps the files that people send. Nothing secret is sent there."""
RATE = 15.0
"""Messages a second: an interface may be called some 20 times a second."""
MOST_FILE = 20 * 1024 * 1024
"""Largest file, either way, bytes."""
TOKEN_SECONDS = 7200
BANNED_SECONDS = 600.0
"""How long a group robot is silenced that said too much."""

ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("40014", "42001", "InvalidAuthentication"), "stale"),
    **dict.fromkeys(("-1", "15", "90006", "ServiceUnavailable"), "busy"),
    **dict.fromkeys(("90002", "90018", "143103", "143104", "143203", "143204", "1430003"), "quota"),
    **dict.fromkeys(("Forbidden.AccessDenied.QpsLimitForApi", "130101"), "quota"),
    "flowControlledStaffIdList": "quota",
    **dict.fromkeys(("33012", "60003", "60121", "1430000", "300001", "invalidStaffIdList"), "gone"),
}
"""What error codes ask for. Any other is refused: app without the right (60011), wrong agent, forbidden words (1430002), more
than 500 messages to one person in a day (143105), a robot that its group does not believe (310000)."""
NOT_SENT = ("flowControlledStaffIdList", "invalidStaffIdList")
"""Lists of those to whom a message was not sent, in an answer that is good otherwise: with anybody in it, as good as a code."""
_CODE = re.compile(r"[A-Za-z0-9+/=_*-]{1,2000}")


class Api:
    """One application's access to both APIs. Processes share its token through the shelf and refresh it once."""

    def __init__(
        self,
        bases: tuple[str, str],
        app_key: str,
        app_secret: str,
        shelf: Shelf,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._api, self._oapi = bases
        self._keys = app_key, app_secret
        self.wire = Wire(transport)
        self._token = SharedToken(shelf, "dingtalk", f"{self._api} {app_key} {app_secret}", self._fresh_token)

    async def call(self, path: str, body: Mapping[str, Any], method: str = "POST") -> dict[str, Any]:
        """What the newer API answers. Raises Trouble."""

        async def ask(token: str) -> dict[str, Any]:
            headers = {"x-acs-dingtalk-access-token": token}
            return checked(await self.wire.send(method, f"{self._api}/{path}", body, headers))

        return await self._token.carry(ask)

    async def call_older(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the older API answers. Raises Trouble."""
        return await self._token.carry(lambda token: older(self.wire, f"{self._oapi}/{path}", body, token))

    async def upload(self, kind: str, name: str, content: bytes, mime: str) -> str:
        """The media_id under which DingTalk knows a file from now on. Raises Trouble."""

        async def ask(token: str) -> dict[str, Any]:
            url = f"{self._oapi}/media/upload?{urlencode({'access_token': token, 'type': kind})}"
            return checked(await self.wire.upload(url, ("media", name, content, mime)))

        return str((await self._token.carry(ask)).get("media_id", ""))

    async def file_message(self, file: FileRef, files: Files) -> tuple[str, dict[str, str]]:
        """Key and content of the message that shows a stored file, which from now on lies with DingTalk. Raises Trouble."""
        content = await content_of(file, files, MOST_FILE)
        if file.mime in ("image/jpeg", "image/png"):
            return "sampleImageMsg", {"photoURL": await self.upload("image", file.name, content, file.mime)}
        number = await self.upload("file", file.name, content, file.mime)
        ending = file.name.rpartition(".")[2] if "." in file.name else "bin"
        return "sampleFile", {"mediaId": number, "fileName": file.name, "fileType": ending}

    async def download(self, ref: str, robot: str, hosts: tuple[str, ...] = ()) -> bytes:
        """A file that somebody sent, by its address or by the code that the robot was given; `hosts` may have it besides
        DingTalk's own. Raises CannotFetch if it cannot be had, Trouble if it may come later."""
        with fetching():
            if not ref.startswith("https://"):
                ref = await self._place_of(ref, robot)
            reply = await self.wire.get(self._safe(ref, hosts), MOST_FILE)
            if reply.status != 200:
                raise complaint("DingTalk", "", {}, reply.status)
            return reply.body

    async def _place_of(self, code: str, robot: str) -> str:
        if not _CODE.fullmatch(code):
            raise CannotFetch("not a file of DingTalk")
        answer = await self.call("v1.0/robot/messageFiles/download", {"downloadCode": code, "robotCode": robot})
        return str(answer.get("downloadUrl", ""))

    def _safe(self, url: str, hosts: tuple[str, ...]) -> str:
        """The address, by HTTPS also where DingTalk names it by HTTP. Raises CannotFetch."""
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise CannotFetch("not an address") from error
        if address.host == httpx.URL(self._api).host:
            return url
        if not address.host.endswith(HOSTS) and address.host not in hosts:
            raise CannotFetch("not a host of DingTalk")
        return str(address.copy_with(scheme="https", port=None))

    async def close(self) -> None:
        await self.wire.close()

    async def _fresh_token(self) -> tuple[str, float]:
        return await fresh_token(self.wire, self._api, *self._keys)


async def fresh_token(wire: Wire, base: str, app_key: str, app_secret: str) -> tuple[str, float]:
    """A new access token and its lifetime in seconds. Raises Trouble."""
    keys = {"appKey": app_key, "appSecret": app_secret}
    answer = checked(await wire.post(f"{base}/v1.0/oauth2/accessToken", keys))
    token = answer.get("accessToken")
    if not isinstance(token, str) or not token:
        raise Trouble(Receipt("refused", why="no access token"))
    return token, float(answer.get("expireIn", TOKEN_SECONDS))


async def older(wire: Wire, url: str, body: Mapping[str, Any], token: str, most: int = MOST_ANSWER) -> dict[str, Any]:
    """What a call of the older API answers, with at most `most` bytes. Raises Trouble."""
    return checked(await wire.post(f"{url}?{urlencode({'access_token': token})}", body, most=most))


def checked(reply: Reply) -> dict[str, Any]:
    """The answer of either API. Raises Trouble for an error code; its `words` are DingTalk's own."""
    answer = reply.json()
    listed = next((name for name in NOT_SENT if answer.get(name)), "")
    code = str(answer.get("sub_code") or answer.get("errcode") or answer.get("code") or listed)
    if code in ("", "0") and reply.status < 400:
        return answer
    actions: Mapping[str, Action] = {code: "stale"} if reply.status == 401 else ACTIONS
    quota = BANNED_SECONDS if code == "130101" else QUOTA_SECONDS
    trouble = complaint("DingTalk", code, actions, reply.status, quota=quota)
    trouble.words = str(answer.get("sub_msg") or answer.get("errmsg") or answer.get("message") or "")
    raise trouble


def undelivered(answer: Mapping[str, Any]) -> bool:
    """Whether a card was made that could not be shown somewhere."""
    match answer:
        case {"result": {"deliverResults": [*places]}}:
            return any(isinstance(place, dict) and place.get("success") is False for place in places)
    return False
