"""How large a channel is: its file with everything in bots/ that it alone uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.channels import PLUGS

HOME = Path(__file__).parent.parent.parent
BOTS = HOME / "bots"
OTHERS = ("dingtalk_directory",)
"""What uses bots/ besides channels."""

_MODULE = re.compile(r"bots\.(\w+)")


def alone(channel: str) -> frozenset[str]:
    """The modules of bots/ that only this channel uses, directly or by way of others."""
    used = reached(file_of(channel))
    for other in {file_of(name) for name in PLUGS} | set(OTHERS):
        if other != file_of(channel):
            used -= reached(other)
    return used


def file_of(channel: str) -> str:
    """The module in which a channel lives."""
    return PLUGS[channel].channel.partition(":")[0].removeprefix("bots.")


@cache
def reached(module: str) -> frozenset[str]:
    """A module of bots/ with all that it imports there, or starts by its name."""
    found, to_see = {module}, [module]
    while to_see:
        for name in _named(to_see.pop()):
            if name not in found:
                found.add(name)
                to_see.append(name)
    return frozenset(found)


def statements(module: str) -> int:
    """How many statements it has, docstrings aside."""
    found = [node for node in ast.walk(_tree(module)) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)


def imported(module: str) -> Iterator[str]:
    """The names of modules that it imports, anywhere."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _named(module: str) -> Iterator[str]:
    words = [node.value for node in ast.walk(_tree(module)) if isinstance(node, ast.Constant)]
    started = [word for word in words if isinstance(word, str) and _MODULE.fullmatch(word)]
    for name in (*imported(module), *started):
        found = _MODULE.fullmatch(name)
        if found and (BOTS / f"{found[1]}.py").exists():
            yield found[1]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((BOTS / f"{module}.py").read_text())
