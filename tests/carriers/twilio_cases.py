"""The two carriers of Twilio under the contract."""

from __future__ import annotations

from typing import Any

from core.words import Hook, Room
from notifier.carriers.deliveries import wrapped
from notifier.carriers.twilio import TwilioConfig, TwilioSms, TwilioVoice
from notifier.emulated.callees import Callee
from notifier.emulated.twilio import TwilioServer
from tests.carriers.rig import NUMBER, Case, Kept, Watched
from tests.contract.rig import NOON, Now

BASE = "http://twilio.test"
ATTEMPT = "0123456789abcde"


class TwilioRig:
    """What both carriers share."""

    kind: str

    def __init__(self) -> None:
        self.now = Now()
        self.url = f"https://desk.example/hook/{self.kind}"
        self.server = TwilioServer(self.now, self.url)
        self.kept = Kept()
        self.pushes = self.server.sms if self.kind == "sms" else self.server.voice
        self.pushes.receiver = lambda hook: self.carrier.receive(hook, self.kept.accept)
        self.room = Room(self.kind, "twilio", NUMBER)
        self.secrets = (self.server.key_secret,)
        server = self.server
        config = TwilioConfig(server.account_sid, server.key_secret, server.sender, self.url, api_base=BASE)
        carrier = TwilioSms if self.kind == "sms" else TwilioVoice
        self.carrier: Any = carrier(config, self.now, Watched(server))
        self.kept.carrier = self.carrier

    def seen(self) -> list[str]:
        return [one.text for one in (self.server.texts if self.kind == "sms" else self.server.rung)]

    def takes(self, callee: Callee) -> None:
        self.server.callees[NUMBER] = callee

    def undeliverable(self) -> None:
        self.server.undeliverable[NUMBER] = 30005

    async def replies(self, text: str) -> None:
        await self.server.replies(NUMBER, text)

    async def deliver(self) -> None:
        await self.server.deliver()

    def hook(self) -> Hook:
        if self.kind == "sms":
            return self.server.signed(self.url, REPLY)
        return self.server.signed(f"{self.url}?attempt={ATTEMPT}", KEY)

    def garbage(self) -> Hook:
        return self.server.signed(self.url, {"Hello": "World"})


class SmsRig(TwilioRig):
    kind = "sms"


class VoiceRig(TwilioRig):
    kind = "voice"


REPLY = {"MessageSid": "SM" + "0a" * 16, "From": NUMBER, "To": "+15005550006", "Body": "1", "SmsStatus": "received"}
STATUS = {"MessageSid": "SM" + "0b" * 16, "MessageStatus": "undelivered", "ErrorCode": "30003", "To": NUMBER}
KEY = {"CallSid": "CA" + "0a" * 16, "To": NUMBER, "From": "+15005550006", "CallStatus": "in-progress", "Digits": "1"}
END = {"CallSid": "CA" + "0a" * 16, "To": NUMBER, "CallStatus": "failed", "SipResponseCode": "404"}


def delivery(form: dict[str, str]) -> bytes:
    """A push as the carrier hands it to the core."""
    return wrapped("twilio", NOON, form, [("attempt", ATTEMPT)])


_CODES = {
    "21211": "gone",
    "21610": "gone",
    "21614": "gone",
    "21611": "later",
    "21408": "refused",
    "21606": "refused",
    "20003": "refused",
}

SMS = Case(
    name="twilio-sms",
    rig=SmsRig,
    taken=b"<Response/>",
    codes=_CODES,
    samples=(delivery(REPLY), delivery(STATUS)),
    asks="unknown",
    templates=False,
    signed=True,
    again=False,
)
VOICE = Case(
    name="twilio-voice",
    rig=VoiceRig,
    taken='<Response><Say language="zh-CN" loop="1">已收到，谢谢。</Say></Response>'.encode(),
    codes={"21217": "gone", "21210": "refused", "20429": "later"},
    samples=(delivery(KEY), delivery(END)),
    asks="unknown",
    purpose="escalation",
    calls=True,
    templates=False,
    signed=True,
    again=False,
    hears=lambda keys: keys[:1],
)
