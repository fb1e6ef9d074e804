"""Which tests show which requirement: read from the `req` marks, written as docs/coverage.md (make coverage)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

TESTS = Path(__file__).parent
IDS = TESTS / "requirement_ids.txt"
NOT_YET = "not yet"

Found = dict[str, list[str]]


def requirements() -> dict[str, str]:
    """Every requirement id in order, with the reason why it needs no test, or an empty text."""
    lines = [line for line in IDS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}


def marked(folder: Path = TESTS) -> Found:
    """Requirement id → the tests marked with it (file::name), over all test files, without importing them."""
    found: Found = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder.parent).as_posix()
        for requirement, test in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            if f"{name}::{test}" not in found[requirement]:
                found[requirement].append(f"{name}::{test}")
    return found


def page(wanted: dict[str, str], found: Found) -> str:
    """The whole of docs/coverage.md. Raises ValueError if a test is marked with an id that does not exist."""
    if strange := sorted(set(found) - set(wanted)):
        raise ValueError(f"no such requirement: {', '.join(strange)} ({found[strange[0]][0]})")
    rows = [f"| {name} | {reason or _tests(found.get(name, []))} |" for name, reason in wanted.items()]
    applicable = [name for name, reason in wanted.items() if not reason]
    covered = sum(bool(found.get(name)) for name in applicable)
    return "\n".join(
        [
            "# Requirements and their tests",
            "",
            "Made from the marks in `tests/` by `make coverage`; not written by hand.",
            f"{covered} of {len(applicable)} requirements have a test; a test may guard a part of its requirement only.",
            "",
            "| id | tests |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _tests(tests: Sequence[str]) -> str:
    return "<br>".join(f"`{test}`" for test in tests) or NOT_YET


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(id, test) for the marks of functions, of their classes, and of the whole file (`pytestmark`)."""
    yield from _within(tree.body, _file_marks(tree), "")


def _within(body: Sequence[ast.stmt], inherited: list[str], prefix: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _within(node.body, inherited + _ids(node.decorator_list), f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield from ((name, prefix + node.name) for name in inherited + _ids(node.decorator_list))


def _file_marks(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in node.targets):
            return _ids(node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value])
    return []


def _ids(marks: Sequence[ast.expr]) -> list[str]:
    """The ids in `pytest.mark.req(…)`, also where it stands inside a parameter list."""
    calls = [node for mark in marks for node in ast.walk(mark) if isinstance(node, ast.Call)]
    wanted = [call for call in calls if ast.unparse(call.func) == "pytest.mark.req"]
    return [
        arg.value
        for call in wanted
        for arg in call.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]


if __name__ == "__main__":
    print(page(requirements(), marked()), end="")
