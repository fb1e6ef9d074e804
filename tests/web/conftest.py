"""Sites for the tests of pages."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.learning import learnt
from tests.web import demonstration
from tests.web.site import Site, Visitor, running


@pytest.fixture(scope="session")
def trained() -> Path:
    """A trained understanding, as a first start leaves it."""
    return learnt()


@pytest.fixture
def site(sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    """A running desk with nothing in it; its board is open."""
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    with running(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as found:
        yield found


@pytest.fixture
def any_site(desk_url: str, tmp_path: Path) -> Iterator[Site]:
    """The same on both databases, one after the other."""
    with running(desk_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def common(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One desk for tests that differ only in what a stranger sends it."""
    folder = tmp_path_factory.mktemp("common")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder) as found:
        yield found


@pytest.fixture
def visitor(common: Site) -> Visitor:
    """Somebody whom the common desk does not know yet."""
    return common.visitor(f"v{next(_numbers)}")


@pytest.fixture
def demo(trained: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh demonstration."""
    with demonstration.running(trained, tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def shared(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demonstration in which something may have happened already."""
    with demonstration.running(trained, tmp_path_factory.mktemp("demo")) as address:
        yield address


_numbers = itertools.count(1)
