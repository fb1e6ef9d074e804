"""Reading what platforms deliver: a total reader around a partial one, and the few kinds of value that all payloads have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import orjson

from core.words import MILLISECOND, SECOND, Button, Micros, Say, Unreadable

LAST_SECOND = 10**10
"""No payload lies beyond it (the year 2286), seconds since 1970."""

UNTIMED: Micros = (LAST_SECOND - 1) * SECOND
"""The instant of what a platform delivers without one: as for all that claims to come from the future, the core takes the
moment when it came (core.store.intake)."""
OPEN = "查看 · Open"
"""What the button of a link says, in both languages, since a group may speak either."""

_Answer = TypeVar("_Answer")
_Payload = ParamSpec("_Payload")


def reader(platform: str) -> Callable[[Callable[_Payload, _Answer]], Callable[_Payload, _Answer]]:
    """Makes a function that reads a payload raise Unreadable, with few words and no contents, where it cannot."""

    def made(read: Callable[_Payload, _Answer]) -> Callable[_Payload, _Answer]:
        @wraps(read)
        def reading(*payload: _Payload.args, **named: _Payload.kwargs) -> _Answer:
            try:
                return read(*payload, **named)
            except KeyError as error:
                raise Unreadable(f"not a message of {platform}: {error} is missing") from error
            except (ValueError, TypeError, AttributeError, LookupError) as error:
                raise Unreadable(f"not a message of {platform} ({type(error).__name__})") from error

        return reading

    return made


def table(raw: bytes) -> dict[str, Any]:
    """The JSON object that was delivered. Raises ValueError, TypeError."""
    found = orjson.loads(raw)
    if not isinstance(found, dict):
        raise TypeError("an object was expected")
    return found


def text(value: Any) -> str:
    """Raises TypeError for anything but text."""
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def number(value: Any) -> str:
    """A whole number as text. Raises TypeError for anything else."""
    if type(value) is not int:
        raise TypeError("a whole number was expected")
    return str(value)


def seconds(value: Any) -> Micros:
    """The instant that a payload names in whole seconds. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not 0 < int(value) < LAST_SECOND:
        raise ValueError("not a time")
    return int(value) * SECOND


def decimal_seconds(value: Any) -> Micros:
    """The instant that a payload names in seconds with decimals, as text ("1595926230.009600"). Raises ValueError, TypeError."""
    whole, _, decimals = text(value).partition(".")
    return seconds(whole) + int(decimals[:6].ljust(6, "0"))


def milliseconds(value: Any) -> Micros:
    """The instant that a payload names in whole milliseconds. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not 0 < int(value) < LAST_SECOND * 1000:
        raise ValueError("not a time")
    return int(value) * MILLISECOND


def whole(value: Any) -> Any:
    """The value without halves of characters (lone surrogates), which no wire format can carry."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value


def unmarked(words: str) -> str:
    """Text in which no platform sees markup: what a customer wrote must make no link or mention of ours."""
    return words.replace("<", "＜").replace("](", "] (")


def with_link(say: Say) -> list[Button]:
    """The buttons of a message, its link among them, for platforms on which a link is best pressed."""
    return [*say.buttons, *([Button(OPEN, url=say.link)] if say.link else [])]
