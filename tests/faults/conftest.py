"""An empty desk on the real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Postgres


@pytest.fixture
def desk_on_postgres(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """The URL of a database with all tables and no rows."""
    url = postgres.fresh(postgres_template)
    yield url
    postgres.drop(url)
