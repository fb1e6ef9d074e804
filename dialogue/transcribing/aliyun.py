"""Aliyun hears a sentence (智能语音交互, 一句话识别 over REST). The recording leaves the house; emulated, never run against the real
service."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from core.words import MINUTE, SECOND, Clock, Micros
from dialogue.transcribing.wire import Wire
from dialogue.transcribing.words import RATE, Hints, Transcript, Unheard, seconds_of

REGION, VERSION = "cn-shanghai", "2019-02-28"
LONGEST = 60.0
"""Seconds of a recording that it takes."""
DONE = 20_000_000
TOKEN_REFUSED = 40_000_001
"""Status of an answer: all is well; the token has ended, or is none."""
EARLY = 5 * MINUTE
"""So long before its end a token is replaced."""


@dataclass(frozen=True)
class AliyunConfig:
    """Whose account is used, and which project (appkey): its language is set there."""

    key_id: str
    key_secret: str = field(repr=False)
    app_key: str
    api_base: str
    token_base: str


class AliyunEar:
    """One request a recording, with a token that is asked for once and kept until it ends."""

    name = "aliyun"

    def __init__(self, config: AliyunConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config, self._clock, self._wire = config, clock, Wire(transport)
        self._token, self._until = "", 0

    async def transcribe(self, pcm: bytes, hints: Hints) -> Transcript:
        """What is said. Raises Unheard: too_long, no_token, status_N, or what `Wire.ask` raises."""
        if seconds_of(pcm) > LONGEST:
            raise Unheard("too_long")
        answer = await self._ask(pcm)
        if answer.get("status") == TOKEN_REFUSED:
            self._until = 0
            answer = await self._ask(pcm)
        if answer.get("status") != DONE:
            status = answer.get("status")
            raise Unheard(f"status_{status}" if isinstance(status, int) else "unreadable")
        return Transcript(str(answer.get("result") or ""), self.name)

    async def close(self) -> None:
        await self._wire.close()

    async def _ask(self, pcm: bytes) -> dict[str, object]:
        query = canonical(
            {
                "appkey": self._config.app_key,
                "format": "pcm",
                "sample_rate": str(RATE),
                "enable_punctuation_prediction": "true",
                "enable_inverse_text_normalization": "true",
            }
        )
        headers = {"x-nls-token": await self._valid_token(), "content-type": "application/octet-stream"}
        return await self._wire.ask("POST", f"{self._config.api_base}/stream/v1/asr?{query}", headers, pcm)

    async def _valid_token(self) -> str:
        now = self._clock()
        if now >= self._until - EARLY:
            self._token, self._until = await self._new_token(now)
        return self._token

    async def _new_token(self, now: Micros) -> tuple[str, Micros]:
        config = self._config
        query = canonical(signed(config.key_id, config.key_secret, now // SECOND, secrets.token_hex(16)))
        answer = await self._wire.ask("GET", f"{config.token_base}/?{query}", {})
        token = answer.get("Token")
        if not isinstance(token, dict) or not isinstance(token.get("ExpireTime"), int) or not token.get("Id"):
            raise Unheard("no_token")
        return str(token["Id"]), token["ExpireTime"] * SECOND


def signed(key_id: str, secret: str, seconds: int, nonce: str) -> dict[str, str]:
    """Parameters of a CreateToken by GET with their signature (HMAC-SHA1, version 1.0): the one that its documentation names."""
    params = {
        "AccessKeyId": key_id,
        "Action": "CreateToken",
        "Format": "JSON",
        "RegionId": REGION,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": VERSION,
    }
    to_sign = f"GET&%2F&{quote(canonical(params), safe='~')}"
    digest = hmac.digest(f"{secret}&".encode(), to_sign.encode(), "sha1")
    return {**params, "Signature": base64.b64encode(digest).decode()}


def canonical(params: Mapping[str, str]) -> str:
    """Parameters in the one spelling that is signed and sent."""
    return "&".join(f"{quote(name, safe='~')}={quote(params[name], safe='~')}" for name in sorted(params))
