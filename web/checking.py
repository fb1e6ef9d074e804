"""The page on which anybody finds out whether a report is genuine: by the code on it, or with the file itself (S100).

It is public. It tells of a report what stands in its QR code's place anyway, and nothing of the customer.
"""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.reports.checking import by_file, by_token
from core.reports.press import Checked
from core.words import SECOND
from web.addresses import address_of
from web.assets import Assets
from web.check_html import both, file_html, report_html
from web.floods import Buckets, Rate
from web.form_door import body_of
from web.front import Front

MOST_FILE = 10 * 1024 * 1024
"""Largest file that is looked at, bytes."""
LOOKS = Rate(12, 10 * SECOND)
"""Files from one address."""
ANYBODY = Rate(60, SECOND)
"""Files from everywhere."""
AT_ONCE = 2
"""Files that are looked into side by side."""
MOST_WAITING = 8
"""Files that may wait for their turn; each holds its bytes in memory."""


def routes(front: Front, assets: Assets) -> list[Route]:
    """The page, with the token of a report and without."""
    door = CheckDoor(front, assets)
    return [
        Route("/check", door.page),
        Route("/check", door.look, methods=["POST"]),
        Route("/check/{token}", door.report),
    ]


class CheckDoor:
    """Nobody needs a pass here."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self._front, self._assets = front, assets
        self._by_address, self._by_all = Buckets(LOOKS, front.clock), Buckets(ANYBODY, front.clock)
        self._free, self._waiting = asyncio.Semaphore(AT_ONCE), 0

    def page(self, request: Request) -> Response:
        """Only a place for a file."""
        return self._drawn("")

    def report(self, request: Request) -> Response:
        """What is known of the report that this token names, if there is one."""
        found = self._front.look(partial(by_token, token=request.path_params["token"]))
        return self._drawn(report_html(found), 200 if found.verdict != "unknown" else 404)

    async def look(self, request: Request) -> Response:
        """What is to be thought of a file: a piece of the page."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403)
        wait = self._by_address.take(address_of(request.scope) or "") or self._by_all.take("")
        if wait or self._waiting >= MOST_WAITING:
            raise HTTPException(429, headers={"retry-after": str(wait or 1)})
        self._waiting += 1
        try:
            content = await body_of(request, MOST_FILE)
            async with self._free:
                checked = await asyncio.to_thread(self._check, content)
        finally:
            self._waiting -= 1
        digest = hashlib.sha256(content).hexdigest()
        found = await asyncio.to_thread(self._front.look, partial(by_file, digest=digest, checked=checked))
        return HTMLResponse(file_html(found))

    def _check(self, content: bytes) -> Checked:
        return self._front.press.check(content) if self._front.press else Checked("unknown")

    def _drawn(self, found: str, status: int = 200) -> Response:
        keys = ("title", "choose", "file", "looking", "failed", "too_large", "too_often", "about")
        words = {key: both(f"check.{key}") for key in keys}
        return self._assets.filled("check", {**words, "most": str(MOST_FILE), "found": found}, status)
