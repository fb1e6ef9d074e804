"""Voice calls by Aliyun (语音服务): IvrCall with an approved prompt that asks for a key, reports by push.

Emulated, never run against the real service. Facts: docs/carriers/aliyun.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import httpx
import orjson

from core.words import SECOND, Accept, Answer, CallEnd, Can, Clock, Hook, Inbound, Micros, Receipt, Room, Say, Size
from notifier.carriers.aliyun_api import TAKEN, Api
from notifier.carriers.deliveries import (
    KEYS,
    SHANGHAI,
    Delivery,
    Pushed,
    attempt,
    happened,
    moment,
    reader,
    taken_in,
    text,
)
from notifier.carriers.numbers import domestic, e164
from notifier.carriers.templates import Templates, filled
from notifier.carriers.wire import Trouble, Wire

API_BASE = "https://dyvmsapi.aliyuncs.com"
IVR = "11000000300005"
"""The product to which calls of IvrCall belong, when they are asked about."""
MOST_PARAM = 35
"""Longest value of a prompt's parameter, characters: long enough to be understood on the phone."""
RATE = 20.0
"""Calls a second that we begin; the number of lines bought is the narrower limit."""
PLAY_TIMES = 2
"""How often the prompt is played, 1 to 3."""
KEY_MILLISECONDS = 8000
"""How long Aliyun waits for a key after the prompt."""
ACK_KEY = "1"
"""The key that the prompts ask for."""

CAN = Can(text=Size(4000), rate=RATE, once=True)
"""Only parameters go; the size of the text is but that of what is never split."""

KEY_PRESSED = "300000"
ENDS: Mapping[str, CallEnd] = {
    "200000": CallEnd.ANSWERED,
    "200001": CallEnd.ANSWERED,
    "200008": CallEnd.ANSWERED,
    "200100": CallEnd.ANSWERED,
    "200002": CallEnd.BUSY,
    "200112": CallEnd.BUSY,
    "200003": CallEnd.NO_ANSWER,
    "200113": CallEnd.NO_ANSWER,
    "200111": CallEnd.DECLINED,
    "200005": CallEnd.UNREACHABLE,
    "200007": CallEnd.UNREACHABLE,
    "200010": CallEnd.UNREACHABLE,
    "200120": CallEnd.UNREACHABLE,
    "200004": CallEnd.INVALID,
    "200011": CallEnd.INVALID,
    "200105": CallEnd.INVALID,
    "200116": CallEnd.INVALID,
    "482": CallEnd.INVALID,
    "476": CallEnd.INVALID,
    "200118": CallEnd.THROTTLED,
    "200119": CallEnd.THROTTLED,
    "200121": CallEnd.THROTTLED,
}
"""How Aliyun's status codes end a call. 200005 is also a call that was declined; all others (200006, 400, 500, 999999) failed."""


@dataclass(frozen=True)
class AliyunVoiceConfig:
    """What calls by Aliyun need. `hook_secret` stands in the address that is given to Aliyun as ?secret=…

    `show_number` was bought; `thanks` is the voice played after the key and at the end, of the same kind (TTS template or
    file) as the prompts in `templates`.
    """

    key_id: str
    key_secret: str = field(repr=False)
    show_number: str
    templates: Templates
    thanks: str
    hook_secret: str = field(repr=False)
    account: str = "aliyun"
    api_base: str = API_BASE


class AliyunVoice(Pushed):
    """A room is a number: Room("voice", account, "+8613800000002"). A call's `ref` is its CallId.

    Aliyun tells our own id of the attempt with every report: it stands in `Inbound.id`, and in the `ref` of a receipt
    "unknown", so that a key pressed in a call of unknown fate still finds its post. A live key names no number: its room
    then is the call.
    """

    name = "voice"

    def __init__(
        self, config: AliyunVoiceConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        self._wire = Wire(transport)
        self._api = Api(config.api_base, config.key_id, config.key_secret, clock, self._wire)

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """Keys pressed, live or told at the end (the same key in a call is the same fact), and the end. Raises Unreadable."""
        item = delivery.item
        live = "end_time" not in item
        if live and item["status_code"] != KEY_PRESSED:
            return []
        at = moment(text(item["status_time"] if live else item["end_time"]))
        return [*_keys(delivery, at), *([] if live else [_end(delivery, at)])]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """None: what becomes of a call is told by its end. Raises Unreadable."""
        return None

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Takes VoiceReport and VoiceCallReport pushes."""
        secret, account = self._config.hook_secret, self._config.account
        return await taken_in(hook, accept, secret, account, self._clock(), TAKEN)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Calls and plays the prompt of `say.purpose`. Aliyun does not recognise a repetition."""
        try:
            number = domestic(room.id)
            prompt, params = filled(self._config.templates, say, MOST_PARAM)
            answer = await self._api.call("IvrCall", self._call(number, prompt, params, attempt(key)))
        except Trouble as trouble:
            return trouble.receipt(attempt(key))
        if not answer.get("CallId"):
            return Receipt("unknown", attempt(key), why="no CallId")
        return Receipt("sent", ref=str(answer["CallId"]))

    def _call(self, number: str, prompt: str, params: Mapping[str, str], out_id: str) -> dict[str, str]:
        return {
            "CalledNumber": number,
            "CalledShowNumber": self._config.show_number,
            "StartCode": prompt,
            "StartTtsParams": orjson.dumps(params).decode(),
            "MenuKeyMap.1.Key": ACK_KEY,
            "MenuKeyMap.1.Code": self._config.thanks,
            "ByeCode": self._config.thanks,
            "PlayTimes": str(PLAY_TIMES),
            "Timeout": str(KEY_MILLISECONDS),
            "OutId": out_id,
        }

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Looks for the call by its CallId. Without one Aliyun cannot be asked: its reports, which name the attempt, tell."""
        if ref is None or ref == attempt(key):
            return Receipt("unknown", attempt(key), why="no CallId to ask by")
        try:
            for back in (0, 1):
                query = {"CallId": ref, "ProdId": IVR, "QueryDate": str(self._day_began(back))}
                if (await self._api.call("QueryCallDetailByCallId", query)).get("Data"):
                    return Receipt("sent", ref=ref)
        except Trouble as trouble:
            return Receipt("unknown", ref, why=str(trouble))
        return None

    def _day_began(self, back: int) -> int:
        """Milliseconds at which the day began in Beijing, `back` days ago."""
        today = datetime.fromtimestamp(self._clock() / SECOND, SHANGHAI).date() - timedelta(days=back)
        return round(datetime.combine(today, time(), SHANGHAI).timestamp() * 1000)


def _keys(delivery: Delivery, at: Micros) -> list[Inbound]:
    pressed = dict.fromkeys(key for key in delivery.item.get("dtmf") or "" if key in KEYS)
    return [replace(_happened(delivery, at, f"press:{key}"), kind="press", press=key) for key in pressed]


def _end(delivery: Delivery, at: Micros) -> Inbound:
    end = ENDS.get(str(delivery.item["status_code"]), CallEnd.FAILED)
    return replace(_happened(delivery, at, "end"), text=end.value)


def _happened(delivery: Delivery, at: Micros, fact: str) -> Inbound:
    item = delivery.item
    call, called = text(item["call_id"]), item.get("callee")
    number = e164(text(called)) if called else call
    return happened(delivery, call, number, fact, at, item.get("out_id") or None)
