"""How soon people hear of a P0, and how late the timers of escalation are."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import text

from benchmarks.figures import Table, percentile
from benchmarks.live import ACCOUNT, Accepted, Slow, live, now
from benchmarks.load import until
from benchmarks.plain_mind import PlainMind
from benchmarks.postgres import NoServer, server
from benchmarks.town import carry_out
from benchmarks.towns import FOLDER
from core.escalation import watching
from core.escalation.policy import LADDERS, Ladder, Promise, Step
from core.people.linking import bind
from core.people.model import Person, Role
from core.people.policy import ReachingPolicy
from core.policies import Policies
from core.store.database import Database
from core.store.migrate import create
from core.store.turn import Turn
from core.tickets.model import Priority, Status, Ticket
from core.tickets.prioritising import set_priority
from core.tickets.queries import must_find
from core.words import HOUR, SECOND, Inbound, Micros, Room, Who

ENGINEERS = 400
"""On duty; each has a number of his own."""
PROVIDER = 0.2
"""Seconds that chat and SMS take to accept a message."""
RATE, SECONDS = 20, 20.0
"""P0s a second, and for how long."""
DUE, DUE_SECONDS = 50, 20.0
"""Timers that fall due a second, and for how long."""
AHEAD = 5 * SECOND
"""How long after the desk starts the first of them is due."""
NUMBERS, FIRST = 13_500_000_000, 1001
"""The first telephone number, and the first number of a ticket."""

_lateness = text("SELECT fired_at - due_at FROM timer WHERE kind = 'escalation.watch' AND state = 'fired'")


@dataclass(frozen=True)
class Pushed:
    """When a P0 was made, and when its engineer's chat and number had accepted it."""

    made: Micros
    chat: Micros
    sms: Micros


def alarms(table: Table, databases: Sequence[str], place: Path, seconds: float = SECONDS) -> None:
    """One round on each kind of database, in this place: tickets become P0, evenly spread; the engineer of each is told by chat and SMS."""
    for kind, url in _databases(table, databases, place):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found = uvloop.run(_raised(url, Path(folder), int(seconds * RATE)))
        both = [(max(one.chat, one.sms) - one.made) / SECOND for one in found]
        for name, waits, target in (
            ("both pushes accepted", both, "< 3"),
            ("chat alone", [(one.chat - one.made) / SECOND for one in found], ""),
            ("SMS alone", [(one.sms - one.made) / SECOND for one in found], ""),
        ):
            table.add(f"{kind}, {RATE} P0/s: P0 made to {name}, p50", percentile(waits, 0.5), "s")
            table.add(f"{kind}, {RATE} P0/s: P0 made to {name}, p99", percentile(waits, 0.99), "s", target)


def timers(table: Table, databases: Sequence[str], place: Path, seconds: float = DUE_SECONDS) -> None:
    """One round on each kind of database, in this place: the fuses of P0s fall due one after the other, each alerts one person by two ways."""
    for kind, url in _databases(table, databases, place):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            fired, told = uvloop.run(_fallen_due(url, Path(folder), int(seconds * DUE)))
        for name, late, target in (
            ("timer fired late by", fired, "< 1000"),
            ("due to call and chat accepted", told, ""),
        ):
            table.add(f"{kind}, {DUE} due a second: {name}, p50", percentile(late, 0.5) * 1e3, "ms")
            table.add(f"{kind}, {DUE} due a second: {name}, p99", percentile(late, 0.99) * 1e3, "ms", target)


