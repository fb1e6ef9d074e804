"""The contract, reading: a channel translates what its platform delivers, whatever that is, and adds nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest

from config.channels import PLUGS
from core.words import Room, Unreadable
from tests.contract import house
from tests.contract.cases import CASES, HEARING
from tests.contract.rig import Case, Sample

HOME = Path(__file__).parent.parent.parent
RECORDED = HOME.parent / "shared" / "payloads"
MOST_STATEMENTS = 200
LIBRARIES = {"httpx", "orjson", "cryptography", "core", "bots"}
"""What a channel may import besides Python itself and its SDK."""

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def recorded() -> Iterator[Any]:
    for case in CASES:
        for path in sorted({path for names in case.recorded for path in (RECORDED / case.folder).glob(names)}):
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
    if not raw.lstrip().startswith((b"{", b"[")):
        pairs = parse_qsl(raw.decode(), keep_blank_values=True)
        yield from (urlencode([pair for pair in pairs if pair is not left_out]).encode() for left_out in pairs)
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
    files = house.alone(case.name)
    assert sum(house.statements(file) for file in files) < MOST_STATEMENTS, files
    imported = {name for file in files for name in house.imported(file)}
    assert {name.split(".")[0] for name in imported} <= LIBRARIES | case.sdk | set(sys.stdlib_module_names)


def test_every_channel_is_under_the_contract() -> None:
    assert {case.name for case in CASES} == set(PLUGS)
