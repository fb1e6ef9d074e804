"""Our rooms have plain names; another installed package of the same name must not stand before them.

Imports nothing of the house, so that it can be asked first. A foreign `config` needs no check: it has no `config.cli`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).parent.parent
ROOMS = ("core", "bots", "dialogue", "notifier", "web")


def shadows() -> dict[str, str]:
    """Room → what Python would import in its place. Empty when all is well; `desk` refuses to start otherwise."""
    found = {name: find_spec(name) for name in ROOMS}
    places = {
        name: [*(spec.submodule_search_locations or [spec.origin])] if spec else [] for name, spec in found.items()
    }
    return {name: ", ".join(map(str, there)) for name, there in places.items() if there != [str(HOME / name)]}
