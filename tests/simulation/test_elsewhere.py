"""With an engine elsewhere every promise holds too, whatever statement the desk is killed at: a message that waits for its ranking
is neither lost nor heard twice, nor overtaken by one that came after it (S35)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario import mind
from tests.simulation.engines import FarEngine
from tests.simulation.promises import broken
from tests.simulation.template import make
from tests.simulation.world import World

SEEDS = range(1_000, 1_009)
HEARD = (
    "SELECT inbox.room, inbox.id FROM event JOIN inbox ON event.cause = 'inbox:' || inbox.id "
    "WHERE inbox.channel || '/' = substr(event.via, 1, length(inbox.channel) + 1) "
    "ORDER BY event.id"
)
"""Messages in the order in which anything came of them."""
CAME = "SELECT coalesce(json_extract(result, '$.why'), 'answered'), count(*) FROM job WHERE kind = 'rank' GROUP BY 1"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of kills are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.req("S35")
def test_killed_anywhere_while_an_engine_is_asked(tmp_path: Path) -> None:
    template, came, kills = make(tmp_path / "template.db"), dict[str, int](), 0
    for seed in SEEDS:
        world = World(seed, tmp_path, template, mind(), elsewhere=FarEngine)
        try:
            assert list(broken(world.run())) == [], f"seed {seed}"
            kills += world.kills
            for why, count in world.ask(CAME):
                came[why] = came.get(why, 0) + count
            last: dict[str, int] = {}
            for room, message in world.ask(HEARD):
                assert message >= last.get(room, 0), f"seed {seed}: {room} heard {message} after {last[room]}"
                last[room] = message
        finally:
            world.close()
    assert kills > 5 * len(SEEDS) and came["answered"] > 10 * len(SEEDS)
    assert came["refused"] and came["unreachable"] and came["garbled"]
