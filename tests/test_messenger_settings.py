"""Feishu and DingTalk's work notifications as an operator switches them on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.dingtalk_notice import DingTalkNotice
from bots.feishu import Feishu
from config.doctor import examine
from config.plugging import channel_makers
from config.settings import Settings
from core.store.files import FileStore
from core.words import Hook
from tests.contract.rig import Inbox, MemoryShelf, Now

DINGTALK = {"enabled": True, "agent_id": 836390886, "app_key": "dingabc", "app_secret": "env:DINGTALK_SECRET"}
FEISHU = {"enabled": True, "app_id": "cli_1", "app_secret": "env:FEISHU_SECRET"}


@pytest.fixture(autouse=True)
def secrets(elsewhere: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{sqlite_template}")
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "none")
    for name in ("DINGTALK_SECRET", "FEISHU_SECRET", "FEISHU_KEY"):
        monkeypatch.setenv(name, f"secret of {name}")


def with_channels(**channels: object) -> Settings:
    return Settings(**{"channels": channels})  # pyright: ignore[reportArgumentType]


def found(settings: Settings) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in examine(settings, "en")]


def test_a_channel_that_lacks_nothing_is_made(tmp_path: Path) -> None:
    settings = with_channels(dingtalk_notice=DINGTALK, feishu=FEISHU)
    assert found(settings) == []
    makers = channel_makers(settings, FileStore(tmp_path), lambda room: None)
    shelf, files, clock = MemoryShelf(Now()), FileStore(tmp_path), Now()
    made = {name: makers[name](shelf, files.read, clock) for name in ("dingtalk_notice", "feishu")}  # pyright: ignore[reportArgumentType]
    assert isinstance(made["dingtalk_notice"], DingTalkNotice) and isinstance(made["feishu"], Feishu)


def test_feishu_without_an_encrypt_key_only_tells_and_with_one_must_be_reachable(tmp_path: Path) -> None:
    settings = with_channels(feishu={**FEISHU, "encrypt_keys": ["env:FEISHU_KEY"]})
    ((level, what),) = found(settings)
    assert level == "warning" and "feishu" in what and "public_url" in what
    maker = channel_makers(with_channels(feishu=FEISHU), FileStore(tmp_path), lambda room: None)["feishu"]
    deaf = maker(MemoryShelf(Now()), FileStore(tmp_path).read, Now())  # pyright: ignore[reportArgumentType]
    inbox = Inbox(MemoryShelf(Now()))
    assert asyncio.run(deaf.receive(Hook("POST", {}, [], b"{}"), inbox.accept)).status == 404


def test_feishu_by_a_long_connection_needs_neither_key_nor_address(tmp_path: Path) -> None:
    settings = with_channels(feishu={**FEISHU, "connection": "long"})
    assert found(settings) == []
    maker = channel_makers(settings, FileStore(tmp_path), lambda room: None)["feishu"]
    long = maker(MemoryShelf(Now()), FileStore(tmp_path).read, Now())  # pyright: ignore[reportArgumentType]
    assert isinstance(long, Feishu) and not long.single


@pytest.mark.parametrize(
    ("name", "given", "missing"),
    [
        ("dingtalk_notice", DINGTALK, "agent_id"),
        ("dingtalk_notice", DINGTALK, "app_key"),
        ("dingtalk_notice", DINGTALK, "app_secret"),
        ("feishu", FEISHU, "app_id"),
        ("feishu", FEISHU, "app_secret"),
    ],
)
def test_what_is_missing_is_named(name: str, given: dict[str, object], missing: str) -> None:
    settings = with_channels(**{name: {field: value for field, value in given.items() if field != missing}})
    assert found(settings) == [("error", f"Channel {name} is switched on, but lacks: {missing}.")]


@pytest.mark.req("S10")
@pytest.mark.parametrize(
    ("room", "reached"),
    [
        ("group:dingtalk_notice/836390886/dept:12", True),
        ("group:dingtalk_notice/1/dept:12", False),
        ("group:feishu/cli_1/oc_tech", False),
        ("group:telegram/bot/-100", False),
    ],
)
def test_a_group_that_would_hear_no_alarm_is_named(room: str, reached: bool) -> None:
    channels = {"dingtalk_notice": DINGTALK}
    settings = Settings(channels=channels, escalation={"technical_group": [room]})  # pyright: ignore[reportArgumentType]
    named = [what for level, what in found(settings) if level == "error" and "escalation.technical_group" in what]
    assert bool(named) is not reached


def test_a_secret_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEISHU_KEY")
    settings = with_channels(feishu={**FEISHU, "encrypt_keys": ["env:FEISHU_KEY"]})
    assert any("channels.feishu.encrypt_keys[0]" in what for level, what in found(settings) if level == "error")
