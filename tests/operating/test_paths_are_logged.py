"""Whatever is set aside leaves one line in the log, with the id by which it is found, and without anybody's words (S35)."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from config.logging import FIELDS, JsonLines
from core.house import JobKind
from core.store.intake import Delivery
from core.store.jobs import Finished, finish
from core.store.model import Inbox, Job, JobState, Outbox, OutboxState, Timer
from core.store.outgoing import Outcome, settle
from core.store.turn import Turn
from core.words import Receipt
from tests.store.standing import NOON, Hurt, Stand, delivery, message, stand


def a_message(desk: Stand) -> None:
    desk.submit(delivery(message(1, text="我的电话 13800138000")))
    for _ in range(4):
        desk.cycle()
        desk.clock[0] += 60_000_000


def a_timer(desk: Stand) -> None:
    desk.submit(lambda turn: turn.add(Timer(id=turn.new_id(), subject="ticket:1", kind="of tomorrow", due_at=NOON)))
    desk.cycle()
    desk.cycle()


def a_delivery(desk: Stand) -> None:
    desk.submit(Delivery("carried", (), ((b"\x00 13800138000", "ValueError: x"),), None))
    desk.cycle()


def a_notice(desk: Stand) -> None:
    def act(turn: Turn) -> None:
        row = Outbox(
            id=turn.new_id(), key="k", channel="carried", room="r", purpose="p", say={"text": "13800138000"},
            state=OutboxState.LEASED, created_at=NOON, due_at=NOON, lease="me",
        )  # fmt: skip
        turn.add(row)
        settle(turn, Outcome(row.id, "me", Receipt("gone", why="user left"), NOON))

    desk.submit(act)
    desk.cycle()


def a_job(desk: Stand) -> None:
    nothing = JobKind(lambda turn, job: None, lambda turn, job: None)
    desk.pump.house = replace(desk.pump.house, jobs={"k": nothing})

    def act(turn: Turn) -> None:
        job = Job(id=turn.new_id(), key="k", kind="k", state=JobState.LEASED, lease="me", due_at=NOON)
        turn.add(job)
        finish(turn, Finished(job.id, "me", error="gone", final=True))

    desk.submit(act)
    desk.cycle()


@pytest.mark.req("S35")
@pytest.mark.parametrize(
    ("happen", "said", "named"),
    [
        (a_message, "failed", "inbox"),
        (a_timer, "parked", "timer"),
        (a_delivery, "quarantined", "quarantine"),
        (a_notice, "not delivered", "outbox"),
        (a_job, "given up", "job"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_line_with_its_id(
    desk_url: str, caplog: pytest.LogCaptureFixture, happen: object, said: str, named: str
) -> None:
    def hear(turn: Turn, row: Inbox) -> str:
        raise Hurt("a defect")

    with caplog.at_level(logging.INFO, "huiying"), stand(desk_url, hear) as desk:
        happen(desk)  # type: ignore[operator]
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    found = [line for line in lines if said in line["message"] and named in line]
    assert len(found) == 1 and isinstance(found[0][named], int), lines
    assert named in FIELDS and "13800138000" not in json.dumps(lines)
