"""SMS and voice calls by Twilio: free text, a key gathered in the call, every push signed.

Emulated, never run against the real service. Facts: docs/carriers/twilio.md.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape, quoteattr

import httpx

from core.words import (
    HOUR,
    SECOND,
    Accept,
    Answer,
    CallEnd,
    Can,
    Clock,
    Hook,
    Inbound,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)
from notifier.carriers.deliveries import KEYS, Delivery, Pushed, attempt, happened, reader, text, wrapped
from notifier.carriers.numbers import dialled
from notifier.carriers.wire import MINUTE_SECONDS, Trouble, Wire, code
from notifier.prompts.templates import TEMPLATES

API_BASE = "https://api.twilio.com"
MOST_TEXT = Size(1600)
"""Longest message, characters."""
MOST_PROMPT = Size(500)
"""Longest prompt, characters: with all of them escaped the document stays within the 4,000 that a call takes."""
RATE = 1.0
"""Messages, and calls, a second that a new account and number may begin."""
LOOPS = 2
"""How often the prompt is spoken."""
KEY_SECONDS = 8
"""How long Twilio waits for a key after the prompt."""
RING_SECONDS = 40
LOOK_BACK = HOUR
"""How far back a message or call of unknown fate could lie."""
PAGE = 20

GONE = frozenset({"13224", "21211", "21214", "21217", "21610", "21614", "30004", "30005", "30006"})
"""Codes that say that the number is none, cannot be reached by this way, or wants nothing from us."""
LATER = frozenset({"20429", "21611", "30001"})
"""Codes after which a later try may do: too many requests, a full queue."""
ENDS: Mapping[str, CallEnd] = {
    "completed": CallEnd.ANSWERED,
    "busy": CallEnd.BUSY,
    "no-answer": CallEnd.NO_ANSWER,
    "failed": CallEnd.FAILED,
    "canceled": CallEnd.FAILED,
}
"""How a call's last status ends it."""
SIP_ENDS: Mapping[str, CallEnd] = {
    "404": CallEnd.INVALID,
    "484": CallEnd.INVALID,
    "604": CallEnd.INVALID,
    "480": CallEnd.UNREACHABLE,
    "603": CallEnd.DECLINED,
}
"""What the network's own answer to a call that was not answered says besides."""

_UNDELIVERED = ("failed", "undelivered")
_SID = re.compile(r"(?:SM|MM|CA)[0-9a-f]{32}")
_UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML = "text/xml; charset=utf-8"
_HEARD = Answer(200, b"<Response/>", _XML)


