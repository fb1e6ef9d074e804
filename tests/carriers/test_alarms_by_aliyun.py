"""Alarms by a provider from end to end: SMS, calls, keys, replies and receipts at Aliyun's wire format, through the whole desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from config.carriers import Telephony
from core.escalation.model import Alert
from core.store.model import Outbox, OutboxState
from core.words import SECOND, Micros
from notifier.carriers.aliyun_sms import AliyunSms, AliyunSmsConfig
from notifier.carriers.aliyun_voice import AliyunVoice, AliyunVoiceConfig
from notifier.emulated.aliyun import AliyunServer
from notifier.emulated.callees import Callee, Takes
from tests.carriers.aliyun_cases import BASE, PROMPTS, SECRET, SMS_TEMPLATES
from tests.carriers.rig import Watched
from tests.scenario import story
from tests.scenarios.escalated import FRIDAY_NIGHT, LIU, House, people, rules


@dataclass
class Aliyun:
    """The provider, and the house that uses it."""

    server: AliyunServer
    house: House

    def passes(self, seconds: float) -> None:
        """Time passes second by second, and the provider pushes what is due."""
        for _ in range(round(seconds)):
            self.house.desk.passes(seconds=1)
            self.house.desk.run(self.server.deliver())
            self.house.desk.settle()

    def rows(self, channel: str) -> list[Outbox]:
        found = self.house.desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table).order_by(Outbox.table.c.id)))
        return [row for row in found if row.channel == channel]

    def ends(self, route: str) -> list[str | None]:
        alerts = self.house.desk.act(lambda turn: turn.rows(Alert, select(Alert.table).order_by(Alert.table.c.id)))
        return [alert.end for alert in alerts if alert.route == route]


class Now:
    """The time of the desk, which is made after the provider."""

    clock: Any = None

    def __call__(self) -> Micros:
        return self.clock() if self.clock else FRIDAY_NIGHT


@contextmanager
def aliyun(url: str, **behaviour: Any) -> Iterator[Aliyun]:
    """A desk at night whose SMS and calls go by Aliyun; its pushes come `twice` or `backwards`."""
    now = Now()
    server = AliyunServer(now)
    for pushes in (server.sms, server.voice):
        pushes.query = (("secret", SECRET),)
        for name, value in behaviour.items():
            setattr(pushes, name, value)

    def sms(shelf: Any, read: Any, clock: Any) -> AliyunSms:
        now.clock, known = clock, (server.key_id, server.key_secret)
        config = AliyunSmsConfig(*known, server.sign_name, SMS_TEMPLATES, SECRET, api_base=BASE)
        return AliyunSms(config, clock, Watched(server))

    def voice(shelf: Any, read: Any, clock: Any) -> AliyunVoice:
        known = (server.key_id, server.key_secret)
        config = AliyunVoiceConfig(*known, server.show_number, PROMPTS, "TTS_100009", SECRET, api_base=BASE)
        return AliyunVoice(config, clock, Watched(server))

    carried = Telephony({"sms": sms, "voice": voice}, {"sms": "aliyun", "voice": "aliyun"})
    with story(url, start=FRIDAY_NIGHT, policies=rules(), carried=carried) as desk:
        inside = desk.rehearsal.desk
        server.sms.receiver = lambda hook: inside.channels["sms"].receive(hook, inside.accept_for("sms"))
        server.voice.receiver = lambda hook: inside.channels["voice"].receive(hook, inside.accept_for("voice"))
        yield Aliyun(server, people(desk))


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
