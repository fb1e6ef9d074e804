"""Tencent Cloud's SMS and voice services at their wire format, signature checked with code of their own.

server = TencentServer(clock)
carrier = TencentSms(TencentSmsConfig(...), clock, httpx.ASGITransport(app=server))
server.sms.receiver = lambda hook: carrier.receive(hook, accept)
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

from core.words import MINUTE, SECOND, Clock, Hook, Micros
from notifier.emulated.callees import (
    CALLS,
    HEARS_SECONDS,
    MOBILE,
    RING_SECONDS,
    TEXTS,
    Callee,
    Often,
    Rung,
    Takes,
    Texted,
)
from notifier.emulated.pushing import Pushes
from notifier.emulated.serving import Answered, Asked, Fault, Serving

SKEW = 5 * MINUTE
"""How far the clock of a caller may be off."""
SMS_PARAM = 12
"""Longest value in a template of a message, characters."""
PROMPT = 350
"""Longest prompt, characters."""
NUMBERS = 200
"""Most numbers in a request."""
RECEIPT_SECONDS = 3.0
VERSIONS = {"sms": "2021-01-11", "vms": "2020-09-02"}

_FAILURES = {
    Takes.BUSY: (10, "用户正忙"),
    Takes.NO_ANSWER: (5, "无人接听"),
    Takes.DECLINES: (11, "其他原因"),
    Takes.OFF: (1, "关机"),
    Takes.INVALID: (8, "空号"),
}
_BLANKS = re.compile(r"\{(\d+)\}")
_ADDRESS = re.compile(r"https?:|www\.|\d+\.\d+\.\d+\.\d+")
_BEIJING = timezone(timedelta(hours=8))
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Refused(Exception):
    """An answer with an error code."""


class TencentServer(Serving):
    """One account with an application for messages and one for calls. `remembers` says that the account was allowed to
    have the session told with receipts. `deliver()` pushes what is due."""

    secret_id = "AKIDemulated0001"
    key_secret = "emulated-secret-key-0001"
    sms_app = "1400006666"
    voice_app = "1400007777"
    sign_name = "回应工单"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.templates = {
            "100001": "紧急工单{1}：{2}，地点{3}，请立即处理，回复1确认。",
            "100002": "工单{1}已派{2}，{3}上门。",
        }
        self.prompts = {"200001": "紧急工单{1}，{2}，已{3}分钟无人处理。接手请按1。"}
        self.remembers = True
        self.texts: list[Texted] = []
        self.rung: list[Rung] = []
        self.callees: dict[str, Callee] = {}
        self.undeliverable: dict[str, str] = {}
        self.sms, self.voice = Pushes(clock), Pushes(clock)
        self._texting, self._calling = Often(clock, TEXTS), Often(clock, CALLS)
        self._receipts: list[dict[str, Any]] = []

    # ------------------------------------------------------------ what people and tests do

    async def deliver(self) -> None:
        """Push the reports that are due by the clock."""
        await self.sms.deliver()
        await self.voice.deliver()

    async def replies(self, mobile: str, text: str) -> None:
        """Somebody answers a message; returns once the push was made."""
        told = {"extend": "", "mobile": mobile, "nationcode": "86", "sign": self.sign_name, "text": text}
        self._push(self.sms, {**told, "time": self.clock() // SECOND}, 0)
        await self.sms.deliver()

    # ------------------------------------------------------------ requests

    def _answer(self, asked: Asked, fault: Fault | None) -> Answered:
        try:
            service, action = self._authorised(asked)
            self.calls[action] += 1
            if fault == "throttle":
                raise Refused("RequestLimitExceeded")
            if fault and fault != "lost":
                raise Refused(fault)
            answer = self._do(service, action, orjson.loads(asked.body))
        except Refused as refusal:
            answer = {"Error": {"Code": str(refusal), "Message": f"emulated: {refusal}"}}
        told = {"Response": {**answer, "RequestId": f"00000000-{self.number():012d}"}}
        return Answered(200, orjson.dumps(told), "application/json")

    def _do(self, service: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
        match service, action:
            case "sms", "SendSms":
                return self._send_sms(body)
            case "sms", "PullSmsSendStatusByPhoneNumber":
                return self._pull(body)
            case "vms", "SendTtsVoice":
                return self._send_voice(body)
        raise Refused("InvalidAction")

    def _authorised(self, asked: Asked) -> tuple[str, str]:
        headers = asked.headers
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if not found:
            raise Refused("AuthFailure.InvalidAuthorization")
        secret_id, date, service, names, signature = found.groups()
        if secret_id != self.secret_id:
            raise Refused("AuthFailure.SecretIdNotFound")
        if VERSIONS.get(service) != headers.get("x-tc-version"):
            raise Refused("UnsupportedOperation" if service in VERSIONS else "AuthFailure.SignatureFailure")
        timestamp = headers.get("x-tc-timestamp", "0")
        if abs(int(timestamp) * SECOND - self.clock()) > SKEW:
            raise Refused("AuthFailure.SignatureExpire")
        if not timestamp or datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%d") != date:
            raise Refused("AuthFailure.SignatureFailure")
        if not {"content-type", "host"} <= set(names.split(";")):
            raise Refused("AuthFailure.InvalidAuthorization")
        scope = f"{date}/{service}/tc3_request"
        if not hmac.compare_digest(self._signature(asked, names, scope, timestamp), signature):
            raise Refused("AuthFailure.SignatureFailure")
        return service, headers.get("x-tc-action", "")

    def _signature(self, asked: Asked, names: str, scope: str, timestamp: str) -> str:
        told = {**asked.headers, "x-tc-action": asked.headers.get("x-tc-action", "").lower()}
        lines = [f"{name}:{told.get(name, '').strip()}" for name in names.split(";")]
        parts = [asked.method, asked.path, asked.query, *lines, "", names, hashlib.sha256(asked.body).hexdigest()]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        key = ("TC3" + self.key_secret).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = "\n".join(["TC3-HMAC-SHA256", timestamp, scope, digest])
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    # ------------------------------------------------------------ messages

    def _send_sms(self, body: Mapping[str, Any]) -> dict[str, Any]:
        numbers = body.get("PhoneNumberSet") or []
        if not 1 <= len(numbers) <= NUMBERS:
            raise Refused("LimitExceeded.PhoneNumberCountLimit")
        if body.get("SmsSdkAppId") != self.sms_app:
            raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        return {"SendStatusSet": [self._send_one(number, body) for number in numbers]}

    def _send_one(self, number: str, body: Mapping[str, Any]) -> dict[str, Any]:
        session, serial = str(body.get("SessionContext", "")), ""
        mobile = re.sub(r"^(\+86|0086|86)(?=1)", "", number)
        try:
            if not MOBILE.fullmatch(mobile):
                raise Refused("InvalidParameterValue.IncorrectPhoneNumber")
            if body.get("SignName") != self.sign_name:
                raise Refused("FailedOperation.SignatureIncorrectOrUnapproved")
            text = self._filled(self.templates, body.get("TemplateId"), body.get("TemplateParamSet") or [], SMS_PARAM)
            if self._texting.broken(f"{self.sign_name} {body['TemplateId']} {mobile}"):
                raise Refused("LimitExceeded.PhoneNumberDailyLimit")
            serial, code = f"2019:{self.number():019d}", "Ok"
            self._report_text(mobile, serial, session, text)
        except Refused as refusal:
            code = str(refusal)
        told = {"SerialNo": serial, "PhoneNumber": f"+86{mobile}", "Fee": int(code == "Ok"), "SessionContext": session}
        return {**told, "Code": code, "Message": "send success" if code == "Ok" else code, "IsoCode": "CN"}

    def _filled(self, templates: Mapping[str, str], name: Any, values: list[Any], most: int) -> str:
        if name not in templates:
            raise Refused("FailedOperation.TemplateIncorrectOrUnapproved")
        text = templates[name]
        if len(set(_BLANKS.findall(text))) != len(values):
            raise Refused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        for value in values:
            if not isinstance(value, str) or not value:
                raise Refused("InvalidParameter")
            if len(value) > most:
                raise Refused("InvalidParameterValue.TemplateParameterLengthLimit")
            if _ADDRESS.search(value):
                raise Refused("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter")
        return _BLANKS.sub(lambda blank: values[int(blank[1]) - 1], text)

    def _report_text(self, mobile: str, serial: str, session: str, text: str) -> None:
        failure, at = self.undeliverable.get(mobile), self.clock() + round(RECEIPT_SECONDS * SECOND)
        if not failure:
            self.texts.append(Texted(self.clock(), mobile, f"【{self.sign_name}】{text}", serial))
        status, description = ("FAIL", failure) if failure else ("SUCCESS", "用户短信送达成功")
        known = {"CountryCode": "86", "SubscriberNumber": mobile, "PhoneNumber": f"+86{mobile}", "SerialNo": serial}
        receipt = {**known, "ReportStatus": status, "Description": description, "UserReceiveTime": at // SECOND}
        self._receipts.append({**receipt, "SessionContext": session if self.remembers else ""})
        report = {"user_receive_time": _time(at), "nationcode": "86", "mobile": mobile, "report_status": status}
        report |= {"errmsg": "DELIVRD" if not failure else "UNDELIV", "description": description, "sid": serial}
        self._push(self.sms, [report], RECEIPT_SECONDS)

    def _pull(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("SmsSdkAppId") != self.sms_app or body.get("Offset") != 0:
            raise Refused("InvalidParameterValue.OffsetVerifyFail")
        if not 1 <= int(body.get("Limit", 0)) <= 100:
            raise Refused("InvalidParameterValue.LimitVerifyFail")
        now = self.clock() // SECOND
        found = [
            receipt
            for receipt in self._receipts
            if receipt["PhoneNumber"] == body.get("PhoneNumber")
            and receipt["UserReceiveTime"] <= now
            and body.get("BeginTime", 0) <= receipt["UserReceiveTime"] <= body.get("EndTime", now)
        ]
        return {"PullSmsSendStatusSet": found[: int(body["Limit"])]}

    # ------------------------------------------------------------ calls

    def _send_voice(self, body: Mapping[str, Any]) -> dict[str, Any]:
        mobile = str(body.get("CalledNumber", "")).removeprefix("+86")
        if body.get("VoiceSdkAppid") != self.voice_app:
            raise Refused("UnauthorizedOperation.VoiceSdkAppidVerifyFail")
        if f"+86{mobile}" != body.get("CalledNumber") or not re.fullmatch(r"[1-9]\d{9,10}", mobile):
            raise Refused("InvalidParameterValue.CalledNumberVerifyFail")
        if not 1 <= int(body.get("PlayTimes", 2)) <= 3:
            raise Refused("FailedOperation.InvalidParameters")
        text = self._filled(self.prompts, body.get("TemplateId"), body.get("TemplateParamSet") or [], PROMPT)
        if len(text) > PROMPT:
            raise Refused("InvalidParameterValue.ContentLengthLimit")
        if self._calling.broken(mobile):
            raise Refused("LimitExceeded.DeliveryFrequencyLimit")
        call_id = f"cid{self.number():029d}"
        callee = self.callees.get(mobile, Callee())
        self.rung.append(Rung(self.clock(), mobile, text, call_id, callee))
        self._report_call(call_id, mobile, callee)
        return {"SendStatus": {"CallId": call_id, "SessionContext": body.get("SessionContext", "")}}

    def _report_call(self, call_id: str, mobile: str, callee: Callee) -> None:
        began, failure = self.clock(), _FAILURES.get(callee.takes)
        known = {"call_from": "075500000000", "callid": call_id, "mobile": mobile, "nationcode": "86"}
        for count, key in enumerate(callee.keys if callee.takes is Takes.ANSWERS else ""):
            seconds = RING_SECONDS + HEARS_SECONDS - 2 + count / 2
            self._push(self.voice, {"voicekey_callback": {**known, "keypress": key}}, seconds)
        seconds = RING_SECONDS + (20 if failure else HEARS_SECONDS)
        if failure:
            reason = {"failure_code": failure[0], "failure_reason": failure[1]}
            self._push(self.voice, {"voice_failure_callback": {**known, **reason}}, seconds - 0.5)
        result = "0" if not failure else "1" if callee.takes is Takes.NO_ANSWER else "2"
        times = {
            "start_calltime": str(began // SECOND),
            "end_calltime": str((began + round(seconds * SECOND)) // SECOND),
        }
        accepted = "" if failure else str((began + round(RING_SECONDS * SECOND)) // SECOND)
        told = {**known, **times, "result": result, "accept_time": accepted, "fee": "0" if failure else "1"}
        self._push(self.voice, {"voiceprompt_callback": told}, seconds)

    def _push(self, to: Pushes, report: Any, seconds: float) -> None:
        to.add(Hook("POST", {"content-type": "application/json"}, [], orjson.dumps(report)), seconds)


def _time(at: Micros) -> str:
    return datetime.fromtimestamp(at / SECOND, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")
