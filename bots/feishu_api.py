"""The Feishu API as the channel uses it: one shared tenant token, and what each error code means for a message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from bots.tokens import SharedToken
from bots.wire import Reply, Trouble, Wire, busy
from core.words import CannotFetch, Receipt, Shelf

API_BASE = "https://open.feishu.cn"
TOKEN_SECONDS = 7200
QUOTA_SECONDS = 10.0
"""Wait after too many calls, where Feishu does not say how long."""
MOST_QUOTA_SECONDS = 120.0
"""Longest wait that is believed."""
MOST_MEDIA = 30 * 1024 * 1024
"""Largest file that is fetched, bytes."""
MOST_KNOWN = 10_000
"""Mobile numbers whose open_id is remembered; the oldest are forgotten."""

STALE = frozenset({"99991661", "99991663", "99991664", "99991668", "99991677"})
"""Codes of an access token that is no longer valid."""
QUOTA = frozenset({"99991400", "230020", "230049", "11232", "11233"})
"""Codes of too many calls, or of a message that is just being sent: the same call succeeds later."""
BUSY = frozenset({"1500", "1551", "1663", "2200", "55001", "190005", "5000", "190003"})
"""Codes of a system that is busy."""
GONE = frozenset({"230002", "230013", "230029", "230034", "230053", "232009"})
"""The recipient is out of reach for good: bot not in the group, person beyond the app's reach, left, or wants no messages of
bots; group dissolved. Anything else is refused: wrong parameters (230001), too long (230025), no right (230027), a card that
cannot be shown (230099), bot not switched on (230006), secret words (230028)."""


class Api:
    """One application's access. Processes share its token through the shelf and refresh it once."""

    def __init__(
        self, base: str, app_id: str, secret: str, shelf: Shelf, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._base = base.rstrip("/") + "/open-apis/"
        self._credentials = {"app_id": app_id, "app_secret": secret}
        self._wire = Wire(transport)
        self._token = SharedToken(shelf, "feishu", f"{base} {app_id} {secret}", self._fresh_token)
        self._known: OrderedDict[str, str] = OrderedDict()

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of the answer to a POST of JSON. Raises Trouble."""

        async def ask(token: str) -> dict[str, Any]:
            reply = await self._wire.post(self._base + path, body, {"authorization": f"Bearer {token}"})
            data = _checked(reply).get("data")
            return data if isinstance(data, dict) else {}

        return await self._token.carry(ask)

    async def person_with(self, mobile: str) -> str:
        """The open_id of whoever has this number (E.164). Raises Trouble, gone if nobody whom the app may see has it."""
        if mobile not in self._known:
            asked = {"mobiles": [mobile.removeprefix("+86")], "include_resigned": False}
            data = await self.call("contact/v3/users/batch_get_id?user_id_type=open_id", asked)
            found = [item.get("user_id") for item in data.get("user_list") or () if isinstance(item, dict)]
            if not (found and isinstance(found[0], str) and found[0]):
                raise Trouble(Receipt("gone", why="nobody in the app's reach has this mobile number"))
            while len(self._known) >= MOST_KNOWN:
                self._known.popitem(last=False)
            self._known[mobile] = found[0]
        return self._known[mobile]

    async def download(self, message: str, key: str, kind: str) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it cannot be had, Trouble if it may come later."""
        url = f"{self._base}im/v1/messages/{message}/resources/{key}?type={kind}"

        async def get(token: str) -> bytes:
            reply = await self._wire.get(url, MOST_MEDIA, {"authorization": f"Bearer {token}"})
            if reply.status != 200 or reply.headers.get("content-type", "").startswith("application/json"):
                _checked(reply)
                raise Trouble(Receipt("refused", why="not a file"))
            return reply.body

        try:
            return await self._token.carry(get)
        except Trouble as trouble:
            if trouble.receipt.state in ("refused", "gone"):
                raise CannotFetch(str(trouble)) from trouble
            raise

    async def close(self) -> None:
        await self._wire.close()

    async def _fresh_token(self) -> tuple[str, float]:
        reply = await self._wire.post(self._base + "auth/v3/tenant_access_token/internal", self._credentials)
        answer = _checked(reply)
        token = answer.get("tenant_access_token")
        if not isinstance(token, str) or not token:
            raise Trouble(Receipt("refused", why="no access token"))
        return token, float(answer.get("expire", TOKEN_SECONDS))


def content_of(body: Mapping[str, Any]) -> str:
    """Content as Feishu wants it: JSON within JSON."""
    return orjson.dumps(body).decode()


def _checked(reply: Reply) -> dict[str, Any]:
    """The answer. Raises Trouble for an error code."""
    answer = reply.json()
    code = str(answer.get("code", "0"))
    if code == "0" and reply.status < 400:
        return answer
    why = f"Feishu error {code}"
    if code in STALE:
        raise Trouble(Receipt("refused", why=why), code, stale=True)
    if code in QUOTA or reply.status == 429:
        raise Trouble(busy(why, _wait(reply)), code)
    if code in BUSY or reply.status >= 500:
        raise Trouble(busy(why), code)
    raise Trouble(Receipt("gone" if code in GONE else "refused", why=why), code)


def _wait(reply: Reply) -> float:
    try:
        told = float(reply.headers.get("x-ogw-ratelimit-reset", QUOTA_SECONDS))
    except ValueError:
        return QUOTA_SECONDS
    return min(max(told, 1.0), MOST_QUOTA_SECONDS)
