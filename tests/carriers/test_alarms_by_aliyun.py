"""Alarms by a provider from end to end: SMS, calls, keys, replies and receipts at Aliyun's wire format, through the whole desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from core.store.model import OutboxState
from core.words import SECOND, Clock
from notifier.carriers.aliyun_sms import AliyunSms, AliyunSmsConfig
from notifier.carriers.aliyun_voice import AliyunVoice, AliyunVoiceConfig
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.callees import Callee, Takes
from tests.carriers.alarms import Now, Provider, alarms_by
from tests.carriers.aliyun_cases import BASE, PROMPTS, SECRET, SMS_TEMPLATES
from tests.carriers.rig import Watched
from tests.scenarios.escalated import LIU


@contextmanager
def aliyun(url: str, **behaviour: Any) -> Iterator[Provider]:
    """Its SMS and calls go by Aliyun."""
    now = Now()
    server = AliyunServer(now)
    known = server.key_id, server.key_secret

    def made(name: str, clock: Clock) -> AliyunSms | AliyunVoice:
        if name == "sms":
            sms = AliyunSmsConfig(*known, server.sign_name, SMS_TEMPLATES, SECRET, "provider", BASE)
            return AliyunSms(sms, clock, Watched(server))
        shown = server.show_number
        voice = AliyunVoiceConfig(*known, shown, PROMPTS, "TTS_100009", SECRET, "provider", BASE)
        return AliyunVoice(voice, clock, Watched(server))

    with alarms_by(url, server, now, made, SECRET, **behaviour) as provider:
        yield provider


@pytest.mark.req("S10", "S11")
@pytest.mark.parametrize("behaviour", [{}, {"twice": True}, {"twice": True, "backwards": True}, {"late": 30 * SECOND}])
def test_a_key_pressed_at_the_provider_ends_the_alarm(desk_url: str, behaviour: Any) -> None:
    with aliyun(desk_url, **behaviour) as provider:
        number = provider.house.reports_p0()
        provider.passes(50)
        assert [number in text.text for text in provider.server.texts] == [True]
        assert [number in call.text for call in provider.server.rung] == [True]
        ticket = provider.house.desk.ticket(number)
        assert (ticket.status, ticket.acked_by) == ("accepted", provider.house.liu.person_id)
        provider.passes(60)
        assert len(provider.server.rung) == 1 and provider.ends("voice") == ["key 1"]


@pytest.mark.req("S10")
def test_a_reply_to_the_sms_ends_the_alarm(desk_url: str) -> None:
    with aliyun(desk_url) as provider:
        provider.server.callees[LIU] = Callee(Takes.LISTENS)
        number = provider.house.reports_p0()
        provider.passes(5)
        provider.house.desk.run(provider.server.replies(LIU, "1"))
        provider.house.desk.settle()
        assert provider.house.desk.ticket(number).acked_by == provider.house.liu.person_id


@pytest.mark.req("S11")
def test_a_call_whose_answer_was_lost_is_never_repeated_and_its_key_still_counts(desk_url: str) -> None:
    with aliyun(desk_url) as provider:
        provider.server.fault("lost", "lost", "lost")
        number = provider.house.reports_p0()
        provider.passes(12)
        assert [row.state for row in provider.rows("voice")][:1] == [OutboxState.UNCLEAR]
        assert len(provider.server.rung) == 1
        provider.passes(10)
        assert provider.house.desk.ticket(number).acked_by == provider.house.liu.person_id
        provider.passes(120)
        (call,) = provider.rows("voice")
        assert (call.state, call.ref) == (OutboxState.SENT, provider.server.rung[0].ref)
        assert len(provider.server.rung) == 1


@pytest.mark.req("S10")
def test_an_sms_whose_answer_was_lost_is_found_at_the_provider(desk_url: str) -> None:
    with aliyun(desk_url) as provider:
        provider.server.callees[LIU] = Callee(Takes.NO_ANSWER)
        provider.server.fault("lost", "lost")
        provider.house.reports_p0()
        provider.passes(20)
        assert [row.state for row in provider.rows("sms")][:1] == [OutboxState.SENT]
        assert len(provider.server.texts) == 1


@pytest.mark.req("S10")
def test_a_receipt_that_says_that_nothing_arrived_sends_the_alert_another_way(desk_url: str) -> None:
    with aliyun(desk_url) as provider:
        provider.server.callees[LIU] = Callee(Takes.LISTENS)
        provider.server.undeliverable[LIU] = "MOBILE_NOT_ON_SERVICE"
        provider.house.reports_p0()
        provider.passes(30)
        (row,) = provider.rows("sms")
        assert (row.state, provider.server.texts) == (OutboxState.DEAD, [])
        assert provider.ends("sms") == ["Aliyun MOBILE_NOT_ON_SERVICE"]


def test_a_purpose_without_a_template_takes_another_way(desk_url: str) -> None:
    with aliyun(desk_url) as provider:
        voice: Any = provider.house.desk.rehearsal.desk.channels["voice"]
        voice._config = replace(voice._config, templates={})
        provider.house.reports_p0()
        provider.passes(5)
        assert provider.server.rung == [] and provider.ends("voice")[0] == "template for escalation missing"
