"""How the cost of a message grows with the tickets that lie in the store: at each size, on a reopened store, random people."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from benchmarks import plain_mind
from benchmarks.boards import board
from benchmarks.figures import Table, percentile
from benchmarks.past import Past
from benchmarks.postgres import NoServer, Server, server
from benchmarks.silent import Said, SilentDesk, by_customer, by_engineer
from benchmarks.towns import FOLDER, Filled, forget, postgres_town, sqlite_town
from core.tickets.model import Status
from core.words import SECOND

ASKING, NOTING, QUERYING, ACCEPTING, REPORTING = "asking", "noting", "querying", "accepting", "reporting"
MIX = (*(ASKING,) * 5, *(NOTING,) * 6, *(QUERYING,) * 7, ACCEPTING, REPORTING)
"""Of 20 messages, as in the measures over HTTP: customers ask 修好了吗, engineers note, query and accept, a fault is reported."""
MESSAGES = 640
"""In each of two ways: one at a time, and TOGETHER at once."""
TOGETHER = 16
BLOCK = 2 * TOGETHER
"""Messages of a town before another one has its turn."""
ALONE, GROUPED = "one at a time", f"{TOGETHER} together"
WARM = 40
"""Messages before the clock starts: statements are then compiled, and the tops of the indexes read."""
QUIET = 9 * SECOND
"""So much time passes after reports: their customers have fallen quiet and are answered, an engineer is offered the ticket."""
GROWTH = "≤ 2.5 ×"
STATUS = "≤ 50"


@dataclass
class Spoken:
    """What messages cost: of each its sort, the seconds to its answer and its processor seconds here; and the processor
    seconds of the database server over all."""

    each: list[tuple[str, float, float]] = field(default_factory=list)
    backend: float = 0.0

    @property
    def cpu(self) -> float:
        """Processor seconds a message, both processes together."""
        return (sum(cpu for _, _, cpu in self.each) + self.backend) / len(self.each)

    def add(self, more: Spoken) -> None:
        self.each += more.each
        self.backend += more.backend

    def cpu_of(self, sort: str) -> float:
        """Processor seconds a message of this sort, here."""
        return mean(cpu for said, _, cpu in self.each if said == sort)

    def waits_of(self, sort: str) -> list[float]:
        """Seconds to the answer of each message of this sort."""
        return [wait for said, wait, _ in self.each if said == sort]


@dataclass
class Town:
    """A desk on a reopened store of one size, and what is said to it."""

    name: str
    filled: Filled
    desk: SilentDesk
    alone: Sequence[Said]
    together: Sequence[Said]
    cost: dict[str, Spoken] = field(default_factory=lambda: {ALONE: Spoken(), GROUPED: Spoken()})


def scale(table: Table, sizes: Sequence[int], databases: Sequence[str], seed: int, messages: int = MESSAGES) -> None:
    """One round over all sizes on these kinds of database. Sizes take turns, block by block, so that whatever else the
    machine does meets them alike."""
    for kind in databases:
        with ExitStack() as stack:
            try:
                running = stack.enter_context(server(FOLDER)) if kind == "postgresql" else None
            except NoServer as error:
                table.not_run(f"{kind}: {error}")
                continue
            filled = [stack.enter_context(town(running, size)) for size in sizes]
            for one in filled:
                forget(one, running)
            towns = [_open(stack, kind, one, running, random.Random(seed), messages) for one in filled]
            for first in range(0, messages, BLOCK):
                for place in towns:
                    for way, said, group in ((ALONE, place.alone, 1), (GROUPED, place.together, TOGETHER)):
                        place.cost[way].add(speak(place.desk, said[first : first + BLOCK], group, running))
            for place in towns:
                place.desk.must_be_well()
                _tell(table, place)
                board(table, place.name, place.desk)
            _compare(table, kind, towns)


@contextmanager
def town(running: Server | None, size: int) -> Iterator[Filled]:
    """A filled database of this size, on the server or as a SQLite file."""
    with postgres_town(running, size) if running else sqlite_town(size) as filled:
        yield filled


def _open(
    stack: ExitStack, kind: str, filled: Filled, running: Server | None, chance: random.Random, messages: int
) -> Town:
    said = conversation(filled.past, chance, WARM + 2 * messages)
    desk = SilentDesk(running.url(f"work_{filled.past.size}") if running else filled.url, FOLDER)
    stack.callback(desk.close)
    speak(desk, said[:WARM], 1)
    name = f"{kind}, {filled.past.size:,} tickets"
    return Town(name, filled, desk, said[WARM : WARM + messages], said[WARM + messages :])


def mixture() -> str:
    """The mix in words."""
    return ", ".join(f"{MIX.count(sort)} {sort}" for sort in dict.fromkeys(MIX))


def conversation(past: Past, chance: random.Random, count: int) -> list[Said]:
    """So many messages of random people: each ticket is accepted once, each customer who reports has nothing open."""
    places = range(past.size - past.size // 5, past.size)
    open_places = [place for place in chance.sample(places, len(places)) if past.is_open(place)]
    free = [place for place in open_places if past.status_of(place) == Status.UNASSIGNED]
    taken = [place for place in open_places if past.status_of(place) in (Status.ACCEPTED, Status.ON_SITE)]
    makers: dict[str, Any] = {
        ASKING: lambda: by_customer(ASKING, past.customer_of(chance.choice(open_places)), plain_mind.QUESTION),
        NOTING: lambda: _of_engineer(NOTING, past, chance.choice(taken), plain_mind.NOTE),
        QUERYING: lambda: _of_engineer(QUERYING, past, chance.choice(taken), plain_mind.QUERY),
        ACCEPTING: lambda: _of_engineer(ACCEPTING, past, free.pop(), plain_mind.ACCEPT),
        REPORTING: lambda: by_customer(REPORTING, content(past, chance), plain_mind.REPORT),
    }
    sorts = [MIX[number % len(MIX)] for number in range(count)]
    chance.shuffle(sorts)
    return [makers[sort if sort != ACCEPTING or free else NOTING]() for sort in sorts]


def content(past: Past, chance: random.Random) -> int:
    """A customer all of whose tickets are closed."""
    while True:
        customer = chance.randrange(past.customers)
        if all(past.status_of(place) == Status.CLOSED for place in past.places_of(customer)):
            return customer


def _of_engineer(sort: str, past: Past, place: int, phrase: str) -> Said:
    return by_engineer(sort, past.engineer_of(place), phrase.format(number=past.number_of(place)))


def speak(desk: SilentDesk, said: Sequence[Said], group: int, running: Server | None = None) -> Spoken:
    """Say it all, `group` messages at a time; what follows from them is paid for by them."""
    spoken, backend = Spoken(), running.backends() if running else 0.0
    for first in range(0, len(said), group):
        some = said[first : first + group]
        cpu = time.process_time()
        wait = desk.hear(some)
        if any(one.sort == REPORTING for one in some):
            desk.passes(QUIET)
        cpu = (time.process_time() - cpu) / len(some)
        spoken.each += [(one.sort, wait, cpu) for one in some]
    spoken.backend = running.backends() - backend if running else 0.0
    return spoken


def _tell(table: Table, town: Town) -> None:
    name, size = town.name, town.filled.past.size
    if town.filled.seconds is not None:
        table.add(f"{name}: filled within", town.filled.seconds, "s", "≤ 240" if size >= 1_000_000 else "")
    table.add(f"{name}: size of the database", town.filled.bytes / 1e6, "MB")
    for way, spoken in town.cost.items():
        client = sum(cpu for _, _, cpu in spoken.each) / len(spoken.each)
        table.add(f"{name}: CPU of the desk, {way}", client * 1e3, "ms/message")
        if spoken.backend:
            table.add(f"{name}: CPU of PostgreSQL, {way}", spoken.backend / len(spoken.each) * 1e3, "ms/message")
    for sort in dict.fromkeys(MIX):
        table.add(f"{name}: CPU of the desk, {ALONE}, {sort}", town.cost[ALONE].cpu_of(sort) * 1e3, "ms/message")
    waits = town.cost[ALONE].waits_of(ASKING)
    table.add(f"{name}: 修好了吗 to committed answer, p50", percentile(waits, 0.5) * 1e3, "ms")
    table.add(f"{name}: 修好了吗 to committed answer, p99", percentile(waits, 0.99) * 1e3, "ms", STATUS)


def _compare(table: Table, kind: str, towns: Sequence[Town]) -> None:
    """How much more a message costs in the largest than in the smallest."""
    small, large = towns[0].cost, towns[-1].cost
    for way in (ALONE, GROUPED) if len(towns) > 1 else ():
        table.add(f"{kind}: CPU, largest to smallest, {way}", large[way].cpu / small[way].cpu, "×", GROWTH)
    for sort in dict.fromkeys(MIX) if len(towns) > 1 else ():
        grown = large[ALONE].cpu_of(sort) / small[ALONE].cpu_of(sort)
        table.add(f"{kind}: CPU of the desk, largest to smallest, {ALONE}, {sort}", grown, "×")
