"""kill -9 under load: no message is lost, no ticket doubled, no timer doubled (S35)."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.processes import wecom
from benchmarks.town import bind_to, build_town, carry_out, households
from bots.emulated.wecom import WeComServer
from core.people.model import Person, Role
from core.store.database import Database
from core.store.turn import Turn
from tests.learning import knows
from tests.prove.examination import faults_of, keep_history, number, unfinished
from tests.prove.exchange import NUMBERS, Exchange, exchange
from tests.prove.exchange import settings as carried
from tests.prove.killing import Killer, Run, Toll, attend, processes
from tests.prove.ledger import Alarms, shown_by
from tests.prove.people import Crowd
from tests.prove.program import settings
from tests.prove.provider import SlowProvider
from tests.prove.tables import Done, Told, print_table

ON_DUTY = 24
"""Engineers to whom new tickets are offered."""
QUIET = 0.4
"""Seconds after which a report is answered: the timers that the kills are to hit."""
STREAMS = 4
"""How many strangers may be waiting at the same time until their report is taken."""
DRAIN_SECONDS = 90.0
CALM = 5
"""Looks in a row that must find nothing undone."""
REPEATS = 0.5
"""Most messages handed to the platform again, per kill, where it answers after QUICK."""
CARRIER = 0.4
"""Seconds that the provider of calls and SMS takes to answer."""
QUICK, SLOW = 0.02, 0.4
"""Seconds that the platform takes to answer a message."""
LEAST = 2_000
"""So many timers and so many messages does each of the long runs have at least."""
CONFLICT = "another process stood in the way"
"""How a process's log tells that a group was done again."""
PULLED = "SELECT count(*) FROM inbox WHERE channel = 'wecom_kf'"

