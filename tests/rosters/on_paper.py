"""Rosters in stories: laid down as the command would, on the desk of the story."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from core.people.model import Person, Role
from core.rosters.changing import Definition, lay_down
from core.rosters.rotation import Layer
from core.rosters.shifts import Change
from core.store.turn import Turn
from tests.scenario import Party, Story


def rotation(
    *crews: Party | tuple[Party, ...] | None,
    hours: int = 24,
    handover: str = "08:30",
    start: str = "2026-03-02",
    window: str | None = None,
    weekdays: int = 0b1111111,
) -> Layer:
    """People in turns; None is a turn that nobody has. `window`: 18:00-08:30."""
    since, _, until = (window or "00:00-00:00").partition("-")
    return Layer(
        tuple(_ids(crew) for crew in crews),
        timedelta(hours=hours),
        time.fromisoformat(handover),
        date.fromisoformat(start),
        weekdays,
        time.fromisoformat(since),
        time.fromisoformat(until),
    )


def roster(desk: Story, name: str, *layers: Layer, role: Role | None = Role.ENGINEER, team: str | None = None,
           fallback: Party | None = None, zone: str = "Asia/Shanghai", singles: tuple[Change, ...] = ()) -> None:  # fmt: skip
    """Lay a roster down; the desk acts at once."""
    wanted = Definition(name, role, team, zone, fallback.person_id if fallback else None, layers, singles)
    desk.act(lambda turn: lay_down(turn, "main", wanted))
    desk.settle()


def leaves(desk: Story, party: Party) -> None:
    """He is with us no more."""

    def leave(turn: Turn) -> None:
        person = turn.get(Person, party.person_id)
        assert person is not None
        person.active = person.on_duty = False
        turn.record("person.left", entity="main", stream=f"person:{person.id}", data={"person": person.id})

    desk.act(leave)
    desk.settle()


def flag(desk: Story, party: Party, *, on_duty: bool) -> None:
    desk.act(lambda turn: setattr(turn.get(Person, party.person_id), "on_duty", on_duty))


def _ids(crew: Any) -> tuple[int, ...]:
    if crew is None:
        return ()
    return tuple(party.person_id for party in (crew if isinstance(crew, tuple) else (crew,)))
