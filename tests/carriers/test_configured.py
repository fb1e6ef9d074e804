"""Every provider is chosen and configured in the settings, and the desk then reaches people by it (its emulator)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.carriers import carriers
from config.doctor import examine
from config.settings import Settings
from core.people.policy import Allowance
from core.words import MINUTE, Hook, Phone, Room
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.tencent import TencentServer
from notifier.emulated.twilio import TwilioServer
from tests.carriers.centre import centre
from tests.carriers.hand_clock import Core, at_work
from tests.carriers.rig import NUMBER, saying
from tests.carriers.served import real_time, served

HOOK = "a-secret-of-more-than-32-characters!"
P0 = "p0_alert {code} number what place"


@pytest.fixture(autouse=True)
def secrets(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings say that secrets are kept."""
    monkeypatch.setenv("HOOK", HOOK)
    monkeypatch.setenv("ALIYUN", AliyunServer.key_secret)
    monkeypatch.setenv("TENCENT", TencentServer.key_secret)
    monkeypatch.setenv("TWILIO", TwilioServer.key_secret)
    monkeypatch.setenv("CENTRE", "secret")


def settings(provider: str, channel: str, **given: Any) -> Settings:
    """A desk that uses this provider for this channel only."""
    more: dict[str, Any] = {"carriers": {channel: provider, provider: given}, "public_url": "https://desk.example.com"}
    more["privacy"] = {"abroad": ["twilio"]}
    return Settings(**more)


def aliyun(base: str) -> dict[str, Any]:
    return {
        "key_id": AliyunServer.key_id,
        "key_secret": "env:ALIYUN",
        "sign_name": AliyunServer.sign_name,
        "show_number": AliyunServer.show_number,
        "thanks": "TTS_100009",
        "hook_secret": "env:HOOK",
        "sms_templates": f"{P0.format(code='SMS_100001')}, assigned SMS_100002 number engineer time",
        "voice_templates": ["escalation TTS_100001 number what minutes"],
        "sms_api": base,
        "voice_api": base,
    }


def tencent(base: str) -> dict[str, Any]:
    return {
        "secret_id": TencentServer.secret_id,
        "secret_key": "env:TENCENT",
        "sms_app_id": TencentServer.sms_app,
        "voice_app_id": TencentServer.voice_app,
        "sign_name": TencentServer.sign_name,
        "hook_secret": "env:HOOK",
        "sms_templates": [P0.format(code="100001")],
        "voice_templates": ["escalation 200001 number what minutes"],
        "sms_api": base,
        "voice_api": base,
    }


def twilio(base: str) -> dict[str, Any]:
    return {
        "account_sid": TwilioServer.account_sid,
        "auth_token": "env:TWILIO",
        "sender": TwilioServer.sender,
        "caller": TwilioServer.sender,
        "api_base": base,
    }


def made(given: Settings, channel: str) -> Phone:
    """The carrier, as the desk makes it."""
    carried = carriers(given)
    assert list(carried.makers) == list(carried.accounts) == [channel]
    carrier: Any = carried.makers[channel](None, None, real_time)  # type: ignore[arg-type]
    return carrier


