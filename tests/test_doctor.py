"""`desk doctor`: what is missing or wrong, in plain words, with the next step; non-zero if the desk cannot run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from config import doctor
from config.channels import Channels
from config.channels.webchat import Webchat
from config.doctor import doctor_command, examine, report
from config.policies import calendar
from config.secret import Secret
from config.settings import Settings
from config.shadow import ROOMS

HOME = Path(__file__).parent.parent
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@pytest.fixture(autouse=True)
def migrated(elsewhere: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's database has been migrated; which public holidays are known today is no matter of most checks."""
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{sqlite_template}")
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "none")


@pytest.fixture
def wecom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """A WeCom channel that lacks nothing."""
    monkeypatch.setenv("WECOM_SECRET", "secret")
    monkeypatch.setenv("WECOM_TOKEN", "token")
    (tmp_path / "key").write_text(AES_KEY)
    (tmp_path / "key").chmod(0o600)
    return {
        "enabled": True,
        "corp_id": "ww1",
        "agent_id": 1000002,
        "secret": "env:WECOM_SECRET",
        "callback_tokens": ["env:WECOM_TOKEN"],
        "callback_aes_keys": [f"file:{tmp_path}/key"],
    }


def found(settings: Settings) -> list[tuple[str, str]]:
    """(level, what was found), in English."""
    return [(finding.level, finding.what) for finding in examine(settings, "en")]


def one(settings: Settings) -> tuple[str, str]:
    """The only thing found."""
    [only] = found(settings)
    return only


def with_wecom(wecom: dict, **others: object) -> Settings:
    return Settings(**{"channels": {"wecom": wecom}, "public_url": "https://desk.example.com", **others})  # pyright: ignore[reportArgumentType]


