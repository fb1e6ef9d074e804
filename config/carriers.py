"""Carriers of SMS and calls from settings: each is imported only where it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.carrier_settings import Approved
from config.desk import ChannelMaker
from config.secret import Secret
from config.settings import Settings
from core.words import Clock, Phone

SMS, VOICE = "sms", "voice"


@dataclass(frozen=True)
class Telephony:
    """What makes the channels, and from which account each reaches numbers."""

    makers: Mapping[str, ChannelMaker]
    accounts: Mapping[str, str]


Make = Callable[[Clock], Phone]


def carriers(settings: Settings, wake: Callable[[str], None] = lambda number: None) -> Telephony:
    """The carriers that are in use. `wake` hears of news at a simulated number. Raises CannotReveal, ValueError."""
    chosen = {SMS: settings.carriers.sms, VOICE: settings.carriers.voice}
    used = {name: provider for name, provider in chosen.items() if provider != "none"}
    desk: dict[str, Make] = _desk_phone(wake) if "desk" in used.values() else {}
    makers = {
        name: _channel(desk[name] if provider == "desk" else _MAKES[provider, name](settings))
        for name, provider in used.items()
    }
    accounts = {name: "sim" if provider == "desk" else provider for name, provider in used.items()}
    return Telephony(makers, accounts)


def _channel(make: Make) -> ChannelMaker:
    return lambda shelf, read, clock: make(clock)


def _desk_phone(wake: Callable[[str], None]) -> dict[str, Make]:
    """Both channels are one telephone."""
    from notifier.carriers.desk_phone import DeskPhone

    made: list[DeskPhone] = []

    def phone(clock: Clock) -> DeskPhone:
        if not made:
            made.append(DeskPhone(clock, wake=wake))
        return made[0]

    return {SMS: lambda clock: phone(clock).texts, VOICE: lambda clock: phone(clock).calls}


def _aliyun_sms(settings: Settings) -> Make:
    from notifier.carriers.aliyun_sms import AliyunSms, AliyunSmsConfig

    given = settings.carriers.aliyun
    config = AliyunSmsConfig(
        given.key_id,
        _revealed(given.key_secret),
        given.sign_name,
        _templates(given.sms_templates),
        _revealed(given.hook_secret),
        api_base=given.sms_api,
    )
    return lambda clock: AliyunSms(config, clock)


def _aliyun_voice(settings: Settings) -> Make:
    from notifier.carriers.aliyun_voice import AliyunVoice, AliyunVoiceConfig

    given = settings.carriers.aliyun
    config = AliyunVoiceConfig(
        given.key_id,
        _revealed(given.key_secret),
        given.show_number,
        _templates(given.voice_templates),
        given.thanks,
        _revealed(given.hook_secret),
        api_base=given.voice_api,
    )
    return lambda clock: AliyunVoice(config, clock)


def _tencent_sms(settings: Settings) -> Make:
    from notifier.carriers.tencent_sms import TencentSms, TencentSmsConfig

    given = settings.carriers.tencent
    config = TencentSmsConfig(
        given.secret_id,
        _revealed(given.secret_key),
        given.sms_app_id,
        given.sign_name,
        _templates(given.sms_templates),
        _revealed(given.hook_secret),
        given.most_param,
        region=given.region,
        api_base=given.sms_api,
    )
    return lambda clock: TencentSms(config, clock)


def _tencent_voice(settings: Settings) -> Make:
    from notifier.carriers.tencent_voice import TencentVoice, TencentVoiceConfig

    given = settings.carriers.tencent
    config = TencentVoiceConfig(
        given.secret_id,
        _revealed(given.secret_key),
        given.voice_app_id,
        _templates(given.voice_templates),
        _revealed(given.hook_secret),
        region=given.region,
        api_base=given.voice_api,
    )
    return lambda clock: TencentVoice(config, clock)


def _twilio_sms(settings: Settings) -> Make:
    from notifier.carriers.twilio import TwilioConfig, TwilioSms

    config = TwilioConfig(**_twilio(settings, settings.carriers.twilio.sender, SMS))
    return lambda clock: TwilioSms(config, clock)


def _twilio_voice(settings: Settings) -> Make:
    from notifier.carriers.twilio import TwilioConfig, TwilioVoice

    config = TwilioConfig(**_twilio(settings, settings.carriers.twilio.caller, VOICE))
    return lambda clock: TwilioVoice(config, clock)


def _twilio(settings: Settings, sender: str, channel: str) -> dict[str, Any]:
    """What Twilio needs. The address of its pushes is part of what it signs."""
    given = settings.carriers.twilio
    return {
        "account_sid": given.account_sid,
        "auth_token": _revealed(given.auth_token),
        "sender": sender,
        "callback_url": f"{settings.public_url or ''}/hook/{channel}",
        "language": "zh-CN" if settings.languages[0] == "zh" else "en-US",
        "api_base": given.api_base,
    }


def _smpp(settings: Settings) -> Make:
    from notifier.carriers.smpp import Smpp, SmppConfig

    given = settings.carriers.smpp
    config = SmppConfig(
        given.host,
        given.port,
        given.system_id,
        _revealed(given.password),
        given.system_type,
        given.source,
        long=given.long,
        tls=given.tls,
        ca=given.ca,
    )
    return lambda clock: Smpp(config, clock)


def _sip(settings: Settings) -> Make:
    from notifier.carriers.sip import Sip, SipConfig
    from notifier.prompts.prompts import PromptConfig, Prompts

    given = settings.carriers.sip
    config = SipConfig(
        user=given.user,
        domain=given.domain,
        password=_revealed(given.password),
        auth_user=given.auth_user,
        proxy=given.proxy,
        transport=given.transport,
        register=given.register_s,
        numbers=given.numbers,
        country=given.country,
        interface=given.interface,
        listen=given.listen,
        ring=given.ring_s,
        plays=given.plays,
        gap=given.gap_s,
        talk=given.talk_s,
        lines=given.lines,
    )
    prompts = Prompts(PromptConfig(given.lang, given.recordings, given.voice))
    return lambda clock: Sip(config, prompts.sound, clock, prompts.thanks)


_MAKES: Mapping[tuple[str, str], Callable[[Settings], Make]] = {
    ("aliyun", SMS): _aliyun_sms,
    ("aliyun", VOICE): _aliyun_voice,
    ("tencent", SMS): _tencent_sms,
    ("tencent", VOICE): _tencent_voice,
    ("twilio", SMS): _twilio_sms,
    ("twilio", VOICE): _twilio_voice,
    ("smpp", SMS): _smpp,
    ("sip", VOICE): _sip,
}


def _templates(given: Sequence[Approved]) -> Mapping[str, Any]:
    from notifier.carriers.templates import Template

    return {one.purpose: Template(one.code, one.values) for one in given}


def _revealed(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
