"""What is past its term goes: every night, class by class, some rows in each turn, so that nobody waits for it (PIPL Art. 19, 47).

How far each class has been swept stands on the shelf. A stop pauses it; a term that is made shorter holds from the next night on; what
has once been removed does not come back with a longer one. Events themselves are never removed, nor is what a ticket counts for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, text

from core.privacy import files
from core.privacy.erasing import BATCH, forget_words
from core.privacy.policy import KEEP, Terms
from core.privacy.statements import FORGET_MEDIA, FORGET_REPORTS, FORGET_TOLD, SAID_NOTHING, SHOWN_NOTHING
from core.store.model import WAITING_TIMERS, ShelfRow, Timer
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import local
from core.words import DAY, SECOND, Micros

SWEEP_TIMER = "privacy.sweep"
"""Sweeps one batch: data {place, counts}."""
SWEPT = "privacy.swept"
"""The event that says how many rows of each class went."""
LAST = "privacy:swept"
"""Where the shelf keeps when the last night's sweep ended."""
HOUR_OF_NIGHT = 3
"""Local hour at which it begins."""
TICKETS = 50
"""Tickets of one batch."""
CODES = ("link_code", "sign_code", "proof_code")
"""Purposes of messages that carried a one-time code."""
NUMBERS_LEAST = 2 * DAY
"""Uses of a number count against a day's limits: none goes sooner."""
FILES_OF = frozenset({"media", "reports", "uploads", "exports"})
"""Classes that name files."""

Sweep = Callable[[Turn, Micros, str | None], tuple[int, str | None, bool]]
"""Removes what is not younger than an instant, from a mark on: how many rows, the new mark, whether more is left."""


@dataclass(frozen=True, slots=True)
class Class:
    """A class of data: whose term it keeps, and what is swept."""

    name: str
    term: str
    sweep: Sweep

    def lasts(self, terms: Terms) -> Micros:
        lasts: Micros = getattr(terms, self.term)
        return max(lasts, NUMBERS_LEAST) if lasts and self.term == "numbers" else lasts


def begin(turn: Turn) -> None:
    """The desk begins: the next night is waited for, unless one is already."""
    if turn.first(Timer, _waiting, subject=_subject(turn), kind=SWEEP_TIMER) is None:
        _await_night(turn)


def sweep(turn: Turn, timer: Timer) -> None:
    """One batch of one class; the next is a turn of its own."""
    place, counts = timer.data["place"], dict(timer.data["counts"])
    one = CLASSES[place]
    lasts, more = one.lasts(turn.house.policies.privacy.terms), False
    if lasts != KEEP:
        shelf = turn.get(ShelfRow, f"privacy:{one.name}") or turn.add(ShelfRow(name=f"privacy:{one.name}", value=""))
        turn.flush()
        turn.guard()
        count, mark, more = one.sweep(turn, turn.now - lasts, shelf.value or None)
        shelf.value = mark or ""
        counts[one.name] = counts.get(one.name, 0) + count
    place = place if more else place + 1
    if place < len(CLASSES):
        _go_on(turn, {"place": place, "counts": counts, "count": timer.data["count"] + 1}, turn.now)
    else:
        _end(turn, counts)


def last_swept(turn: Turn) -> Micros | None:
    """When the last sweep ended."""
    found = turn.get(ShelfRow, LAST)
    return int(found.value) if found else None


def _end(turn: Turn, counts: dict[str, int]) -> None:
    done = turn.get(ShelfRow, LAST) or turn.add(ShelfRow(name=LAST, value=""))
    done.value = str(turn.now)
    entity = turn.house.policies.entity
    removed = {name: count for name, count in counts.items() if count}
    turn.record(SWEPT, entity=entity, stream=f"privacy:{entity}", data={"removed": removed})
    files.order(turn)
    _await_night(turn)


def _await_night(turn: Turn) -> None:
    now = local(turn.now, turn.house.zone)
    night = now.replace(hour=HOUR_OF_NIGHT, minute=0, second=0, microsecond=0)
    night = night if night > now else night + timedelta(days=1)
    _go_on(turn, {"place": 0, "counts": {}, "count": 0}, round(night.timestamp()) * SECOND)


def _go_on(turn: Turn, data: dict[str, Any], at: Micros) -> None:
    subject = _subject(turn)
    begun = local(turn.now, turn.house.zone).date() if data["count"] else local(at, turn.house.zone).date()
    turn.remind(SWEEP_TIMER, subject, at, episode=f"{begun}:{data['count']}", data=data)


def _subject(turn: Turn) -> str:
    return f"privacy:{turn.house.policies.entity}"


# ---- by row


