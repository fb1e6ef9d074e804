"""Coming in with a pass: the link's pass moves into a cookie for its one page, so that it stays in no address bar or history.

The answer to the link is a page that only goes on, not a redirect: whoever is sent on by a foreign site brings no strict cookie,
and a chat that fetches links for a preview goes no further, and so opens nothing (S6).
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from core.people.passes import Pass
from core.refused import Refused
from core.words import SECOND
from web.assets import Assets
from web.front import Front

FRESH = "new."
"""Stands before a pass in its cookie until the page has been opened with it."""


class Passes:
    """Takes passes for pages. A pass is checked at every request; who it names is for each page to look at. `shut` is the page of whoever
    has none."""

    def __init__(self, front: Front, assets: Assets, cookie: str, shut: str = "pass-closed") -> None:
        self._front, self._assets, self._cookie, self._shut = front, assets, cookie, shut

    def enter(self, request: Request, subject: str, path: str) -> Response:
        """The answer to a link: keep its pass for everything under `path`, and go on."""
        given = request.query_params.get("p", "")
        found = self._read(given, subject)
        if found is None:
            return self.closed()
        answer = self._assets.page("enter")
        self._keep(answer, FRESH + given, found, path)
        return answer

    def brought(self, request: Request, subject: str) -> Pass | None:
        """The pass to this page that comes in the cookie, if it holds now."""
        return self._read(request.cookies.get(self._cookie, "").removeprefix(FRESH), subject)

    def is_fresh(self, request: Request) -> bool:
        """Whether it comes for the first time since its link was opened."""
        return request.cookies.get(self._cookie, "").startswith(FRESH)

    def used(self, request: Request, answer: Response, found: Pass, path: str) -> None:
        """The page has been opened with it."""
        self._keep(answer, request.cookies[self._cookie].removeprefix(FRESH), found, path)

    def closed(self) -> Response:
        """What everybody sees who has no pass, or none any more; it does not tell which."""
        return self._assets.page(self._shut, 403)

    def _read(self, given: str, subject: str) -> Pass | None:
        if self._front.pages is None or not given:
            return None
        try:
            found = self._front.pages.read(given, self._front.clock())
        except Refused:
            return None
        return found if found.subject == subject else None

    def _keep(self, answer: Response, value: str, found: Pass, path: str) -> None:
        answer.set_cookie(
            self._cookie,
            value,
            max_age=max(1, (found.until - self._front.clock()) // SECOND),
            path=quote(path),
            httponly=True,
            samesite="strict",
            secure=self._front.secure,
        )
