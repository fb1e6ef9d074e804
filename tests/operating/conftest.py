from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Postgres
from tests.operating.whole_desk import Operator
from tests.web.conftest import trained

__all__ = ["trained"]


@pytest.fixture
def operator(elsewhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Who gives commands; his data folder is empty."""
    return Operator(tmp_path / "home", monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another database, without tables, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)
