"""A store with a few chains in it, checkpoints over them, and hands that may do what no turn can."""

from __future__ import annotations

from collections.abc import Callable

from config.auditing import AuditKey, holds
from core.store import checkpoints
from core.store.checkpoints import Breach, Checkpoint, Draft
from core.store.turn import Turn
from core.words import HOUR
from tests.store.standing import Stand

KEY = AuditKey("a key of the desk's pages")


def grow(desk: Stand, stream: str, times: int = 1) -> None:
    """Something happens in a stream."""

    def act(turn: Turn) -> None:
        for number in range(times):
            turn.record("noted", entity="main", stream=stream, data={"n": number}, private={"text": "漏油"})

    desk.submit(act)
    desk.cycle()


def drafted(desk: Stand) -> Draft:
    with desk.database.reading() as connection:
        return checkpoints.draft(connection, desk.clock[0])


def swear(desk: Stand, draft: Draft, key: AuditKey = KEY) -> Checkpoint | None:
    """Keep a draft; None if it comes too late."""
    desk.submit(lambda turn: checkpoints.swear(turn, draft, key.public, key.sign))
    desk.cycle()
    answer = desk.answers[-1]
    if isinstance(answer, Exception):
        raise answer
    return answer


def an_hour_later(desk: Stand) -> Checkpoint | None:
    desk.clock[0] += HOUR
    return swear(desk, drafted(desk))


def found(desk: Stand) -> list[Breach]:
    with desk.database.reading() as connection:
        return list(checkpoints.breaches(connection, [KEY.public], holds))


def tamper(desk: Stand, *statements: str) -> None:
    """What somebody does who owns the database."""
    connection = desk.database.connect()
    for table in ("event", "checkpoint"):
        if connection.kind == "sqlite":
            for what in ("changed", "deleted"):
                connection.say(f"DROP TRIGGER IF EXISTS {table}_not_{what}")
        else:
            connection.say(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in statements:
        connection.say(statement)
    connection.close()


Tampering = Callable[[Stand], None]
