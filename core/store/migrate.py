"""The schema of a database: making it, bringing it up to date, and telling where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from core.store.schema import metadata

State = Literal["empty", "behind", "current", "ahead"]

_folder = Path(__file__).with_name("migrations")


def migrate(url: str) -> None:
    """Bring the database to the newest schema; makes the tables if there are none."""
    with _connected(url) as connection:
        command.upgrade(_config(connection), "head")


def create(url: str) -> None:
    """Make all tables at once in an empty database, as the migrations would: for rehearsals and tests."""
    with _connected(url) as connection:
        metadata.create_all(connection)
        command.stamp(_config(connection), "head")


def state(url: str) -> State:
    """Where the database stands against this program."""
    with _connected(url) as connection:
        stands_at = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(_config(connection))
    if stands_at is None:
        return "empty"
    if stands_at == scripts.get_current_head():
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "behind" if stands_at in known else "ahead"


def drift(url: str) -> list[object]:
    """Differences between the migrated database and the models; none if the migrations tell the whole truth."""
    with _connected(url) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def draft(url: str, message: str) -> None:
    """Write a migration from what the models say more than the database (for developers)."""
    with _connected(url) as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder))
    config.attributes["connection"] = connection
    return config
