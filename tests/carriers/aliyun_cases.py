"""The two carriers of Aliyun under the contract."""

from __future__ import annotations

from typing import Any

import orjson

from core.words import CallEnd, Hook, Room
from notifier.carriers.aliyun_sms import AliyunSms, AliyunSmsConfig
from notifier.carriers.aliyun_voice import AliyunVoice, AliyunVoiceConfig
from notifier.carriers.deliveries import wrapped
from notifier.carriers.templates import Template
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.callees import Callee, Takes
from tests.carriers.rig import NUMBER, Case, Kept, Watched
from tests.contract.rig import NOON, Now

SECRET = "aliyun-hook-secret-1"
BASE = "http://aliyun.test"
SMS_TEMPLATES = {
    "p0_alert": Template("SMS_100001", ("number", "what", "place")),
    "assigned": Template("SMS_100002", ("number", "engineer", "time")),
    "progress": Template("SMS_100404", ("number", "state")),
}
PROMPTS = {"escalation": Template("TTS_100001", ("number", "what", "minutes"))}


class AliyunRig:
    """What both carriers share."""

    kind: str

    def __init__(self) -> None:
        self.now = Now()
        self.server = AliyunServer(self.now)
        self.kept = Kept()
        self.pushes = self.server.sms if self.kind == "sms" else self.server.voice
        self.pushes.query = (("secret", SECRET),)
        self.pushes.receiver = lambda hook: self.carrier.receive(hook, self.kept.accept)
        self.room = Room(self.kind, "aliyun", NUMBER)
        self.secrets = (self.server.key_secret, SECRET)
        self.carrier = self.kept.carrier = self.made()

    def made(self) -> Any:
        raise NotImplementedError

    def seen(self) -> list[str]:
        return [one.text for one in (self.server.texts if self.kind == "sms" else self.server.rung)]

    def takes(self, callee: Callee) -> None:
        self.server.callees["13800000002"] = callee

    def undeliverable(self) -> None:
        self.server.undeliverable["13800000002"] = "MOBILE_NOT_ON_SERVICE"

    async def replies(self, text: str) -> None:
        await self.server.replies("13800000002", text)

    async def deliver(self) -> None:
        await self.server.deliver()

    def hook(self) -> Hook:
        return _hook([REPLY if self.kind == "sms" else LIVE])

    def garbage(self) -> Hook:
        return Hook("POST", {}, [("secret", SECRET)], b"\xff not JSON [")


class SmsRig(AliyunRig):
    kind = "sms"

    def made(self) -> AliyunSms:
        server = self.server
        config = AliyunSmsConfig(
            server.key_id, server.key_secret, server.sign_name, SMS_TEMPLATES, SECRET, api_base=BASE
        )
        return AliyunSms(config, self.now, Watched(server))


class VoiceRig(AliyunRig):
    kind = "voice"

    def made(self) -> AliyunVoice:
        server = self.server
        config = AliyunVoiceConfig(
            server.key_id, server.key_secret, server.show_number, PROMPTS, "TTS_100009", SECRET, api_base=BASE
        )
        return AliyunVoice(config, self.now, Watched(server))


def _hook(reports: list[dict[str, Any]]) -> Hook:
    return Hook("POST", {"content-type": "application/json"}, [("secret", SECRET)], orjson.dumps(reports))


REPLY = {
    "phone_number": "13800000002",
    "send_time": "2026-03-04 12:00:00",
    "content": "1",
    "sign_name": "回应工单",
    "dest_code": "1069",
    "sequence_id": 1234567890,
}
RECEIPT = {
    "phone_number": "13800000002",
    "send_time": "2026-03-04 12:00:00",
    "report_time": "2026-03-04 12:00:03",
    "success": False,
    "err_code": "MOBILE_NOT_ON_SERVICE",
    "err_msg": "停机",
    "sms_size": "1",
    "biz_id": "12345^0",
    "out_id": "0123456789abcde",
}
LIVE = {
    "status_code": "300000",
    "smart_status_code": "",
    "dtmf": "1",
    "status_time": "2026-03-04 12:00:09",
    "out_id": "0123456789abcde",
    "call_id": "1000^2000",
}
FINAL = {
    "call_id": "1000^2000",
    "originate_time": "2026-03-04 12:00:00",
    "start_time": "2026-03-04 12:00:03",
    "end_time": "2026-03-04 12:00:15",
    "caller": "057188880000",
    "callee": "13800000002",
    "duration": "12",
    "status_code": "200000",
    "out_id": "0123456789abcde",
    "dtmf": "1",
}


def delivery(report: dict[str, Any]) -> bytes:
    """A report as the carrier hands it to the core."""
    return wrapped("aliyun", NOON, report)


_CODES = {
    "isv.MOBILE_NUMBER_ILLEGAL": "gone",
    "isp.SYSTEM_ERROR": "later",
    "isv.SMS_SIGNATURE_ILLEGAL": "refused",
    "isv.SMS_TEMPLATE_ILLEGAL": "refused",
    "isv.SIGN_STATE_ILLEGAL": "refused",
    "isv.TEMPLATE_MISSING_PARAMETERS": "refused",
    "isv.DAY_LIMIT_CONTROL": "refused",
    "isv.MONTH_LIMIT_CONTROL": "refused",
    "isv.OUT_OF_SERVICE": "refused",
    "isv.AMOUNT_NOT_ENOUGH": "refused",
    "isv.BUSINESS_LIMIT_CONTROL": "later",
    "isv.NEVER_HEARD_OF": "refused",
    "Throttling.Api": "later",
}

TAKEN = orjson.dumps({"code": 0, "msg": "接收成功"})

SMS = Case(
    name="aliyun-sms",
    rig=SmsRig,
    taken=TAKEN,
    codes=_CODES,
    samples=(delivery(REPLY), delivery(RECEIPT)),
    asks="sent",
    limit=((0, "sent"),) * 50 + ((0, "refused"), (86_400, "sent")),
)
VOICE = Case(
    name="aliyun-voice",
    rig=VoiceRig,
    taken=TAKEN,
    codes=_CODES,
    samples=(delivery(LIVE), delivery(FINAL)),
    asks="unknown",
    asks_never="unknown",
    ends={Takes.DECLINES: CallEnd.UNREACHABLE},
    purpose="escalation",
    calls=True,
    limit=(
        (0, "sent"),
        (59, "later"),
        (1, "sent"),
        (60, "sent"),
        (60, "sent"),
        (60, "sent"),
        (60, "later"),
        (3600, "sent"),
    ),
)
