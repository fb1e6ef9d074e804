"""SMS by Tencent Cloud (短信): SendSms with an approved template, receipts and replies by push.

Emulated, never run against the real service. Facts: docs/carriers/tencent.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from core.words import DAY, SECOND, Accept, Answer, Can, Clock, Hook, Inbound, Receipt, Room, Say, Size, Who
from notifier.carriers.deliveries import Delivery, Pushed, attempt, reader, taken_in, text
from notifier.carriers.numbers import dialled, international
from notifier.carriers.templates import Templates, filled
from notifier.carriers.tencent_api import TAKEN, Api, trouble
from notifier.carriers.wire import Trouble, Wire, code

API_BASE = "https://sms.tencentcloudapi.com"
VERSION = "2021-01-11"
REGION = "ap-guangzhou"
MOST_PARAM = 12
"""Longest value of a template's parameter, characters, unless the console allows the account another (new ones have 6)."""
RATE = 100.0
"""Messages a second; Tencent allows 3,000 to an application."""
PAGE = 100
"""Most receipts that a question brings."""

CAN = Can(text=Size(4000), rate=RATE)
"""Only parameters go; the size of the text is but that of what is never split."""

_OK = "Ok"
_GONE = ("空号", "黑名单")
"""Words of a receipt after which a number is not tried again."""


@dataclass(frozen=True)
class TencentSmsConfig:
    """What SMS by Tencent needs. `hook_secret` stands in the address that is given to Tencent as ?secret=…

    `templates`: purpose → approved template, its parameters in their order {1}, {2} … under our names; `most_param` is
    the longest value that the console allows, characters.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    sign_name: str
    templates: Templates
    hook_secret: str = field(repr=False)
    most_param: int = MOST_PARAM
    account: str = "tencent"
    region: str = REGION
    api_base: str = API_BASE


class TencentSms(Pushed):
    """A room is a number: Room("sms", account, "+8613800000002"). A message's `ref` is its SerialNo."""

    name = "sms"

    def __init__(
        self, config: TencentSmsConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        self._wire = Wire(transport)
        secret = config.secret_id, config.secret_key
        self._api = Api(config.api_base, "sms", VERSION, config.region, secret, clock, self._wire)

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """A reply of a person; a receipt says nothing. It has no number: one second and one text are one reply. Raises Unreadable."""
        item = delivery.item
        if "sid" in item:
            return []
        number, said, at = international(item["nationcode"], item["mobile"]), item["text"], int(item["time"])
        if not isinstance(said, str):
            raise TypeError
        key = f"sms:{delivery.account}:reply:{number}:{at}:{hashlib.sha256(said.encode()).hexdigest()[:8]}"
        room = Room("sms", delivery.account, number)
        return [Inbound(key, at * SECOND, Who(number), room, kind="text", text=said, raw=delivery.raw)]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """Which message (by `ref`) did not reach its phone after all. Raises Unreadable."""
        item = delivery.item
        if "sid" not in item or item["report_status"] == "SUCCESS":
            return None
        return text(item["sid"]), _undelivered(item.get("errmsg"), item.get("description"))

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Takes pushes of receipts and of replies."""
        secret, account = self._config.hook_secret, self._config.account
        return await taken_in(hook, accept, secret, account, self._clock(), TAKEN)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends the template of `say.purpose`. Tencent does not recognise a repetition."""
        try:
            number = dialled(room.id)
            template, params = filled(self._config.templates, say, self._config.most_param)
            answer = await self._api.call("SendSms", self._message(number, template, params, attempt(key)))
            status = _only(answer.get("SendStatusSet"))
            if status.get("Code") != _OK:
                raise trouble(str(status.get("Code")))
        except Trouble as refusal:
            return refusal.receipt(attempt(key))
        return Receipt("sent", ref=str(status.get("SerialNo", attempt(key))))

    def _message(self, number: str, template: str, params: Mapping[str, str], session: str) -> dict[str, Any]:
        return {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": self._config.app_id,
            "SignName": self._config.sign_name,
            "TemplateId": template,
            "TemplateParamSet": list(params.values()),
            "SessionContext": session,
        }

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Looks for the message among the receipts of this day. Where there is none Tencent cannot tell: it knows
        messages only once their network has answered, and the session only if that was unlocked for the account."""
        now = self._clock() // SECOND
        body = {"SmsSdkAppId": self._config.app_id, "PhoneNumber": room.id, "Offset": 0, "Limit": PAGE}
        try:
            span = {"BeginTime": now - DAY // SECOND, "EndTime": now}
            answer = await self._api.call("PullSmsSendStatusByPhoneNumber", {**body, **span})
        except Trouble as refusal:
            return Receipt("unknown", ref, why=str(refusal))
        for status in answer.get("PullSmsSendStatusSet") or ():
            if attempt(key) == status.get("SessionContext") or (ref and ref == status.get("SerialNo")):
                return _fate(status)
        return Receipt("unknown", ref, why="no receipt yet")


def _only(statuses: Any) -> Mapping[str, Any]:
    if not isinstance(statuses, list) or len(statuses) != 1 or not isinstance(statuses[0], dict):
        raise Trouble("unknown", "unreadable answer")
    return statuses[0]


def _fate(status: Mapping[str, Any]) -> Receipt:
    if status.get("ReportStatus") == "FAIL":
        return _undelivered("FAIL", status.get("Description"))
    return Receipt("sent", ref=str(status.get("SerialNo")))


def _undelivered(told: Any, description: Any) -> Receipt:
    gone = any(word in str(description) for word in _GONE)
    return Receipt("gone" if gone else "refused", why=f"Tencent {code(told)}")
