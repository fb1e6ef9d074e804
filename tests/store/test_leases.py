"""A lease that several processes want (S35)."""

from __future__ import annotations

import pytest

from core.house import House
from core.policies import Policies
from core.store.database import Connection, Database
from core.store.leases import HOLD, release, seize
from core.store.migrate import create
from core.store.numbers import RowIds
from core.store.turn import Cause, Turn
from core.wording import Wording
from core.words import Micros


def turn_on(connection: Connection, now: Micros) -> Turn:
    house = House(Policies(), lambda: "", Wording.load())
    turn = Turn(connection, house, now, Cause("test"), RowIds(), "")
    turn.guard()
    return turn


def seized(connection: Connection, who: str, now: Micros) -> int | None:
    with connection.transaction():
        turn = turn_on(connection, now)
        until = seize(turn, "pull", who)
        turn.keep()
    return until


@pytest.mark.req("S35")
def test_one_holder_at_a_time_until_it_gives_back_or_is_late(desk_url: str) -> None:
    connection = Database(desk_url).connect()
    assert seized(connection, "one", 0) == HOLD
    assert seized(connection, "two", 1) is None
    assert seized(connection, "one", 2) == HOLD + 2
    with connection.transaction():
        turn = turn_on(connection, 3)
        release(turn, "pull", "one")
        turn.keep()
    assert seized(connection, "two", 4) == HOLD + 4
    assert seized(connection, "one", HOLD + 4) == 2 * HOLD + 4


@pytest.mark.req("S35")
def test_nobody_waits_while_another_is_just_taking_it(postgres_url: str) -> None:
    create(postgres_url)
    database = Database(postgres_url)
    one, two = database.connect(), database.connect()
    seized(one, "nobody", -HOLD)
    two.say("SET lock_timeout = 500")
    with one.transaction():
        turn = turn_on(one, 0)
        assert seize(turn, "pull", "one") == HOLD
        turn.flush()
        assert seized(two, "two", 0) is None
        turn.keep()
