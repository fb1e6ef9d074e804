"""What the ledger of the provider of calls and SMS says, laid beside the desk's own rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from core.escalation.alerts import TOLD
from core.escalation.policy import Ladder
from core.store.database import Connection, Database
from core.words import SECOND, Micros
from notifier.carriers.deliveries import attempt
from tests.history import Shown
from tests.prove.examination import ask, rows
from tests.prove.exchange import FUSE, Exchange

LOOK = SECOND // 2
"""What may lie between the last look before a call and the provider's having it, on a machine that is busy: an acknowledgement
that is committed within it is too late for that call."""
LATE = 10 * SECOND
"""How late a fuse may go off while processes are killed."""

_MESSAGES = "SELECT key, room FROM outbox WHERE channel IN ('sms', 'voice')"
_ENDED = """
SELECT outbox.key, episode.state, episode.why, episode.ended_at FROM outbox
JOIN alert ON alert.outbox_id = outbox.id JOIN episode ON episode.id = alert.episode_id WHERE outbox.channel = 'voice'
"""
_WITHOUT = """
SELECT number FROM ticket WHERE priority = 'P0' AND NOT EXISTS
(SELECT 1 FROM episode WHERE episode.ticket_id = ticket.id AND episode.promise = '{promise}') AND {due}
"""
_RUNNING = "SELECT id, promise, step, ladder FROM episode WHERE state = 'open'"
_STEPS = "SELECT subject FROM timer WHERE kind = 'escalation.step' AND state = 'waiting'"


@dataclass(frozen=True)
class Alarms:
    """Figures of a run: P0s, calls begun, the same call begun again, calls begun after an acknowledgement, those begun while
    one was being committed, SMS, fuses that went off, keys that were heard and that met no call, and what was lost."""

    standstills: int
    calls: int
    repeats: int
    after: int
    meanwhile: int
    sms: int
    fuses: int
    keys: int
    keys_lost: int
    lost: tuple[str, ...]

    @classmethod
    def of(cls, database: Database, provider: Exchange, standstills: int, now: Micros) -> Alarms:
        late = [at for at in _after(database, provider) if at > 0]
        heard = "SELECT outcome, count(*) FROM inbox WHERE channel = 'voice' AND said LIKE '%press%' GROUP BY outcome"
        pressed = dict(rows(database, heard))
        return cls(
            standstills=standstills,
            calls=len(provider.begun),
            repeats=len(provider.begun) - len({one.attempt for one in provider.begun}),
            after=sum(at > LOOK for at in late),
            meanwhile=sum(at <= LOOK for at in late),
            sms=len(provider.written),
            fuses=len(rows(database, "SELECT id FROM episode WHERE promise = 'fuse'")),
            keys=sum(count for outcome, count in pressed.items() if outcome.startswith(("took", "nothing"))),
            keys_lost=pressed.get("no call of ours", 0),
            lost=tuple(_lost(database, now)),
        )

    def faults(self) -> Iterator[str]:
        """Broken promises, in words."""
        if self.repeats:
            yield f"{self.repeats} calls were made twice"
        if self.after:
            yield f"{self.after} calls began after their alarm was taken"
        yield from self.lost

    def lines(self) -> dict[str, object]:
        """As the table tells them."""
        return {
            "standstills reported (P0)": self.standstills,
            "calls begun": self.calls,
            "SMS taken by the provider": self.sms,
            "fuses that went off": self.fuses,
            "keys heard": self.keys,
            "keys that met no call": self.keys_lost,
            "calls begun after an acknowledgement": self.after,
            "begun while one was being committed": self.meanwhile,
            "voice repeats": self.repeats,
            "episodes lost": len(self.lost),
        }


def shown_by(connection: Connection, provider: Exchange) -> Iterator[Shown]:
    """What the provider took, under the desk's own keys."""
    named = {attempt(key): (key, room) for key, room in ask(connection, _MESSAGES)}
    for one in sorted((*provider.begun, *provider.written), key=lambda one: one.at):
        yield Shown(*named.get(one.attempt, (f"unknown {one.attempt}", "")), begun=one.at, at=one.at)


def _after(database: Database, provider: Exchange) -> Iterator[Micros]:
    """For each call, how long after the end of all its alarms it began (less than 0: before, or never)."""
    ended: dict[str, list[Micros | None]] = {}
    for key, state, why, at in rows(database, _ENDED):
        ended.setdefault(attempt(key), []).append(None if state == "open" or why == TOLD else at)
    for one in provider.begun:
        ends = ended.get(one.attempt, [None])
        last = max((at for at in ends if at is not None), default=one.at)
        yield one.at - last if None not in ends else -1


def _lost(database: Database, now: Micros) -> Iterator[str]:
    """Alarms that should be there, and alarms that climb no further."""
    for (number,) in rows(database, _WITHOUT.format(promise="alarm", due="TRUE")):
        yield f"nobody was alarmed of {number}"
    due = f"coalesce(urgent_at, created_at) < {now - FUSE - LATE} AND last_action_at IS NULL"
    due += " AND status NOT IN ('done', 'closed', 'cancelled')"
    for (number,) in rows(database, _WITHOUT.format(promise="fuse", due=due)):
        yield f"the fuse of {number} did not go off"
    waiting = {subject for (subject,) in rows(database, _STEPS)}
    for ident, promise, step, ladder in rows(database, _RUNNING):
        left = len(list(Ladder.of(orjson.loads(ladder)).moments())) - step - 1
        if left > 0 and f"episode:{ident}" not in waiting:
            yield f"episode {ident} ({promise}) goes no further than step {step}"
