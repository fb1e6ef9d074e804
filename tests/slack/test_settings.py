"""Slack as an operator switches it on, and the staff for whom its accounts are claimed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.slack import Slack
from config.doctor import examine
from config.plugging import channel_makers, staff_channels
from config.settings import Settings
from core.store.files import FileStore
from tests.contract.rig import MemoryShelf, Now

SLACK = {"enabled": True, "app_id": "A0DESK", "bot_token": "env:SLACK_BOT_TOKEN"}


@pytest.fixture(autouse=True)
def secrets(elsewhere: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{sqlite_template}")
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "none")
    monkeypatch.setenv("HUIYING_PRIVACY__ABROAD", "slack")
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, f"secret of {name}")


def with_slack(**more: object) -> Settings:
    return Settings(**{"channels": {"slack": {**SLACK, **more}}})  # pyright: ignore[reportArgumentType]


def found(settings: Settings) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in examine(settings, "en")]


def test_with_an_app_token_it_needs_no_public_address(tmp_path: Path) -> None:
    settings = with_slack(app_token="env:SLACK_APP_TOKEN")
    assert found(settings) == []
    maker = channel_makers(settings, FileStore(tmp_path), lambda room: None)["slack"]
    made = maker(MemoryShelf(Now()), FileStore(tmp_path).read, Now())  # pyright: ignore[reportArgumentType]
    assert isinstance(made, Slack) and "secret of" not in repr(vars(made))


def test_called_by_http_it_must_be_reachable() -> None:
    ((level, what),) = found(with_slack(signing_secrets=["env:SLACK_SIGNING_SECRET"]))
    assert level == "warning" and "slack" in what and "public_url" in what


def test_without_either_it_hears_nobody_and_the_doctor_says_so() -> None:
    assert found(with_slack()) == [("warning", "Slack only tells: there is neither app_token nor signing_secrets.")]


def test_it_is_for_staff_unless_the_settings_say_otherwise() -> None:
    assert staff_channels(with_slack()) == {"slack"}
    assert staff_channels(with_slack(staff_only=False)) == frozenset()
