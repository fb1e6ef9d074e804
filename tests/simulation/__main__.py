"""`python -m tests.simulation SEED [PROCESSES]` runs one seed again, and says what broke."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from core.words import HOUR
from tests.scenario import mind
from tests.simulation.promises import broken
from tests.simulation.template import make
from tests.simulation.world import START, World


def main(seed: int, processes: int) -> None:
    """The weather, how far it went, every broken promise, and the digest of all rows."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
        place = Path(folder)
        world = World(seed, place, make(place / "template.db"), mind(), workers=processes).run()
        print(world.weather)
        print(f"{world.turns} turns, {world.kills} kills, {(world.now - START) / HOUR:.1f} simulated hours")
        print("\n".join(broken(world)) or "every promise was kept")
        print(world.digest())
        world.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