async def _raised(url: str, folder: Path, count: int) -> list[Pushed]:
    policies = replace(Policies(), reaching=ReachingPolicy(ceiling=0))
    policies = replace(policies, escalation=replace(policies.escalation, most_on_duty=1))
    carry_out(url, now, [_engineers, lambda turn: _tickets(turn, [now()] * count, Priority.P2)])
    told: dict[tuple[str, str], Micros] = {}

    def note(one: Accepted) -> None:
        if _number(one):
            told.setdefault((one.room.channel, _number(one)), one.at)

    channels = [Slow(name, now, PROVIDER, note) for name in ("wecom", "sms")]
    async with live(url, policies, PlainMind(), channels, folder) as desk:
        begun, tasks = now(), []
        for index in range(count):
            await asyncio.sleep(max(0.0, (begun + index * SECOND // RATE - now()) / SECOND))
            tasks.append(asyncio.create_task(desk.act(partial(_becomes_p0, number=f"GD-{FIRST + index}"))))
        await asyncio.gather(*tasks)
        await until(lambda: len(told) >= 2 * count)
    made = _rows(url, "SELECT number, urgent_at FROM ticket WHERE priority = 'P0'")
    return [Pushed(at, told["wecom", number], told["sms", number]) for number, at in made]


def _becomes_p0(turn: Turn, number: str) -> None:
    ticket = must_find(turn, "main", number)
    owner = turn.get(Person, ticket.owner_id or 0)
    assert owner is not None
    set_priority(turn, ticket, owner, Priority.P0)


async def _fallen_due(url: str, folder: Path, count: int) -> tuple[list[float], list[float]]:
    policies, due = _calling_owners(), now() + AHEAD
    instants = [due + number * SECOND // DUE - policies.escalation.fuse for number in range(count)]
    carry_out(url, now, [_engineers])
    carry_out(url, now, [lambda turn: _tickets(turn, instants, Priority.P0)])
    told: dict[str, list[Micros]] = defaultdict(list)

    def note(one: Accepted) -> None:
        if _number(one):
            told[_number(one)].append(one.at)

    channels = [Slow(name, now, 0.0, note) for name in ("wecom", "voice")]
    async with live(url, policies, PlainMind(), channels, folder):
        await until(lambda: sum(map(len, told.values())) >= 2 * count)
    expected = dict(_rows(url, "SELECT number, created_at FROM ticket"))
    late = [(max(at) - expected[number] - HOUR) / SECOND for number, at in told.items()]
    fired = [row[0] / SECOND for row in _rows(url, _lateness.text)]
    if len(fired) < count:
        raise RuntimeError(f"{len(fired)} of {count} timers fired")
    return fired, late


def _calling_owners() -> Policies:
    """Nobody is spared, and the fuse of a ticket calls whoever has it."""
    plain = Policies()
    ladder = Ladder((Step(("owner",), ("chat", "voice")),))
    escalation = replace(plain.escalation, ladders={**LADDERS, Promise.FUSE: ladder})
    return replace(plain, escalation=escalation, reaching=ReachingPolicy(allowances={}, ceiling=0))


def _engineers(turn: Turn) -> None:
    for index in range(ENGINEERS):
        phone = str(NUMBERS + index)
        person = Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name=f"工程师{index}", on_duty=True)
        person.phone = phone
        room = Room("wecom", ACCOUNT, f"engineer{index}")
        bind(turn, turn.add(person), Inbound(f"bench:{room}", turn.now, Who(room.id), room, "enter"), proof="setup")


def _tickets(turn: Turn, instants: Sequence[Micros], priority: Priority) -> None:
    """Accepted tickets on which nobody works, made at these instants; each engineer has as many as any other."""
    engineers = [ident for (ident,) in turn.ask(text("SELECT id FROM person WHERE role = 'engineer' ORDER BY id"))]
    customer = turn.add(Person(id=turn.new_id(), entity="main", role=Role.CUSTOMER, name="客户"))
    for index, made in enumerate(instants):
        owner = engineers[index % len(engineers)]
        ticket = turn.add(
            Ticket(
                id=turn.new_id(),
                entity="main",
                number=f"GD-{FIRST + index}",
                status=Status.ACCEPTED,
                priority=priority,
                customer_id=customer.id,
                engineer_id=owner,
                owner_id=owner,
                channel="wecom",
                room=str(Room("wecom", ACCOUNT, "customer")),
                device="空压机",
                fault_symptom="漏油",
                announced=priority,
                created_at=made,
                updated_at=turn.now,
                stage_at=turn.now,
                moved_at=turn.now,
                urgent_at=made if priority == Priority.P0 else None,
            )
        )
        watching.rearm(turn, ticket)


def _number(one: Accepted) -> str:
    return dict(one.say.params).get("number", "")


def _rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    database = Database(url)
    with database.reading() as connection:
        found = connection.all(text(sql))
    database.close()
    return found


def _databases(table: Table, kinds: Sequence[str], place: Path) -> Iterator[tuple[str, str]]:
    """An empty database of each kind."""
    for kind in kinds:
        try:
            with _sqlite(place) if kind == "sqlite" else _postgres() as url:
                create(url)
                yield kind, url
        except NoServer as error:
            table.not_run(f"{kind}: {error}")


@contextmanager
def _sqlite(place: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=place) as folder:
        yield f"sqlite:///{folder}/desk.db"


@contextmanager
def _postgres() -> Iterator[str]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with server(FOLDER) as running:
        yield running.create("alarms")
        running.drop("alarms")
