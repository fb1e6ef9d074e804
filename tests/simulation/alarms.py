"""What people may rely on when nobody moves: the fuse of a P0, the ladder that is climbed, and their telephones' peace.

Reckoned from what stood on the tickets when (`watch`), and from what the providers wrote down, past the desk's own timers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from core.escalation.policy import Ladder
from core.words import DAY, HOUR, MINUTE, SECOND, Micros
from tests.simulation.weather import UNACTED

if TYPE_CHECKING:
    from core.store.database import Connection
    from tests.simulation.world import World

OVER = ("done", "closed", "cancelled")
LIMITS = {"voice": ((1, MINUTE), (5, HOUR), (20, DAY)), "sms": ((1, MINUTE),)}
"""Most uses of a number within a span (rules.md, Limits)."""
GRACE = 10 * SECOND
"""A timer whose turn failed is tried again so much later, at most; by then a desk that hears messages has rung."""

_WATCH = (
    "CREATE TABLE stood (seq INTEGER PRIMARY KEY AUTOINCREMENT, ticket_id, status, priority, since, hold_until, now)",
    "CREATE TRIGGER stood_new AFTER INSERT ON ticket BEGIN {0}; END",
    "CREATE TRIGGER stood_changed AFTER UPDATE ON ticket BEGIN {0}; END",
    "CREATE TABLE rang (seq INTEGER PRIMARY KEY AUTOINCREMENT, episode_id, now)",
    "CREATE TRIGGER rang_new AFTER INSERT ON episode BEGIN INSERT INTO rang (episode_id, now) VALUES (NEW.id, now_()); END",
)
_KEEP = (
    "INSERT INTO stood (ticket_id, status, priority, since, hold_until, now) VALUES (NEW.id, NEW.status, NEW.priority, "
    "max(coalesce(NEW.urgent_at, NEW.created_at), coalesce(NEW.last_action_at, 0)), NEW.hold_until, now_())"
)


def watch(connection: Connection) -> None:
    """Have the database write down how each ticket stands from when to when, and when each episode began."""
    for statement in _WATCH:
        connection.say(statement.format(_KEEP))


@dataclass(frozen=True)
class Silence:
    """A stretch of time in which a P0 stood as it was and nobody worked on it: since when nobody has, and from when until when
    it stood so (None: to this day)."""

    since: Micros
    begin: Micros
    end: Micros | None


@dataclass(frozen=True)
class Alarm:
    """An episode as it stands, and when it really began."""

    id: int
    ticket: int
    promise: str
    key: str
    state: str
    step: int
    ladder: str
    ended_at: Micros | None
    why: str | None
    began: Micros


def broken_alarms(world: World) -> Iterator[str]:
    """Every broken promise, in words."""
    alarms = [
        Alarm(*row)
        for row in world.ask(
            "SELECT episode.id, ticket_id, promise, key, state, step, ladder, ended_at, why, rang.now FROM episode "
            "JOIN rang ON rang.episode_id = episode.id ORDER BY episode.id"
        )
    ]
    yield from _fuses(world, [alarm for alarm in alarms if alarm.promise == "fuse"])
    yield from _climbing(world, alarms)
    yield from _rung_once(world)
    yield from _peace(world)
    yield from _keys(world)


def _silences(world: World) -> dict[int, list[Silence]]:
    """By ticket, the stretches in which its fuse was burning."""
    rows: dict[int, list[tuple[str, str, Micros, Micros | None, Micros]]] = defaultdict(list)
    for ticket, *row in world.ask("SELECT ticket_id, status, priority, since, hold_until, now FROM stood ORDER BY seq"):
        rows[ticket].append(tuple(row))  # type: ignore[arg-type]
    found: dict[int, list[Silence]] = defaultdict(list)
    for ticket, stood in rows.items():
        ends = [*(row[4] for row in stood[1:]), None]
        for (status, priority, since, hold_until, now), end in zip(stood, ends, strict=True):
            if priority != "P0" or status in OVER or (status == "on_hold" and hold_until is not None):
                continue
            last = found[ticket][-1] if found[ticket] else None
            if last is not None and (last.since, last.end) == (since, now):
                found[ticket][-1] = Silence(since, last.begin, end)
            else:
                found[ticket].append(Silence(since, now, end))
    return found


def _fuses(world: World, alarms: list[Alarm]) -> Iterator[str]:
    """A fuse goes off once for each silence that lasts as long as it burns: never earlier, never again, never not at all."""
    span, again, wrong = world.weather.fuse, UNACTED[world.workers], 2 * world.weather.skew
    silences = _silences(world)
    heard = [
        now for (now,) in world.ask("SELECT now FROM history WHERE sort = 'inbox' AND after = 'done' ORDER BY seq")
    ]
    known = Counter((alarm.ticket, alarm.key) for alarm in alarms)
    taken = {(one.ticket, f"acked:{one.ended_at}"): one.ended_at for one in alarms if one.state == "acknowledged"}
    for (ticket, key), count in known.items():
        if count > 1:
            yield f"the fuse of ticket {ticket} went off {count} times for {key}"
    for alarm in alarms:
        after = taken.get((alarm.ticket, alarm.key))
        if after is None and not any(str(one.since) == alarm.key for one in silences[alarm.ticket]):
            yield f"the fuse of ticket {alarm.ticket} went off for {alarm.key}, and no silence began then"
            continue
        early = (after + again if after is not None else int(alarm.key) + span) - wrong - alarm.began
        if early > 0:
            yield f"the fuse of ticket {alarm.ticket} went off {early / SECOND:.0f} s too early"
    for ticket, stretches in silences.items():
        for one in stretches:
            due = max(one.since + span, one.begin) + wrong + GRACE
            until = one.end if one.end is not None else world.now
            if (
                any(due < at < until - wrong for at in (*heard, world.now - 1))
                and (ticket, str(one.since)) not in known
            ):
                yield f"nobody worked on ticket {ticket} since {one.since}, and its fuse did not go off"
        last = next((one for one in reversed(alarms) if one.ticket == ticket and one.state == "acknowledged"), None)
        silence = stretches[-1] if stretches else None
        if last is None or silence is None or silence.end is not None or last.ended_at is None:
            continue
        due = max(last.ended_at + again, silence.begin) + wrong + GRACE
        if silence.since < last.ended_at and due < world.now and (ticket, f"acked:{last.ended_at}") not in known:
            yield f"ticket {ticket} was taken at {last.ended_at}, nobody worked on it, and nobody was called again"


def _climbing(world: World, alarms: list[Alarm]) -> Iterator[str]:
    """An alarm that nobody has ended climbs on, as long as its ladder has steps."""
    waiting = {
        subject for (subject,) in world.ask(
            "SELECT subject FROM timer WHERE kind = 'escalation.step' AND state = 'waiting'"
        )
    }  # fmt: skip
    for alarm in alarms:
        climbs = f"episode:{alarm.id}" in waiting
        if alarm.state == "open" and not climbs and _steps(alarm) > alarm.step + 1:
            yield f"the {alarm.promise} of ticket {alarm.ticket} runs, and goes no further than step {alarm.step}"
        elif alarm.state != "open" and climbs:
            yield f"the {alarm.promise} of ticket {alarm.ticket} is {alarm.state}, and goes on climbing"


def _steps(alarm: Alarm) -> int:
    """How many steps its ladder has, all rounds counted."""
    return len(list(Ladder.of(orjson.loads(alarm.ladder)).moments()))


def _rung_once(world: World) -> Iterator[str]:
    """Nobody is called twice by one message, whatever becomes of its outcome."""
    for key, count in Counter(one.key for one in world.phones["voice"].taken).items():
        if count > 1:
            yield f"call {key} was dialled {count} times"


def _peace(world: World) -> Iterator[str]:
    """A number is not used more often than it is to be; an SMS of which nothing was heard is written again. Where the database
    refuses what follows from an outcome, only the outcome is kept, and others may go too soon."""
    if world.weather.refusals:
        return
    for name, limits in LIMITS.items():
        used: dict[str, list[Micros]] = defaultdict(list)
        for one in {one.key: one for one in reversed(world.phones[name].taken)}.values():
            used[one.number].append(one.at)
        for number, found in used.items():
            instants = sorted(found)
            for most, span in limits:
                for first, last in zip(instants, instants[most:], strict=False):
                    if last - first < span - 2 * world.weather.skew:
                        yield (
                            f"{name} used {number} {most + 1} times within {(last - first) / SECOND:.0f} s, "
                            f"at {instants[: instants.index(last) + 1][-most - 1 :]}"
                        )


def _keys(world: World) -> Iterator[str]:
    """Whoever presses the key takes the alarm, or hears that there is none."""
    for key, outcome in world.ask(
        "SELECT key, outcome FROM inbox WHERE channel = 'voice' AND outcome = 'no call of ours' ORDER BY id"
    ):
        yield f"{key} was told of a call, and the desk knew of {outcome}"