def _rows(table: str, at: str, change: str, where: str = "") -> Sweep:
    """Rows in the order of their ids, up to the first that is too young; `change` is carried out on those in between."""
    found = text(f"SELECT id, {at} FROM {table} WHERE id > :after ORDER BY id LIMIT :most")
    doing = text(f"{change} WHERE id > :after AND id <= :last{where}")

    def sweep_rows(turn: Turn, before: Micros, mark: str | None) -> tuple[int, str | None, bool]:
        after = int(mark or -1)
        old: list[int] = []
        for row_id, when in (rows := turn.connection.all(found, after=after, most=BATCH)):
            if when > before:
                break
            old.append(row_id)
        if not old:
            return 0, mark, False
        count = turn.connection.run(doing, after=after, last=old[-1], nothing=b"")
        return count, str(old[-1]), len(old) == len(rows) == BATCH

    return sweep_rows


def _all(*statements: str) -> Sweep:
    """What an index finds, or what are few rows, some at a time."""
    doing = [text(statement) for statement in statements]

    def sweep_all(turn: Turn, before: Micros, mark: str | None) -> tuple[int, str | None, bool]:
        counts = [turn.connection.run(statement, before=before, most=BATCH) for statement in doing]
        return sum(counts), None, max(counts) >= BATCH

    return sweep_all


# ---- by ticket

_ended = text(
    "SELECT id, closed_at FROM ticket WHERE closed_at is not null AND (closed_at, id) > (:at, :after) AND closed_at <= :before "
    "ORDER BY closed_at, id LIMIT :most"
)


def _tickets(forget: Callable[[Turn, Ticket], int]) -> Sweep:
    """Tickets in the order in which they ended."""

    def sweep_tickets(turn: Turn, before: Micros, mark: str | None) -> tuple[int, str | None, bool]:
        at, after = (mark or "-1:-1").split(":")
        found = turn.connection.all(_ended, at=int(at), after=int(after), before=before, most=TICKETS)
        count = 0
        for ticket_id, _ in found:
            ticket = turn.get(Ticket, ticket_id, lock=True)
            assert ticket is not None
            count += forget(turn, ticket)
        return count, f"{found[-1][1]}:{found[-1][0]}" if found else mark, len(found) == TICKETS

    return sweep_tickets


def _forget_words(turn: Turn, ticket: Ticket) -> int:
    forget_words(turn, ticket)
    return _carry_out(turn, ticket, FORGET_TOLD) + 1


def _carry_out(turn: Turn, ticket: Ticket, statements: Any) -> int:
    return sum(turn.connection.run(statement, ticket=ticket.id, stream=ticket.stream) for statement in statements)


CLASSES = (
    Class("raw", "raw", _rows("inbox", "received_at", "UPDATE inbox SET raw = :nothing")),
    Class("quarantine", "raw", _rows("quarantine", "at", "DELETE FROM quarantine")),
    Class(
        "codes",
        "codes",
        _rows(
            "outbox",
            "created_at",
            f"UPDATE outbox SET say = {SHOWN_NOTHING}",
            " AND (" + " OR ".join(f"purpose = '{purpose}'" for purpose in CODES) + ")",
        ),
    ),
    Class(
        "heard",
        "messages",
        _rows(
            "inbox",
            "received_at",
            f"UPDATE inbox SET said = {SAID_NOTHING}, raw = :nothing, error = NULL",
            " AND state <> 'new'",
        ),
    ),
    Class("shown", "messages", _rows("outbox", "created_at", f"UPDATE outbox SET say = {SHOWN_NOTHING}")),
    Class("recordings", "messages", _rows("recording", "at", """UPDATE recording SET media = '{"ref": ""}'""")),
    Class(
        "jobs",
        "messages",
        _rows("job", "due_at", "UPDATE job SET data = '{}', result = NULL", " AND (state = 'done' OR state = 'dead')"),
    ),
    Class(
        "talks",
        "messages",
        _all(
            "DELETE FROM conversation WHERE id IN (SELECT c.id FROM conversation c JOIN room r ON r.room = c.room "
            "WHERE r.last_in_at <= :before LIMIT :most)",
            "DELETE FROM last_verb WHERE at <= :before",
        ),
    ),
    Class("words", "words", _tickets(_forget_words)),
    Class("media", "media", _tickets(lambda turn, ticket: _carry_out(turn, ticket, FORGET_MEDIA))),
    Class("reports", "reports", _tickets(lambda turn, ticket: _carry_out(turn, ticket, FORGET_REPORTS))),
    Class(
        "numbers",
        "numbers",
        _all(
            *(
                f"DELETE FROM number_use WHERE id IN (SELECT id FROM number_use WHERE channel = '{channel}' AND at <= :before LIMIT :most)"
                for channel in ("sms", "voice")
            )
        ),
    ),
    Class(
        "uploads",
        "uploads",
        _all("DELETE FROM form_upload WHERE id IN (SELECT id FROM form_upload WHERE at <= :before LIMIT :most)"),
    ),
    Class(
        "exports",
        "exports",
        _all("UPDATE privacy_request SET hash = NULL, size = NULL WHERE hash IS NOT NULL AND done_at <= :before"),
    ),
)
"""In this order, night by night."""

_timer = Timer.table.c
_waiting = (
    select(Timer.table)
    .where(_timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), WAITING_TIMERS)
    .limit(1)
)
TIMERS = {SWEEP_TIMER: sweep}
"""Kind of timer → what happens when it is due."""
