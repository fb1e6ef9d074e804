"""Aliyun's SMS and voice services at their wire format, signature checked with code of their own.

server = AliyunServer(clock)
carrier = AliyunSms(AliyunSmsConfig(...), clock, httpx.ASGITransport(app=server))
server.sms.receiver = lambda hook: carrier.receive(hook, accept)
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from core.words import DAY, MINUTE, SECOND, Clock, Hook, Micros
from notifier.emulated.callees import (
    CALLS,
    HEARS_SECONDS,
    LANDLINE,
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

OUT_ID = 15
"""Longest OutId of a call, bytes."""
PARAM = 35
"""Longest value in a template, characters."""
SKEW = 15 * MINUTE
"""How far the clock of a caller may be off."""
IVR = "11000000300005"
"""The product to which IvrCall belongs."""
RECEIPT_SECONDS = 3.0
"""When the receipt of a message is pushed."""

_ENDS = {
    Takes.ANSWERS: ("200000", "执行完成"),
    Takes.LISTENS: ("200008", "获取按键超时"),
    Takes.HANGS_UP: ("200001", "用户提前挂机未完整收听"),
    Takes.BUSY: ("200002", "用户占线"),
    Takes.NO_ANSWER: ("200003", "用户收到呼叫但未接听"),
    Takes.DECLINES: ("200005", "被叫用户无法接通"),
    Takes.OFF: ("200010", "关机"),
    Takes.INVALID: ("200004", "用户号码不合法"),
}
_ANSWERED = (Takes.ANSWERS, Takes.LISTENS, Takes.HANGS_UP)
_BLANKS = re.compile(r"\$\{(\w+)\}")
_ADDRESS = re.compile(r"https?:|www\.|\d+\.\d+\.\d+\.\d+")
_BEIJING = timezone(timedelta(hours=8))


class Refused(Exception):
    """An answer with an error code; `status` 400 where the gateway itself refuses."""

    def __init__(self, code: str, message: str = "", status: int = 200) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message or code, status


class AliyunServer(Serving):
    """One account. `texts` and `rung` are what reached people, `callees` how they behave; `deliver()` pushes what is due."""

    key_id = "LTAI5tEmulated0001"
    key_secret = "emulated-key-secret-0001"
    show_number = "057188880000"
    sign_name = "回应工单"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.templates = {
            "SMS_100001": "紧急工单${number}：${what}，地点${place}，请立即处理，回复1确认。",
            "SMS_100002": "工单${number}已派${engineer}，${time}上门。",
            "TTS_100001": "紧急工单${number}，${what}，已${minutes}分钟无人处理。接手请按1。",
        }
        self.voices = {"TTS_100009": "已确认，请尽快处理。"}
        self.texts: list[Texted] = []
        self.rung: list[Rung] = []
        self.callees: dict[str, Callee] = {}
        self.undeliverable: dict[str, str] = {}
        self.sms, self.voice = Pushes(clock), Pushes(clock)
        self._nonces: set[str] = set()
        self._texting, self._calling = Often(clock, TEXTS), Often(clock, CALLS)
        self._details: list[dict[str, Any]] = []
        self._ended: dict[str, dict[str, Any]] = {}

    # ------------------------------------------------------------ what people and tests do

    async def deliver(self) -> None:
        """Push the reports that are due by the clock."""
        await self.sms.deliver()
        await self.voice.deliver()

    async def replies(self, number: str, text: str) -> None:
        """Somebody answers a message; returns once the push was made."""
        reply = {"phone_number": number, "content": text, "sign_name": self.sign_name, "dest_code": "1069"}
        self._push(self.sms, {**reply, "send_time": _time(self.clock()), "sequence_id": 9_000_000 + self.number()}, 0)
        await self.sms.deliver()

    # ------------------------------------------------------------ requests

    def _answer(self, asked: Asked, fault: Fault | None) -> Answered:
        try:
            action = self._authorised(asked)
            self.calls[action] += 1
            if fault == "throttle":
                raise Refused("Throttling.User", "Request was denied due to user flow control.", 400)
            if fault and fault != "lost":
                raise Refused(fault)
            params = {**asked.params, **dict(parse_qsl(asked.body.decode(), keep_blank_values=True))}
            done = self._do(action, params)
            return _json(200, {"Code": "OK", "Message": "OK", "RequestId": self._request_id(), **done})
        except Refused as refusal:
            told = {"Code": refusal.code, "Message": refusal.message, "RequestId": self._request_id()}
            return _json(refusal.status, told)

    def _do(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        match action:
            case "SendSms":
                return self._send_sms(params)
            case "QuerySendDetails":
                return self._query_send_details(params)
            case "IvrCall":
                return self._ivr_call(params)
            case "QueryCallDetailByCallId":
                return self._query_call(params)
        raise Refused("InvalidAction.NotFound", status=404)

    def _request_id(self) -> str:
        return f"00000000-0000-0000-0000-{self.number():012d}"

    def _authorised(self, asked: Asked) -> str:
        headers = asked.headers
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if not found:
            raise Refused("MissingAuthorization", status=400)
        key_id, names, signature = found.groups()
        if key_id != self.key_id:
            raise Refused("InvalidAccessKeyId.NotFound", status=404)
        if headers.get("x-acs-version") != "2017-05-25":
            raise Refused("InvalidVersion", status=400)
        if not {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"} <= set(names.split(";")):
            raise Refused("IncompleteSignature", status=400)
        sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(sent.timestamp() * SECOND - self.clock()) > SKEW:
            raise Refused("InvalidTimeStamp.Expired", status=400)
        if not hmac.compare_digest(self._signature(asked, names), signature):
            raise Refused("SignatureDoesNotMatch", status=400)
        if headers["x-acs-signature-nonce"] in self._nonces:
            raise Refused("SignatureNonceUsed", status=400)
        self._nonces.add(headers["x-acs-signature-nonce"])
        return headers["x-acs-action"]

    def _signature(self, asked: Asked, names: str) -> str:
        body = hashlib.sha256(asked.body).hexdigest()
        if asked.headers.get("x-acs-content-sha256") != body:
            raise Refused("SignatureDoesNotMatch", "the digest of the body is another", 400)
        pairs = sorted(parse_qsl(asked.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
        parts = [asked.method, asked.path, query]
        parts += [f"{name}:{asked.headers.get(name, '').strip()}" for name in names.split(";")]
        request = "\n".join([*parts, "", names, body]).encode()
        digest = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request).hexdigest()
        return hmac.digest(self.key_secret.encode(), digest.encode(), "sha256").hex()

    # ------------------------------------------------------------ messages

    def _send_sms(self, params: Mapping[str, str]) -> dict[str, Any]:
        number = re.sub(r"^(\+86|0086|86)(?=1)", "", params.get("PhoneNumbers", ""))
        if params.get("SignName") != self.sign_name:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
        template = params.get("TemplateCode", "")
        if not template.startswith("SMS_") or template not in self.templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法")
        if not MOBILE.fullmatch(number):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
        text = self._filled(template, params.get("TemplateParam", "{}"))
        if broken := self._texting.broken(f"{self.sign_name} {template} {number}"):
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", f"触发{broken[0]}级流控Permits:{broken[1]}")
        biz_id = f"{self.number():018d}^0"
        detail = {"OutId": params.get("OutId", ""), "PhoneNum": number, "TemplateCode": template, "SendStatus": 1}
        self._details.append({**detail, "biz_id": biz_id, "SendDate": _time(self.clock()), "Content": text})
        self._report_text(self._details[-1], text)
        return {"BizId": biz_id}

    def _report_text(self, detail: dict[str, Any], text: str) -> None:
        number, failure = detail["PhoneNum"], self.undeliverable.get(detail["PhoneNum"])
        if not failure:
            self.texts.append(Texted(self.clock(), number, f"【{self.sign_name}】{text}", detail["biz_id"]))
        detail["SendStatus"], detail["ErrCode"] = (2, failure) if failure else (3, "DELIVERED")
        report = {"phone_number": number, "send_time": detail["SendDate"], "report_time": _time(self.clock())}
        report |= {"success": not failure, "err_code": detail["ErrCode"], "err_msg": "", "sms_size": "1"}
        self._push(self.sms, {**report, "biz_id": detail["biz_id"], "out_id": detail["OutId"]}, RECEIPT_SECONDS)

    def _query_send_details(self, params: Mapping[str, str]) -> dict[str, Any]:
        if not 1 <= int(params.get("PageSize", "0")) <= 50 or not params.get("CurrentPage"):
            raise Refused("isv.INVALID_PARAMETERS")
        found = [
            {name: value for name, value in detail.items() if name != "biz_id"}
            for detail in reversed(self._details)
            if detail["PhoneNum"] == params.get("PhoneNumber")
            and detail["SendDate"][:10].replace("-", "") == params.get("SendDate")
            and params.get("BizId", detail["biz_id"]) == detail["biz_id"]
        ]
        return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": found[: int(params["PageSize"])]}}

    def _filled(self, template: str, told: str) -> str:
        try:
            values = orjson.loads(told or "{}")
        except orjson.JSONDecodeError as error:
            raise Refused("isv.INVALID_JSON_PARAM") from error
        text = self.templates[template]
        if not set(_BLANKS.findall(text)) <= values.keys():
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", "模版缺少变量")
        for value in values.values():
            if not isinstance(value, str) or not value:
                raise Refused("isv.INVALID_JSON_PARAM")
            if len(value) > PARAM:
                raise Refused("isv.PARAM_LENGTH_LIMIT")
            if _ADDRESS.search(value):
                raise Refused("isv.PARAM_NOT_SUPPORT_URL")
        return _BLANKS.sub(lambda blank: values[blank[1]], text)

    # ------------------------------------------------------------ calls

    def _ivr_call(self, params: Mapping[str, str]) -> dict[str, Any]:
        number, out_id = params.get("CalledNumber", ""), params.get("OutId", "")
        if not MOBILE.fullmatch(number) and not LANDLINE.fullmatch(number):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "被叫号码格式错误")
        if params.get("CalledShowNumber") != self.show_number:
            raise Refused("isv.CALLED_SHOW_NUMBER_ILLEGAL", "被叫显号不合法")
        if not 1 <= len(out_id.encode()) <= OUT_ID or params.get("PlayTimes", "1") not in ("1", "2", "3"):
            raise Refused("isv.INVALID_PARAMETERS")
        start = params.get("StartCode", "")
        if not start.startswith("TTS_") or start not in self.templates:
            raise Refused("isv.TTS_TEMPLATE_ILLEGAL", "TTS模板不合法")
        text = self._filled(start, params.get("StartTtsParams", "{}"))
        self._menu(params)
        if broken := self._calling.broken(number):
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", f"触发{broken[0]}级流控Permits:{broken[1]}")
        call_id = f"{100001616000 + self.number()}^{100001870000 + self.number()}"
        callee = self.callees.get(number, Callee())
        self.rung.append(Rung(self.clock(), number, text, call_id, callee))
        self._report_call(call_id, out_id, number, callee)
        return {"CallId": call_id}

    def _menu(self, params: Mapping[str, str]) -> None:
        codes = [value for name, value in params.items() if re.fullmatch(r"MenuKeyMap\.\d+\.Code", name)]
        codes += [params["ByeCode"]] if "ByeCode" in params else []
        if not codes or not set(codes) <= self.voices.keys():
            raise Refused("isv.TTS_TEMPLATE_ILLEGAL", "TTS模板不合法")

    def _report_call(self, call_id: str, out_id: str, number: str, callee: Callee) -> None:
        began, takes = self.clock(), callee.takes
        keys = callee.keys if takes is Takes.ANSWERS else ""
        known = {"call_id": call_id, "out_id": out_id}
        for count, key in enumerate(keys):
            seconds = RING_SECONDS + HEARS_SECONDS - 2 + count / 2
            told = {"status_code": "300000", "smart_status_code": "", "dtmf": key}
            self._push(self.voice, {**known, **told, "status_time": _time(began + round(seconds * SECOND))}, seconds)
        answered = takes in _ANSWERED
        seconds = RING_SECONDS + (HEARS_SECONDS if answered else 20)
        status, message = _ENDS[takes]
        end = began + round(seconds * SECOND)
        report = {"originate_time": _time(began), "ring_time": _time(began), "end_time": _time(end), "dtmf": keys}
        report |= {"start_time": _time(began + round(RING_SECONDS * SECOND)) if answered else ""}
        report |= {"caller": self.show_number, "callee": number, "duration": str(int(seconds) if answered else 0)}
        report |= {"status_code": status, "status_msg": message, "hangup_direction": "用户", "voice_type": "voice"}
        self._ended[call_id] = {**report, "gmtCreate": _time(began), "began": began}
        self._push(self.voice, {**known, **report}, seconds)

    def _query_call(self, params: Mapping[str, str]) -> dict[str, Any]:
        call, since = self._ended.get(params.get("CallId", "")), int(params.get("QueryDate", "0")) * 1000
        if params.get("ProdId") != IVR:
            raise Refused("isv.INVALID_PARAMETERS")
        if call is None or not since <= call["began"] < since + DAY:
            return {}
        told = {"caller": call["caller"], "callee": call["callee"], "state": call["status_code"]}
        return {"Data": orjson.dumps({**told, "gmtCreate": call["gmtCreate"], "duration": call["duration"]}).decode()}

    def _push(self, to: Pushes, report: Mapping[str, Any], seconds: float) -> None:
        body = orjson.dumps([report])
        to.add(Hook("POST", {"content-type": "application/json"}, [], body), seconds)


def _json(status: int, answer: Mapping[str, Any]) -> Answered:
    return Answered(status, orjson.dumps(answer))


def _time(at: Micros) -> str:
    return datetime.fromtimestamp(at / SECOND, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")
