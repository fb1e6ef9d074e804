"""What every test can ask for: a database of either kind, a system program; and the count of checks that did not run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from config.loading import NOT_SETTINGS
from config.settings import PREFIX
from tests import databases, learning, not_run

if TYPE_CHECKING:
    from tests.scenario import Story


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the others (or is alone) makes the folder in which one of them trains for all."""
    if not hasattr(config, "workerinput"):
        learning.begin_learning()


def pytest_unconfigure(config: pytest.Config) -> None:
    """It takes the folder away when all are done."""
    if not hasattr(config, "workerinput"):
        learning.forget()


@pytest.fixture
def needs() -> Callable[[str], str]:
    """`needs("chromium")` gives the program's path or ends the check with NOT RUN."""
    return not_run.needs


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory is an empty folder, and of settings the environment has the company's name alone, which a desk wants."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - NOT_SETTINGS:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}REPORT__COMPANY", "海川机电服务有限公司")


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Postgres]:
    """One real PostgreSQL server for the whole run."""
    with databases.postgres() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a new, empty SQLite file."""
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def postgres_url(postgres: databases.Postgres) -> Iterator[str]:
    """The URL of a new, empty database on the real server."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new, empty database, once of each kind: what holds on one must hold on the other."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    from core.store import migrate

    path = tmp_path_factory.mktemp("template") / "desk.db"
    migrate.create(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: databases.Postgres) -> str:
    """A database on the real server with all tables and no rows; its name."""
    from core.store import migrate

    url = postgres.fresh()
    migrate.create(url)
    return make_url(url).database or ""


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database with all tables and no rows, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "desk.db")
        yield f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.fresh(request.getfixturevalue("postgres_template"))
        yield url
        server.drop(url)


@pytest.fixture
def desk(desk_url: str) -> Iterator[Story]:
    """A desk in a story: real database of each kind, emulated platforms, a clock moved by hand."""
    from tests.scenario import story

    with story(desk_url) as told:
        yield told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many checks did not run, even when it is none."""
    reports = [report for outcome in ("skipped", "failed", "error") for report in terminalreporter.getreports(outcome)]
    missing = [report for report in reports if not_run.SAYING in str(report.longrepr)]
    terminalreporter.write_line(f"NOT RUN: {len(missing)} checks", yellow=bool(missing))


LONGEST_FIRST = (
    "tests/web/",
    "tests/test_five_channels",
    "tests/test_benchmarks",
    "tests/simulation/",
    "tests/reports/",
    "tests/packs/",
)
"""Files that take longest are begun first, so that no process is left alone with them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))
