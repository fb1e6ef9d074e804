"""A checker that finds nothing may be blind: mistakes are made in the desk, and each is found."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario import mind
from tests.simulation.planted import PLANTED, Planted
from tests.simulation.planted_alarms import PLANTED_ALARMS
from tests.simulation.promises import broken
from tests.simulation.template import make
from tests.simulation.world import World

WITHIN = 200
"""Seeds within which a mistake must be found."""
ALL = (*PLANTED, *PLANTED_ALARMS)
EVERY_DAY = (
    "acknowledge before store",
    "timer fired but not rescheduled",
    "hash chain forked by two writers",
    "acknowledged, and calls not withdrawn",
    "next step of a ladder not set",
)
"""Those that are found soonest."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of kills are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database with which every run begins."""
    return make(tmp_path_factory.mktemp("planted") / "desk.db")


def _found(planted: Planted, template: Path) -> tuple[int, str] | None:
    """The first seed that shows the mistake, and what it says of it."""
    with pytest.MonkeyPatch.context() as patch:
        planted.make(patch)
        for seed in range(WITHIN):
            world = World(seed, template.parent, template, mind(), workers=planted.workers)
            try:
                said = next((line for line in broken(world.run()) if re.search(planted.sign, line)), None)
            finally:
                world.close()
            if said is not None:
                return seed, said
    return None


@pytest.mark.req("S35")
@pytest.mark.parametrize("name", EVERY_DAY)
def test_found_every_day(name: str, template: Path) -> None:
    [planted] = [one for one in ALL if one.name == name]
    assert _found(planted, template) is not None


@pytest.mark.prove
@pytest.mark.timeout(0)
@pytest.mark.req("S35")
def test_every_planted_mistake_is_found(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {planted.name: _found(planted, template) for planted in ALL}
    with capsys.disabled():
        print(f"\n{'planted mistake':<40}{'seed':>5}  what the check said")
        for name, what in found.items():
            seed, said = what or ("-", "NOT FOUND")
            print(f"{name:<40}{seed:>5}  {said}")
    assert [name for name, what in found.items() if what is None] == []