@pytest.mark.req("S9")
@pytest.mark.parametrize(("days_before", "warned"), [(61, False), (60, True), (-20, True)])
def test_a_year_without_public_holidays_is_told_sixty_days_ahead(
    days_before: int, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "cn")
    settings = Settings()
    known = calendar(settings).years
    assert known is not None
    year = max(known) + 1
    then = datetime(year, 1, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai")) - timedelta(days=days_before)
    monkeypatch.setattr(time, "time_ns", lambda: int(then.timestamp()) * 1_000_000_000)
    said = [what for level, what in found(settings) if level == "warning" and f"holidays of {year}" in what]
    assert bool(said) == warned
    rested = Settings(working_hours={"closed_days": [date(year, 2, day) for day in range(1, 8)]})  # pyright: ignore[reportArgumentType]
    assert not [what for _, what in found(rested) if "holidays of" in what]
    six = Settings(working_hours={"closed_days": [date(year, 2, day) for day in range(1, 7)]})  # pyright: ignore[reportArgumentType]
    assert bool([what for _, what in found(six) if "holidays of" in what]) == warned


def test_a_complete_channel_is_in_order(wecom: dict) -> None:
    assert found(with_wecom(wecom)) == []


@pytest.mark.parametrize("name", ["corp_id", "agent_id", "secret"])
def test_a_half_configured_channel_is_named(wecom: dict, name: str) -> None:
    del wecom[name]
    assert one(with_wecom(wecom)) == ("error", f"Channel wecom is switched on, but lacks: {name}.")


def test_a_channel_that_is_off_may_be_incomplete(wecom: dict) -> None:
    assert found(with_wecom({"enabled": False, "secret": "env:NOBODY_SETS_THIS"})) == []


def test_every_token_has_its_key(wecom: dict) -> None:
    wecom["callback_tokens"] *= 2
    assert one(with_wecom(wecom))[1].startswith("Channel wecom has not as many callback_tokens")


def test_a_platform_that_calls_back_needs_an_address(wecom: dict) -> None:
    level, what = one(with_wecom(wecom, public_url=None))
    assert (level, "calls us back" in what) == ("warning", True)


def test_a_missing_secret_is_named_by_its_place(wecom: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WECOM_SECRET")
    what = "channels.wecom.secret: the environment variable is not set (env:WECOM_SECRET)."
    assert one(with_wecom(wecom)) == ("error", what)


@pytest.mark.parametrize(("mode", "findings"), [(0o600, 0), (0o640, 0), (0o604, 1), (0o644, 1)])
def test_a_secret_that_everybody_can_read_is_a_warning(wecom: dict, tmp_path: Path, mode: int, findings: int) -> None:
    (tmp_path / "key").chmod(mode)
    assert [level for level, what in found(with_wecom(wecom)) if "everybody" in what] == ["warning"] * findings


@pytest.mark.parametrize("key", [AES_KEY[:-1], AES_KEY + "A", AES_KEY[:-1] + "="])
def test_an_aes_key_that_cannot_be_one_is_seen_and_not_shown(wecom: dict, tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key)
    level, what = one(with_wecom(wecom))
    assert (level, "EncodingAESKey has 43" in what, key in what) == ("error", True, False)


def test_no_channel_at_all_is_a_warning() -> None:
    settings = Settings(channels=Channels(webchat=Webchat(enabled=False)))
    assert one(settings) == ("warning", "No channel is switched on: nobody can talk with the desk.")


@pytest.mark.parametrize(
    ("host", "url", "open_door"),
    [
        ("127.0.0.1", None, False),
        ("::1", None, False),
        ("localhost", None, False),
        ("0.0.0.0", None, True),
        ("desk.lan", None, True),
        ("0.0.0.0", "https://desk.example.com", False),
    ],
)
def test_an_open_door_is_seen(host: str, url: str | None, open_door: bool) -> None:
    settings = Settings(listen_host=host, public_url=url)
    assert any("beyond this machine" in what for _, what in found(settings)) == open_door


def test_an_address_that_others_can_read_along_is_a_warning() -> None:
    level, what = one(Settings(public_url="http://desk.example.com"))
    assert (level, "not https" in what) == ("warning", True)


def test_a_data_folder_that_cannot_be_made_is_seen(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    what = one(Settings(data_dir=tmp_path / "file" / "var"))[1]
    assert what == f"The data folder {tmp_path}/file/var cannot be written to."


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    examine(Settings())
    assert list(tmp_path.iterdir()) == []


def test_a_migrated_database_is_in_order(desk_url: str) -> None:
    assert found(Settings(database_url=desk_url)) == []


def test_a_database_without_tables_is_seen(database_url: str) -> None:
    assert one(Settings(database_url=database_url)) == ("error", "The database has no tables yet.")


def test_a_database_of_a_later_version_is_seen(desk_url: str) -> None:
    """It may be worked on as long as the later version says nothing to the contrary."""
    engine = create_engine(desk_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    allowed = "The database is newer than the program, which may still work on it."
    assert one(Settings(database_url=desk_url)) == ("warning", allowed)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO shelf (name, value) VALUES ('gate:schema', '9998')"))
    engine.dispose()
    closed = "The database is newer than the program, which may not work on it any more."
    assert one(Settings(database_url=desk_url)) == ("error", closed)


def test_a_file_that_is_no_database_is_seen(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    level, what = one(Settings(database_url=f"sqlite:///{tmp_path}/desk.db"))
    assert (level, "cannot be reached (file is not a database)" in what) == ("error", True)


def test_a_database_server_that_does_not_answer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_DB", "hunter2-plain")
    settings = Settings(database_url="postgresql://desk@127.0.0.1:1/desk", database_password=Secret("env:DESK_DB"))
    level, what = one(settings)
    assert (level, "127.0.0.1:1/desk cannot be reached" in what, "hunter2" in what) == ("error", True, False)


def test_old_libraries_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SQLITE_LEAST", (99, 0, 0))
    monkeypatch.setattr(doctor, "PYTHONS", ((2, 7), (3, 0)))
    assert [level for level, _ in found(Settings())] == ["warning", "error"]


@pytest.mark.parametrize("name", ROOMS)
def test_another_package_of_our_name_is_seen(tmp_path: Path, name: str) -> None:
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(HOME)!r}]; from config.shadow import shadows; print(shadows())"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == str({name: str(package)}), run.stderr


def test_a_shadow_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "shadows", lambda: {"web": "/elsewhere/web"})
    assert one(Settings()) == ("error", "Another package named web stands before the desk's own (/elsewhere/web).")


@pytest.mark.parametrize(
    ("lang", "last", "mark"),
    [("zh", "1 个错误，0 个提醒。", "监听 0.0.0.0"), ("en", "Errors: 1, warnings: 0.", "listens on 0.0.0.0")],
)
def test_an_error_is_printed_and_ends_non_zero(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str, last: str, mark: str
) -> None:
    monkeypatch.setenv("HUIYING_LISTEN_HOST", "0.0.0.0")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8" if lang == "en" else "C.UTF-8")
    assert report() == 1
    lines = capsys.readouterr().out.splitlines()
    assert (lines[-1], mark in lines[0], lines[0][0]) == (last, True, "✗")


def test_settings_that_cannot_be_read_end_non_zero(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text('[channels.wecom]\nsecret = "hunter2-plain"\n')
    assert report("zh") == 1
    said = capsys.readouterr().out
    assert "channels.wecom.secret 要写密钥的出处" in said
    assert "hunter2" not in said


def test_the_command_is_told_its_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor_command(["--lang", "en"]) == 0
    assert capsys.readouterr().out == "Ready to serve.\n"
    assert doctor_command(["--lang", "zh"]) == 0
    assert capsys.readouterr().out == "可以启动。\n"


def test_a_warning_alone_does_not_stop_the_desk(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYING_PUBLIC_URL", "http://desk.example.com")
    assert report("en") == 0
    assert re.search(r"^! .*\nErrors: 0, warnings: 1\.\nReady to serve\.$", capsys.readouterr().out.strip())
