"""Nobody floods the open page: a bucket of messages for each visitor and each address, in memory, refilled by time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from core.words import SECOND, Clock, Hook, Micros
from web.addresses import address_of
from web.front import Visitors

MOST_BUCKETS = 20_000
"""Buckets that are kept; the one longest unused goes first, and would be nearly full again by then."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`most` at once, then one more each `every` microseconds."""

    most: int
    every: Micros


VISITOR = Rate(30, 2 * SECOND)
"""Messages of one visitor: an album and a burst pass, a loop does not."""
ADDRESS = Rate(240, SECOND // 4)
"""Messages from one address: a whole company may stand behind it."""
NEWCOMERS = Rate(60, 5 * SECOND)
"""New visitors from one address."""


class Buckets:
    """One bucket per name."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate, self._clock = rate, clock
        self._full_at: OrderedDict[str, Micros] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str) -> int:
        """0 if one more is let through, else whole seconds to wait."""
        now, every = self._clock(), self._rate.every
        room = self._rate.most * every
        full_at = min(max(self._full_at.pop(name, now), now), now + room) + every
        wait = full_at - now - room
        self._full_at[name] = full_at if wait <= 0 else full_at - every
        if len(self._full_at) > MOST_BUCKETS:
            self._full_at.popitem(last=False)
        return max(0, -(-wait // SECOND))


class Floods:
    """Says of each delivery of the web chat, and each new visitor, how many seconds he must wait: 0 lets him through.

    What comes from this machine itself has no address that would tell people apart, and is only counted by visitor.
    """

    def __init__(self, visitors: Visitors, clock: Clock) -> None:
        self._visitors = visitors
        self._by_visitor, self._by_address = Buckets(VISITOR, clock), Buckets(ADDRESS, clock)
        self._newcomers = Buckets(NEWCOMERS, clock)

    def address(self, scope: MutableMapping[str, Any]) -> int:
        """Before a body is read."""
        address = address_of(scope)
        return self._by_address.take(address) if address else 0

    def message(self, hook: Hook) -> int:
        """Before a message is taken or a file kept. Whoever has no valid token is refused by the channel."""
        visitor = self._visitors.visitor(_token(hook))
        return self._by_visitor.take(visitor) if visitor else 0

    def visitor(self, visitor: str) -> int:
        """Before something that a visitor hands in on a page is taken."""
        return self._by_visitor.take(visitor)

    def newcomer(self, scope: MutableMapping[str, Any]) -> int:
        """Before a new visitor is let in."""
        address = address_of(scope)
        return self._newcomers.take(address) if address else 0


def _token(hook: Hook) -> object:
    """Where the web chat looks for it: in a message, or in the header of an upload."""
    if hook.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return hook.headers.get("authorization", "").partition(" ")[2]
    try:
        said = orjson.loads(hook.body)
    except ValueError:
        return None
    return said.get("token") if isinstance(said, dict) else None