LONG = {
    "sqlite": Run(processes=1, kills=200, answer=QUICK, engineers=8, faults=6.0, longest=3.0),
    "postgresql": Run(processes=4, kills=200, answer=QUICK, engineers=8, faults=4.5, longest=4.0),
}
SHORT = {
    "sqlite": Run(processes=1, kills=3, answer=0.15, engineers=40, faults=4.0, longest=1.5, urgent=0.3),
    "postgresql": Run(processes=2, kills=3, answer=0.15, engineers=20, faults=3.0, longest=0.8, urgent=0.3),
}


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.req("S35", "S81")
def test_three_kills(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as below, short enough for every day."""
    run = SHORT[Database(database_url).kind]
    toll, told = asyncio.run(_story(database_url, tmp_path, run, capsys))
    assert told.repeats <= toll.under_way + toll.unwritten


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.req("S35", "S81")
@pytest.mark.parametrize("answer", [QUICK, SLOW])
def test_two_hundred_kills(
    database_url: str, answer: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred kills at random moments, a fifth of them during the start; on PostgreSQL, of one in four processes."""
    run = replace(LONG[Database(database_url).kind], answer=answer)
    toll, told = asyncio.run(_story(database_url, tmp_path, run, capsys))
    assert told.taken >= LEAST and told.fired >= LEAST
    assert told.repeats <= (REPEATS * toll.kills if answer == QUICK else toll.under_way + toll.unwritten)


async def _story(url: str, folder: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> tuple[Toll, Told]:
    """Kill, let all come to rest, and examine what is left. What the kills hit, and the figures of the run."""
    chance, begun = random.Random(run.kills), time.monotonic()
    database = _town(url, folder, run)
    providers: list[SlowProvider] = []

    def slow(server: WeComServer) -> SlowProvider:
        providers.append(SlowProvider(server, run.answer))
        return providers[0]

    async with wecom(slow) as (platform, api), exchange(platform.clock, chance, CARRIER) as (carrier, carrier_api):
        provider = providers[0]
        given = {**settings(url, folder, platform, api, QUIET), **carried(carrier_api, folder)}
        with processes(run.processes, given, folder / "log") as programs:
            crowd = Crowd(platform, [program.port for program in programs], chance, run.urgent)
            carrier.tells = crowd.tells
            killer = Killer(programs, crowd, provider, database, run.longest, chance)
            toll = await _killing(killer, run)
            seconds = await _drained(database, platform, carrier, killer)
            assert [program.stop() for program in programs] == [0] * run.processes
        alarms = Alarms.of(database, carrier, crowd.standstills, platform.clock())
        numbers = partial(shown_by, provider=carrier)
        broken = [*faults_of(database, platform, crowd, provider.calls, numbers), *alarms.faults()]
        told = Told.of(database, platform, provider, crowd)
        done = Done(sum(program.fenced for program in programs), _conflicts(folder), seconds, time.monotonic() - begun)
    with capsys.disabled():
        print_table(database.kind, run, toll, told, alarms, done, len(broken))
    database.close()
    assert not broken, "\n".join(broken[:20])
    assert told.repeats >= 0
    assert told.shown_twice == 0
    assert alarms.calls > 0 and alarms.keys > 0
    assert told.reported > run.kills and told.taken > 10 * run.kills
    return toll, told


def _town(url: str, folder: Path, run: Run) -> Database:
    """A desk's database with people in it, a folder in which no process has to train, and the history kept from now on."""
    build_town(url, run.engineers, lambda: time.time_ns() // 1000)
    carry_out(url, lambda: time.time_ns() // 1000, [_staff])
    knows(folder)
    database = Database(url)
    keep_history(database)
    return database


async def _killing(killer: Killer, run: Run) -> Toll:
    """Start everything, let people talk, and kill as often as the run says."""
    crowd = killer.crowd
    for program in killer.programs:
        program.start()
    for program in killer.programs:
        await program.ready()
    talking = [asyncio.create_task(crowd.engineer(household)) for household in households(run.engineers)]
    talking += [asyncio.create_task(crowd.strangers(run.faults / STREAMS)) for _ in range(STREAMS)]
    toll = await killer.kill(run.kills)
    for program in killer.programs:
        await program.ready()
    await asyncio.sleep(1.0)
    crowd.finish()
    await asyncio.gather(*talking)
    return toll


async def _drained(database: Database, platform: WeComServer, carrier: Exchange, killer: Killer) -> float:
    """Wait until nothing is left to do; how long that took."""
    begun, calm, crowd = time.monotonic(), 0, killer.crowd
    while calm < CALM:
        attend(killer.programs)
        await carrier.rest()
        left = unfinished(database, platform.clock()) + len(crowd.reported) - number(database, PULLED)
        assert time.monotonic() - begun < DRAIN_SECONDS, f"{left} things are left undone"
        calm = calm + 1 if left == 0 else 0
        await asyncio.sleep(0.2)
    return time.monotonic() - begun


def _conflicts(folder: Path) -> int:
    return (folder / "log").read_text(errors="replace").count(CONFLICT)


def _staff(turn: Turn) -> None:
    """Those to whom the strangers' tickets are offered."""
    dispatcher = turn.add(Person(id=turn.new_id(), entity="main", role=Role.AGENT, name="值班调度", on_duty=True))
    bind_to(turn, dispatcher, "wecom", "dispatcher")
    for index, name in enumerate(("director", "manager")):
        phone = str(NUMBERS + ON_DUTY + index)
        manager = Person(id=turn.new_id(), entity="main", role=Role.MANAGER, name=name, on_duty=index > 0, phone=phone)
        bind_to(turn, turn.add(manager), "wecom", name)
    for index in range(ON_DUTY):
        engineer = Person(
            id=turn.new_id(),
            entity="main",
            role=Role.ENGINEER,
            name=f"值班{index}",
            on_duty=True,
            phone=str(NUMBERS + index),
        )
        bind_to(turn, turn.add(engineer), "wecom", f"duty{index:03d}")
