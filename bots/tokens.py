"""Access tokens that all processes share through the shelf: refreshed once, by one of them, when old or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bots.wire import Trouble
from core.words import Receipt, Shelf

MARGIN = 300
"""Seconds before its end at which a token is no longer used."""
PAUSE = 60
"""Seconds without a further try after the platform refused the secret: some ban the address of those who go on."""

_Answer = TypeVar("_Answer")
Fresh = Callable[[], Awaitable[tuple[str, float]]]
"""Asks the platform for a token and its lifetime in seconds. Raises Trouble."""


class SharedToken:
    """One application's token. `owner` tells applications apart, by whatever says whose it is, and is kept as a hash only."""

    def __init__(self, shelf: Shelf, channel: str, owner: str, fresh: Fresh) -> None:
        self._shelf, self._fresh = shelf, fresh
        self._name = f"{channel}_token:{hashlib.sha256(owner.encode()).hexdigest()[:16]}"

    async def carry(self, ask: Callable[[str], Awaitable[_Answer]]) -> _Answer:
        """What `ask` answers with a valid token; after a refused one it is asked once more, with a new one. Raises Trouble."""
        token = await self._get(stale=None)
        try:
            return await ask(token)
        except Trouble as trouble:
            if not trouble.stale:
                raise
        return await ask(await self._get(stale=token))

    async def _get(self, stale: str | None) -> str:
        token = await self._shelf.get(self._name)
        if token and token != stale:
            return token
        async with self._shelf.alone(self._name):
            token = await self._shelf.get(self._name)
            if token and token != stale:
                return token
            return await self._renewed()

    async def _renewed(self) -> str:
        refused = self._name + ":refused"
        if await self._shelf.get(refused):
            raise Trouble(Receipt("refused", why="the platform refused the secret; waiting before another try"))
        try:
            token, seconds = await self._fresh()
        except Trouble as trouble:
            if trouble.receipt.state == "refused":
                await self._shelf.put(refused, trouble.code or "refused", PAUSE)
            if trouble.receipt.state == "unknown":
                raise Trouble(Receipt("later", after=2.0, why=trouble.receipt.why)) from trouble
            raise
        await self._shelf.put(self._name, token, max(1.0, seconds - MARGIN))
        return token
