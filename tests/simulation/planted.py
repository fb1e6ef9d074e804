"""Mistakes that somebody could make in the desk, each made by replacing a function from outside; the proof must find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text

from config import desk as composition
from config.desk import Desk
from core.dispatch import offering
from core.store import chain, group, intake, outgoing
from core.store.intake import Delivery
from core.store.model import Outbox, OutboxState, Timer
from core.store.outgoing import Outcome
from core.store.pump import Item, Pump
from core.store.turn import Cause, Turn
from core.tickets import merging, undoing
from core.words import HOUR, Accept, Cursor
from notifier import outcomes
from notifier.delivering import Deliverer

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Planted:
    """A mistake: what it is called, how it is made, what the check must say of it (a regular expression), and how many
    processes it takes to show (0: as the seed says)."""

    name: str
    make: Callable[[Patch], None]
    sign: str
    workers: int = 0


def acknowledge_before_store(patch: Patch) -> None:
    """The platform hears that we have its message while it waits for its group."""

    def accept_for(desk: Desk, name: str) -> Accept:
        async def accept(deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
            desk.pump.submit(Item(Delivery.read(desk.channels[name], deliveries, cursor), again=True))
            desk._kick()

        return accept

    patch.setattr(Desk, "accept_for", accept_for)


def cursor_before_messages(patch: Patch) -> None:
    """How far we have read is written down first, then what we read."""

    def accept_for(desk: Desk, name: str) -> Accept:
        async def accept(deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
            if cursor is not None:
                await desk.shelf.put(f"cursor:{cursor.name}", cursor.value)
            await desk._submit(Item(Delivery.read(desk.channels[name], deliveries, None)))

        return accept

    patch.setattr(Desk, "accept_for", accept_for)


def state_and_outbox_apart(patch: Patch) -> None:
    """What a turn wants to say is written by a transaction of its own, after the one that holds its state."""
    later = _afterwards(patch)
    keep = Turn.keep

    def keep_state(turn: Turn) -> None:
        rows: list[Any] = turn._new.pop(Outbox, []) if turn.cause.text != "later" else []
        turn.posts = [] if rows else turn.posts
        for row in rows:
            row.state, row.lease = (OutboxState.WAITING, None) if row.state == "leased" else (row.state, row.lease)
            row.due_at = min(row.due_at, turn.now)
            later(turn, lambda other, row=row: other.add(row))
        keep(turn)

    patch.setattr(Turn, "keep", keep_state)


def lease_unchecked(patch: Patch) -> None:
    """An outcome is written down whoever holds the message by now."""
    settle = outgoing.settle

    def settle_anyway(turn: Turn, outcome: Outcome) -> Outbox | None:
        row = turn.get(Outbox, outcome.id, lock=True)
        return settle(turn, replace(outcome, lease=row.lease)) if row and row.lease else None

    patch.setattr(outcomes, "settle", settle_anyway)


def no_inbox_key(patch: Patch) -> None:
    """Every delivery counts as a new one."""
    inbox_row = intake.inbox_row

    def unique_row(message: Any, now: int, row_id: int) -> Any:
        row = inbox_row(message, now, row_id)
        row.key = f"{row.key}/{row_id}"
        return row

    patch.setattr(intake, "inbox_row", unique_row)


def inbox_key_too_short(patch: Patch) -> None:
    """What was heard an hour ago is tidied away."""
    store = intake.store
    tidy = text("DELETE FROM inbox WHERE state = 'done' AND received_at < :old")

    def tidy_and_store(connection: Any, deliveries: Any, now: int, ids: Any) -> None:
        connection.run(tidy, old=now - HOUR)
        store(connection, deliveries, now, ids)

    patch.setattr(group, "store", tidy_and_store)


def not_rescheduled(patch: Patch) -> None:
    """An offer goes to the next engineer, and nobody looks whether he answers."""

    def give_to_next(turn: Turn, timer: Timer) -> None:
        offering.give_to_next(turn, timer)
        turn.forget(offering.OFFER_TIMER, timer.subject)

    patch.setitem(composition.TIMERS, offering.OFFER_TIMER, give_to_next)


def rescheduled_apart(patch: Patch) -> None:
    """The next timer is set by a transaction of its own."""
    later = _afterwards(patch)
    wait = offering._wait_for_answer

    def wait_later(turn: Turn, ticket: Any, offer: Any) -> None:
        ticket_id = ticket.id

        def set_it(other: Turn) -> None:
            found = other.get(type(ticket), ticket_id)
            if found is not None:
                wait(other, found, offer)

        later(turn, set_it)

    patch.setattr(offering, "_wait_for_answer", wait_later)


def room_never_busy(patch: Patch) -> None:
    """A message is born in the hands of whoever makes it, although another process is busy with one before it."""
    place = outgoing._place

    def always_free(turn: Turn, address: str, count: int) -> tuple[list[int], bool]:
        return place(turn, address, count)[0], False

    patch.setattr(outgoing, "_place", always_free)


def expiry_ignored(patch: Patch) -> None:
    """News that is none any more is sent all the same."""
    take = Deliverer.take

    def take_for_ever(deliverer: Deliverer, rows: Sequence[Outbox]) -> None:
        for row in rows:
            row.expires_at = None
        take(deliverer, rows)

    patch.setattr(outgoing, "_expire", text("SELECT :now"))
    patch.setattr(Deliverer, "take", take_for_ever)


def dead_letter_dropped(patch: Patch) -> None:
    """What cannot be delivered is tidied away."""
    settle = outgoing.settle
    drop = text("DELETE FROM outbox WHERE id = :id_")

    def settle_and_drop(turn: Turn, outcome: Outcome) -> Outbox | None:
        row = settle(turn, outcome)
        if row is not None and row.state == OutboxState.DEAD:
            turn.flush()
            turn.connection.run(drop, id_=row.id)
        return row

    patch.setattr(outcomes, "settle", settle_and_drop)


def undo_forgets_a_queued_notice(patch: Patch) -> None:
    """What has been sent is put right; what is about to be sent is overlooked."""
    patch.setattr(undoing, "UNSENT", ())


def merge_loses_a_reporter(patch: Patch) -> None:
    """Only the first who joins a ticket is remembered."""
    join = merging.join

    def join_once(turn: Turn, ticket: Any, person_id: int, room: str) -> Any:
        return None if merging.reporters_of(turn, ticket) else join(turn, ticket, person_id, room)

    patch.setattr(merging, "join", join_once)


def chain_forked(patch: Patch) -> None:
    """Each process remembers the hash at which it left a chain."""
    append, seal = chain.append, chain.seal

    def append_to_remembered(turn: Turn, **given: Any) -> Any:
        event, hidden = append(turn, **given)
        left: dict[str, str] = vars(turn._ids).setdefault("left", {})
        event.prev = left.get(event.stream, event.prev)
        event.hash = left[event.stream] = seal(event)
        return event, hidden

    patch.setattr(chain, "append", append_to_remembered)


PLANTED = (
    Planted("acknowledge before store", acknowledge_before_store, "taken and lost"),
    Planted("cursor stored before its messages", cursor_before_messages, "taken and lost"),
    Planted(
        "state and outbox in two transactions",
        state_and_outbox_apart,
        "heard nothing|never heard|nobody was answered|was not told",
    ),
    Planted("lease token unchecked on result", lease_unchecked, "was begun by|decided about|, and then"),
    Planted("inbox key missing", no_inbox_key, "times for a new one"),
    Planted("inbox key kept too short", inbox_key_too_short, "was forgotten after|times for a new one", workers=1),
    Planted("timer fired but not rescheduled", not_rescheduled, "nothing happens"),
    Planted("reschedule in a second transaction", rescheduled_apart, "nothing happens"),
    Planted("room order broken by two workers", room_never_busy, "overtook", workers=2),
    Planted("expiry ignored", expiry_ignored, "after it expired"),
    Planted("dead letter dropped", dead_letter_dropped, "dropped while it was dead"),
    Planted("undo that forgets a queued notice", undo_forgets_a_queued_notice, "uncorrected"),
    Planted("merge that loses a reporter", merge_loses_a_reporter, "was not told"),
    Planted("hash chain forked by two writers", chain_forked, "does not continue the chain", workers=2),
)


def _afterwards(patch: Patch) -> Callable[[Turn, Callable[[Turn], Any]], None]:
    """A way to do something after a group's commit, in a transaction of its own: what a crash between the two loses."""
    waiting: dict[int, list[Callable[[Turn], Any]]] = {}
    cycle = Pump.cycle

    def cycle_and_then(pump: Pump) -> Any:
        waiting[id(pump.house)] = []
        made = cycle(pump)
        for act in waiting.pop(id(pump.house), ()):
            pump.submit(Item(act, Cause("later"), again=True))
        return made

    patch.setattr(Pump, "cycle", cycle_and_then)
    return lambda turn, act: waiting.setdefault(id(turn.house), []).append(act)
