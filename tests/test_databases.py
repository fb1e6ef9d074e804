"""The databases that tests stand on are real, new and empty."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.engine import make_url

from tests.databases import Postgres


def _run(url: str, sql: str) -> list[tuple]:
    if url.startswith("sqlite:"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_database_of_either_kind_takes_rows(database_url: str) -> None:
    _run(database_url, "CREATE TABLE word (text TEXT)")
    _run(database_url, "INSERT INTO word VALUES ('异响')")
    assert _run(database_url, "SELECT text FROM word") == [("异响",)]


def test_the_next_test_finds_it_empty(database_url: str) -> None:
    _run(database_url, "CREATE TABLE word (text TEXT)")
    assert _run(database_url, "SELECT text FROM word") == []


def test_a_database_can_be_copied(postgres: Postgres) -> None:
    original = postgres.fresh()
    _run(original, "CREATE TABLE word AS SELECT '漏油' AS text")
    copy = postgres.fresh(template=make_url(original).database or "")
    _run(original, "DROP TABLE word")
    assert _run(copy, "SELECT text FROM word") == [("漏油",)]
    postgres.drop(original)
    postgres.drop(copy)
