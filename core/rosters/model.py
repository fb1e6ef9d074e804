"""Rosters, single changes to them, and swaps that colleagues propose to one another."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from core.people.model import Role
from core.store.rows import Row, stored
from core.words import Micros


@stored("roster", UniqueConstraint("entity", "name"))
class Roster(Row):
    """A roster (值班表) of a role, of a team (班组), or of both. `layers`: its rotations from the lowest to the highest, as
    `Layer.data` writes them. `fallback_id` takes over while nobody is there. Local times are those of `zone`.

    What has been said: `told` are the people who know that they are on duty, `holes` (starts, ends) those of which the
    managers heard at `holes_at`."""

    id: int = Field(primary_key=True)
    entity: str
    name: str
    role: Role | None = Field(default=None, sa_type=Text)
    team: str | None = None
    zone: str
    fallback_id: int | None = None
    active: bool = True
    layers: list[dict[str, Any]] = Field(default_factory=list, sa_type=Text)
    told: list[int] = Field(default_factory=list, sa_type=Text)
    holes: list[list[int]] = Field(default_factory=list, sa_type=Text)
    holes_at: Micros | None = None

    @property
    def stream(self) -> str:
        return f"roster:{self.id}"


class Source(StrEnum):
    """Where a change comes from: the rosters' file, a manager's word, or a swap."""

    FILE = "file"
    ORDER = "order"
    SWAP = "swap"


@stored("roster_override", Index("roster_override_until", "entity", "ends_at"))
class Override(Row):
    """From `starts_at` until `ends_at` this person is on duty in place of another (`instead_of`) or of everybody; nobody
    in his place if there is no person (请假). Of several that apply, the later row has the last word."""

    id: int = Field(primary_key=True)
    entity: str
    roster_id: int
    person_id: int | None = None
    instead_of: int | None = None
    starts_at: Micros
    ends_at: Micros
    source: Source = Field(sa_type=Text)
    by: int | None = None
    withdrawn: bool = False


class SwapState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@stored("roster_swap", Index("roster_swap_asked", "colleague_id", "state"))
class Swap(Row):
    """Two colleagues exchange shifts (换班) once the other agrees. `changes`: the overrides that are made then, each with
    roster, starts, ends, person and instead_of."""

    id: int = Field(primary_key=True)
    entity: str
    asker_id: int
    colleague_id: int
    changes: list[dict[str, int]] = Field(default_factory=list, sa_type=Text)
    state: SwapState = Field(default=SwapState.PROPOSED, sa_type=Text)
    asked_at: Micros
    answered_at: Micros | None = None
