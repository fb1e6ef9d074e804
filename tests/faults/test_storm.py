"""A provider fails for half an hour: others are not held up, an alarm goes first afterwards, and what is no news any more is not sent."""

from __future__ import annotations

from itertools import cycle, islice

import pytest

from core.conversations.saying import tell
from core.people.model import Person
from core.store.outgoing import MOST_ALARM_ATTEMPTS, MOST_ATTEMPTS
from core.store.turn import Turn
from core.words import MINUTE, Say
from tests.faults.living import Eye
from tests.scenario import Party, Story

STORM = ("5xx", 45009, -1, "5xx", "down")
"""What WeCom answers meanwhile: server error, too many calls, busy, server error, no connection."""
FAULTS = ("扫码枪连不上主机", "饮水机不出水", "投影仪打不开", "打印机卡纸", "空压机漏油", "叉车充不上电")
ALARM_AFTER, NEWS_AFTER = 2, 10
"""Minutes after the storm within which an alarm, and all other news, must have left."""


@pytest.mark.req("S10", "S35")
def test_half_an_hour_of_storm(desk: Story) -> None:
    """WeCom is down while six customers report faults by Telegram, and then a line stops."""
    eye = Eye(desk.rehearsal.desk.database.url, desk.rehearsal.clock)
    wecom, liu, sun = desk.rehearsal.wecom, desk.engineer("刘工"), desk.manager("孙经理")
    wecom.fault("message/send", *islice(cycle(STORM), 100_000))
    for number, fault in enumerate(FAULTS):
        reporter = desk.customer(f"客户{number}", "telegram", phone=f"1380013802{number}")
        reporter.says(fault)
        reporter.hears("ack_created", within=15)
        desk.passes(minutes=1)
    _remind(desk, liu, "十分钟后开会")
    desk.passes(minutes=14)
    wang = desk.customer("王女士", "telegram", phone="13800138029")
    wang.says("整条线停了，注塑机报 E-07")
    number = wang.hears("ack_created", "P0", within=0).ticket
    desk.passes(minutes=10)
    assert not wecom.sent
    assert 5 < eye.one("SELECT max(attempts) FROM outbox WHERE priority = 1") < MOST_ATTEMPTS
    assert 5 < eye.one("SELECT max(attempts) FROM outbox WHERE priority = 0") < MOST_ALARM_ATTEMPTS
    assert eye.one("SELECT count(*) FROM outbox WHERE state IN ('dead', 'unclear')") == 0

    wecom.calm()
    desk.passes(minutes=ALARM_AFTER)
    first = {to: next(sent.text for sent in wecom.sent if sent.to == to) for to in (liu.address, sun.address)}
    assert number in first[liu.address] and number in first[sun.address]
    desk.passes(minutes=NEWS_AFTER - ALARM_AFTER)
    said = " ".join(sent.text for sent in wecom.sent)
    assert all(ticket.number in said for ticket in desk.tickets())
    assert "十分钟后开会" not in said
    for party in (liu, sun):
        written = eye.column(f"SELECT ref FROM outbox WHERE room LIKE '%/{party.address}' AND priority > 0 ORDER BY id")
        heard = [sent.ref for sent in wecom.sent if sent.to == party.address]
        assert [ref for ref in heard if ref in written] == [ref for ref in written if ref is not None]
    assert eye.column("SELECT purpose FROM outbox WHERE state = 'expired'") == ["reminder"]
    assert eye.broken() == []
    eye.close()


def _remind(desk: Story, party: Party, text: str) -> None:
    """He is told something that is no news any more after ten minutes."""

    def remind(turn: Turn) -> None:
        person = turn.get(Person, party.person_id)
        assert person is not None
        tell(turn, person, Say("reminder", text), expires_at=turn.now + 10 * MINUTE)

    desk.act(remind)
