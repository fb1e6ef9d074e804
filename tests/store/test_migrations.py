"""Migrations tell the whole truth about the tables, and carry a desk that was filled under an older schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store import migrate
from core.store.database import Database
from core.store.migrate import OldProcesses
from core.store.numbers import RowIds
from core.store.processes import OutOfDate
from core.store.schema import REVISION
from tests.databases import Postgres
from tests.store.standing import delivery, keep, message, stand
from tests.store.versions import LAST, NEXT, ONLY_ADDS, TAKES_AWAY, folder_with


def test_the_migrations_make_what_the_models_say(database_url: str) -> None:
    assert migrate.state(database_url) == "empty"
    migrate.migrate(database_url)
    assert migrate.state(database_url) == "current"
    assert migrate.drift(database_url) == []
    assert migrate.revision(database_url) == f"{REVISION:04}"


def test_ids_go_on_above_those_of_an_older_desk(database_url: str) -> None:
    """The first schema numbered rows from one counter; what it gave out is never given again."""
    migrate.migrate(database_url, "0001")
    database = Database(database_url)
    connection = database.connect()
    with connection.transaction():
        connection.raw.execute("INSERT INTO counter (name, value) VALUES ('row', 5001)")
        connection.raw.execute(
            "INSERT INTO inbox (id, key, channel, room, at, received_at, said, raw, state, due_at, attempts)"
            " VALUES (5500, 'k', 'c', 'r', 1, 1, '{}', '', 'done', 1, 0)"
        )
    assert migrate.state(database_url) == "behind"
    migrate.migrate(database_url)
    ids = RowIds()
    with connection.transaction():
        drawn = [ids.next(connection), *ids.arrivals(connection, 3)]
    connection.close()
    assert min(drawn) > 6000 and drawn[1:] == sorted(drawn[1:]) and len(set(drawn)) == 4
    database.close()


def test_an_older_program_works_on_while_something_is_added(desk_url: str, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ONLY_ADDS)
    with stand(desk_url) as desk:
        desk.submit(delivery(message(1)))
        desk.cycle()
        migrate.migrate(desk_url, folder=folder)
        assert migrate.state(desk_url) == "ahead"
        desk.submit(delivery(message(2)))
        desk.cycle()
        assert desk.column("SELECT key FROM inbox ORDER BY key") == ["carried:1", "carried:2"]
        assert desk.column("SELECT later FROM inbox") == [None, None]


def test_nothing_is_taken_away_from_an_older_program(
    postgres_template: str, postgres: Postgres, tmp_path: Path
) -> None:
    """The gate shuts, the older process ends before its next group, and only then does the migration run."""
    url, folder = postgres.fresh(postgres_template), folder_with(tmp_path, ONLY_ADDS, TAKES_AWAY)
    with stand(url) as desk:
        desk.submit(delivery(message(1)))
        desk.cycle()
        with pytest.raises(OldProcesses, match="stand"):
            migrate.migrate(url, folder=folder)
        assert (migrate.state(url), migrate.revision(url)) == ("closed", NEXT)
        desk.submit(delivery(message(2)))
        desk.submit(keep("an outcome"))
        desk.cycle()
        assert isinstance(desk.pump.outdated, OutOfDate) and desk.answers[-2:] == ["an outcome", desk.pump.outdated]
        assert desk.column("SELECT key FROM inbox") == ["carried:1"]
        desk.pump.close()
        migrate.migrate(url, folder=folder)
        assert (migrate.state(url), migrate.revision(url)) == ("closed", LAST)
        assert desk.column("SELECT holder FROM process") == []
    postgres.drop(url)
