"""A clock that is moved forward passes every due instant in its order; a tick of the calendar wakes the pump and no more."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.calendar import DEFAULTS, Calendar
from config.channels.webchat import webchat
from config.demo import begins
from config.desk import Desk, build
from config.fastforward import FastForward, MovableClock
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.model import Timer
from core.store.turn import Turn
from core.words import DAY, HOUR, MINUTE, SECOND
from tests.web.site import KEY, mind


def desk_on(template: Path, folder: Path, clock: MovableClock) -> Desk:
    shutil.copy(template, folder / "desk.db")
    files = FileStore(folder / "files")
    makers = {"webchat": webchat(KEY, files, lambda room: None)}
    return build(Database(f"sqlite:///{folder / 'desk.db'}"), Policies(), makers, files, clock, mind())


@pytest.mark.req("S10")
def test_time_that_is_skipped_happens_in_its_order(sqlite_template: Path, tmp_path: Path) -> None:
    async def story() -> None:
        clock = MovableClock()
        desk = desk_on(sqlite_template, tmp_path, clock)
        pump = FastForward(desk, clock)
        turning = asyncio.create_task(pump.run())
        happened: list[tuple[str, int]] = []

        def ring(turn: Turn, timer: Timer) -> None:
            happened.append((timer.subject, turn.now))
            if timer.subject == "first":
                turn.remind("ring", "set on the way", turn.now + MINUTE)

        timers = desk.house.timers
        assert isinstance(timers, dict)
        timers["ring"] = ring
        start = clock()
        due = {"last": start + 2 * DAY, "first": start + MINUTE, "not yet": start + 4 * DAY}
        await desk.act(lambda turn: [turn.remind("ring", name, at) for name, at in due.items()])
        await pump.pass_on(3 * 86_400)
        assert [name for name, _ in happened] == ["first", "set on the way", "last"]
        assert abs(happened[1][1] - (start + 2 * MINUTE)) < 5 * SECOND
        assert abs(happened[2][1] - (start + 2 * DAY)) < 5 * SECOND
        assert 0 <= clock() - (start + 3 * DAY) < HOUR
        turning.cancel()
        with suppress(asyncio.CancelledError):
            await turning
        timers.pop("ring")
        await desk.close()

    asyncio.run(story())


def test_sleepers_wake_at_their_instant_and_a_move_stops_where_it_is_enough(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        clock = MovableClock()
        desk = desk_on(sqlite_template, tmp_path, clock)
        pump = FastForward(desk, clock)
        woken: list[tuple[str, int]] = []

        async def sleeper(name: str, seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append((name, clock()))

        start = clock()
        names = {"later": 3000.0, "sooner": 60.0, "in real time": 0.2, "not yet": 9000.0}
        sleepers = [asyncio.create_task(sleeper(name, seconds)) for name, seconds in names.items()]
        await asyncio.sleep(0)
        assert await pump.pass_on(3600, lambda: any(name == "sooner" for name, _ in woken)) is True
        assert [name for name, _ in woken] == ["in real time", "sooner"]
        assert 60 * SECOND <= clock() - start < 65 * SECOND
        assert await pump.pass_on(3600) is False
        assert [name for name, _ in woken][2:] == ["later"]
        assert 3000 * SECOND <= woken[2][1] - start < 3005 * SECOND
        await asyncio.sleep(0.01)
        assert not sleepers[3].done() and clock.next_wake() is not None
        sleepers[3].cancel()
        await asyncio.gather(*sleepers, return_exceptions=True)
        assert clock.next_wake() is None
        await desk.close()

    asyncio.run(story())


MONDAY = 1772380800 * SECOND
"""Monday, 2 March 2026, midnight in Shanghai."""


@pytest.mark.parametrize(
    ("opened", "begins_at"),
    [(9, 9), (15.25, 15.25), (15.75, 24 + 9), (17.99, 24 + 9), (20, 24 + 9), (3, 9), (5 * 24 + 16, 7 * 24 + 9)],
)
def test_a_demonstration_begins_in_working_hours_and_with_time_for_its_story(opened: float, begins_at: float) -> None:
    """Working hours are 08:30 to 18:00, Monday to Saturday."""
    began = begins(Policies().calendar, MONDAY + round(opened * HOUR))
    assert began == MONDAY + round(begins_at * HOUR)


async def _slept(clock: MovableClock, seconds: float) -> float:
    began = asyncio.get_running_loop().time()
    await clock.sleep(seconds)
    return asyncio.get_running_loop().time() - began


def test_a_clock_that_nobody_moves_sleeps_as_long_as_it_says() -> None:
    assert 0.1 <= asyncio.run(_slept(MovableClock(), 0.1)) < 1.0


def test_a_late_tick_still_comes_and_comes_once() -> None:
    async def story() -> None:
        kicks: list[float] = []
        loop = asyncio.get_running_loop()
        calendar = Calendar(lambda: kicks.append(loop.time()), ZoneInfo("Asia/Shanghai"), tick=0.1)
        calendar.start()
        await asyncio.sleep(0.25)
        assert len(kicks) == 2
        import time

        time.sleep(0.45)  # noqa: ASYNC251 - the loop is held up, as by a slow machine
        await asyncio.sleep(0.05)
        assert len(kicks) == 3
        calendar.stop()
        await asyncio.sleep(0.25)
        assert len(kicks) == 3

    asyncio.run(story())
    assert DEFAULTS == {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
