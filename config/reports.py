"""The jobs that make service reports and put signatures into them: what stands in them is read, the press works, the file is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from core.reports.content import Waits, content
from core.reports.ordering import MAKE_REPORT
from core.reports.press import Picture, Press
from core.reports.signing import SIGN_REPORT, hand_of
from core.store.files import FileStore
from core.store.turn import Turn
from core.store.working import Work

Look = Callable[[Callable[[Turn], Any]], Any]
"""What a turn would see, from any thread."""
Apart = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs what takes long off the event loop."""


def report_work(look: Look, files: FileStore, press: Press, apart: Apart = asyncio.to_thread) -> dict[str, Work]:
    """Kind of job → how it is done. A document is in the file store before its job says that it is done."""

    def make(report: int) -> dict[str, Any]:
        sheet = look(lambda turn: content(turn, report))
        if sheet is None or isinstance(sheet, Waits):
            return {}
        document, pages = press.make(sheet, _contents(files, sheet.pictures))
        return {"hash": files.put(document), "size": len(document), "pages": pages}

    def sign(report: int) -> dict[str, Any]:
        digest, hand = look(lambda turn: hand_of(turn, report))
        document = press.sign(files.get(digest), hand)
        return {"hash": files.put(document), "size": len(document)}

    async def making(data: Mapping[str, Any]) -> dict[str, Any]:
        return await apart(lambda: make(data["report"]))

    async def signing(data: Mapping[str, Any]) -> dict[str, Any]:
        return await apart(lambda: sign(data["report"]))

    return {MAKE_REPORT: making, SIGN_REPORT: signing}


def _contents(files: FileStore, pictures: Sequence[Picture]) -> dict[str, bytes]:
    """The photos that are there: one that is gone is left out, and takes no report with it."""
    found: dict[str, bytes] = {}
    for picture in pictures:
        try:
            found[picture.hash] = files.get(picture.hash)
        except KeyError:
            continue
    return found