@dataclass(frozen=True)
class TwilioConfig:
    """What either carrier of Twilio needs.

    `sender` is a number bought (or, for messages, the MG… of a messaging service); `callback_url` our public address as
    Twilio calls it, character for character, for the signature covers it; `thanks` is spoken after the key.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    callback_url: str
    language: str = "zh-CN"
    thanks: str = TEMPLATES["zh"]["thanks"]
    account: str = "twilio"
    api_base: str = API_BASE


class Twilio(Pushed):
    """What messages and calls share: the API, and the gate for pushes."""

    _resource: str

    def __init__(self, config: TwilioConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config, self._clock = config, clock
        self._wire = Wire(transport)
        self._base = f"{config.api_base.rstrip('/')}/2010-04-01/Accounts/{config.account_sid}/{self._resource}"
        known = base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()
        self._known = {"authorization": f"Basic {known}"}

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Answers a push with TwiML once it is durable. Only what Twilio signed for this account is heard."""
        form = parse_qsl(hook.body.decode("utf-8", "replace"), keep_blank_values=True)
        address = self._config.callback_url + (f"?{urlencode(hook.query)}" if hook.query else "")
        expected = signature(self._config.auth_token, address, form)
        told = dict(form)
        if not hmac.compare_digest(expected.encode(), hook.headers.get("x-twilio-signature", "").encode()):
            return Answer(403)
        if hook.method != "POST" or told.get("AccountSid") != self._config.account_sid:
            return Answer(403)
        await accept([wrapped(self._config.account, self._clock(), told, hook.query)])
        return self._thanks() if "Digits" in told else _HEARD

    def _thanks(self) -> Answer:
        return Answer(200, f"<Response>{self._spoken(self._config.thanks)}</Response>".encode(), _XML)

    def _spoken(self, words: str, loops: int = 1) -> str:
        return f'<Say language={quoteattr(self._config.language)} loop="{loops}">{escape(words)}</Say>'

    async def _begin(self, form: Sequence[tuple[str, str]], key: str) -> Receipt:
        content = urlencode(form).encode()
        headers = {**self._known, "content-type": "application/x-www-form-urlencoded"}
        reply = await self._wire.ask("POST", f"{self._base}.json", headers, content)
        answer = reply.json()
        if reply.status >= 400:
            raise trouble(answer.get("code"))
        return Receipt("sent", ref=str(answer["sid"])) if answer.get("sid") else Receipt("unknown", attempt(key))

    def _callback(self, key: str) -> str:
        return f"{self._config.callback_url}?{urlencode({'attempt': attempt(key)})}"

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Gets it by its id. Without one Twilio tells only whether anything went to the number within the last hour:
        None if nothing did, else unknown; the pushes name the attempt."""
        try:
            if ref and _SID.fullmatch(ref):
                return await self._known_one(ref)
            return Receipt("unknown", ref, why="no sid to ask by") if await self._any_lately(room.id) else None
        except Trouble as refusal:
            return Receipt("unknown", ref, why=str(refusal))

    async def _known_one(self, ref: str) -> Receipt | None:
        reply = await self._wire.ask("GET", f"{self._base}/{ref}.json", self._known)
        if reply.status == 404:
            return None
        answer = reply.json()
        if reply.status >= 400:
            raise trouble(answer.get("code"))
        return _undelivered(answer) if answer.get("status") in _UNDELIVERED else Receipt("sent", ref=ref)

    async def _any_lately(self, number: str) -> bool:
        query = urlencode({"To": number, "PageSize": str(PAGE)})
        reply = await self._wire.ask("GET", f"{self._base}.json?{query}", self._known)
        answer = reply.json()
        if reply.status >= 400:
            raise trouble(answer.get("code"))
        since = self._clock() - LOOK_BACK
        return any(_made(one) >= since for one in answer.get(self._resource.lower()) or ())


class TwilioSms(Twilio):
    """A room is a number: Room("sms", account, "+8613800000002"). A message's `ref` is its MessageSid."""

    name = "sms"
    can = Can(text=MOST_TEXT, rate=RATE)
    _resource = "Messages"

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """A reply of a person; a status says nothing. Raises Unreadable."""
        form = delivery.item
        if "MessageStatus" in form:
            return []
        number, sid, said = dialled_by(form["From"]), text(form["MessageSid"]), form["Body"]
        if not isinstance(said, str):
            raise TypeError
        key, room = f"sms:{delivery.account}:reply:{sid}", Room("sms", delivery.account, number)
        return [Inbound(key, delivery.at, Who(number), room, kind="text", text=said, id=sid, raw=delivery.raw)]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """Which message (by `ref`) did not reach its phone after all. Raises Unreadable."""
        form = delivery.item
        if form.get("MessageStatus") not in _UNDELIVERED:
            return None
        return text(form["MessageSid"]), _undelivered({"error_code": form.get("ErrorCode")})

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends the text. Twilio does not recognise a repetition."""
        sender = "MessagingServiceSid" if self._config.sender.startswith("MG") else "From"
        try:
            form = {"To": dialled(room.id), sender: self._config.sender, "Body": fitting(say.text, MOST_TEXT)}
            return await self._begin([*form.items(), ("StatusCallback", self._callback(key))], key)
        except Trouble as refusal:
            return refusal.receipt(attempt(key))


class TwilioVoice(Twilio):
    """A room is a number: Room("voice", account, "+8613800000002"). A call's `ref` is its CallSid.

    The address of every push names our attempt: it stands in `Inbound.id`, and in the `ref` of a receipt "unknown".
    """

    name = "voice"
    can = Can(text=MOST_PROMPT, rate=RATE, once=True)
    _resource = "Calls"

    @staticmethod
    @reader
    def read(delivery: Delivery) -> list[Inbound]:
        """A key pressed, or the end; what happens before says nothing. Raises Unreadable."""
        form = delivery.item
        if "Digits" in form:
            pressed = dict.fromkeys(key for key in form["Digits"] if key in KEYS)
            return [replace(_happened(delivery, f"press:{key}"), kind="press", press=key) for key in pressed]
        if form["CallStatus"] not in ENDS:
            return []
        end = ENDS[form["CallStatus"]]
        if end is not CallEnd.ANSWERED:
            end = SIP_ENDS.get(str(form.get("SipResponseCode")), end)
        return [replace(_happened(delivery, "end"), text=end.value)]

    @staticmethod
    @reader
    def late(delivery: Delivery) -> tuple[str, Receipt] | None:
        """None: what becomes of a call is told by its end. Raises Unreadable."""
        return None

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Calls, speaks the text and gathers a key. Twilio does not recognise a repetition."""
        try:
            prompt = self._prompt(fitting(say.text, MOST_PROMPT), self._callback(key))
            form = {"To": dialled(room.id), "From": self._config.sender, "Twiml": prompt, "Timeout": str(RING_SECONDS)}
            told = [("StatusCallback", self._callback(key)), ("StatusCallbackEvent", "completed")]
            return await self._begin([*form.items(), *told], key)
        except Trouble as refusal:
            return refusal.receipt(attempt(key))

    def _prompt(self, words: str, action: str) -> str:
        gather = f'<Gather numDigits="1" timeout="{KEY_SECONDS}" action={quoteattr(action)}>'
        return f"<Response>{gather}{self._spoken(words, LOOPS)}</Gather></Response>"


