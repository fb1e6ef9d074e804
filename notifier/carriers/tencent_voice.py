"""Voice calls by Tencent Cloud (语音消息): SendTtsVoice with an approved prompt, keys and ends by push.

Emulated, never run against the real service. Facts: docs/carriers/tencent.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from core.words import SECOND, Accept, Answer, CallEnd, Can, Clock, Hook, Inbound, Micros, Receipt, Room, Say, Size
from notifier.carriers.deliveries import KEYS, Delivery, Pushed, attempt, happened, reader, taken_in, text
from notifier.carriers.numbers import domestic, international
from notifier.carriers.templates import Templates, filled
from notifier.carriers.tencent_api import TAKEN, Api
from notifier.carriers.wire import Trouble, Wire

API_BASE = "https://vms.tencentcloudapi.com"
VERSION = "2020-09-02"
REGION = "ap-guangzhou"
MOST_PARAM = 32
"""Longest value of a prompt's parameter, characters, unless the console allows another; a whole prompt has at most 350."""
RATE = 20.0
"""Calls a second that Tencent lets begin."""
PLAY_TIMES = 2
"""How often the prompt is played, at most 3."""

CAN = Can(text=Size(4000), rate=RATE, once=True)
"""Only parameters go; the size of the text is but that of what is never split."""

RESULTS: Mapping[str, CallEnd] = {"0": CallEnd.ANSWERED, "1": CallEnd.NO_ANSWER}
"""How the result of a call reads; "2" is any other failure."""
FAILURES: Mapping[int, CallEnd] = {
    1: CallEnd.UNREACHABLE,
    2: CallEnd.BUSY,
    3: CallEnd.UNREACHABLE,
    4: CallEnd.INVALID,
    5: CallEnd.NO_ANSWER,
    6: CallEnd.UNREACHABLE,
    7: CallEnd.INVALID,
    8: CallEnd.INVALID,
    10: CallEnd.BUSY,
    13: CallEnd.INVALID,
    15: CallEnd.INVALID,
    16: CallEnd.UNREACHABLE,
    17: CallEnd.INVALID,
    19: CallEnd.INVALID,
    20: CallEnd.NO_ANSWER,
}
"""How Tencent's failure codes end a call: off, engaged, out of reach, in arrears … All others failed."""


@dataclass(frozen=True)
class TencentVoiceConfig:
    """What calls by Tencent need. `hook_secret` stands in the address that is given to Tencent as ?secret=…

    `templates`: purpose → approved prompt, its parameters in their order under our names.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    templates: Templates
    hook_secret: str = field(repr=False)
    most_param: int = MOST_PARAM
    account: str = "tencent"
    region: str = REGION
    api_base: str = API_BASE


class TencentVoice(Pushed):
    """A room is a number: Room("voice", account, "+8613800000002"). A call's `ref` is its CallId.

    No report names the attempt: a key in a call of unknown fate is known by its number only.
    """

    name = "voice"

    def __init__(
        self, config: TencentVoiceConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        self._wire = Wire(transport)
        secret = config.secret_id, config.secret_key
        self._api = Api(config.api_base, "vms", VERSION, config.region, secret, clock, self._wire)

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """A key pressed, or the end. Of a failed call result and reason are told: the first to come is its end. Raises Unreadable."""
        match delivery.item:
            case {"voicekey_callback": told}:
                key = text(told["keypress"])
                if key not in KEYS:
                    return []
                fact = _happened(delivery, told, f"press:{key}", delivery.at)
                return [replace(fact, kind="press", press=key)]
            case {"voiceprompt_callback": told}:
                end = RESULTS.get(str(told["result"]), CallEnd.FAILED)
                at = int(told.get("end_calltime") or 0) * SECOND or delivery.at
            case {"voice_failure_callback": told}:
                end, at = FAILURES.get(int(told["failure_code"]), CallEnd.FAILED), delivery.at
            case _:
                raise KeyError("callback")
        return [replace(_happened(delivery, told, "end", at), text=end.value)]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """None: what becomes of a call is told by its end. Raises Unreadable."""
        return None

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Takes pushes of keys, results and reasons."""
        secret, account = self._config.hook_secret, self._config.account
        return await taken_in(hook, accept, secret, account, self._clock(), TAKEN)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Calls and plays the prompt of `say.purpose`. Tencent does not recognise a repetition."""
        try:
            domestic(room.id)
            prompt, params = filled(self._config.templates, say, self._config.most_param)
            answer = await self._api.call("SendTtsVoice", self._call(room.id, prompt, params, attempt(key)))
        except Trouble as trouble:
            return trouble.receipt(attempt(key))
        status = answer.get("SendStatus")
        if not isinstance(status, dict) or not status.get("CallId"):
            return Receipt("unknown", attempt(key), why="no CallId")
        return Receipt("sent", ref=str(status["CallId"]))

    def _call(self, number: str, prompt: str, params: Mapping[str, str], session: str) -> dict[str, Any]:
        return {
            "TemplateId": prompt,
            "CalledNumber": number,
            "VoiceSdkAppid": self._config.app_id,
            "TemplateParamSet": list(params.values()),
            "PlayTimes": PLAY_TIMES,
            "SessionContext": session,
        }

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Unknown: Tencent has no question for calls. What it pushes tells."""
        return Receipt("unknown", ref, why="Tencent cannot be asked about calls")


def _happened(delivery: Delivery, told: Mapping[str, Any], fact: str, at: Micros) -> Inbound:
    number = international(told["nationcode"], told["mobile"])
    return happened(delivery, text(told["callid"]), number, fact, at)
