"""A call is never repeated blindly: whoever may have been called is asked about first, whatever was lost (issue 5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.desk import Desk, build
from config.stepping import HandClock, StepRunner
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.model import Outbox, OutboxState, ShelfRow
from core.store.outgoing import LEASE, post, withdraw_row
from core.store.recovering import free_process
from core.store.turn import Turn
from core.words import MINUTE, SECOND, Receipt, Room, Say
from tests.carriers.exchange import ACCOUNT, Exchange, ExchangePhone
from tests.scenario import WEDNESDAY_TEN, mind

ROOM = Room("voice", ACCOUNT, "+8613622223333")
ALARM = Say("escalation", "紧急工单 GD-1001，接手请按 1。")


@dataclass
class Life:
    """One life of a desk on the exchange."""

    desk: Desk
    clock: HandClock
    runner: StepRunner

    async def calls(self) -> None:
        """It is to call; what can happen at once happens."""
        await self.desk.act(lambda turn: post(turn, ROOM, ALARM, priority=0))
        await self.runner.settle()

    async def passes(self, seconds: float) -> None:
        await self.runner.pass_until(self.clock.now + int(seconds * SECOND))

    async def rows(self) -> list[Outbox]:
        return await self.desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table).order_by(Outbox.table.c.id)))

    async def withdraws(self, number: int) -> None:
        """It takes a message back."""
        row_id = (await self.rows())[number].id

        def act(turn: Turn) -> None:
            row = turn.get(Outbox, row_id, lock=True)
            assert row is not None
            withdraw_row(turn, row)

        await self.desk.act(act)


@asynccontextmanager
async def alive(
    url: str, exchange: Exchange, folder: Path, *, start: int = WEDNESDAY_TEN, gap: float = 0.0, killed: bool = False,
    phone: type[ExchangePhone] = ExchangePhone,
) -> AsyncIterator[Life]:  # fmt: skip
    """A life of the desk, which ends in order, or by a kill: nothing is written down and nobody takes leave."""
    clock = HandClock(start)

    async def at_once(look: Callable[[], bool]) -> bool:
        return look()

    desk = build(
        Database(url),
        Policies(),
        {"voice": lambda shelf, read, now: phone(exchange, clock.sleep, gap)},
        FileStore(folder),
        clock,
        mind(),
        pause=clock.sleep,
        holder=f"life-{start}",
        accounts={"voice": ACCOUNT},
        apart=at_once,
    )
    desk.pump.begin()
    try:
        yield Life(desk, clock, StepRunner(desk, clock))
    finally:
        if killed:
            await desk.deliverer.close()
            desk.database.close()
        else:
            await desk.close()


def played(story: Callable[[], Any]) -> None:
    asyncio.run(story())


@pytest.mark.req("S11")
@pytest.mark.parametrize(
    ("mood", "can_tell", "ends"),
    [
        ("hangs after it rang", True, OutboxState.SENT),
        ("hangs after it rang", False, OutboxState.UNCLEAR),
        ("hangs before it rings", True, OutboxState.SENT),
        ("hangs before it rings", False, OutboxState.UNCLEAR),
    ],
)
def test_after_a_kill_the_exchange_is_asked(
    desk_url: str, tmp_path: Path, mood: Any, can_tell: bool, ends: OutboxState
) -> None:
    exchange = Exchange(mood=mood, can_tell=can_tell)

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path, killed=True) as life:
            await life.calls()
            assert [row.state for row in await life.rows()] == [OutboxState.LEASED]
        async with alive(desk_url, exchange, tmp_path, start=WEDNESDAY_TEN + LEASE + MINUTE) as life:
            for _ in range(60):
                await life.passes(1)
            (row,) = await life.rows()
            assert (row.state, exchange.asked) == (ends, [row.key])
            assert len(exchange.rang) == (0 if (mood, can_tell) == ("hangs before it rings", False) else 1)
            assert row.state != OutboxState.SENT or row.ref == f"call:{row.key}"

    played(story)


@pytest.mark.req("S11")
@pytest.mark.parametrize(
    ("can_tell", "ends", "ref"), [(True, OutboxState.SENT, "call:"), (False, OutboxState.UNCLEAR, "attempt:")]
)
def test_a_lost_answer_is_asked_about_and_its_attempt_is_remembered(
    desk_url: str, tmp_path: Path, can_tell: bool, ends: OutboxState, ref: str
) -> None:
    exchange = Exchange(mood="loses the answer", can_tell=can_tell)

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path) as life:
            await life.calls()
            (row,) = await life.rows()
            assert (row.state, row.ref) == (OutboxState.WAITING, f"attempt:{row.key}")
            await life.passes(600)
            (row,) = await life.rows()
            assert (row.state, row.ref, len(exchange.rang), len(exchange.asked)) == (ends, f"{ref}{row.key}", 1, 1)

    played(story)


def test_a_call_that_was_turned_back_is_simply_tried_again(desk_url: str, tmp_path: Path) -> None:
    exchange = Exchange(mood="is busy", can_tell=False)

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path) as life:
            await life.calls()
            await life.passes(60)
            (row,) = await life.rows()
            assert (row.state, exchange.asked, len(exchange.rang)) == (OutboxState.SENT, [], 1)

    played(story)


@pytest.mark.req("S11")
def test_no_call_begins_after_it_was_withdrawn(desk_url: str, tmp_path: Path) -> None:
    exchange = Exchange()

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path, gap=10.0) as life:
            await life.calls()
            await life.calls()
            assert [row.state for row in await life.rows()] == [OutboxState.SENT, OutboxState.LEASED]
            await life.withdraws(1)
            await life.passes(300)
            assert [(row.state, row.lease) for row in await life.rows()] == [
                (OutboxState.SENT, None),
                (OutboxState.WITHDRAWN, None),
            ]
            assert len(exchange.rang) == 1

    played(story)


def test_what_was_withdrawn_from_the_hands_of_a_dead_process_is_nobodys(desk_url: str, tmp_path: Path) -> None:
    exchange = Exchange()

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path, gap=10.0) as life:
            await life.calls()
            await life.calls()
            await life.withdraws(1)
            in_hand = (await life.rows())[1].lease
            assert in_hand is not None
            await life.desk.act(lambda turn: free_process(turn.connection, in_hand.partition(".")[0], turn.now))
            assert [(row.state, row.lease) for row in await life.rows()] == [
                (OutboxState.SENT, None),
                (OutboxState.WITHDRAWN, None),
            ]
            await life.passes(300)
            assert len(exchange.rang) == 1

    played(story)


def test_a_call_that_had_begun_when_it_was_withdrawn_is_on_record(desk_url: str, tmp_path: Path) -> None:
    exchange = Exchange(mood="hangs after it rang")

    async def story() -> None:
        async with alive(desk_url, exchange, tmp_path) as life:
            await life.calls()
            await life.withdraws(0)
            await life.passes(3600)
            (row,) = await life.rows()
            assert (row.state, row.ref, len(exchange.rang)) == (OutboxState.SENT, f"call:{row.key}", 1)

    played(story)


# ---- receipts that come when they like


class Reports(ExchangePhone):
    """The exchange, which also tells later what became of a call: ref and state, with a space between."""

    @staticmethod
    def late(raw: bytes) -> tuple[str, Receipt]:
        ref, state = raw.decode().split(" ")
        return ref, Receipt(state, why="busy for good" if state != "sent" else None)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [1, 2])
def test_a_receipt_that_comes_late_counts_once(desk_url: str, tmp_path: Path, times: int) -> None:
    async def story() -> None:
        async with alive(desk_url, Exchange(), tmp_path, phone=Reports) as life:
            await life.calls()
            (row,) = await life.rows()
            for _ in range(times):
                await life.desk.accept_for("voice")([f"{row.ref} refused".encode()])
            (row,) = await life.rows()
            assert (row.state, row.error) == (OutboxState.DEAD, "busy for good")
            await life.desk.accept_for("voice")([f"{row.ref} sent".encode()])
            assert (await life.rows())[0].state == OutboxState.DEAD

    played(story)


def test_a_receipt_that_overtakes_the_outcome_is_kept_for_it(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with alive(desk_url, Exchange(mood="hangs after it rang"), tmp_path, phone=Reports) as life:
            await life.calls()
            (row,) = await life.rows()
            await life.desk.accept_for("voice")([f"call:{row.key} refused".encode()])
            assert (await life.rows())[0].state == OutboxState.LEASED
            await life.passes(3600)
            (row,) = await life.rows()
            assert (row.state, row.error) == (OutboxState.DEAD, "busy for good")

    played(story)


def test_a_receipt_clears_up_what_was_unclear(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        exchange = Exchange(mood="loses the answer", can_tell=False)
        async with alive(desk_url, exchange, tmp_path, phone=Reports) as life:
            await life.calls()
            await life.passes(60)
            (row,) = await life.rows()
            assert row.state == OutboxState.UNCLEAR
            await life.desk.accept_for("voice")([f"attempt:{row.key} sent".encode()])
            (row,) = await life.rows()
            assert (row.state, row.error, len(exchange.rang)) == (OutboxState.SENT, None, 1)

    played(story)


def test_a_receipt_about_nothing_of_ours_is_forgotten(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with alive(desk_url, Exchange(), tmp_path, phone=Reports) as life:
            await life.desk.accept_for("voice")([b"call:strange refused"])
            assert await life.desk.act(lambda turn: turn.rows(ShelfRow, select(ShelfRow.table))) == []

    played(story)
