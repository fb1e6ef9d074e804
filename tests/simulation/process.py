"""One process of the desk: its memory, its connections and its loop, which all end together when it is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from config.desk import build
from config.running import AFTER_FAILURE, Supervisor
from core.store.files import FileStore
from core.store.pump import Made
from core.words import SECOND, Micros
from tests.simulation.faulty import FaultyDatabase, Fuse
from tests.simulation.loop import Loop
from tests.simulation.people import OneByOne
from tests.simulation.platforms import SimulatedChannel, raw_hook
from tests.simulation.telephones import SimulatedPhone, Telephones

if TYPE_CHECKING:
    from tests.simulation.world import World


class Process:
    """A desk that runs until its fuse blows."""

    def __init__(self, world: World, name: str, fuse: Fuse, skew: Micros = 0):
        """`skew`: how far its clock is ahead of the world's."""
        self.world, self.name, self.fuse, self.skew = world, name, fuse, skew
        self.stalled_until: Micros = 0
        self.loop = Loop(lambda: world.now)
        self._database = FaultyDatabase(world.url, fuse, lambda: world.now, name, shared=world.shared)
        self._turning = False
        self._sleeping: asyncio.TimerHandle | None = None
        self._failures = 0
        self.left = False
        self.loop.call_soon(self._start)

    def clock(self) -> Micros:
        """What this process takes for the present instant."""
        return self.world.now + self.skew

    def one_round(self) -> None:
        """Whatever is ready. Raises Killed when the process dies."""
        self.loop.one_round()

    def bury(self) -> None:
        """All that it had in memory is gone; what it had not committed has not happened."""
        self.fuse.blown = True
        self.loop.drop()
        self._database.cut()

    # ---- what comes from outside

    def receive(self, channel: str, raw: bytes, acknowledge: Callable[[], None]) -> None:
        """A platform calls."""

        async def called() -> None:
            answered = False
            with suppress(Exception):
                answer = await self.desk.channels[channel].receive(raw_hook(raw), self.desk.accept_for(channel))
                answered = answer.status == 200
            self.fuse.step()
            if answered:
                acknowledge()

        self._spawn(called)

    def hint(self, channel: str) -> None:
        """A platform says that something lies there."""

        async def called() -> None:
            pulling: Any = self.desk.channels[channel]
            with suppress(Exception):
                await pulling.platform.pull(self.desk.accept_for(channel), pulling.shelf)

        self._spawn(called)

    def act(self, act: Callable[[Any], Any], cause: Any) -> None:
        """Somebody does something on a page."""

        async def called() -> None:
            with suppress(Exception):
                await self.desk.act(act, cause)

        self._spawn(called)

    def leave(self) -> None:
        """It ends in good order."""

        async def close() -> None:
            await self._supervisor.stop()
            await self.desk.close()
            self.left = True
            self.fuse.blow()

        self._spawn(close)

    def _spawn(self, called: Callable[[], Any]) -> None:
        self.loop.call_soon(lambda: self.loop.create_task(called()))

    # ---- its own life, as config.running leads it

    def kick(self) -> None:
        if not self._turning:
            self._turning = True
            self.loop.call_soon(self._turn)

    def _start(self) -> None:
        try:
            self._build()
        except Exception as error:
            self.world.failed(self, error)
            self.fuse.blow()

    def _build(self) -> None:
        world = self.world
        makers: Any = {
            name: lambda shelf, files, clock, platform=platform: _channel_of(platform)(platform, self, shelf)
            for name, platform in world.platforms.items()
        }
        self.desk = build(
            self._database,
            world.policies,
            makers,
            FileStore(world.folder / "files"),
            self.clock,
            world.mind,
            chance=lambda: f"{world.fate.getrandbits(128):032x}",
            holder=self.name,
            accounts={"sms": "desk", "voice": "desk"},
            remote=world.elsewhere(world) if world.elsewhere else None,
        )
        self.desk.runner = self
        if world.shared:
            self.desk.pump._ids = OneByOne()
        self.desk.pump.begin()
        self._supervisor = Supervisor(self.desk)
        self._supervisor.start()
        self.kick()

    def _turn(self) -> None:
        self._turning = False
        if self._sleeping is not None:
            self._sleeping.cancel()
            self._sleeping = None
        try:
            made = self.desk.pump.cycle()
            pause = 0.0 if made.anything or self.desk.pump.pending else self._until_due()
            self._failures = 0
        except Exception as error:
            self.world.failed(self, error)
            made, pause = Made(), AFTER_FAILURE[min(self._failures, len(AFTER_FAILURE) - 1)]
            self._failures += 1
        if made.anything:
            self.loop.call_soon(partial(self._hand_out, made))
        if pause:
            self._sleeping = self.loop.call_later(pause, self.kick)
        else:
            self.kick()

    def _hand_out(self, made: Made) -> None:
        self.fuse.step()
        self.desk.hand_out(made)
        self.world.turns += made.turns

    def _until_due(self) -> float:
        due_at = self.desk.pump.next_due()
        return self.world.idle if due_at is None else min(max((due_at - self.clock()) / SECOND, 0.001), self.world.idle)


def _channel_of(platform: Any) -> Any:
    return SimulatedPhone if isinstance(platform, Telephones) else SimulatedChannel
