"""The examples of deployment say what the program understands, and what is documented is there."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from config.cli import COMMANDS
from config.settings import PREFIX, Settings
from config.standing import ALLOWED
from core.insight.health import Health

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_command_is_where_it_is_said_to_be() -> None:
    for place, what in COMMANDS.values():
        module, name = place.split(":")
        assert callable(getattr(importlib.import_module(module), name)) and what


def test_compose_sets_what_settings_know_and_uses_what_it_declares() -> None:
    compose = yaml.safe_load((DOCS / "compose.yaml").read_text())
    services = compose["services"]
    desks = [service for service in services.values() if service["image"] == "huiying"]
    assert [service["command"] for service in desks] == [["migrate"], ["serve"], ["serve"]]
    for service in desks:
        assert service["command"][0] in COMMANDS
        for name, value in service["environment"].items():
            assert name.removeprefix(PREFIX).lower() in Settings.model_fields, name
            assert not value.startswith("file:") or value.rpartition("/")[2] in compose["secrets"]
    for service in services.values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        named = {volume.partition(":")[0] for volume in service["volumes"] if not volume.startswith((".", "/"))}
        assert named <= set(compose["volumes"])
        assert set(service.get("depends_on", ())) <= set(services)
        assert service["command"] == ["migrate"] if "command" in service and "healthcheck" not in service else True
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert len(set(ports)) == 2 and all(port.startswith("127.0.0.1:") for port in ports), "the proxy is the only door"


def test_the_image_takes_in_all_rooms_and_no_secret() -> None:
    allowed = {line[1:] for line in (DOCS / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    rooms = {"core", "bots", "dialogue", "notifier", "web", "config"}
    assert rooms <= allowed and not allowed & {"secrets", "backups", "var", "data", "desk.toml", ".venv"}


def test_systemd_understands_the_unit(tmp_path: Path, needs: Callable[[str], str]) -> None:
    unit = tmp_path / "huiying.service"
    text = (DOCS / "huiying.service").read_text()
    assert text.count("/opt/huiying/.venv/bin/desk") == 1
    unit.write_text(text.replace("/opt/huiying/.venv/bin/desk", sys.executable))
    found = subprocess.run([needs("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True)
    if "Failed to" in found.stderr and "huiying" not in found.stderr:
        pytest.skip("NOT RUN: systemd cannot check units here")
    assert found.returncode == 0 and "huiying.service" not in found.stderr, found.stderr
    unit.write_text(unit.read_text().replace("Restart=always", "Restrat=always"))
    broken = subprocess.run([needs("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True)
    assert "Restrat" in broken.stderr


@pytest.mark.parametrize("half", [0, 1])
def test_each_alarm_is_explained_in_both_languages(half: int) -> None:
    text = (DOCS / "operating.md").read_text().split("# Running and looking after Huiying")[half]
    explained = set(re.findall(r"`([a-z_]+)`", "\n".join(line for line in text.splitlines() if line.startswith("| `"))))
    aside = {"dead", "failed", "parked", "dead_jobs", "quarantined"}
    assert aside <= set(Health.__slots__)  # type: ignore[attr-defined]
    assert {*ALLOWED, *aside, "pump", "store", "disk"} <= explained