@pytest.mark.req("S10", "S11")
@pytest.mark.parametrize(("channel", "purpose"), [("sms", "p0_alert"), ("voice", "escalation")])
@pytest.mark.parametrize(
    ("provider", "kind", "options"),
    [("aliyun", AliyunServer, aliyun), ("tencent", TencentServer, tencent), ("twilio", TwilioServer, twilio)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_provider_that_was_configured_reaches_people(
    provider: str, kind: type[Any], options: Any, channel: str, purpose: str
) -> None:
    server = kind(real_time)

    async def story(base: str) -> None:
        given = settings(provider, channel, **options(base))
        carrier = made(given, channel)
        receipt = await carrier.post(Room(channel, provider, NUMBER), saying(purpose), "key")
        await carrier.close()
        assert receipt.state == "sent", receipt.why
        assert not [
            finding for finding in examine(given, "en") if provider in finding.what and finding.level == "error"
        ]

    with served(server) as port:
        asyncio.run(story(f"http://127.0.0.1:{port}"))
    assert [len(server.texts), len(server.rung)] == ([1, 0] if channel == "sms" else [0, 1])


@pytest.mark.parametrize("provider", [aliyun, tencent])
@pytest.mark.parametrize(("secret", "status"), [(HOOK, 200), ("guessed", 403)])
def test_only_who_knows_the_configured_secret_is_heard(provider: Any, secret: str, status: int) -> None:
    async def story() -> None:
        given = settings(provider.__name__, "sms", **provider("http://127.0.0.1:9"))
        carrier = made(given, "sms")
        answer = await carrier.receive(Hook("POST", {}, [("secret", secret)], b"[]"), Core(carrier).accept)
        assert answer.status == status
        await carrier.close()

    asyncio.run(story())


def test_smpp_is_configured() -> None:
    async def story() -> None:
        async with centre() as side:
            options = {"host": "127.0.0.1", "port": side.port, "system_id": "desk", "password": "env:CENTRE"}
            carrier: Any = made(settings("smpp", "sms", source="1069", **options), "sms")
            async with at_work(carrier) as (core,):
                await core.until(lambda: carrier.bound)
                receipt = await carrier.post(Room("sms", "smpp", NUMBER), saying("p0_alert"), "key")
                assert receipt.state == "sent" and len(side.submitted) == 1

    asyncio.run(story())


def test_sip_is_configured() -> None:
    async def story() -> None:
        given = settings("sip", "voice", interface="127.0.0.1", listen="127.0.0.1:0", ring_s=1)
        carrier: Any = made(given, "voice")
        async with at_work(carrier) as (core,):
            await core.until(lambda: carrier.dialler)
            receipt = await carrier.post(Room("voice", "sip", "sip:nobody@127.0.0.1:9"), saying("escalation"), "key")
            assert receipt.state == "sent"
            await core.until(core.ends)

    asyncio.run(story())


def test_the_desk_phone_is_one_telephone_for_both_channels() -> None:
    async def story() -> None:
        carried = carriers(Settings(carriers={"sms": "desk", "voice": "desk"}))  # type: ignore[arg-type]
        assert carried.accounts == {"sms": "sim", "voice": "sim"}
        sms, voice = (carried.makers[name](None, None, real_time) for name in ("sms", "voice"))  # type: ignore[arg-type]
        assert (sms.name, voice.name) == ("sms", "voice")

    asyncio.run(story())


def test_without_carriers_there_are_none() -> None:
    assert carriers(Settings()).makers == {}


# ---- what the doctor says


def found(**carriers: Any) -> dict[str, str]:
    """What the doctor finds about carriers: the sentence → its level."""
    given: Any = {"carriers": carriers}
    return {
        one.what: one.level for one in examine(Settings(**given), "en") if "arrier" in one.what or "SMS" in one.what
    }


def test_the_doctor_names_what_is_missing() -> None:
    said = found(sms="aliyun", aliyun={"key_id": "k", "key_secret": "env:ALIYUN", "sms_api": "http://127.0.0.1:9"})
    assert said["carriers.aliyun is in use, but lacks: sign_name, hook_secret."] == "error"
    lacking = next(what for what in said if "sms_templates" in what)
    assert "assigned, done, escalation, p0_alert, progress" in lacking and said[lacking] == "warning"
    assert any("no connection to 127.0.0.1:9" in what for what in said)
    assert any("tell of keys" in what for what in said)


def test_the_doctor_looks_for_the_secrets_of_providers_in_use_only() -> None:
    gone = {"auth_token": "env:NOWHERE", "account_sid": "AC1", "sender": "+1"}
    assert any("carriers.twilio.auth_token" in what for what in found(sms="twilio", twilio=gone))
    assert not any("NOWHERE" in what or "auth_token" in what for what in found(twilio=gone))


def test_the_doctor_says_that_nobody_is_really_called() -> None:
    assert "warning" in {
        level for what, level in found(voice="desk").items() if "nobody" in what or "simulated" in what
    }


def test_the_doctor_says_which_settings_will_not_do() -> None:
    said = found(voice="sip", sip={"domain": "example.com", "numbers": "tel {number}"})
    assert any("will not do" in what for what in said)


@pytest.mark.parametrize("text", ["p0_alert", ["p0_alert"]])
def test_what_is_no_template_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="a template is written like"):
        settings("aliyun", "sms", sms_templates=text)


# ---- limits


def test_limits_are_settings() -> None:
    from config.policies import policies

    given: Any = {
        "limits": {"voice_per_minute": 2, "voice_per_hour": 3, "voice_per_day": 4, "sms_per_minute": 5, "sms_fen": 6,
                   "call_fen": 7, "ceiling_fen": 8, "reserve_fen": 9},
        "quiet_hours": {"start": "21:30", "end": "07:15"},
    }  # fmt: skip
    policy = policies(Settings(**given)).reaching
    assert [allowance.most for allowance in policy.allowances["voice"]] == [2, 3, 4]
    assert policy.allowances["sms"] == (Allowance(5, MINUTE),)
    assert (policy.prices, policy.ceiling, policy.reserve) == ({"sms": 6, "voice": 7}, 8, 9)
    assert (policy.quiet_from.isoformat(), policy.quiet_until.isoformat()) == ("21:30:00", "07:15:00")


def test_what_is_simulated_costs_nothing() -> None:
    from config.policies import policies

    assert policies(Settings(carriers={"sms": "desk"})).reaching.prices == {"voice": 10}  # type: ignore[arg-type]
