"""修好了吗? among many tickets: the turn of the answer, with photos and a new serial number, beside the bare reads that it needs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import plain_mind
from benchmarks.boards import timed
from benchmarks.figures import Table, percentile
from benchmarks.growth import town
from benchmarks.past import ENTITY, Past, customer_id, engineer_id, ticket_id
from benchmarks.postgres import NoServer, server
from benchmarks.silent import SilentDesk, by_customer
from benchmarks.towns import FOLDER, Filled, forget
from core.parts.model import PartSwap
from core.parts.swapping import NEW_PART, OLD_PART
from core.store.pump import Item
from core.store.turn import Cause, Turn
from core.tickets.model import Attachment, Status

QUICK_SIZE = 20_000
"""Tickets in the store, at most, in a quick round."""
QUESTIONS, QUICK_QUESTIONS = 1_000, 200
WARM = 20
"""Questions before the clock starts: statements are then compiled, and the tops of the indexes read."""
TARGET = "≤ 50"
WORKED_ON = (Status.ACCEPTED, Status.ON_SITE, Status.WAITING_PART)
READS = (
    "SELECT * FROM link WHERE channel = 'wecom_kf' AND person_id = {customer}",
    "SELECT * FROM person WHERE id = {customer}",
    "SELECT * FROM ticket WHERE customer_id = {customer} ORDER BY id DESC LIMIT 20",
    "SELECT * FROM reporter WHERE person_id = {customer}",
    "SELECT * FROM guest WHERE person_id = {customer}",
    "SELECT * FROM person WHERE id = {engineer}",
    "SELECT * FROM part_request WHERE ticket_id = {ticket} ORDER BY id",
    "SELECT * FROM attachment WHERE ticket_id = {ticket} AND shows IS NOT NULL ORDER BY id",
    "SELECT * FROM part_swap WHERE ticket_id = {ticket} AND withdrawn_at IS NULL ORDER BY id",
    "SELECT * FROM event WHERE stream = 'ticket:{ticket}' ORDER BY seq DESC LIMIT 1",
)
"""What an answer has to know, as plain SQL on the bare driver: who asks, what is his, who has it, and what was replaced."""


def progress(table: Table, databases: Sequence[str], seed: int, size: int, questions: int) -> None:
    """One round on these kinds of database."""
    for kind in databases:
        try:
            if kind == "sqlite":
                with town(None, size) as filled:
                    forget(filled, None)
                    _measure(table, kind, filled, filled.url, seed, questions)
                continue
            with server(FOLDER) as running, town(running, size) as filled:
                forget(filled, running)
                _measure(table, kind, filled, running.url(f"work_{size}"), seed, questions)
        except NoServer as error:
            table.not_run(f"{kind}: {error}")


def _measure(table: Table, kind: str, filled: Filled, url: str, seed: int, questions: int) -> None:
    past, chance = filled.past, random.Random(seed)
    places = _places(past, chance, WARM + questions)
    desk = SilentDesk(url, FOLDER)
    try:
        for first in range(0, len(places), 100):
            _act(desk, lambda turn, some=places[first : first + 100]: _replace_parts(turn, past, some))
        waits, cpu = [], []
        for place in places:
            before = time.process_time()
            asked = by_customer("asking", past.customer_of(place), plain_mind.QUESTION)
            waits.append(desk.hear([asked]))
            cpu.append(time.process_time() - before)
        desk.must_be_well()
        name, waits = f"{kind}, {past.size:,} tickets", waits[WARM:]
        table.add(f"{name}: 修好了吗 to committed answer, p50", percentile(waits, 0.5) * 1e3, "ms")
        table.add(f"{name}: 修好了吗 to committed answer, p99", percentile(waits, 0.99) * 1e3, "ms", TARGET)
        table.add(f"{name}: CPU of the desk, deliveries among it", sum(cpu[WARM:]) / questions * 1e3, "ms/question")
        reads = [_reads(desk, past, place) for place in places[WARM:]]
        table.add(f"{name}: … the bare reads, p50", percentile(reads, 0.5) * 1e3, "ms")
        table.add(f"{name}: … the bare reads, p99", percentile(reads, 0.99) * 1e3, "ms")
    finally:
        desk.close()


def _places(past: Past, chance: random.Random, count: int) -> list[int]:
    """Tickets that are worked on, of customers who have no other open one."""
    newest = range(past.size - past.size // 5, past.size)
    found = [place for place in chance.sample(newest, len(newest)) if past.status_of(place) in WORKED_ON]
    alone = [one for one in found if sum(map(past.is_open, past.places_of(past.customer_of(one)))) == 1]
    return [alone[number % len(alone)] for number in range(count)]


def _replace_parts(turn: Turn, past: Past, places: Sequence[int]) -> None:
    """On each of these tickets a part was replaced: two photos, and the serial number of the new one."""
    for place in dict.fromkeys(places):
        ticket, engineer = ticket_id(place), engineer_id(past.engineer_of(place))
        for side in (OLD_PART, NEW_PART):
            turn.add(_photo(turn, ticket, engineer, side))
        swap = PartSwap(id=turn.new_id(), entity=ENTITY, ticket_id=ticket, event_id=0, person_id=engineer, at=turn.now)
        turn.add(PartSwap(**{**swap.__dict__, "new_serial": f"{place:08}"}))


def _photo(turn: Turn, ticket: int, engineer: int, side: str) -> Attachment:
    marked = f"{ticket:064x}"
    return Attachment(
        id=turn.new_id(), ticket_id=ticket, event_id=0, person_id=engineer, at=turn.now, channel="wecom", ref="photo",
        kind="image", hash=marked, size=80_000, marked=marked, marked_size=80_000, shows=side,
    )  # fmt: skip


def _act(desk: SilentDesk, act: Callable[[Turn], None]) -> None:
    """A turn of the bench's own."""
    desk.desk.pump.submit(Item(act, Cause("bench"), _must_succeed))
    desk.passes(0)


def _must_succeed(result: object) -> None:
    if isinstance(result, Exception):
        raise result


def _reads(desk: SilentDesk, past: Past, place: int) -> float:
    """Seconds for the reads of one answer."""
    who: dict[str, Any] = {
        "customer": customer_id(past.customer_of(place)),
        "engineer": engineer_id(past.engineer_of(place)),
        "ticket": ticket_id(place),
    }
    statements = [sql.format(**who) for sql in READS]
    with desk.desk.database.reading() as connection:
        return timed(lambda: [connection.raw.execute(sql).fetchall() for sql in statements], times=1)
