"""The database with which every run begins: all tables, the staff, and a history that is kept from the first row on."""

from __future__ import annotations

from pathlib import Path
from random import Random

from core.store.migrate import create
from tests import history
from tests.simulation import alarms
from tests.simulation.faulty import FaultyDatabase, Fuse
from tests.simulation.people import move_in
from tests.simulation.world import START

BURIED = (
    "CREATE TRIGGER history_process_gone AFTER DELETE ON process BEGIN "
    "INSERT INTO history (sort, row_id, name, before, until, now, process) "
    "VALUES ('process', 0, OLD.holder, 'alive', OLD.until, now_(), process_()); END"
)
"""Who took whom for dead."""


def make(path: Path) -> Path:
    """Make it."""
    url = f"sqlite:///{path}"
    create(url)
    database = FaultyDatabase(url, Fuse(None, Random(0), 0.0), lambda: START, "setup", shared=False)
    connection = database.connect()
    history.watch(connection, now="now_()", process="process_()")
    connection.say(BURIED)
    alarms.watch(connection)
    connection.close()
    move_in(database, START)
    database.close()
    return path
