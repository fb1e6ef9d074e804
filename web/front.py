"""What pages need of the desk: given by the composition root, so that no other room is known here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.clocks.policy import ServiceLevel
from core.people.passes import Pages
from core.reports.press import Press
from core.store.database import Database
from core.store.turn import Cause, Turn
from core.words import Clock, Files, Room
from web.bells import Bells

BOARD = "board"
"""The bell that rings when a ticket may have changed. Rooms have bells by their address."""


class Visitors(Protocol):
    """Who a visitor of the chat page is."""

    def token(self, visitor: str) -> str: ...

    def visitor(self, token: object) -> str | None: ...

    def room(self, visitor: str) -> Room: ...


@dataclass(frozen=True)
class Front:
    """The desk as pages see it. Without `visitors` there is no web chat; without `board_key` the board is open to all who
    reach this port (a demonstration); without `pages` nobody comes with a pass. `look` reads as a turn reads, from any thread;
    `act` carries out a turn, `keep` a file, whose hash it gives. `metrics` is what Prometheus reads, with `metrics_key`;
    `channels` are those that are in use; `press` draws reports and looks into them, and is None where there are none."""

    database: Database
    entity: str
    level: ServiceLevel
    clock: Clock
    bells: Bells
    files: Files
    visitors: Visitors | None
    board_key: str | None
    pages: Pages | None
    look: Callable[[Callable[[Turn], Any]], Any]
    act: Callable[[Callable[[Turn], Any], Cause], Awaitable[Any]]
    keep: Callable[[bytes], str]
    healthy: Callable[[], bool] = lambda: True
    secure: bool = False
    metrics: Callable[[], bytes] | None = None
    metrics_key: str | None = None
    channels: Sequence[str] = ()
    press: Press | None = None
