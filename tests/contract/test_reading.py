"""The contract, reading: a channel translates what its platform delivers, whatever that is, and adds nothing."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from core.words import Room, Unreadable
from tests.contract.cases import CASES, HEARING
from tests.contract.rig import Case, Sample

HOME = Path(__file__).parent.parent.parent
RECORDED = HOME.parent / "shared" / "payloads"
MOST_STATEMENTS = 200
LIBRARIES = {"httpx", "orjson", "core", "bots"}
"""What a channel may import besides Python itself and its SDK."""

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def recorded() -> Iterator[Any]:
    for case in CASES:
        for path in sorted((RECORDED / case.folder).glob("in-*")):
            yield pytest.param(case, path.read_bytes(), id=f"{case.name}-{path.name}")


def samples() -> Iterator[Any]:
    for case in CASES:
        for number, sample in enumerate(case.samples):
            yield pytest.param(case, sample, id=f"{case.name}-{number}")


def with_one_thing_missing(raw: bytes) -> Iterator[bytes]:
    """The delivery without one of its keys or elements, for each of them."""
    if raw.lstrip().startswith(b"<"):
        root = ElementTree.fromstring(raw)  # noqa: S314
        for child in list(root):
            place = list(root).index(child)
            root.remove(child)
            yield ElementTree.tostring(root)
            root.insert(place, child)
        return
    found = json.loads(raw)
    for holder, key in _places(found):
        value = holder.pop(key)
        yield json.dumps(found).encode()
        holder[key] = value


def _places(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _places(part)
    if isinstance(value, dict):
        yield from ((value, key) for key in list(value))


@pytest.mark.parametrize(("case", "raw"), list(recorded()) or [pytest.param(None, b"", id="not-here")])
def test_a_recorded_delivery_is_read(case: Case | None, raw: bytes) -> None:
    if case is None:
        assert not RECORDED.exists()
        return
    messages = case.channel().read(raw)
    assert all(message.room.channel == case.name and message.who.id for message in messages)
    for poorer in with_one_thing_missing(raw):
        try:
            case.channel().read(poorer)
        except Unreadable as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(("case", "sample"), list(samples()))
def test_a_delivery_becomes_what_it_says(case: Case, sample: Sample) -> None:
    messages = case.channel().read(sample.raw)
    if sample.becomes is None:
        assert messages == []
        return
    (message,) = messages
    assert {name: getattr(message, name) for name in sample.becomes} == sample.becomes
    assert message.raw == sample.raw
    assert Room.of(str(message.room)) == message.room
    assert case.channel().read(sample.raw) == messages


@pytest.mark.parametrize(("case", "sample"), list(samples()))
def test_a_delivery_without_one_of_its_keys_is_read_or_said_to_be_unreadable(case: Case, sample: Sample) -> None:
    unreadable = 0
    for poorer in with_one_thing_missing(sample.raw):
        try:
            case.channel().read(poorer)
        except Unreadable:
            unreadable += 1
    assert unreadable or sample.becomes is None


@pytest.mark.parametrize("case", HEARING, ids=lambda case: case.name)
def test_two_deliveries_have_two_keys(case: Case) -> None:
    keys = [message.key for sample in case.samples for message in case.channel().read(sample.raw)]
    assert len(set(keys)) == len(keys) > 3


@each
def test_nobody_hears_himself(case: Case) -> None:
    assert [case.channel().read(raw) for raw in case.own] == [[]] * len(case.own)


@each
@pytest.mark.parametrize("raw", [b"", b"<", b"{", b"[]", b"null", b"\xff\xfe", b"<xml></xml>", b"{}", b"0", b'"x"'])
def test_what_is_no_delivery_is_unreadable(case: Case, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        case.channel().read(raw)


@each
def test_a_channel_is_small_and_imports_little(case: Case) -> None:
    trees = [ast.parse((HOME / name).read_text()) for name in case.files]
    statements = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    docstrings = [node for node in statements if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    assert len(statements) - len(docstrings) <= MOST_STATEMENTS
    allowed = LIBRARIES | case.sdk | set(sys.stdlib_module_names)
    imported = {
        name.split(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= allowed
