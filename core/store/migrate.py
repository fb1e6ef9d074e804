"""The schema of a database: making it, bringing it up to date, and telling where it stands.

Migrations are numbered. One that only adds runs while older programs work on. One that takes something away says
`contracts = True`: before it runs the gate is shut for programs that do not know it, and their processes are waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine

from core.store.database import Database
from core.store.processes import gate_of, older_than, shut_gate
from core.store.schema import REVISION, metadata
from core.words import Clock

State = Literal["empty", "behind", "current", "ahead", "closed"]
"""`ahead`: newer than this program, which may work on it nevertheless; `closed`: it may not."""

FOLDER = Path(__file__).with_name("migrations")
Wait = Callable[[list[str]], bool]
"""Hears which older processes still work, and returns when it is time to look again; False gives up."""


class UnknownRevision(RuntimeError):
    """A schema that this program does not know."""


class OldProcesses(RuntimeError):
    """Processes of an older program still work on the database; their names."""


def migrate(
    url: str,
    to: str = "head",
    *,
    folder: Path = FOLDER,
    clock: Clock = lambda: 0,
    wait: Wait = lambda names: False,
) -> None:
    """Bring the database to a schema, the newest unless `to` names another; makes the tables if there are none.

    Each migration is a transaction of its own. Raises UnknownRevision; OldProcesses: the gate stays shut, and it can be
    tried again.
    """
    for script in _pending(url, to, folder):
        if getattr(script.module, "contracts", False):
            _wait_for_old(url, int(script.revision), clock, wait)
        with _connected(url) as connection:
            command.upgrade(_config(connection, folder), script.revision)


def create(url: str) -> None:
    """Make all tables at once in an empty database, as the migrations would: for rehearsals and tests."""
    with _connected(url) as connection:
        metadata.create_all(connection)
        command.stamp(_config(connection), "head")


def state(url: str) -> State:
    """Where the database stands against this program."""
    stands_at = revision(url)
    if stands_at is None:
        return "empty"
    if int(stands_at) <= REVISION:
        return "current" if int(stands_at) == REVISION else "behind"
    database = Database(url)
    with database.reading() as connection:
        gate = gate_of(connection)
    database.close()
    return "closed" if gate > REVISION else "ahead"


def revision(url: str) -> str | None:
    """The number of the last migration that the database has seen; None if it is empty."""
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def drift(url: str) -> list[object]:
    """Differences between the migrated database and the models; none if the migrations tell the whole truth."""
    with _connected(url) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def draft(url: str, message: str) -> None:
    """Write a migration from what the models say more than the database (for developers)."""
    with _connected(url) as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def _pending(url: str, to: str, folder: Path) -> list[Script]:
    """Migrations between where the database stands and `to`, in order."""
    with _connected(url) as connection:
        stands_at = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(_config(connection, folder))
        try:
            return list(reversed(list(scripts.iterate_revisions(to, stands_at or "base"))))
        except (CommandError, ResolutionError) as error:
            raise UnknownRevision(to) from error


def _wait_for_old(url: str, number: int, clock: Clock, wait: Wait) -> None:
    """Let no older program in, and wait until those that are in have left. Raises OldProcesses."""
    database = Database(url)
    connection = database.connect()
    try:
        with connection.transaction():
            shut_gate(connection, number)
        while database.shared and (old := older_than(connection, number, clock())):
            if not wait(old):
                raise OldProcesses(", ".join(old))
    finally:
        connection.close()


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection, folder: Path = FOLDER) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    return config
