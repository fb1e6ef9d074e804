"""An engine elsewhere, as the simulated world has it: mostly quick, sometimes slow, deaf or mad."""

from __future__ import annotations

import asyncio
from random import Random

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.engine import NoAnswer
from dialogue.understanding.words import Ranking
from tests.simulation.world import World

FAULTS = ("unreachable", "refused", "garbled")


class FarEngine:
    """Ranks as the engine of the desk does, if at all, after up to `seconds`; one process's own."""

    name, proposes, seconds = "far", False, 0.8

    def __init__(self, world: World) -> None:
        self._engine, self._chance = world.mind.engine, Random(world.fate.random())
        self.asked = 0

    @property
    def thresholds(self) -> Thresholds:
        return self._engine.thresholds

    async def ask(self, text: str) -> Ranking:
        self.asked += 1
        await asyncio.sleep(self._chance.choice((0.005, 0.01, 0.2, self.seconds)))
        if self._chance.random() < 0.2:
            raise NoAnswer(self._chance.choice(FAULTS))
        return self._engine.rank(text)

    async def close(self) -> None:
        pass
