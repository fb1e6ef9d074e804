"""What was set aside is seen by a person and tried again, on a desk that runs; who did it is on record (S8, S35)."""

from __future__ import annotations

from contextlib import closing

import orjson
import pytest

from bots.webchat import WebChat
from core.store.model import Inbox, InboxState
from core.store.turn import Turn
from tests.operating.sworn import tamper
from tests.operating.whole_desk import Operator, with_a_past
from tests.store.standing import Hurt, Stand, delivery, message, stand

UNREADABLE = b'{"nothing": "of ours"}'


def listed(operator: Operator, url: str, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert operator.says(url, *words, "list") == 0
    return capsys.readouterr().out


@pytest.mark.req("S8", "S35")
def test_a_dead_letter_is_seen_and_sent_again(
    operator: Operator, desk_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with with_a_past(desk_url) as desk:
        with closing(desk.rehearsal.desk.database.connect()) as connection:
            connection.say("UPDATE outbox SET state = 'dead', error = '45009 freq' WHERE purpose = 'ack_created'")
        shown = listed(operator, desk_url, capsys, "dead")
        assert "ack_created" in shown and "45009" in shown and "空压机" not in shown and "王" not in shown
        ref = shown.split()[0]
        assert operator.says(desk_url, "dead", "again", ref) == 0
        with closing(desk.rehearsal.desk.database.connect()) as connection:
            connection.say("UPDATE outbox SET due_at = 1 WHERE state = 'waiting'")  # the story plays in the past
        desk.passes(seconds=10)
        assert "没有" in listed(operator, desk_url, capsys, "dead")
        assert operator.says(desk_url, "dead", "again", ref) == 1, "it is no longer set aside"
        with desk.rehearsal.desk.database.reading() as reading:
            found = reading.raw.execute("SELECT kind, via FROM event WHERE stream = 'operator'").fetchall()
            state = reading.raw.execute("SELECT state FROM outbox WHERE purpose = 'ack_created'").fetchone()
        assert [kind for kind, _ in found] == ["operator.again"] and found[0][1].startswith("shell:")
        assert state[0] == "sent"
        desk.chains_are_whole()


def test_a_message_that_failed_has_its_turn_after_the_fix(
    operator: Operator, desk_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [True]

    def hear(turn: Turn, row: Inbox) -> str:
        if broken[0]:
            raise Hurt("a defect")
        return "heard"

    with stand(desk_url, hear) as desk:
        desk.submit(delivery(message(1), message(2, room="li")))
        for _ in range(4):
            desk.cycle()
            desk.clock[0] += 60_000_000
        assert desk.column("SELECT DISTINCT state FROM inbox") == [InboxState.FAILED]
        broken[0] = False
        assert operator.says(desk_url, "dead", "again", "--all", "inbox") == 0
        desk.clock[0] += 10**15
        desk.cycle()
        assert desk.column("SELECT outcome FROM inbox") == ["heard", "heard"]


def set_states(desk: Stand) -> None:
    tamper(
        desk,
        "INSERT INTO timer (id, subject, kind, episode, due_at, policy_version, data, state, attempts) "
        "VALUES (901, 'ticket:1', 'of tomorrow', '', 1, 1, '{}', 'parked', 3)",
        "INSERT INTO job (id, key, kind, data, state, due_at, attempts) VALUES (902, 'k', 'fetch', '{}', 'dead', 1, 5)",
    )


def test_each_sort_can_be_tried_again_or_dropped(
    operator: Operator, desk_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand(desk_url) as desk:
        set_states(desk)
        shown = listed(operator, desk_url, capsys, "dead")
        assert "timer:901" in shown and "job:902" in shown
        assert operator.says(desk_url, "dead", "again", "timer:901", "job:902") == 0
        assert desk.column("SELECT state FROM timer UNION ALL SELECT state FROM job") == ["waiting", "waiting"]
        tamper(desk, "UPDATE timer SET state = 'parked'", "UPDATE job SET state = 'dead'")
        assert operator.says(desk_url, "dead", "drop", "timer:901", "job:902") == 0
        assert desk.column("SELECT state FROM timer UNION ALL SELECT state FROM job") == ["cancelled", "done"]


@pytest.mark.parametrize("ref", ["outbox:1", "outbox", "table:1", "timer:-1", "timer:9999999999999999999", "timer:１"])
def test_what_was_not_set_aside_is_left_alone(operator: Operator, desk_url: str, ref: str) -> None:
    with stand(desk_url) as desk:
        set_states(desk)
        assert operator.says(desk_url, "dead", "again", "timer:901", ref) == 1
        assert desk.column("SELECT state FROM timer") == ["parked"], "all or nothing"


READABLE = orjson.dumps(
    {"visitor": "0" * 32, "at": 1_772_596_800_000_000, "said": {"id": "m1", "kind": "text", "text": "空压机漏油"}}
)


def quarantined(desk: Stand, *raws: bytes) -> None:
    connection = desk.database.connect()
    place = "?" if connection.kind == "sqlite" else "%s"
    for number, raw in enumerate(raws, 1):
        connection.raw.execute(
            "INSERT INTO quarantine (id, key, channel, at, raw, error, state) "
            f"VALUES ({number}, 'webchat:{number}', 'webchat', 1, {place}, 'KeyError: 13800138000', 'waiting')",
            (raw,),
        )
    connection.close()


def test_a_delivery_is_read_again_after_a_fix(
    operator: Operator, desk_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert WebChat.read(READABLE), "the test's own delivery can be read"
    with stand(desk_url) as desk:
        quarantined(desk, READABLE, UNREADABLE)
        assert "13800138000" not in listed(operator, desk_url, capsys, "quarantine")
        assert operator.says(desk_url, "quarantine", "replay", "2") == 1
        assert operator.says(desk_url, "quarantine", "replay", "--all") == 1, "one is still unreadable: nothing is done"
        assert desk.column("SELECT state FROM quarantine ORDER BY id") == ["waiting", "waiting"]
        assert operator.says(desk_url, "quarantine", "replay", "1") == 0
        assert operator.says(desk_url, "quarantine", "drop", "2") == 0
        assert desk.column("SELECT state FROM quarantine ORDER BY id") == ["replayed", "dropped"]
        desk.clock[0] += 10**15
        desk.cycle()
        assert desk.column("SELECT outcome FROM inbox") == ["heard"]
        assert desk.column("SELECT kind FROM event ORDER BY seq") == ["operator.replayed", "operator.dropped"]
