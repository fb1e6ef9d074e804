"""The desk is down for two hours: what fell due meanwhile happens once, late and in its order; what is no news is not sent."""

from __future__ import annotations

import orjson
import pytest

from benchmarks.plain_mind import QUESTION, REPORT
from core.conversations.saying import tell
from core.people.model import Person
from core.store.turn import Turn
from core.words import HOUR, MINUTE, Say
from tests.faults.living import Eye
from tests.faults.told import told
from tests.scenario import WEDNESDAY_TEN, Story

BACK = WEDNESDAY_TEN + 2 * HOUR
WITHIN = 15
"""Seconds in which everything that fell due in two hours is done."""


@pytest.mark.req("S35")
def test_two_hours_down(desk_url: str) -> None:
    """Five customers have just reported, an engineer was to be reminded of a meeting, and offers wait for an answer."""
    with told(desk_url) as desk:
        eye, raw = Eye(desk_url, lambda: BACK), _reported(desk, "零号客户")
        desk.run(desk.rehearsal.desk.accept_for("telegram")([raw]))
        liu = desk.engineer("刘工")
        for number in range(5):
            desk.customer(f"客户{number}", "telegram").says(REPORT)
            desk.passes(seconds=1)
        desk.rehearsal.wecom.fault("message/send", "down")
        desk.act(lambda turn: _remind(turn, liu.person_id or 0))
        desk.settle()
    due = eye.column(f"SELECT subject FROM timer WHERE state = 'waiting' AND due_at <= {BACK} ORDER BY due_at, id")
    assert len(due) >= 5

    with told(desk_url, start=BACK) as desk:
        desk.passes(seconds=WITHIN)
        carrier = desk.rehearsal.carriers["telegram"]
        assert eye.one(f"SELECT count(*) FROM timer WHERE state = 'waiting' AND due_at <= {BACK}") == 0
        answered = [str(sent.room) for sent in carrier.sent if "ack_created" in (sent.say.purpose, *sent.say.also)]
        assert answered == [subject for subject in due if subject.startswith("telegram/")] and len(answered) == 5
        assert eye.column("SELECT purpose FROM outbox WHERE state = 'expired'") == ["reminder"]
        assert not any("开会" in sent.text for sent in desk.rehearsal.wecom.sent)
        assert eye.broken() == []

        desk.passes(hours=5)
        heard = len(carrier.sent)
        desk.run(desk.rehearsal.desk.accept_for("telegram")([raw]))
        desk.passes(seconds=WITHIN)
        assert len(carrier.sent) == heard
        assert eye.one("SELECT count(*) FROM inbox WHERE key = 'telegram:零号客户'") == 1
    eye.close()


def _reported(desk: Story, who: str) -> bytes:
    """A delivery as the platform keeps it, to be brought again."""
    room = str(desk.rehearsal.carriers["telegram"].room(who))
    said = {"id": who, "at": desk.now, "who": who, "name": who, "room": room, "kind": "text", "text": QUESTION}
    return orjson.dumps(said)


def _remind(turn: Turn, person_id: int) -> None:
    person = turn.get(Person, person_id)
    assert person is not None
    tell(turn, person, Say("reminder", "十分钟后开会"), expires_at=turn.now + 10 * MINUTE)
