"""Finding many rows by many keys in one question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, select
from sqlalchemy.sql.selectable import Select

from core.people.model import Person, Role
from core.store.rows import R
from core.store.turn import Turn

KEYS = 100
"""Keys in one question. One statement serves every number of them: the last key is repeated."""

IS_STAFF = Person.table.c.role.in_([literal(role.value) for role in Role if role != Role.CUSTOMER])
IS_CUSTOMER = Person.table.c.role == Role.CUSTOMER.value
"""Conditions that the index of people by role serves."""

_keys = [bindparam(f"key{place}") for place in range(KEYS)]


def where_in(kind: type[R], column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """The statement for `rows_in`: all rows of a table in which `column` has one of the keys."""
    return select(kind.table).where(*conditions, column.in_(_keys)).order_by(kind.table.c[kind.primary])


def rows_in(turn: Turn, kind: type[R], statement: Select[Any], keys: Iterable[Any], /, **values: Any) -> list[R]:
    """All rows that the statement finds for these keys."""
    wanted = list(dict.fromkeys(keys))
    found: list[R] = []
    for start in range(0, len(wanted), KEYS):
        found += turn.rows(kind, statement, **_padded(wanted[start : start + KEYS]), **values)
    return found


def _padded(keys: Sequence[Any]) -> dict[str, Any]:
    return {f"key{place}": keys[min(place, len(keys) - 1)] for place in range(KEYS)}
