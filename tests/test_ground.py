"""The ground of the house: locks that can be trusted, and files that name no place they should not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

HOME = Path(__file__).parent.parent
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "run": PROJECT["project"]["dependencies"],
    "test": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["test"],
    "build": PROJECT["dependency-groups"]["build"],
    "lock": PROJECT["dependency-groups"]["lock"],
}
PYTHONS = ("3.11", "3.12", "3.13")


def locked(name: str) -> list[tuple[Requirement, int]]:
    """Every pinned requirement of a lock with the number of its hashes."""
    text = (HOME / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    entries = [entry.replace("\\\n", " ") for entry in re.split(r"\n(?! )", text.strip())]
    return [(Requirement(entry.partition(" --hash")[0].strip()), entry.count("--hash=sha256:")) for entry in entries]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    for requirement, hashes in locked(name):
        assert str(requirement.specifier).startswith("=="), requirement
        assert hashes > 0, requirement


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(name: str) -> None:
    assert "://" not in (HOME / "locks" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name: str, python: str) -> None:
    place = {"python_version": python, "python_full_version": f"{python}.0", "platform_system": "Linux"}
    pins = {
        normal(pin.name): next(iter(pin.specifier)).version
        for pin, _ in locked(name)
        if pin.marker is None or pin.marker.evaluate(place)
    }
    for text in LOCKS[name]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins[normal(wanted.name)]), f"run: make lock ({text}, Python {python})"


def test_tests_run_on_what_is_shipped() -> None:
    run, test = ({str(pin) for pin, _ in locked(name)} for name in ("run", "test"))
    assert run <= test


def test_the_desk_runs_on_the_versions_it_names() -> None:
    asked = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert [version for version in ("3.10", *PYTHONS, "3.14") if asked.contains(f"{version}.0")] == list(PYTHONS)


@pytest.mark.slow
def test_the_wheel_holds_the_rooms_whole_and_no_tests(tmp_path: Path) -> None:
    rooms = ("core", "bots", "dialogue", "notifier", "web", "config")
    for name in rooms:
        shutil.copytree(HOME / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOME / name, tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "out", "."]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=100, capture_output=True)
    [wheel] = (tmp_path / "out").iterdir()
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {path.relative_to(tmp_path).as_posix() for name in rooms for path in files_of(tmp_path / name)}


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_ci_runs_may_not_leave_a_check_out() -> None:
    script = (HOME / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert re.findall(r"^make .*$", script, re.MULTILINE) == ["make system", "make test STRICT=1"]
