"""What tests of imports can ask for: a desk that takes commands, on a database of each kind."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from config.importing import Store, import_command
from config.policies import policies
from config.settings import PREFIX, Settings
from core.house import House
from core.links.model import Department
from core.people.model import Person
from core.store import chain
from core.store.database import Database
from core.store.model import Event
from core.store.rows import Row
from core.store.turn import Turn
from core.wording import Wording

R = TypeVar("R", bound=Row)


@dataclass
class Bench:
    """A desk's database, a folder for tables, and the command that imports them."""

    folder: Path
    url: str
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        house = House(policies(Settings()), lambda: secrets.token_hex(16), Wording.load())
        self.store = Store(Database(self.url), house, "test")

    def imports(self, what: str, *words: str, yes: bool = True) -> Outcome:
        """Run `desk import`, in the folder."""
        self.capsys.readouterr()
        status = import_command([what, *words, *(["--yes"] if yes else [])])
        said = self.capsys.readouterr()
        return Outcome(status, said.out, said.err, self.folder / "refused.csv")

    def table(self, name: str, rows: Sequence[Sequence[Any]], fill: Callable[[Any], None] | None = None) -> str:
        """An .xlsx with these rows, and what `fill` does to its sheet; its path."""
        book = Workbook()
        sheet: Any = book.active
        for row in rows:
            sheet.append(row)
        if fill:
            fill(sheet)
        book.save(self.folder / name)
        return str(self.folder / name)

    def csv(self, name: str, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> str:
        """A .csv with these rows; its path."""
        made = io.StringIO()
        csv.writer(made).writerows(rows)
        return self.file(name, made.getvalue().encode(encoding))

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def act(self, act: Callable[[Turn], Any]) -> Any:
        """A turn of the test's own."""
        with self.store.begin() as turn:
            return act(turn)

    def rows(self, kind: type[R]) -> list[R]:
        """All rows of a table, as they are now."""
        with self.store.looking() as turn:
            return turn.rows(kind, select(kind.table).order_by(kind.table.c[kind.primary]))

    def people(self) -> dict[str, Person]:
        """Everybody, by firm or name."""
        return {person.company or person.name or "": person for person in self.rows(Person)}

    def tree(self) -> list[str]:
        return sorted(department.path for department in self.rows(Department))

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.rows(Event) if event.kind == kind]

    def chains_are_whole(self) -> None:
        with self.store.database.reading() as connection:
            assert list(chain.faults(connection)) == []


@dataclass
class Outcome:
    """How a command ended."""

    status: int
    out: str
    err: str
    file: Path

    def counted(self, heading: str = "完成") -> dict[str, int]:
        """The numbers that it gave."""
        line = next(line for line in self.out.partition(heading)[2].splitlines() if "新增 " in line)
        return {part.split()[0]: int(part.split()[1]) for part in line.strip().split(" · ")}

    @property
    def refused(self) -> list[dict[str, str]]:
        """The lines of refused.csv."""
        with open(self.file, encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def bench(
    desk_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], elsewhere: None
) -> Iterator[Bench]:
    """A desk's database of each kind, and the command."""
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", desk_url.replace("postgresql+psycopg", "postgresql"))
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path))
    made = Bench(tmp_path, desk_url, capsys)
    yield made
    made.store.close()


@pytest.fixture
def light(
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    elsewhere: None,
) -> Iterator[Bench]:
    """The same on SQLite alone, where the database makes no difference."""
    (tmp_path / "desk.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path))
    made = Bench(tmp_path, f"sqlite:///{tmp_path / 'desk.db'}", capsys)
    yield made
    made.store.close()
