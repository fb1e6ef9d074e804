"""Aliyun's API as its SMS and its voice service share it: signed calls, and what each error code asks for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from core.words import SECOND, Answer, Clock
from notifier.carriers.signing_acs3 import canonical, signed
from notifier.carriers.wire import BUSY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS, Trouble, Wire, code

VERSION = "2017-05-25"
"""Version of both APIs."""
TAKEN = Answer(200, orjson.dumps({"code": 0, "msg": "接收成功"}), "application/json; charset=utf-8")
"""What Aliyun hears when a push is safe; after any other status it pushes again, after 1, 5 and 10 minutes."""

GONE = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
"""Codes that say that the number is none."""
BUSY = frozenset({"isp.SYSTEM_ERROR", "ServiceUnavailable", "InternalError"})
"""Codes after which nothing was sent, and a later try may do. Throttling.* besides."""
LIMIT = "isv.BUSINESS_LIMIT_CONTROL"
"""A limit of the number. Which one stands in its message only: by the minute, by the hour, or by the day."""


class Api:
    """Calls of one service. Parameters go in the query, as in Aliyun's own SDK; nothing logs it."""

    def __init__(self, base: str, key_id: str, secret: str, clock: Clock, wire: Wire) -> None:
        self._base = base.rstrip("/") + "/"
        self._host = urlsplit(base).netloc
        self._key_id, self._secret, self._clock, self._wire = key_id, secret, clock, wire

    async def call(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The answer whose Code is OK. Raises Trouble for every other outcome."""
        query = canonical(params)
        at = datetime.fromtimestamp(self._clock() // SECOND, UTC)
        headers = {
            "host": self._host,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
        }
        full = signed("POST", query, headers, b"", self._key_id, self._secret)
        reply = await self._wire.ask("POST", f"{self._base}?{query}", full)
        answer = reply.json()
        if answer.get("Code") != "OK":
            raise trouble(str(answer.get("Code")), str(answer.get("Message", "")))
        return answer


def trouble(told: str, message: str = "") -> Trouble:
    """What an error code means for a post. Codes that are not listed are given up and seen by the administrator."""
    why = f"Aliyun {code(told)}"
    if told in GONE:
        return Trouble("gone", why)
    if told in BUSY:
        return Trouble("later", why, BUSY_SECONDS)
    if told.startswith("Throttling"):
        return Trouble("later", why, MINUTE_SECONDS)
    if told == LIMIT and "天" not in message:
        return Trouble("later", why, HOUR_SECONDS if "小时" in message else MINUTE_SECONDS)
    return Trouble("refused", why)
