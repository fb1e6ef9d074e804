"""DingTalk's robot and its group robots as an operator switches them on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bots.dingtalk import SHOWS, TALKS, DingTalk
from bots.dingtalk_robot import DingTalkRobot
from config.doctor import examine
from config.plugging import channel_makers, staff_channels
from config.settings import Settings
from core.store.files import FileStore
from tests.contract.rig import MemoryShelf, Now

ROBOT = {"enabled": True, "client_id": "dingabc", "client_secret": "env:DINGTALK_SECRET"}
GROUPS = {"enabled": True, "robots": {"managers": {"token": "env:DINGTALK_TOKEN", "secret": "env:DINGTALK_SIGN"}}}
MANAGERS = "group:dingtalk_robot/robot/managers"


@pytest.fixture(autouse=True)
def secrets(elsewhere: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{sqlite_template}")
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "none")
    for name in ("DINGTALK_SECRET", "DINGTALK_TOKEN", "DINGTALK_SIGN"):
        monkeypatch.setenv(name, "0123456789")


def with_channels(**channels: Any) -> Settings:
    return Settings(**{"channels": channels})  # pyright: ignore[reportArgumentType]


def made(tmp_path: Path, settings: Settings, name: str) -> Any:
    files, now = FileStore(tmp_path), Now()
    return channel_makers(settings, files, lambda room: None)[name](MemoryShelf(now), files.read, now)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("template", "can"), [(None, TALKS), ("8f2c.schema", SHOWS)])
def test_buttons_come_with_a_template(tmp_path: Path, template: str | None, can: Any) -> None:
    channel = made(tmp_path, with_channels(dingtalk={**ROBOT, "card_template": template}), "dingtalk")
    assert isinstance(channel, DingTalk) and channel.can == can


def test_only_where_customers_write_in_a_service_window_are_there_any() -> None:
    assert staff_channels(with_channels(dingtalk=ROBOT)) == {"dingtalk"}
    assert staff_channels(with_channels(dingtalk={**ROBOT, "service_window": True})) == frozenset()


def test_robots_are_made_by_their_names(tmp_path: Path) -> None:
    assert isinstance(made(tmp_path, with_channels(dingtalk_robot=GROUPS), "dingtalk_robot"), DingTalkRobot)


@pytest.mark.parametrize(
    ("name", "given", "missing"),
    [
        ("dingtalk", ROBOT | {"client_id": ""}, "client_id"),
        ("dingtalk", ROBOT | {"client_secret": None}, "client_secret"),
        ("dingtalk_robot", {"enabled": True}, "robots"),
        ("dingtalk_robot", {"enabled": True, "robots": {"managers": {}}}, "robots.managers.token"),
    ],
)
def test_what_is_missing_is_named(name: str, given: dict[str, Any], missing: str) -> None:
    errors = [found.what for found in examine(with_channels(**{name: given}), "en") if found.level == "error"]
    assert [what for what in errors if name in what and missing in what]


@pytest.mark.parametrize(("room", "heard"), [(MANAGERS, True), ("group:dingtalk_robot/another/managers", False)])
def test_the_managers_group_may_be_a_robots(room: str, heard: bool) -> None:
    settings = Settings(
        **{"channels": {"dingtalk_robot": GROUPS}, "escalation": {"managers_group": [room]}}  # pyright: ignore[reportArgumentType]
    )
    errors = [found.what for found in examine(settings, "en") if found.level == "error"]
    assert heard == (not [what for what in errors if "managers_group" in what])
