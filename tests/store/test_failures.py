"""The database fails: nobody hears that he was heard, nothing is half there, and afterwards all goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from core.store.database import AlreadyRunning, Database, TransactionLost
from core.store.model import Quarantine
from core.store.turn import Turn
from tests.store.standing import NOON, delivery, keep, message, stand


@pytest.fixture
def desk_file(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file with all tables."""
    path = tmp_path / "desk.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.mark.req("S35")
def test_full_disk(desk_file: str) -> None:
    """The sender hears an error and comes again; an outcome, which nobody would repeat, is kept meanwhile."""
    with stand(desk_file) as desk:
        desk.database.full = True
        desk.submit(delivery(message(1, text="长" * 9000)))
        desk.submit(keep("outcome", "x" * 9000), again=True)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            desk.cycle()
        assert len(desk.answers) == 1 and isinstance(desk.answers[0], sqlite3.OperationalError)
        assert desk.column("SELECT id FROM inbox") == []

        desk.database.full = False
        desk.pump.close()
        desk.submit(delivery(message(1)))
        desk.cycle()
        assert desk.column("SELECT key FROM inbox") == ["carried:1"]
        assert desk.column("SELECT name FROM shelf") == ["outcome"]


def test_a_transaction_that_the_database_gave_up_is_acknowledged_to_nobody(desk_file: str) -> None:
    """Some errors roll back everything, earlier turns too; a COMMIT after that would keep nothing and say nothing."""
    with sqlite3.connect(desk_file.removeprefix("sqlite:///")) as database:
        database.execute("CREATE TRIGGER gone BEFORE INSERT ON quarantine BEGIN SELECT RAISE(ROLLBACK, 'gone'); END")

    def lose_all(turn: Turn) -> None:
        turn.add(Quarantine(id=turn.new_id(), key="k", channel="carried", at=NOON, raw=b"", error=""))

    with stand(desk_file) as desk:
        desk.submit(keep("before"))
        desk.submit(delivery(message(1)))
        desk.submit(lose_all)
        desk.submit(keep("after"))
        with pytest.raises(TransactionLost):
            desk.cycle()
        assert [type(answer) for answer in desk.answers] == [TransactionLost] * 4
        assert desk.column("SELECT name FROM shelf") == [] == desk.column("SELECT key FROM inbox")

        desk.submit(delivery(message(1)))
        desk.submit(keep("later"))
        desk.cycle()
        assert desk.column("SELECT key FROM inbox") == ["carried:1"]
        assert desk.column("SELECT name FROM shelf") == ["later"]


def test_one_desk_on_one_file(desk_file: str) -> None:
    first, second = Database(desk_file), Database(desk_file)
    first.own()
    with pytest.raises(AlreadyRunning):
        second.own()
    first.disown()
    second.own()
    second.disown()
