"""SMS by Aliyun (短信服务): SendSms with an approved template, receipts and replies by push.

Emulated, never run against the real service. Facts: docs/carriers/aliyun.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from core.words import Accept, Answer, Can, Clock, Hook, Inbound, Receipt, Room, Say, Size, Who
from notifier.carriers.aliyun_api import TAKEN, Api
from notifier.carriers.deliveries import Delivery, Pushed, attempt, day, moment, reader, taken_in, text
from notifier.carriers.numbers import e164, listed
from notifier.carriers.templates import Templates, filled
from notifier.carriers.wire import Trouble, Wire, code

API_BASE = "https://dysmsapi.aliyuncs.com"
MOST_PARAM = 35
"""Longest value of a template's parameter, characters."""
RATE = 100.0
"""Messages a second; Aliyun allows 5,000 to a user."""
DAYS = (0, 1)
"""Days back on which a message of unknown fate is looked for: it may have been sent before midnight."""
PAGE = 50
"""Most records in a page of QuerySendDetails."""

CAN = Can(text=Size(4000), rate=RATE)
"""Only parameters go, each cut to MOST_PARAM; the size of the text is but that of what is never split."""

GONE = frozenset({"INVALID_NUMBER", "MOBILE_NOT_ON_SERVICE", "MOBILE_IN_BLACK"})
"""Receipts after which a number is not tried again: none, out of service, on a blacklist."""
_FAILED = 2


@dataclass(frozen=True)
class AliyunSmsConfig:
    """What SMS by Aliyun needs. `hook_secret` stands in the address that is given to Aliyun as ?secret=…

    `templates`: purpose → approved template, its parameters under our names; `account` names this carrier in rooms.
    """

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    templates: Templates
    hook_secret: str = field(repr=False)
    account: str = "aliyun"
    api_base: str = API_BASE


class AliyunSms(Pushed):
    """A room is a number: Room("sms", account, "+8613800000002"). A message's `ref` is its BizId."""

    name = "sms"

    def __init__(
        self, config: AliyunSmsConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        self._wire = Wire(transport)
        self._api = Api(config.api_base, config.key_id, config.key_secret, clock, self._wire)

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """A reply of a person; a receipt says nothing. Raises Unreadable."""
        item = delivery.item
        if "biz_id" in item:
            return []
        number, said = e164(text(item["phone_number"])), item["content"]
        if not isinstance(said, str):
            raise TypeError
        key = f"sms:{delivery.account}:reply:{item['sequence_id']}"
        room, at = Room("sms", delivery.account, number), moment(text(item["send_time"]))
        name = str(item["sequence_id"])
        return [Inbound(key, at, Who(number), room, kind="text", text=said, id=name, raw=delivery.raw)]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """Which message (by `ref`) did not reach its phone after all. Raises Unreadable."""
        item = delivery.item
        if "biz_id" not in item or item["success"] is True:
            return None
        return text(item["biz_id"]), _undelivered(item.get("err_code"))

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Takes SmsReport and SmsUp pushes."""
        secret, account = self._config.hook_secret, self._config.account
        return await taken_in(hook, accept, secret, account, self._clock(), TAKEN)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends the template of `say.purpose`. Aliyun does not recognise a repetition."""
        try:
            number = listed(room.id)
            template, params = filled(self._config.templates, say, MOST_PARAM)
            answer = await self._api.call("SendSms", self._message(number, template, params, attempt(key)))
        except Trouble as trouble:
            return trouble.receipt(attempt(key))
        return Receipt("sent", ref=str(answer.get("BizId", attempt(key))))

    def _message(self, number: str, template: str, params: Mapping[str, str], out_id: str) -> dict[str, str]:
        return {
            "PhoneNumbers": number,
            "SignName": self._config.sign_name,
            "TemplateCode": template,
            "TemplateParam": orjson.dumps(params).decode(),
            "OutId": out_id,
        }

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Looks for the message by its OutId among those of today and yesterday to this number."""
        try:
            return await self._find(listed(room.id), attempt(key), ref)
        except Trouble as trouble:
            return Receipt("unknown", ref, why=str(trouble))

    async def _find(self, number: str, out_id: str, ref: str | None) -> Receipt | None:
        known, more = {"BizId": ref} if ref and ref != out_id else {}, False
        for back in DAYS:
            query = {"PhoneNumber": number, "SendDate": day(self._clock(), back), "PageSize": str(PAGE)}
            answer = await self._api.call("QuerySendDetails", {**query, "CurrentPage": "1", **known})
            details = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or ()
            for detail in details:
                if detail.get("OutId") == out_id:
                    return _fate(detail, ref or out_id)
            more = more or len(details) >= PAGE
        return Receipt("unknown", ref, why="more messages than a page holds") if more else None


def _fate(detail: Mapping[str, Any], ref: str) -> Receipt:
    return _undelivered(detail.get("ErrCode")) if detail.get("SendStatus") == _FAILED else Receipt("sent", ref=ref)


def _undelivered(told: Any) -> Receipt:
    return Receipt("gone" if told in GONE else "refused", why=f"Aliyun {code(told)}")
