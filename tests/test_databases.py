"""The databases that tests stand on are real, new and empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from core.store import migrate

CREATE = text("CREATE TABLE word (text TEXT)")
INSERT = text("INSERT INTO word VALUES ('异响')")
SELECT = text("SELECT text FROM word")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_finds_an_empty_database(database_url: str, time: str) -> None:
    with connected(database_url) as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(CREATE)
        connection.execute(INSERT)
    with connected(database_url) as connection:
        assert connection.execute(SELECT).all() == [("异响",)]


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_finds_all_tables_and_no_rows(desk_url: str, time: str) -> None:
    assert migrate.state(desk_url) == "current"
    with connected(desk_url) as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert {"inbox", "outbox", "event"} <= tables
        assert [name for name in tables if connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar()] == []
        connection.execute(CREATE)
