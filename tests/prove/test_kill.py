"""kill -9 under load: no message is lost, no ticket doubled, no timer doubled (S35)."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.processes import wecom
from benchmarks.town import bind_to, build_town, carry_out, households
from bots.emulated.wecom import WeComServer
from core.people.model import Person, Role
from core.store.turn import Turn
from tests.prove.examination import faults_of, unfinished
from tests.prove.people import Crowd, SlowToAnswer
from tests.prove.program import Program

ON_DUTY = 24
"""Engineers to whom new tickets are offered."""
QUIET = 0.4
"""Seconds after which a report is answered: the timers that the kills are to hit."""
STARTING = 0.2
"""Share of the kills that hit the desk while it starts."""
DRAIN_SECONDS = 90.0
CALM = 5
"""Looks in a row that must find nothing undone."""
UNWRITTEN = 8
"""Messages whose outcome was known at a kill and not yet written down: those of a group, at this load."""
PULLED = "SELECT count(*) FROM inbox WHERE channel = 'wecom_kf'"


@dataclass(frozen=True)
class Run:
    """How hard it is tried: kills, engineers who note, faults a second, longest life of the desk in seconds."""

    kills: int
    engineers: int
    faults: float
    longest: float


@pytest.mark.req("S35", "S81")
def test_three_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as below, short enough for every day."""
    asyncio.run(_story(tmp_path, Run(kills=3, engineers=40, faults=4.0, longest=1.5), capsys))


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.req("S35", "S81")
def test_twenty_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty kills at random moments, a fifth of them during the start."""
    asyncio.run(_story(tmp_path, Run(kills=20, engineers=100, faults=6.0, longest=3.5), capsys))


async def _story(folder: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(run.kills)
    path = folder / "desk.db"
    build_town(f"sqlite:///{path}", run.engineers, lambda: time.time_ns() // 1000)
    carry_out(f"sqlite:///{path}", lambda: time.time_ns() // 1000, [_staff])
    slow: list[SlowToAnswer] = []
    async with wecom(lambda server: slow.append(SlowToAnswer(server)) or slow[0]) as (platform, api):
        program = Program(folder, platform, api, QUIET)
        crowd = Crowd(platform, program.port, chance)
        try:
            under_way = await _killing(program, crowd, run, chance, slow[0])
            seconds = await _drained(path, platform, crowd)
            assert program.stop() == 0
        finally:
            program.close()
        broken = list(faults_of(path, platform, crowd))
        repeats = _calls(platform) - _sent(path)
        with capsys.disabled():
            print(_table(path, platform, crowd, run, under_way, repeats, seconds))
    assert not broken, "\n".join(broken[:20])
    assert 0 <= repeats <= under_way + run.kills * UNWRITTEN
    assert _shown_twice(path, platform) == 0
    assert len(crowd.reported) > run.kills and sum(map(len, crowd.taken.values())) > 10 * run.kills


async def _killing(program: Program, crowd: Crowd, run: Run, chance: random.Random, slow: SlowToAnswer) -> int:
    """Kill as often as the run says, during the start or the instant after somebody heard that his message was taken.

    Returns how many messages were on their way to the platform at those moments.
    """
    under_way = 0
    program.start()
    await program.ready()
    talking = [asyncio.create_task(crowd.engineer(household)) for household in households(run.engineers)]
    talking.append(asyncio.create_task(crowd.strangers(run.faults)))
    for _ in range(run.kills):
        if chance.random() < STARTING:
            await asyncio.sleep(chance.uniform(0.2, 1.5))
        else:
            await program.ready()
            await asyncio.sleep(chance.uniform(0.1, run.longest))
            crowd.just_taken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(crowd.just_taken.wait(), run.longest)
        under_way += slow.under_way
        program.kill()
        program.start()
    await program.ready()
    await asyncio.sleep(1.0)
    crowd.finish()
    await asyncio.gather(*talking)
    return under_way


async def _drained(path: Path, platform: WeComServer, crowd: Crowd) -> float:
    """Wait until nothing is left to do; how long that took."""
    begun, calm = time.monotonic(), 0
    while calm < CALM:
        left = unfinished(path, platform.clock()) + len(crowd.reported) - _count(path, PULLED)
        assert time.monotonic() - begun < DRAIN_SECONDS, f"{left} things are left undone"
        calm = calm + 1 if left == 0 else 0
        await asyncio.sleep(0.2)
    return time.monotonic() - begun


def _staff(turn: Turn) -> None:
    """Those to whom the strangers' tickets are offered."""
    dispatcher = turn.add(Person(id=turn.new_id(), entity="main", role=Role.AGENT, name="值班调度", on_duty=True))
    bind_to(turn, dispatcher, "wecom", "dispatcher")
    for number in range(ON_DUTY):
        engineer = Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name=f"值班{number}", on_duty=True)
        bind_to(turn, turn.add(engineer), "wecom", f"duty{number:03d}")


def _calls(platform: WeComServer) -> int:
    return platform.calls["message/send"] + platform.calls["kf/send_msg"]


def _sent(path: Path) -> int:
    return _count(path, "SELECT count(*) FROM outbox WHERE state = 'sent'")


def _table(
    path: Path, platform: WeComServer, crowd: Crowd, run: Run, under_way: int, repeats: int, seconds: float
) -> str:
    rows = {
        "kill -9": run.kills,
        "messages taken": sum(map(len, crowd.taken.values())) + len(crowd.reported),
        "deliveries repeated by the platform": crowd.sent_again,
        "inbox rows": _count(path, "SELECT count(*) FROM inbox"),
        "faults reported": len(crowd.reported),
        "tickets made of them": _count(path, "SELECT count(*) FROM ticket WHERE entity = 'main'"),
        "timers fired": _count(path, "SELECT count(*) FROM timer WHERE state = 'fired'"),
        "timers that wait for their time": _count(path, "SELECT count(*) FROM timer WHERE state = 'waiting'"),
        "messages sent": _sent(path),
        "messages on their way when it was killed": under_way,
        "messages handed to the provider again": repeats,
        "of these shown twice to a customer": _shown_twice(path, platform),
        "events, all chains whole": _count(path, "SELECT count(*) FROM event"),
        "seconds until nothing was left to do": round(seconds),
    }
    lines = [f"  {name:<42}{number:>8}" for name, number in rows.items()]
    return "\n".join(["", "kill -9 under load, SQLite", *lines])


def _shown_twice(path: Path, platform: WeComServer) -> int:
    shown = sum(sent.channel == "wecom_kf" for sent in platform.sent)
    return shown - _count(path, "SELECT count(*) FROM outbox WHERE channel = 'wecom_kf' AND state = 'sent'")


def _count(path: Path, sql: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchone()[0]
