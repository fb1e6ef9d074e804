"""Conditions of fields as data: when a field is shown, or required (当【故障类型】=液压站异常时显示, S78).

The answer of a field that is not shown counts for nothing, so that what is shown depends on the answers alone and never on
the order in which fields are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Scalar = str | float | int | bool
Values = tuple[Scalar, ...]
"""An answer: one value, or several of a choice of many or of files. Empty: none was given."""
Look = Callable[[str], Values]
"""The answer of a field, by its id."""
Operator = Literal["is", "in", "above", "below", "filled"]

MOST_NESTED = 3
"""How deep all, any and not may stand in one another."""
MOST_LEVELS = 3
"""How many fields may depend on one another in a row: the third hangs on the second, that on the first, that on one always shown."""


@dataclass(frozen=True, slots=True)
class FieldTest:
    """Something about the answer of one field. `values` has one value for is, above and below, several for in, none for
    filled. An answer that is not there meets none of them."""

    field: str
    operator: Operator
    values: Values = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = FieldTest | AllOf | AnyOf | Not


def holds(condition: Condition, look: Look) -> bool:
    """Whether the condition is met by these answers."""
    match condition:
        case AllOf(parts):
            return all(holds(part, look) for part in parts)
        case AnyOf(parts):
            return any(holds(part, look) for part in parts)
        case Not(part):
            return not holds(part, look)
        case FieldTest(field, operator, values):
            return _meets(look(field), operator, values)


def tests_of(condition: Condition) -> tuple[FieldTest, ...]:
    """Every test in it, from left to right."""
    match condition:
        case FieldTest():
            return (condition,)
        case Not(part):
            return tests_of(part)
        case AllOf(parts) | AnyOf(parts):
            return tuple(test for part in parts for test in tests_of(part))


def nesting(condition: Condition) -> int:
    """How deep all, any and not stand in one another; 0 for a lone test."""
    match condition:
        case FieldTest():
            return 0
        case Not(part):
            return 1 + nesting(part)
        case AllOf(parts) | AnyOf(parts):
            return 1 + max((nesting(part) for part in parts), default=0)


def as_data(condition: Condition, seen: Callable[[str], bool], look: Look) -> Any:
    """The condition for a page's own script: [operator, …]. What it says of a field that its reader does not see is decided here,
    so that no answer leaves."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            name = "all" if isinstance(condition, AllOf) else "any"
            return [name, *(as_data(part, seen, look) for part in parts)]
        case Not(part):
            return ["not", as_data(part, seen, look)]
        case FieldTest(field, operator, values):
            return [operator, field, *values] if seen(field) else [holds(condition, look)]


def _meets(given: Values, operator: Operator, values: Values) -> bool:
    if operator == "filled" or not given:
        return bool(given)
    if operator in ("is", "in"):
        return any(value in values for value in given)
    first, bound = given[0], values[0]
    if isinstance(first, str) != isinstance(bound, str):
        return False
    return first > bound if operator == "above" else first < bound  # type: ignore[operator]
