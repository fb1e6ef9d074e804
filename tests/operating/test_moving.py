"""Moving a stopped desk: every row arrives, or none does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import filling, migrate
from core.store.database import Database
from core.store.dump import Live, Shape
from core.store.streaming import snapshot
from tests.operating.sworn import grow
from tests.operating.whole_desk import Operator, same, sums, with_a_past
from tests.store.standing import NOON, stand


def rows(url: str) -> int:
    return sum(count for count, _ in sums(url).values())


def test_a_desk_moves_and_goes_on(
    operator: Operator, desk_url: str, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with with_a_past(desk_url):
        pass
    before = sums(desk_url)
    shown = empty_url.replace("postgresql+psycopg:", "postgresql:")
    assert operator.says(desk_url, "move", "--to", shown) == 0
    assert f"Moved to {shown}" in capsys.readouterr().out
    same(before, sums(empty_url))
    with stand(empty_url) as desk:
        highest = desk.column("SELECT max(id) FROM event")[0]
        grow(desk, "ticket:99", 3)
        assert min(desk.column("SELECT id FROM event WHERE stream = 'ticket:99'")) > highest
    if desk_url.startswith("sqlite"):
        path = Database(desk_url).path
        assert not path.exists() and len(list(path.parent.glob("desk.db.moved-*"))) == 1
        assert operator.says(desk_url, "move", "--to", shown) == 1, "there is nothing left to move"


def test_a_running_desk_stays(operator: Operator, sqlite_url: str, empty_url: str) -> None:
    migrate.create(sqlite_url)
    running = Database(sqlite_url)
    running.own()
    assert operator.says(sqlite_url, "move", "--to", empty_url.replace("+psycopg", "")) == 1
    running.close()


def test_processes_that_live_keep_a_desk_where_it_is(operator: Operator, postgres_url: str, tmp_path: Path) -> None:
    migrate.create(postgres_url)
    connection = Database(postgres_url).connect()
    connection.say("INSERT INTO process (holder, revision, since, until) VALUES ('a1', 2, 0, 9000000000000000)")
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert operator.says(postgres_url, "move", "--to", target) == 1
    connection.say("UPDATE process SET until = 1")
    connection.close()
    assert operator.says(postgres_url, "move", "--to", target) == 0


def test_a_target_with_data_is_refused(operator: Operator, sqlite_url: str, desk_url: str) -> None:
    with with_a_past(desk_url):
        pass
    before = sums(desk_url)
    source = sqlite_url.replace("desk.db", "source.db")
    migrate.create(source)
    assert operator.says(source, "move", "--to", desk_url.replace("+psycopg", "")) == 1
    assert sums(desk_url) == before and Database(source).path.exists()


class BreaksOff:
    """A source that ends in the middle of the tables, as a cut connection would."""

    def __init__(self, live: Live, after: int):
        self.revision, self.floor, self.shapes = live.revision, live.floor, live.shapes
        self._live, self._left = live, after

    def lines(self, shape: Shape) -> Iterator[bytes]:
        for line in self._live.lines(shape):
            self._left -= 1
            if self._left < 0:
                raise ConnectionError("cut")
            yield line


@pytest.mark.parametrize("after", [0, 1, 15])
def test_what_breaks_off_leaves_no_row_and_can_be_repeated(
    operator: Operator, desk_url: str, empty_url: str, after: int
) -> None:
    with with_a_past(desk_url):
        pass
    before = sums(desk_url)
    target = Database(empty_url)
    with snapshot(Database(desk_url)) as connection:
        broken = BreaksOff(Live(connection, desk_url), after)
        with pytest.raises(ConnectionError):
            filling.establish(target, broken, NOON)
    assert target.kind == "postgresql" or not target.path.exists()
    assert target.kind == "sqlite" or rows(empty_url) == 0
    assert operator.says(desk_url, "move", "--to", empty_url.replace("+psycopg", "")) == 0
    same(before, sums(empty_url))


def test_a_target_that_gives_back_something_else_is_found_out(
    operator: Operator, sqlite_url: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate.create(sqlite_url)
    with with_a_past(sqlite_url):
        pass
    migrate.create(postgres_url)
    connection = Database(postgres_url).connect()
    connection.say(
        "CREATE FUNCTION another_name() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.name := ''somebody''; RETURN NEW; END'"
    )
    connection.say("CREATE TRIGGER another BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION another_name()")
    connection.close()
    assert operator.says(sqlite_url, "move", "--to", postgres_url.replace("+psycopg", "")) == 1
    assert "person does not read back" in capsys.readouterr().err
    assert rows(postgres_url) == 0 and Database(sqlite_url).path.exists()


def test_a_target_with_tables_of_its_own_is_refused(
    operator: Operator, sqlite_url: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate.create(sqlite_url)
    connection = Database(postgres_url).connect()
    connection.say("CREATE TABLE invoice (id bigint PRIMARY KEY)")
    connection.close()
    assert operator.says(sqlite_url, "move", "--to", postgres_url.replace("+psycopg", "")) == 1
    assert "invoice" in capsys.readouterr().err


def test_a_password_has_no_place_in_a_command(
    operator: Operator, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate.create(sqlite_url)
    assert operator.says(sqlite_url, "move", "--to", "postgresql://desk:hunter2@db/desk") == 1
    assert "hunter2" not in capsys.readouterr().err
