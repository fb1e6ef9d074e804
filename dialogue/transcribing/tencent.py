"""Tencent Cloud hears a sentence (一句话识别, SentenceRecognition). The recording leaves the house; emulated, never run against the
real service."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import orjson

from core.words import SECOND, Clock
from dialogue.transcribing.wire import Wire
from dialogue.transcribing.words import RATE, SAMPLE, Hints, Transcript, Unheard, seconds_of

VERSION = "2019-06-14"
LONGEST = 60.0
"""Seconds of a recording that it takes."""
MOST_BYTES = 3 << 20
"""Of the recording as it is sent, in base64."""
MOST_WORDS, LONGEST_WORD, WEIGHT = 128, 10, 5
"""Words that it can be told beforehand, their characters, and how much they weigh (1 to 11)."""
MODELS = {"zh": "16k_zh", "en": "16k_en"}

Sign = Callable[[str, str, str, bytes, int, str, str], dict[str, str]]
"""Headers of a signed request: (host, service, action, body, seconds, secret id, secret key)."""
_NO_CODE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class TencentConfig:
    """Whose account is used, and where the service is."""

    secret_id: str
    secret_key: str = field(repr=False)
    region: str
    api_base: str


class TencentEar:
    """One request a recording."""

    name = "tencent"

    def __init__(
        self, config: TencentConfig, sign: Sign, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._config, self._sign, self._clock, self._wire = config, sign, clock, Wire(transport)

    async def transcribe(self, pcm: bytes, hints: Hints) -> Transcript:
        """What is said. Raises Unheard: too_long, the provider's error code, or what `Wire.ask` raises."""
        if seconds_of(pcm) > LONGEST:
            raise Unheard("too_long")
        sound = wav(pcm)
        data = base64.b64encode(sound).decode()
        if len(data) > MOST_BYTES:
            raise Unheard("too_long")
        asked = {
            "EngSerViceType": MODELS.get(hints.lang, MODELS["zh"]),
            "SourceType": 1,
            "VoiceFormat": "wav",
            "Data": data,
            "DataLen": len(sound),
        }
        words = [word for word in hints.words if len(word) <= LONGEST_WORD and not set(word) & {"|", ","}]
        if words:
            asked["HotwordList"] = ",".join(f"{word}|{WEIGHT}" for word in words[:MOST_WORDS])
        config, body = self._config, orjson.dumps(asked)
        host, seconds = urlsplit(config.api_base).netloc, self._clock() // SECOND
        headers = self._sign(host, "asr", "SentenceRecognition", body, seconds, config.secret_id, config.secret_key)
        headers |= {"x-tc-version": VERSION, "x-tc-region": config.region}
        reply = await self._wire.ask("POST", f"{config.api_base}/", headers, body)
        answer = reply.get("Response")
        if not isinstance(answer, dict):
            raise Unheard("unreadable")
        if error := answer.get("Error"):
            raise Unheard(_NO_CODE.sub("", str(error.get("Code")) if isinstance(error, dict) else "")[:80] or "error")
        return Transcript(str(answer.get("Result") or ""), self.name)

    async def close(self) -> None:
        await self._wire.close()


def wav(pcm: bytes) -> bytes:
    """Sound with the header by which everybody knows it."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * SAMPLE, SAMPLE, 8 * SAMPLE)
    return b"RIFF" + struct.pack("<I", 36 + len(pcm)) + b"WAVE" + form + b"data" + struct.pack("<I", len(pcm)) + pcm
