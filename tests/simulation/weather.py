"""What goes wrong in a run, and how soon it calls somebody: another weather for every seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from core.escalation.policy import LADDERS, EscalationPolicy, Ladder, Promise, Step
from core.words import MINUTE, SECOND, Micros
from tests.simulation.platforms import Manners

MANAGERS = "group:wecom/desk/managers"
UNACTED = {1: 90 * MINUTE, 2: 20 * MINUTE}
"""How long nobody may work after he has taken an alarm, by the number of processes."""


@dataclass(frozen=True)
class Weather:
    """What goes wrong in this run: steps after which a process dies (at most), share of statements that the database refuses,
    how platforms behave, how often a process is suspended, how often time jumps, how far a process's clock may be wrong,
    share of reports that stop a whole line, how long nobody may work on one before somebody is called, calls and SMS a second that
    their providers take."""

    actions: int
    workers: int
    longest_life: int
    refusals: float
    manners: Manners
    stalls: float
    jumps: int
    skew: Micros
    urgent: float
    fuse: Micros
    rate: float

    @classmethod
    def of(cls, chance: Random, workers: int) -> Weather:
        """A weather of its own for each seed: now many crashes, now a provider that fails, now all at once."""
        rough = chance.random
        return cls(
            actions=chance.randint(15, 45) if workers == 1 else chance.randint(10, 25),
            workers=workers,
            longest_life=chance.choice((150, 1000, 5000, 10**9)),
            refusals=chance.choice((0, 0, 0.0005, 0.003)),
            manners=Manners(
                later=chance.choice((0, 0.05, 0.3)) * rough(),
                lost=chance.choice((0, 0.1)) * rough(),
                mute=chance.choice((0, 0.1)) * rough(),
                refused=chance.choice((0, 0.02)),
                slow=chance.choice((0, 0.02, 0.15)),
                repeats=chance.choice((0, 0.2)),
                deaf=chance.choice((0, 0.2)),
                unreadable=chance.choice((0, 0.02)),
                hangs=chance.choice((0, 0, 0.03)),
            ),
            stalls=chance.choice((0, 0, 0.002)),
            jumps=chance.choice((0, 0, 1, 2)),
            skew=chance.choice((0, 0, 2, 8)) * SECOND,
            urgent=chance.choice((0.05, 0.15, 0.4)),
            fuse=chance.choice((10, 30, 60) if workers == 1 else (3, 10)) * MINUTE,
            rate=chance.choice((1000.0, 0.1)),
        )

    @property
    def escalation(self) -> EscalationPolicy:
        """Whom nobody's work rings up: engineers at once, then a manager, then the one above him."""
        first = (Step(("duty:engineer",), ("sms", "voice")), Step(("group:managers",)))
        second = Step(("duty:manager",), ("chat", "voice"), after=3 * MINUTE)
        return EscalationPolicy(
            fuse=self.fuse,
            unacted=UNACTED[self.workers],
            groups={"managers": (MANAGERS,)},
            ladders={
                **LADDERS,
                Promise.ALARM: Ladder((*first, second)),
                Promise.FUSE: Ladder(LADDERS[Promise.FUSE].steps, rounds=3),
            },
        )
