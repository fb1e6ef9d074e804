"""The pages of a document as pictures, for telephones that show no PDF: drawn once, a few documents kept in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from starlette.exceptions import HTTPException

from core.reports.press import CannotPrint
from web.front import Front

MOST_KEPT = 16
"""Documents whose pages are kept; each has some hundred kilobytes."""
AT_ONCE = 2
"""Documents that are drawn, or looked into, side by side."""


class DocumentPages:
    """Pictures by the hash of the document."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._kept: OrderedDict[str, Sequence[bytes]] = OrderedDict()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def count(self, document: str) -> int:
        """How many pages can be shown; 0 where nothing can draw them."""
        try:
            return len(await self.pages(document))
        except HTTPException:
            return 0

    async def pages(self, document: str) -> Sequence[bytes]:
        """All pages as PNG. Raises HTTPException 404 if there is no such document, or nothing to draw it with."""
        async with self._free:
            known = self._kept.pop(document, None) or await self._draw(document)
        self._kept[document] = known
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return known

    async def _draw(self, document: str) -> Sequence[bytes]:
        if self._front.press is None:
            raise HTTPException(404)
        try:
            content = await self._front.files(document)
            return await asyncio.to_thread(self._front.press.pictures, content)
        except (KeyError, CannotPrint):
            raise HTTPException(404) from None