def signature(token: str, address: str, form: Sequence[tuple[str, str]]) -> str:
    """X-Twilio-Signature of a push: the address and the form's parameters by name, under the account's token."""
    content = address + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(token.encode(), content.encode(), "sha1")).decode()


def fitting(words: str, most: Size) -> str:
    """Text that can be sent and spoken. Raises Trouble "refused" where there is none, or too much."""
    spoken = _UNSPEAKABLE.sub("", words)
    if not spoken.strip():
        raise Trouble("refused", "nothing to say")
    if most.of(spoken) > most.most:
        raise Trouble("refused", f"more than {most.most} characters")
    return spoken


def trouble(told: Any) -> Trouble:
    """What an error code means for a post. Codes that are not listed are given up and seen by the administrator."""
    why = f"Twilio {code(told)}"
    if str(told) in GONE:
        return Trouble("gone", why)
    if str(told) in LATER:
        return Trouble("later", why, MINUTE_SECONDS)
    return Trouble("refused", why)


def dialled_by(number: Any) -> str:
    """A number as Twilio tells it. Raises ValueError."""
    try:
        return dialled(text(number))
    except Trouble as refusal:
        raise ValueError("not a telephone number") from refusal


def _undelivered(told: Mapping[str, Any]) -> Receipt:
    refusal = trouble(told.get("error_code"))
    return Receipt("gone" if refusal.state == "gone" else "refused", why=str(refusal))


def _made(one: Mapping[str, Any]) -> Micros:
    try:
        return round(parsedate_to_datetime(str(one.get("date_created"))).timestamp()) * SECOND
    except ValueError as error:
        raise Trouble("unknown", "unreadable answer") from error


def _happened(delivery: Delivery, fact: str) -> Inbound:
    call, number = text(delivery.item["CallSid"]), dialled_by(delivery.item["To"])
    return happened(delivery, call, number, fact, delivery.at, delivery.query.get("attempt"))
