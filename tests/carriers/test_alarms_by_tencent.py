"""Alarms by a provider that cannot be asked about calls, and whose reports do not name our attempt: Tencent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from core.store.model import OutboxState
from core.words import Clock
from notifier.carriers.tencent_sms import TencentSms, TencentSmsConfig
from notifier.carriers.tencent_voice import TencentVoice, TencentVoiceConfig
from notifier.emulated.tencent import TencentServer
from tests.carriers.alarms import Now, Provider, alarms_by
from tests.carriers.rig import Watched
from tests.carriers.tencent_cases import BASE, PROMPTS, SECRET, SMS_TEMPLATES


@contextmanager
def tencent(url: str, **behaviour: Any) -> Iterator[Provider]:
    """Its SMS and calls go by Tencent."""
    now = Now()
    server = TencentServer(now)
    known = server.secret_id, server.key_secret

    def made(name: str, clock: Clock) -> TencentSms | TencentVoice:
        if name == "sms":
            sms = TencentSmsConfig(
                *known, server.sms_app, server.sign_name, SMS_TEMPLATES, SECRET, account="provider", api_base=BASE
            )
            return TencentSms(sms, clock, Watched(server))
        voice = TencentVoiceConfig(*known, server.voice_app, PROMPTS, SECRET, account="provider", api_base=BASE)
        return TencentVoice(voice, clock, Watched(server))

    with alarms_by(url, server, now, made, SECRET, **behaviour) as provider:
        yield provider


@pytest.mark.req("S10", "S11")
@pytest.mark.parametrize("behaviour", [{}, {"twice": True, "backwards": True}])
def test_a_key_pressed_at_the_provider_ends_the_alarm(desk_url: str, behaviour: Any) -> None:
    with tencent(desk_url, **behaviour) as provider:
        number = provider.house.reports_p0()
        provider.passes(30)
        assert provider.house.desk.ticket(number).acked_by == provider.house.liu.person_id
        provider.passes(90)
        assert len(provider.server.rung) == 1 and provider.ends("voice") == ["key 1"]


@pytest.mark.req("S11")
def test_a_call_whose_answer_was_lost_is_known_by_its_number(desk_url: str) -> None:
    with tencent(desk_url) as provider:
        provider.server.fault("lost", "lost")
        number = provider.house.reports_p0()
        provider.passes(8)
        assert [row.state for row in provider.rows("voice")][:1] == [OutboxState.UNCLEAR]
        provider.passes(20)
        assert provider.house.desk.ticket(number).acked_by == provider.house.liu.person_id
        provider.passes(120)
        (call,) = provider.rows("voice")
        assert (call.state, call.ref) == (OutboxState.SENT, provider.server.rung[0].ref)
        assert len(provider.server.rung) == 1
