"""Health: each bound holds up to its value and not a microsecond beyond; what was set aside is counted; it stays cheap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from config.standing import DISK_LEAST, Standing, troubles
from core.insight.channels import DEAF, is_deaf
from core.insight.health import (
    CHECKPOINT_LATE,
    DEAD_LATELY,
    DEAD_WITHIN,
    JOB_LATE,
    MESSAGE_LATE,
    NOTICE_LATE,
    RETRYING,
    TIMER_LATE,
    Health,
    health,
)
from core.pulse import ChannelPulse, Pulse
from core.words import MINUTE, Micros
from tests.operating.whole_desk import Operator
from tests.store.standing import NOON, Stand, stand


def put(desk: Stand, table: str, **values: object) -> None:
    """A row with the values that matter here, and anything for the others."""
    columns = {**_ROWS[table], **values}
    connection = desk.database.connect()
    place = "?" if connection.kind == "sqlite" else "%s"
    names, places = ", ".join(columns), ", ".join([place] * len(columns))
    connection.raw.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(columns.values()))
    connection.close()


_ROWS: dict[str, dict[str, object]] = {
    "timer": {"id": 1, "subject": "s", "kind": "k", "episode": "", "policy_version": 1, "data": "{}", "attempts": 0},
    "inbox": {
        "id": 1, "key": "k", "channel": "c", "room": "r", "at": 0, "said": "{}", "raw": b"", "attempts": 0, "due_at": 0,
    },
    "outbox": {
        "id": 1, "key": "k", "channel": "c", "room": "r", "purpose": "p", "say": "{}", "priority": 1, "attempts": 0,
        "created_at": NOON,
    },
    "job": {"id": 1, "key": "k", "kind": "k", "data": "{}", "attempts": 0},
    "quarantine": {"id": 1, "key": "k", "channel": "c", "at": NOON, "raw": b"", "error": "e"},
    "checkpoint": {
        "number": 1, "upto": 0, "heads": "[]", "prev": "", "key": "", "digest": "", "signature": "",
    },
}  # fmt: skip

BOUNDS: dict[str, tuple[Callable[[Stand], None], Micros]] = {
    "timer": (lambda desk: put(desk, "timer", due_at=NOON, state="waiting"), TIMER_LATE),
    "message": (lambda desk: put(desk, "inbox", received_at=NOON, state="new"), MESSAGE_LATE),
    "notice": (lambda desk: put(desk, "outbox", due_at=NOON, state="leased"), NOTICE_LATE),
    "retrying": (lambda desk: put(desk, "outbox", due_at=NOON * 2, attempts=1, state="waiting"), RETRYING),
    "job": (lambda desk: put(desk, "job", due_at=NOON, state="leased"), JOB_LATE),
    "checkpoint": (lambda desk: put(desk, "checkpoint", at=NOON), CHECKPOINT_LATE),
}


def at(desk: Stand, now: Micros) -> Health:
    with desk.database.reading() as connection:
        return health(connection, now)


@pytest.mark.parametrize("name", BOUNDS)
def test_each_bound_to_the_microsecond(desk_url: str, name: str) -> None:
    happen, allowed = BOUNDS[name]
    with stand(desk_url) as desk:
        assert at(desk, NOON).stalled == []
        happen(desk)
        assert at(desk, NOON + allowed).stalled == []
        assert at(desk, NOON + allowed + 1).stalled == [name]


def test_what_is_not_due_yet_is_not_late(desk_url: str) -> None:
    with stand(desk_url) as desk:
        put(desk, "timer", due_at=NOON + 1, state="waiting")
        put(desk, "outbox", due_at=NOON + 1, state="waiting", created_at=0)
        put(desk, "timer", id=2, kind="fired", due_at=0, state="fired")
        put(desk, "outbox", id=2, key="sent", due_at=0, attempts=3, created_at=0, state="sent")
        found = at(desk, NOON)
        assert found.stalled == [] and (found.timer, found.notice, found.unsent) == (0, 0, 1)


def test_many_dead_letters_within_an_hour_are_an_alarm_and_single_ones_are_not(desk_url: str) -> None:
    with stand(desk_url) as desk:
        for number in range(DEAD_LATELY + 1):
            put(desk, "outbox", id=number, key=str(number), due_at=NOON, state="dead" if number % 2 else "unclear")
        found = at(desk, NOON)
        assert found.stalled == ["dead_lately"] and found.set_aside == {"dead": DEAD_LATELY + 1}
        assert at(desk, NOON + DEAD_WITHIN).stalled == [], "by then nobody was woken in vain"
    assert [trouble.code for trouble in troubles(found, DISK_LEAST)] == ["health_dead_lately", "health_dead"]


def test_what_was_set_aside_is_counted(desk_url: str) -> None:
    with stand(desk_url) as desk:
        put(desk, "timer", due_at=NOON, state="parked")
        put(desk, "inbox", received_at=NOON, state="failed")
        put(desk, "job", due_at=NOON, state="dead")
        put(desk, "quarantine", state="waiting")
        put(desk, "quarantine", id=2, key="2", state="replayed")
        found = at(desk, NOON * 2)
    assert found.set_aside == {"parked": 1, "failed": 1, "dead_jobs": 1, "quarantined": 1}
    assert found.stalled == []
    for trouble in troubles(found, DISK_LEAST - 1):
        for lang in ("zh", "en"):
            assert trouble.said(lang).what and trouble.said(lang).next_step


def test_a_doctor_says_it_and_lets_the_desk_start(
    operator: Operator, desk_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand(desk_url) as desk:
        put(desk, "timer", due_at=NOON, state="parked")
        put(desk, "timer", id=2, kind="other", due_at=NOON, state="waiting")
    operator.data.mkdir(parents=True)
    assert operator.says(desk_url, "doctor", "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "Reminders that were parked: 1" in said and "is due is" in said and "Ready to serve" in said


def test_a_channel_is_deaf_after_a_while() -> None:
    now = [NOON]
    pulse = Pulse(lambda: now[0])
    pulse.died("wecom")
    pulse.posted("kf", "later")
    pulse.posted("kf", "refused")
    now[0] += MINUTE
    pulse.died("wecom")
    pulse.posted("kf", "unknown")
    assert not is_deaf(pulse.channel("kf"), NOON * 2), "two failures, and nothing after them, say little"
    pulse.posted("kf", "later")
    assert not is_deaf(pulse.channel("wecom"), NOON + DEAF) and not is_deaf(pulse.channel("kf"), NOON + DEAF)
    assert is_deaf(pulse.channel("wecom"), NOON + DEAF + 1) and is_deaf(pulse.channel("kf"), NOON + DEAF + 1)
    pulse.lives("wecom")
    pulse.posted("kf", "sent")
    assert not is_deaf(pulse.channel("wecom"), NOON * 2) and not is_deaf(pulse.channel("kf"), NOON * 2)
    assert not is_deaf(ChannelPulse(), NOON)


def test_whatever_breaks_is_named() -> None:
    well = Health(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, 1)
    assert Standing(well, DISK_LEAST, (), True).broken == []
    assert Standing(None, DISK_LEAST - 1, ("wecom",), False).broken == ["store", "pump", "disk", "deaf:wecom"]


def test_the_watchdog_has_an_address(elsewhere: None, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, heartbeat_url="https://watch.example/ping/{name}")
    assert settings.heartbeat_url == "https://watch.example/ping/{name}"
    with pytest.raises(ValueError):
        Settings(data_dir=tmp_path, heartbeat_url="watch.example")
