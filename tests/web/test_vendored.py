"""What others have written and we serve stands in a lock file: name, version, hash and licence of every file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from web.assets import HOME

VENDOR = HOME / "static" / "vendor"
LOCK = json.loads((VENDOR / "vendor.json").read_text("utf-8"))


def test_every_vendored_file_is_the_one_that_was_locked() -> None:
    locked = {one["file"]: one["sha256"] for one in LOCK} | {one["licence_file"]: one["licence_sha256"] for one in LOCK}
    found = {path.name: _hash(path) for path in VENDOR.iterdir() if path.name != "vendor.json"}
    assert found == locked


def test_every_vendored_file_has_its_licence_and_version() -> None:
    for one in LOCK:
        assert one["licence"] in (VENDOR / one["licence_file"]).read_text("utf-8")
        assert one["version"] in (VENDOR / one["file"]).read_text("utf-8")


def test_no_file_of_ours_is_hidden_by_a_vendored_one() -> None:
    ours = {path.name for path in (HOME / "static").iterdir() if path.is_file()}
    assert ours.isdisjoint(path.name for path in VENDOR.iterdir())


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
