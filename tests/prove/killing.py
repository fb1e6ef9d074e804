"""Killing: again and again, a process of the desk, in the middle of its start or of its work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.store.database import Database
from core.words import Micros
from tests.prove.examination import rows
from tests.prove.people import Crowd
from tests.prove.program import Program
from tests.prove.provider import SlowProvider

STARTING = 0.2
"""Share of the kills that hit a process while it starts."""
TWO = 0.1
"""Share of the kills that hit two processes at once, where there are more than two."""
LOOKS = 1.0
"""Seconds between two looks at the connections of each process."""
SETTLING = 0.1
"""Seconds after a kill until what was written to the wire has been read, and the database has ended its last commit."""


@dataclass(frozen=True)
class Run:
    """How hard it is tried: processes, kills, seconds until the platform answers; engineers who note, faults a second, longest
    life of a process in seconds, share of the faults that stop a whole line."""

    processes: int
    kills: int
    answer: float
    engineers: int
    faults: float
    longest: float
    urgent: float = 0.1


@dataclass
class Toll:
    """What the kills hit: messages that were on their way to the platform, and messages whose outcome a process had been
    told and had not yet written down."""

    kills: int = 0
    under_way: int = 0
    unwritten: int = 0


@dataclass
class Killer:
    """Kills the desk's processes and has them started again, `longest` seconds apart."""

    programs: Sequence[Program]
    crowd: Crowd
    provider: SlowProvider
    database: Database
    longest: float
    chance: random.Random

    async def kill(self, times: int) -> Toll:
        """So often: during a start, or in the instant after somebody heard that his message was taken."""
        toll = Toll()
        looking = asyncio.create_task(self._look())
        victims = [self.programs[0]]
        while toll.kills < times:
            attend(self.programs)
            if self.chance.random() < STARTING:
                await asyncio.sleep(self.chance.uniform(0.2, 1.5))
            else:
                victims = self._victims()
                await self._in_the_middle(victims)
            at = self.provider.now()
            ports = [victim.kill() for victim in victims]
            for victim in victims:
                victim.start()
            await asyncio.sleep(SETTLING)
            self._count(toll, at, ports)
        looking.cancel()
        return toll

    async def _look(self) -> None:
        while True:
            for program in self.programs:
                program.look()
            await asyncio.sleep(LOOKS)

    def _victims(self) -> list[Program]:
        two = len(self.programs) > 2 and self.chance.random() < TWO
        return self.chance.sample(self.programs, 2 if two else 1)

    async def _in_the_middle(self, victims: Sequence[Program]) -> None:
        for victim in victims:
            await victim.ready()
        await asyncio.sleep(self.chance.uniform(0.1, self.longest))
        self.crowd.just_taken.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.crowd.just_taken.wait(), self.longest)

    def _count(self, toll: Toll, at: Micros, ports: Sequence[set[int]]) -> None:
        toll.kills += len(ports)
        under_way, answered = self.provider.at_kill(set().union(*ports), at)
        toll.under_way += len(under_way)
        refs = {call.ref for call in answered}
        if refs:
            named = ", ".join(f"'{ref}'" for ref in refs)
            known = {ref for (ref,) in rows(self.database, f"SELECT ref FROM outbox WHERE ref IN ({named})")}
            toll.unwritten += sum(call.ref not in known for call in answered)


@contextmanager
def processes(count: int, settings: dict[str, str], log: Path) -> Iterator[list[Program]]:
    """So many processes of one desk; killed at the end, if they still live."""
    programs = [Program(settings, log) for _ in range(count)]
    try:
        yield programs
    finally:
        for program in programs:
            program.close()


def attend(programs: Sequence[Program]) -> None:
    """Start again whichever the others have taken for dead."""
    for program in programs:
        program.start_again_if_fenced()
