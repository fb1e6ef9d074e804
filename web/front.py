"""What pages need of the desk: given by the composition root, so that no other room is known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.clocks.policy import ServiceLevel
from core.store.database import Database
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
    reach this port (a demonstration)."""

    database: Database
    entity: str
    level: ServiceLevel
    clock: Clock
    bells: Bells
    files: Files
    visitors: Visitors | None
    board_key: str | None
    healthy: Callable[[], bool] = lambda: True
    secure: bool = False
