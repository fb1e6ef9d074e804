"""What carriers push to us: let in by a secret, wrapped with account and time, read without a clock."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import wraps
from typing import Any, Protocol, TypeVar

import orjson

from core.words import SECOND, Accept, Answer, CannotFetch, Hook, Inbound, Media, Micros, Room, Unreadable, Who
from notifier.carriers.wire import Wire

SECRET = "secret"
"""Parameter of our address in which the secret stands, for providers that sign nothing."""
MOST_ATTEMPT = 15
"""Longest id that every provider takes, bytes (Aliyun's OutId)."""
KEYS = "0123456789*#"
"""Keys of a phone."""
SHANGHAI = timezone(timedelta(hours=8))

_Read = TypeVar("_Read", covariant=True)


class Reads(Protocol[_Read]):
    """Reads a raw delivery. Raises Unreadable."""

    def __call__(self, raw: bytes) -> _Read: ...


def attempt(key: str) -> str:
    """The id under which the provider knows a post: always the same for a key, 15 bytes, nothing can be read from it."""
    return hashlib.sha256(key.encode()).hexdigest()[:MOST_ATTEMPT]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report: which account of ours it came to, when, what stood in the address, and what it says."""

    account: str
    at: Micros
    item: dict[str, Any]
    query: dict[str, str]
    raw: bytes


def wrapped(account: str, at: Micros, item: Any, query: Sequence[tuple[str, str]] = ()) -> bytes:
    """A report as the core keeps it, with what stood in the address where the provider signed that."""
    return orjson.dumps({"account": account, "at": at, "item": item, **({"query": dict(query)} if query else {})})


def reader(read: Callable[[Delivery], _Read]) -> Reads[_Read]:
    """A function that reads a delivery, made to take the raw one, and to raise Unreadable with few words, no contents."""

    @wraps(read)
    def reading(raw: bytes) -> _Read:
        try:
            found = orjson.loads(raw)
            account, at, item = found["account"], found["at"], found["item"]
            if not isinstance(account, str) or not isinstance(at, int) or not isinstance(item, dict):
                raise TypeError
            return read(Delivery(account, at, item, dict(found.get("query", {})), raw))
        except KeyError as error:
            raise Unreadable(f"not a report of the carrier: {error} is missing") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"not a report of the carrier ({type(error).__name__})") from error

    return reading


def happened(delivery: Delivery, call: str, number: str, fact: str, at: Micros, id: str | None = None) -> Inbound:
    """Something that happened in a call, known by call and fact however often it is told; `id` is our id of the attempt."""
    return Inbound(
        key=f"voice:{delivery.account}:{call}:{fact}",
        at=at,
        who=Who(number),
        room=Room("voice", delivery.account, number),
        kind="call",
        about=call,
        id=id,
        raw=delivery.raw,
    )


def turned_away(hook: Hook, secret: str) -> Answer | None:
    """The refusal for who does not know the secret, or does not post; None for everybody else."""
    told = [value for name, value in hook.query if name == SECRET]
    if not secret or len(told) != 1 or not hmac.compare_digest(told[0].encode(), secret.encode()):
        return Answer(403)
    return None if hook.method == "POST" else Answer(405)


async def taken_in(hook: Hook, accept: Accept, secret: str, account: str, at: Micros, taken: Answer) -> Answer:
    """Answers a push of JSON with `taken` once it is durable. Who knows the secret in our address is let in."""
    refusal = turned_away(hook, secret)
    if refusal:
        return refusal
    await accept([wrapped(account, at, item) for item in items(hook.body)])
    return taken


def items(body: bytes) -> list[Any]:
    """The reports in a push: the members of an array, or the one thing it is. What is no JSON stays text, to be kept."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [body.decode("utf-8", "replace")]
    return found if isinstance(found, list) else [found]


def text(value: Any) -> str:
    """The value if it is text that says something. Raises TypeError."""
    if not isinstance(value, str) or not value:
        raise TypeError("text was expected")
    return value


def moment(told: str) -> Micros:
    """The instant of a provider's time in Beijing, "2026-03-04 12:00:00" or "20260304120000". Raises ValueError."""
    form = "%Y%m%d%H%M%S" if told.isdigit() else "%Y-%m-%d %H:%M:%S"
    return round(datetime.strptime(told, form).replace(tzinfo=SHANGHAI).timestamp()) * SECOND


def day(at: Micros, back: int = 0) -> str:
    """The day in Beijing, `back` days before an instant, as 20260304."""
    return (datetime.fromtimestamp(at / SECOND, SHANGHAI) - timedelta(days=back)).strftime("%Y%m%d")


class Pushed:
    """What all carriers share: they push, hand out no files, and have one wire to close."""

    _wire: Wire

    async def run(self, accept: Accept) -> None:
        """Returns at once: there is nothing to pull."""

    async def fetch(self, media: Media) -> bytes:
        """Raises CannotFetch: a carrier has no files."""
        raise CannotFetch(media.ref)

    async def close(self) -> None:
        await self._wire.close()
