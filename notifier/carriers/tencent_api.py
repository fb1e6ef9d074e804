"""Tencent Cloud's API as its SMS and its voice service share it: signed calls, and what each error code asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from core.words import SECOND, Answer, Clock
from notifier.carriers.signing_tc3 import signed
from notifier.carriers.wire import BUSY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS, Trouble, Wire, code

TAKEN = Answer(200, orjson.dumps({"result": 0, "errmsg": "OK"}), "application/json; charset=utf-8")
"""What Tencent hears when a push is safe."""

GONE = frozenset(
    {
        "InvalidParameterValue.IncorrectPhoneNumber",
        "InvalidParameterValue.CalledNumberVerifyFail",
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.PhoneNumberParseFail",
    }
)
"""Codes that say that the number is none, or wants nothing from us."""
LATER: Mapping[str, float] = {
    "RequestLimitExceeded": BUSY_SECONDS,
    "InternalError": BUSY_SECONDS,
    "InternalError.Timeout": BUSY_SECONDS,
    "InternalError.SendAndRecvFail": BUSY_SECONDS,
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
    "LimitExceeded.DeliveryFrequencyLimit": MINUTE_SECONDS,
    "LimitExceeded.PhoneNumberOneHourLimit": HOUR_SECONDS,
}
"""Codes after which a later try may do, and the seconds to wait."""
UNSURE = frozenset(
    {
        "InternalError.AccessUpstreamTimeout",
        "FailedOperation.AccessUpstreamTimeout",
        "InternalError.SsoSendRecvFail",
        "InternalError.UpstreamError",
    }
)
"""Codes of the voice service that say that somebody behind it did not answer: the phone may ring all the same."""


class Api:
    """Calls of one service."""

    def __init__(
        self, base: str, service: str, version: str, region: str, secret: tuple[str, str], clock: Clock, wire: Wire
    ) -> None:
        """`secret` is SecretId and SecretKey."""
        self._base = base.rstrip("/") + "/"
        self._host = urlsplit(base).netloc
        self._service, self._secret, self._clock, self._wire = service, secret, clock, wire
        self._always = {"x-tc-version": version, "x-tc-region": region}

    async def call(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What stands under Response. Raises Trouble if that is an error, and for every other outcome."""
        content = orjson.dumps(body)
        seconds = self._clock() // SECOND
        headers = signed(self._host, self._service, action, content, seconds, *self._secret)
        reply = await self._wire.ask("POST", self._base, {**headers, **self._always}, content)
        answer = reply.json().get("Response")
        if not isinstance(answer, dict):
            raise Trouble("unknown", "unreadable answer")
        if error := answer.get("Error"):
            raise trouble(str(error.get("Code")) if isinstance(error, dict) else "")
        return answer


def trouble(told: str) -> Trouble:
    """What an error code means for a post. Codes that are not listed are given up and seen by the administrator."""
    why = f"Tencent {code(told)}"
    if told in GONE:
        return Trouble("gone", why)
    if told in UNSURE:
        return Trouble("unknown", why)
    if told in LATER:
        return Trouble("later", why, LATER[told])
    if told.startswith("RequestLimitExceeded."):
        return Trouble("later", why, BUSY_SECONDS)
    return Trouble("refused", why)
