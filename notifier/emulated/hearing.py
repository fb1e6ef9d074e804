"""Clouds that hear speech, at their wire format: a second service of the emulated Tencent account, and Aliyun's NLS.

They hear nothing: `says` holds what they will claim to have heard. What they prove is the wire: signatures checked with code of
their own, limits of length and size, tokens that end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import wave
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import orjson

from core.words import MINUTE, SECOND, Clock
from notifier.emulated.serving import Answered, Asked, Fault, Serving
from notifier.emulated.tencent import VERSIONS, Refused, TencentServer

LONGEST = 60
"""Seconds of a sentence."""
MOST_DATA = 3 * 1024 * 1024
"""Bytes of the data of a sentence, in base64."""
ENGINES = frozenset(
    {"8k_zh", "8k_en", "16k_zh", "16k_zh-PY", "16k_zh_medical", "16k_en", "16k_yue", "16k_ja", "16k_ko"}
)
FORMATS = frozenset({"wav", "pcm", "ogg-opus", "speex", "silk", "mp3", "m4a", "aac", "amr"})
TOKEN_LASTS = 36 * 60 * MINUTE
NONCE_SKEW = 15 * MINUTE


class TencentEarServer(TencentServer):
    """The same account, with SentenceRecognition besides. `says`: what it hears, one after the other."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        VERSIONS.setdefault("asr", "2019-06-14")
        self.says: deque[str] = deque()
        self.heard: list[dict[str, Any]] = []

    def _do(self, service: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if (service, action) != ("asr", "SentenceRecognition"):
            return super()._do(service, action, body)
        if body.get("EngSerViceType") not in ENGINES:
            raise Refused("InvalidParameterValue.ErrorInvalidEngservice")
        if body.get("SourceType") != 1:
            raise Refused("InvalidParameterValue.ErrorInvalidSourcetype")
        if body.get("VoiceFormat") not in FORMATS:
            raise Refused("InvalidParameterValue.ErrorInvalidVoiceFormat")
        seconds = _seconds(body)
        self.heard.append({**body, "Data": len(body["Data"])})
        return {"Result": self.says.popleft() if self.says else "", "AudioDuration": int(seconds * 1000), "WordSize": 0}


def _seconds(body: Mapping[str, Any]) -> float:
    """How long the recording is, if it is one that is taken; only those in WAV are looked into."""
    data = body.get("Data")
    if not isinstance(data, str) or not data:
        raise Refused("InvalidParameterValue.ErrorInvalidVoicedata")
    if len(data) > MOST_DATA:
        raise Refused("InvalidParameterValue.ErrorVoicedataTooLong")
    try:
        content = base64.b64decode(data, validate=True)
    except (NotBase64, ValueError):
        raise Refused("InvalidParameterValue.ErrorInvalidVoicedata") from None
    if body.get("DataLen") != len(content):
        raise Refused("InvalidParameterValue.ErrorInvalidVoicedata")
    if body["VoiceFormat"] != "wav":
        return 0.0
    try:
        with wave.open(io.BytesIO(content)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
            right = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16_000)
    except (wave.Error, EOFError):
        raise Refused("InvalidParameterValue.ErrorInvalidVoicedata") from None
    if not right:
        raise Refused("InvalidParameterValue.ErrorInvalidVoiceFormat")
    if seconds > LONGEST:
        raise Refused("InvalidParameterValue.ErrorVoicedataTooLong")
    return seconds


class NlsServer(Serving):
    """Aliyun's tokens (GET or POST /, CreateToken) and its REST for a sentence (POST /stream/v1/asr)."""

    key_id = "LTAI5tEmulated0001"
    key_secret = "emulated-key-secret-0001"
    app_key = "emulatedAppKey01"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.says: deque[str] = deque()
        self.token_lasts = TOKEN_LASTS
        self._tokens: dict[str, int] = {}
        self._nonces: set[str] = set()

    def withdraw_tokens(self) -> None:
        """All tokens end at once."""
        self._tokens.clear()

    def _answer(self, asked: Asked, fault: Fault | None) -> Answered:
        if asked.path == "/stream/v1/asr":
            self.calls["asr"] += 1
            status, result = self._sentence(asked, fault)
            message = "SUCCESS" if status == 20_000_000 else f"emulated: {status}"
            told = {"task_id": f"{self.number():032x}", "result": result, "status": status, "message": message}
            return Answered(200 if status == 20_000_000 else 400, orjson.dumps(told))
        self.calls["CreateToken"] += 1
        code = self._refusal(asked)
        if code:
            return Answered(400, orjson.dumps({"Code": code, "Message": f"emulated: {code}", "RequestId": "0"}))
        ends = (self.clock() + self.token_lasts) // SECOND
        token = f"token{self.number():027d}"
        self._tokens[token] = ends
        found = {"Token": {"Id": token, "ExpireTime": ends, "UserId": "1"}, "NlsRequestId": "0", "RequestId": "0"}
        return Answered(200, orjson.dumps({**found, "ErrMsg": ""}))

    def _sentence(self, asked: Asked, fault: Fault | None) -> tuple[int, str]:
        """Its status and its words. Which status a recording of more than a minute has is a guess."""
        if fault == "throttle":
            return 40_000_005, ""
        if fault and fault.isdigit():
            return int(fault), ""
        params = asked.params
        if self._tokens.get(asked.headers.get("x-nls-token", ""), 0) <= self.clock() // SECOND:
            return 40_000_001, ""
        if params.get("appkey") != self.app_key or params.get("format") not in ("pcm", "wav"):
            return 40_000_003, ""
        if params.get("sample_rate") not in ("8000", "16000"):
            return 41_010_101, ""
        if not asked.body or len(asked.body) > LONGEST * 2 * int(params["sample_rate"]):
            return 40_000_003, ""
        return 20_000_000, self.says.popleft() if self.says else ""

    def _refusal(self, asked: Asked) -> str | None:
        """Why no token is given; checked as Aliyun documents version 1.0 of its signature."""
        form = dict(parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True))
        params = {**asked.params, **form}
        signature = params.pop("Signature", "")
        if (params.get("Action"), params.get("Version")) != ("CreateToken", "2019-02-28"):
            return "InvalidAction.NotFound"
        if params.get("AccessKeyId") != self.key_id:
            return "InvalidAccessKeyId.NotFound"
        try:
            at = datetime.strptime(params.get("Timestamp", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            return "IllegalTimestamp"
        if abs(int(at.timestamp()) * SECOND - self.clock()) > NONCE_SKEW:
            return "IllegalTimestamp"
        text = "&".join(f"{_spelled(name)}={_spelled(value)}" for name, value in sorted(params.items()))
        key, whole = f"{self.key_secret}&".encode(), f"{asked.method}&{_spelled('/')}&{_spelled(text)}"
        expected = base64.b64encode(hmac.new(key, whole.encode(), hashlib.sha1).digest()).decode()
        if not hmac.compare_digest(expected, signature):
            return "SignatureDoesNotMatch"
        nonce = params.get("SignatureNonce", "")
        if not nonce or nonce in self._nonces:
            return "SignatureNonceUsed"
        self._nonces.add(nonce)
        return None


def _spelled(text: str) -> str:
    return quote_plus(text).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")
