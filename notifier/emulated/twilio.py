"""Twilio's messages and calls at their wire format, credentials checked and pushes signed with code of their own.

server = TwilioServer(clock)
carrier = TwilioVoice(TwilioConfig(...), clock, httpx.ASGITransport(app=server))
server.voice.receiver = lambda hook: carrier.receive(hook, accept)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from defusedxml import ElementTree

from core.words import SECOND, Clock, Hook, Micros
from notifier.emulated.callees import HEARS_SECONDS, RING_SECONDS, Callee, Rung, Takes, Texted
from notifier.emulated.pushing import Pushes
from notifier.emulated.serving import Answered, Asked, Fault, Serving

TEXT = 1600
"""Longest message, characters."""
TWIML = 4000
"""Longest document that a call takes, characters."""

_ENDS = {
    Takes.ANSWERS: ("completed", "200"),
    Takes.LISTENS: ("completed", "200"),
    Takes.HANGS_UP: ("completed", "200"),
    Takes.BUSY: ("busy", "486"),
    Takes.NO_ANSWER: ("no-answer", "487"),
    Takes.DECLINES: ("busy", "603"),
    Takes.OFF: ("failed", "480"),
    Takes.INVALID: ("failed", "404"),
}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGES = {20003: "Authenticate", 20404: "The requested resource was not found", 20429: "Too Many Requests"}


class Refused(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(str(code))
        self.code, self.status = code, status


class TwilioServer(Serving):
    """One account with one number. `texts` and `rung` are what reached people; `deliver()` pushes what is due.

    A push that was not taken is lost, as Twilio has it unless told otherwise.
    """

    account_sid = "AC" + "0e" * 16
    key_secret = "emulated-auth-token-0001"
    sender = "+15005550006"

    def __init__(self, clock: Clock, incoming_url: str = "https://desk.example/hook/sms") -> None:
        """`incoming_url` is where replies go, as set for the number."""
        super().__init__(clock)
        self.incoming_url = incoming_url
        self.texts: list[Texted] = []
        self.rung: list[Rung] = []
        self.callees: dict[str, Callee] = {}
        self.undeliverable: dict[str, int] = {}
        self.sms, self.voice = Pushes(clock, ()), Pushes(clock, ())
        self._made: dict[str, list[dict[str, Any]]] = {"Messages": [], "Calls": []}

    # ------------------------------------------------------------ what people and tests do

    async def deliver(self) -> None:
        """Push the reports that are due by the clock."""
        await self.sms.deliver()
        await self.voice.deliver()

    async def replies(self, number: str, text: str) -> None:
        """Somebody answers a message; returns once the push was made."""
        sid = self._sid("SM")
        form = {"MessageSid": sid, "SmsMessageSid": sid, "From": number, "To": self.sender, "Body": text}
        self.sms.add(self.signed(self.incoming_url, {**form, "NumMedia": "0", "SmsStatus": "received"}))
        await self.sms.deliver()

    def signed(self, url: str, form: Mapping[str, str]) -> Hook:
        """A push as Twilio makes it."""
        told = {"AccountSid": self.account_sid, "ApiVersion": "2010-04-01", **form}
        text = url
        for name in sorted(told):
            text += name + told[name]
        digest = hmac.new(self.key_secret.encode(), text.encode(), hashlib.sha1).digest()
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-twilio-signature": base64.b64encode(digest).decode(),
        }
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        return Hook("POST", headers, query, urlencode(told).encode())

    # ------------------------------------------------------------ requests

    def _answer(self, asked: Asked, fault: Fault | None) -> Answered:
        try:
            resource, sid = self._authorised(asked)
            self.calls[f"{asked.method} {resource}"] += 1
            if fault == "throttle":
                raise Refused(20429, 429)
            if fault and fault != "lost":
                raise Refused(int(fault))
            status, answer = self._do(asked, resource, sid)
        except Refused as refusal:
            status, message = refusal.status, _MESSAGES.get(refusal.code, f"emulated {refusal.code}")
            more = f"https://www.twilio.com/docs/errors/{refusal.code}"
            answer = {"code": refusal.code, "message": message, "more_info": more, "status": status}
        return Answered(status, orjson.dumps(answer), "application/json;charset=utf-8")

    def _authorised(self, asked: Asked) -> tuple[str, str | None]:
        known = base64.b64encode(f"{self.account_sid}:{self.key_secret}".encode()).decode()
        if not hmac.compare_digest(asked.headers.get("authorization", ""), f"Basic {known}"):
            raise Refused(20003, 401)
        prefix = f"/2010-04-01/Accounts/{self.account_sid}/"
        found = re.fullmatch(re.escape(prefix) + r"(Messages|Calls)(?:/((?:SM|CA)[0-9a-f]{32}))?\.json", asked.path)
        if not found:
            raise Refused(20404, 404)
        return found[1], found[2]

    def _do(self, asked: Asked, resource: str, sid: str | None) -> tuple[int, dict[str, Any]]:
        made = self._made[resource]
        if asked.method == "POST" and not sid:
            form = parse_qsl(asked.body.decode(), keep_blank_values=True)
            return 201, self._message(dict(form)) if resource == "Messages" else self._call(form)
        if asked.method != "GET":
            raise Refused(20004, 405)
        if sid:
            one = next((one for one in made if one["sid"] == sid), None)
            if one is None:
                raise Refused(20404, 404)
            return 200, one
        params = asked.params
        found = [one for one in reversed(made) if params.get("To", one["to"]) == one["to"]]
        page = found[: int(params.get("PageSize", "50"))]
        return 200, {resource.lower(): page, "page": 0, "page_size": len(page), "next_page_uri": None}

    def _sid(self, kind: str) -> str:
        return kind + hashlib.md5(str(self.number()).encode(), usedforsecurity=False).hexdigest()

    def _resource(self, kind: str, form: Mapping[str, str], **more: Any) -> dict[str, Any]:
        created = format_datetime(datetime.fromtimestamp(self.clock() // SECOND, UTC))
        one = {"sid": self._sid(kind), "account_sid": self.account_sid, "to": form["To"], "from": form.get("From")}
        one |= {
            "status": "queued",
            "date_created": created,
            "date_updated": created,
            "api_version": "2010-04-01",
            **more,
        }
        self._made["Messages" if kind == "SM" else "Calls"].append(one)
        return one

    # ------------------------------------------------------------ messages

    def _message(self, form: Mapping[str, str]) -> dict[str, Any]:
        if not _NUMBER.fullmatch(form.get("To", "")):
            raise Refused(21211)
        if form.get("From") != self.sender:
            raise Refused(21606)
        body = form.get("Body", "")
        if not body or len(body) > TEXT:
            raise Refused(21617 if body else 21602)
        one = self._resource("SM", form, body=body, error_code=None, direction="outbound-api", num_segments="1")
        failure = self.undeliverable.get(form["To"])
        told = dict(one)
        if not failure:
            self.texts.append(Texted(self.clock(), form["To"], body, one["sid"]))
        one["status"], one["error_code"] = ("undelivered", failure) if failure else ("delivered", None)
        if url := form.get("StatusCallback"):
            known = {"MessageSid": one["sid"], "To": form["To"], "From": self.sender}
            self.sms.add(self.signed(url, {**known, "MessageStatus": "sent", "SmsStatus": "sent"}), 1)
            end = {"MessageStatus": one["status"], "SmsStatus": one["status"]}
            self.sms.add(self.signed(url, {**known, **end, **({"ErrorCode": str(failure)} if failure else {})}), 3)
        return told

    # ------------------------------------------------------------ calls

    def _call(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        form = dict(pairs)
        if not _NUMBER.fullmatch(form.get("To", "")):
            raise Refused(21211)
        if form.get("From") != self.sender:
            raise Refused(21210)
        text, action = self._spoken(form.get("Twiml", ""))
        one = self._resource("CA", form, direction="outbound-api", duration=None, start_time=None, end_time=None)
        callee = self.callees.get(form["To"], Callee())
        self.rung.append(Rung(self.clock(), form["To"], text, one["sid"], callee))
        told = dict(one)
        events = {value for name, value in pairs if name == "StatusCallbackEvent"} or {"completed"}
        self._report_call(one, action, form.get("StatusCallback"), events, callee)
        return told

    def _spoken(self, twiml: str) -> tuple[str, str | None]:
        """The words of a document, and where the key goes."""
        if not twiml or len(twiml) > TWIML:
            raise Refused(21205 if not twiml else 21219)
        try:
            root = ElementTree.fromstring(twiml)
        except ElementTree.ParseError as error:
            raise Refused(12100) from error
        if root.tag != "Response" or {node.tag for node in root.iter()} - {"Response", "Gather", "Say"}:
            raise Refused(12200)
        gather = root.find("Gather")
        words = "".join(node.text or "" for node in root.iter("Say"))
        return words, gather.get("action") if gather is not None else None

    def _report_call(
        self, one: dict[str, Any], action: str | None, url: str | None, events: set[str], callee: Callee
    ) -> None:
        status, sip = _ENDS[callee.takes]
        answered = status == "completed"
        known = {"CallSid": one["sid"], "To": one["to"], "From": self.sender, "Direction": "outbound-api"}
        if action and callee.takes is Takes.ANSWERS:
            pressed = {**known, "CallStatus": "in-progress", "Digits": callee.keys[:1], "FinishedOnKey": ""}
            self.voice.add(self.signed(action, pressed), RING_SECONDS + HEARS_SECONDS - 2)
        seconds = RING_SECONDS + (HEARS_SECONDS if answered else 20)
        one["status"], one["duration"] = status, str(int(seconds) if answered else 0)
        for event, at in (("initiated", 0.1), ("ringing", 1.0), ("answered", RING_SECONDS)):
            state = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}[event]
            if url and event in events and (answered or event != "answered"):
                self.voice.add(self.signed(url, {**known, "CallStatus": state}), at)
        if url and "completed" in events:
            times = {"Timestamp": self._time(round(seconds * SECOND)), "CallDuration": str(one["duration"])}
            end = {**known, **times, "CallStatus": status, "SipResponseCode": sip, "SequenceNumber": "3"}
            self.voice.add(self.signed(url, end), seconds)

    def _time(self, after: Micros) -> str:
        return format_datetime(datetime.fromtimestamp((self.clock() + after) // SECOND, UTC))
