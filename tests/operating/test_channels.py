"""Channels that die or go deaf: noticed, replaced, and said of in the doctor, on the board and to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.plain_mind import PlainMind
from bots.emulated.carrier import Carrier
from config.desk import Desk, build
from config.running import LiveRunner, Supervisor
from config.standing import alive
from core.insight.channels import LASTS, ChannelStatus, status_of, tell
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.outgoing import post
from core.words import MINUTE, SECOND, Accept, Clock, Micros, Room, Say
from tests.store.standing import NOON

Live = Callable[["Line", Accept], Awaitable[None]]
HOLIDAY = 3600.0


class Line(Carrier):
    """A platform with a connection: what `run` does in its first, second, … life is the test's to say."""

    single = False
    patience = 2.0

    def __init__(self, clock: Clock, *lives: Live) -> None:
        super().__init__("telegram", clock)
        self.sign: Micros | None = None
        self.begun = 0
        self.ended: list[str] = []
        self._lives, self._clock = lives, clock

    async def run(self, accept: Accept) -> None:
        life = self._lives[min(self.begun, len(self._lives) - 1)]
        self.begun += 1
        try:
            await life(self, accept)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise

    def lives(self) -> None:
        self.sign = self._clock()


async def silent(line: Line, accept: Accept) -> None:
    """Connected, and nothing comes any more."""
    line.lives()
    await asyncio.sleep(HOLIDAY)


async def well(line: Line, accept: Accept) -> None:
    """A pong every now and then."""
    while True:
        line.lives()
        await asyncio.sleep(0.01)


async def refused(line: Line, accept: Accept) -> None:
    raise ConnectionError("wss://example/?ticket=secret")


class Ticking:
    """A clock that goes a thousand times as fast as the wall's, so that minutes pass in a test."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()

    def __call__(self) -> Micros:
        return NOON + int((asyncio.get_running_loop().time() - self._began) * 1000 * SECOND)


@asynccontextmanager
async def supervised(url: str, folder: Path, line: Line, clock: Clock) -> AsyncIterator[Desk]:
    desk = build(Database(url), Policies(), {"telegram": lambda *_: line}, FileStore(folder), clock, PlainMind())
    runner = LiveRunner(desk)
    supervisor = Supervisor(desk, lambda seconds: asyncio.sleep(seconds / 1000))
    runner.start()
    supervisor.start()
    try:
        yield desk
    finally:
        await supervisor.stop()
        await runner.stop()
        await desk.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_a_connected_but_deaf_channel_is_cancelled_and_begun_anew(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        clock = Ticking()
        line = Line(clock, silent, silent, well)
        async with supervised(desk_url, tmp_path, line, clock) as desk:
            await until(lambda: line.begun == 3)
            assert line.ended == ["CancelledError", "CancelledError"]
            assert desk.pulse.channel("telegram").restarts == 2
            await asyncio.sleep(0.2)
            assert line.begun == 3, "one that gives signs of life is left alone"

    asyncio.run(story())


def test_a_channel_that_dies_is_begun_anew_and_its_secret_stays_out_of_the_status(
    desk_url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        line = Line(lambda: NOON, refused, refused, well)
        async with supervised(desk_url, tmp_path, line, lambda: NOON) as desk:
            await until(lambda: line.begun == 3)
            assert line.ended == ["ConnectionError"] * 2
            status = await told_of(desk)
            assert status.restarts == 2 and "secret" not in str(status)

    asyncio.run(story())


async def told_of(desk: Desk) -> ChannelStatus:
    await desk.act(lambda turn: tell(turn, desk.pump.holder, desk.channels, desk.pulse.channels))
    with desk.database.reading() as connection:
        return status_of(connection, "telegram", desk.clock())


def test_the_status_outlives_its_process_and_falls_asleep(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        now = [NOON]
        line = Line(lambda: now[0], well)
        async with supervised(desk_url, tmp_path, line, lambda: now[0]) as desk:
            await line.says(desk.accept_for("telegram"), "50021", "王女士", "text", "在吗")
            await desk.act(lambda turn: post(turn, Room("telegram", "desk", "50021"), Say("note", "在")))
            await until(lambda: line.sent)
            status = await told_of(desk)
            assert (status.state, status.heard_at, status.posted_at, status.sign_at) == ("well", NOON, NOON, NOON)
            now[0] += LASTS + 1
            with desk.database.reading() as connection:
                later = status_of(connection, "telegram", now[0])
            assert (later.state, later.heard_at, later.restarts) == ("asleep", NOON, 0)

    asyncio.run(story())


def test_two_processes_speak_of_one_channel_and_the_worse_word_counts(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        now = [NOON]
        line = Line(lambda: now[0], well)
        async with supervised(desk_url, tmp_path, line, lambda: now[0]) as desk:
            await told_of(desk)
            desk.pulse.died("telegram")
            await desk.act(lambda turn: tell(turn, "another", desk.channels, desk.pulse.channels))
            with desk.database.reading() as connection:
                status = status_of(connection, "telegram", NOON)
            assert (status.state, status.since, status.restarts) == ("down", NOON, 1)
            assert [trouble.code for trouble in alive([status], desk.house.zone)] == ["channel_down"]

    asyncio.run(story())


def test_what_the_doctor_says_of_channels_is_in_words(tmp_path: Path) -> None:
    zone = Policies().zone
    well = ChannelStatus("slack", "well", NOON, None)
    failing = ChannelStatus("feishu", "failing", NOON, NOON - MINUTE, since=NOON - MINUTE)
    said = [trouble.said("zh") for trouble in alive([well, failing, ChannelStatus("dingtalk", "asleep")], zone)]
    assert [(finding.level, finding.what) for finding in said] == [
        ("ok", "渠道 slack 正常：最近收到 03-04 12:00:00，最近发出 –。"),
        ("warning", "渠道 feishu 从 03-04 11:59:00 起发不出去：最近收到 03-04 12:00:00，最近发出 03-04 11:59:00。"),
    ]
