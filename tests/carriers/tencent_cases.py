"""The two carriers of Tencent Cloud under the contract."""

from __future__ import annotations

from typing import Any

import orjson

from core.words import CallEnd, Hook, Room
from notifier.carriers.deliveries import wrapped
from notifier.carriers.templates import Template
from notifier.carriers.tencent_sms import TencentSms, TencentSmsConfig
from notifier.carriers.tencent_voice import TencentVoice, TencentVoiceConfig
from notifier.emulated.callees import Callee, Takes
from notifier.emulated.tencent import TencentServer
from tests.carriers.rig import NUMBER, Case, Kept, Watched
from tests.contract.rig import NOON, Now

SECRET = "tencent-hook-secret-1"
BASE = "http://tencent.test"
SMS_TEMPLATES = {
    "p0_alert": Template("100001", ("number", "what", "place")),
    "assigned": Template("100002", ("number", "engineer", "time")),
}
PROMPTS = {"escalation": Template("200001", ("number", "what", "minutes"))}


class TencentRig:
    """What both carriers share."""

    kind: str

    def __init__(self) -> None:
        self.now = Now()
        self.server = TencentServer(self.now)
        self.kept = Kept()
        self.pushes = self.server.sms if self.kind == "sms" else self.server.voice
        self.pushes.query = (("secret", SECRET),)
        self.pushes.receiver = lambda hook: self.carrier.receive(hook, self.kept.accept)
        self.room = Room(self.kind, "tencent", NUMBER)
        self.secrets = (self.server.key_secret, SECRET)
        self.carrier = self.kept.carrier = self.made()

    def made(self) -> Any:
        raise NotImplementedError

    def seen(self) -> list[str]:
        return [one.text for one in (self.server.texts if self.kind == "sms" else self.server.rung)]

    def takes(self, callee: Callee) -> None:
        self.server.callees["13800000002"] = callee

    def undeliverable(self) -> None:
        self.server.undeliverable["13800000002"] = "空号"

    async def replies(self, text: str) -> None:
        await self.server.replies("13800000002", text)

    async def deliver(self) -> None:
        await self.server.deliver()

    def hook(self) -> Hook:
        told = orjson.dumps(REPLY if self.kind == "sms" else KEY)
        return Hook("POST", {"content-type": "application/json"}, [("secret", SECRET)], told)

    def garbage(self) -> Hook:
        return Hook("POST", {}, [("secret", SECRET)], b'{"what_is_this": {}}')


class SmsRig(TencentRig):
    kind = "sms"

    def made(self) -> TencentSms:
        server = self.server
        config = TencentSmsConfig(
            server.secret_id, server.key_secret, server.sms_app, server.sign_name, SMS_TEMPLATES, SECRET, api_base=BASE
        )
        return TencentSms(config, self.now, Watched(server))


class VoiceRig(TencentRig):
    kind = "voice"

    def made(self) -> TencentVoice:
        server = self.server
        config = TencentVoiceConfig(
            server.secret_id, server.key_secret, server.voice_app, PROMPTS, SECRET, api_base=BASE
        )
        return TencentVoice(config, self.now, Watched(server))


WHO = {"mobile": "13800000002", "nationcode": "86"}
REPLY = {**WHO, "extend": "", "sign": "回应工单", "text": "1", "time": 1772596800}
RECEIPT = {
    **WHO,
    "user_receive_time": "2026-03-04 12:00:03",
    "report_status": "FAIL",
    "errmsg": "UNDELIV",
    "description": "空号",
    "sid": "2019:1",
}
KEY = {"voicekey_callback": {**WHO, "call_from": "", "callid": "cid1", "keypress": "1"}}
RESULT = {
    "voiceprompt_callback": {
        **WHO,
        "result": "0",
        "accept_time": "1772596803",
        "call_from": "",
        "callid": "cid1",
        "end_calltime": "1772596815",
        "fee": "1",
        "start_calltime": "1772596800",
    }
}
REASON = {
    "voice_failure_callback": {**WHO, "call_from": "", "callid": "cid2", "failure_code": 8, "failure_reason": "空号"}
}


def delivery(report: dict[str, Any]) -> bytes:
    """A report as the carrier hands it to the core."""
    return wrapped("tencent", NOON, report)


TAKEN = orjson.dumps({"result": 0, "errmsg": "OK"})

SMS = Case(
    name="tencent-sms",
    rig=SmsRig,
    taken=TAKEN,
    codes={
        "InternalError.Timeout": "later",
        "RequestLimitExceeded": "later",
        "RequestLimitExceeded.UinLimitExceeded": "later",
        "LimitExceeded.DeliveryFrequencyLimit": "later",
        "LimitExceeded.PhoneNumberThirtySecondLimit": "later",
        "LimitExceeded.PhoneNumberOneHourLimit": "later",
        "LimitExceeded.PhoneNumberDailyLimit": "refused",
        "FailedOperation.SignatureIncorrectOrUnapproved": "refused",
        "FailedOperation.TemplateIncorrectOrUnapproved": "refused",
        "FailedOperation.ContainSensitiveWord": "refused",
        "FailedOperation.InsufficientBalanceInSmsPackage": "refused",
        "InvalidParameterValue.TemplateParameterLengthLimit": "refused",
        "FailedOperation.PhoneNumberInBlacklist": "gone",
        "InvalidParameterValue.IncorrectPhoneNumber": "gone",
    },
    samples=(delivery(REPLY), delivery(RECEIPT)),
    asks="sent",
    asks_never="unknown",
    limit=((0, "sent"),) * 50 + ((0, "refused"), (86_400, "sent")),
)
VOICE = Case(
    name="tencent-voice",
    rig=VoiceRig,
    taken=TAKEN,
    codes={
        "LimitExceeded.DeliveryFrequencyLimit": "later",
        "InternalError.AccessUpstreamTimeout": "unknown",
        "InternalError.UpstreamError": "unknown",
        "FailedOperation.TemplateIncorrectOrUnapproved": "refused",
        "FailedOperation.InsufficientBalanceInVoicePackage": "refused",
        "UnauthorizedOperation.ServiceSuspendDueToArrears": "refused",
        "InvalidParameterValue.CalledNumberVerifyFail": "gone",
    },
    samples=(delivery(KEY), delivery(RESULT), delivery(REASON)),
    asks="unknown",
    asks_known="unknown",
    asks_never="unknown",
    purpose="escalation",
    calls=True,
    echoes=False,
    limit=((0, "sent"), (59, "later"), (1, "sent"), *((60, "sent"),) * 3, (60, "later"), (3600, "sent")),
    ends={Takes.DECLINES: CallEnd.FAILED},
)
