"""Who is taken for dead, and when: a process that is killed soon, one that is only slow late (S35)."""

from __future__ import annotations

import pytest

from core.store.database import Connection, Database
from core.store.migrate import create
from core.store.processes import ALIVE, BEAT, GONE, STEADY, Fenced, Membership
from core.words import Micros

LONG = STEADY // BEAT + 2
"""Beats after which a process is steady."""


@pytest.fixture
def database(postgres_url: str) -> Database:
    create(postgres_url)
    return Database(postgres_url)


def beat(member: Membership, connection: Connection, now: Micros) -> None:
    with connection.transaction():
        member.keep(connection, now)
    member.kept()


def beats(member: Membership, connection: Connection, since: Micros, until: Micros) -> None:
    for now in range(since, until, BEAT):
        beat(member, connection, now)


@pytest.mark.req("S35")
def test_a_killed_process_is_buried_soon_and_a_slow_one_late(database: Database) -> None:
    here, slow, killed = (database.connect() for _ in range(3))
    me, its, his = Membership("me"), Membership("slow"), Membership("killed")
    beats(me, here, 0, LONG * BEAT)
    last = LONG * BEAT
    for member, connection in ((me, here), (its, slow), (his, killed)):
        beat(member, connection, last)
    killed.close()
    beats(me, here, last + BEAT, last + GONE)
    assert me.living == 3
    beats(me, here, last + GONE, last + ALIVE)
    assert me.living == 2
    beat(its, slow, last + ALIVE - 1)
    beats(me, here, last + ALIVE, last + 2 * ALIVE + BEAT)
    with pytest.raises(Fenced):
        beat(its, slow, last + 2 * ALIVE + BEAT)


@pytest.mark.req("S35")
def test_who_has_just_connected_again_gives_the_others_time_to_do_so(database: Database) -> None:
    here, there = database.connect(), database.connect()
    me, other = Membership("me"), Membership("other")
    beats(me, here, 0, LONG * BEAT)
    beat(other, there, LONG * BEAT)
    here.close()
    there.close()
    here, there = database.connect(), database.connect()
    beats(me, here, LONG * BEAT + GONE, LONG * BEAT + STEADY)
    beat(other, there, LONG * BEAT + STEADY)
    assert me.living == 2


@pytest.mark.req("S35")
def test_who_is_slow_himself_buries_the_killed_but_not_the_slow(database: Database) -> None:
    here, slow, killed = (database.connect() for _ in range(3))
    me, its, his = Membership("me"), Membership("slow"), Membership("killed")
    for member, connection in ((me, here), (its, slow), (his, killed)):
        beat(member, connection, 0)
    killed.close()
    for now in range(0, STEADY + ALIVE, 3 * BEAT):
        beat(me, here, now)
    beat(its, slow, STEADY + ALIVE)
    with database.connect().transaction(), pytest.raises(Fenced):
        his.keep(database.connect(), STEADY + ALIVE)
