"""The carriers over real HTTP, with the transport that they use by themselves: what was signed is what arrives."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.words import Phone, Room
from notifier.carriers.aliyun_sms import AliyunSms, AliyunSmsConfig
from notifier.carriers.aliyun_voice import AliyunVoice, AliyunVoiceConfig
from notifier.carriers.tencent_sms import TencentSms, TencentSmsConfig
from notifier.carriers.tencent_voice import TencentVoice, TencentVoiceConfig
from notifier.carriers.twilio import TwilioConfig, TwilioSms, TwilioVoice
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.tencent import TencentServer
from notifier.emulated.twilio import TwilioServer
from tests.carriers import aliyun_cases, tencent_cases
from tests.carriers.rig import NUMBER, saying
from tests.carriers.served import real_time, served

ODD = "~*+ &=%2B/?#'\"é"
"""Characters that lose their shape wherever somebody encodes once too often, or too little."""


def aliyun(server: AliyunServer, base: str) -> list[Phone]:
    known, secret = (server.key_id, server.key_secret), aliyun_cases.SECRET
    sms = AliyunSmsConfig(*known, server.sign_name, aliyun_cases.SMS_TEMPLATES, secret, api_base=base)
    voice = AliyunVoiceConfig(*known, server.show_number, aliyun_cases.PROMPTS, "TTS_100009", secret, api_base=base)
    return [AliyunSms(sms, real_time), AliyunVoice(voice, real_time)]


def tencent(server: TencentServer, base: str) -> list[Phone]:
    known, secret = (server.secret_id, server.key_secret), tencent_cases.SECRET
    templates = tencent_cases.SMS_TEMPLATES
    sms = TencentSmsConfig(*known, server.sms_app, server.sign_name, templates, secret, 20, api_base=base)
    voice = TencentVoiceConfig(*known, server.voice_app, tencent_cases.PROMPTS, secret, api_base=base)
    return [TencentSms(sms, real_time), TencentVoice(voice, real_time)]


def twilio(server: TwilioServer, base: str) -> list[Phone]:
    url = "https://desk.example/hook/voice"
    config = TwilioConfig(server.account_sid, server.key_secret, server.sender, url, api_base=base)
    return [TwilioSms(config, real_time), TwilioVoice(config, real_time)]


@pytest.mark.parametrize(
    ("kind", "made"),
    [(AliyunServer, aliyun), (TencentServer, tencent), (TwilioServer, twilio)],
    ids=lambda kind: kind.__name__,
)
def test_a_post_and_a_question_arrive_as_they_were_signed(
    kind: type[Any], made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.emulated.tencent.SMS_PARAM", 20)
    server = kind(real_time)

    async def story(base: str) -> None:
        for carrier in made(server, base):
            room = Room(carrier.name, "any", NUMBER)
            for purpose in ("p0_alert", "escalation"):
                receipt = await carrier.post(room, saying(purpose, what=ODD), purpose)
                if receipt.state == "sent":
                    told = await carrier.ask(room, purpose, receipt.ref)
                    assert told is not None and "Signature" not in str(told.why)
            await carrier.close()

    with served(server) as port:
        asyncio.run(story(f"http://127.0.0.1:{port}"))
    seen = [one.text for one in (*server.texts, *server.rung)]
    assert len(server.texts) and len(server.rung) and all(ODD in text for text in seen)


def test_nobody_listens_is_later() -> None:
    async def story() -> None:
        for carrier in aliyun(AliyunServer(real_time), "http://127.0.0.1:9"):
            purpose = "p0_alert" if carrier.name == "sms" else "escalation"
            receipt = await carrier.post(Room(carrier.name, "any", NUMBER), saying(purpose), "key")
            assert (receipt.state, receipt.why) == ("later", "no connection")
            await carrier.close()

    asyncio.run(story())
