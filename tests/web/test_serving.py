"""`desk serve` as its own process: starts or says why not, loses nothing when stopped, and its logs name nobody."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.channels import Channels
from config.keys import derived_key, web_key
from config.plugging import channel_makers
from config.secret import Secret
from config.serving import board_link_command, clock, serve_command
from config.settings import Settings
from core.store.database import Database
from core.store.files import FileStore

HOME = Path(__file__).parent.parent.parent
PATIENCE = 30
PHONE = "13800000001"


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    ours = {"LANG": "en_US.UTF-8", "LC_ALL": "", "HUIYING_DATA_DIR": str(folder / "var")}
    return {**kept, **ours, "HUIYING_WORKING_HOURS__HOLIDAYS": "none", **more}


def desk(folder: Path, **more: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    code = "import sys; from config.cli import main; sys.exit(main(['serve']))"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**environment(folder, **more), "PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def served(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A running desk on a free port, and somebody who speaks HTTP with it."""
    process = desk(folder, HUIYING_LISTEN_PORT="0", HUIYING_REPORT__COMPANY="测试公司", **more)
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r"http://[0-9.]+:\d+", first)
    if found is None:
        process.kill()
        raise AssertionError(f"{first}\n{process.communicate()}")
    with httpx.Client(base_url=found[0], timeout=10) as client:
        try:
            yield process, client
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path, trained: Path) -> Path:
    """A folder with a migrated database."""
    shutil.copytree(trained, tmp_path / "var" / "mind")
    shutil.copy(sqlite_template, tmp_path / "var" / "desk.db")
    return tmp_path


def visitor(client: httpx.Client) -> str:
    return client.post("/api/chat/session", json={}).json()["token"]


def says(client: httpx.Client, token: str, number: str, text: str) -> int:
    return client.post("/hook/webchat", json={"token": token, "id": number, "kind": "text", "text": text}).status_code


def told(client: httpx.Client, token: str) -> list[dict[str, object]]:
    return client.get("/api/chat/messages", params={"token": token}).json()["lines"]


# ---------------------------------------------------------------- it does not start


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, elsewhere: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`refused(folder, NAME=value)`: what `desk serve` says with these settings when it does not start."""

    def start(folder: Path, **more: str) -> str:
        for name, value in {"HUIYING_DATA_DIR": str(folder / "var"), "LC_ALL": "en_US.UTF-8", **more}.items():
            monkeypatch.setenv(name, value)
        assert serve_command([]) == 1
        return capsys.readouterr().err

    return start


def test_a_desk_without_tables_says_what_to_do(refused: Callable[..., str], tmp_path: Path) -> None:
    said = refused(tmp_path)
    assert "desk migrate" in said and "cannot start" in said


def test_the_board_link_is_said_again_where_no_terminal_saw_the_start(
    refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(tmp_path)
    assert board_link_command([]) == 1 and "desk serve" in capsys.readouterr().err
    monkeypatch.setenv("HUIYING_WEB_KEY", "env:NO_SUCH_KEY")
    assert board_link_command([]) == 1 and "NO_SUCH_KEY" in capsys.readouterr().err
    monkeypatch.setenv("NO_SUCH_KEY", "the key of our pages")
    monkeypatch.setenv("HUIYING_PUBLIC_URL", "https://desk.example.com/")
    assert board_link_command([]) == 0
    said = capsys.readouterr().out.strip()
    assert said == f"https://desk.example.com/board?key={derived_key('the key of our pages', 'board')[:32]}"
    monkeypatch.setenv("HUIYING_TIMEZONE", "Mars/Olympus")
    assert board_link_command([]) == 1 and "timezone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"HUIYING_TIMEZONE": "Mars/Olympus"}, "timezone"),
        ({"HUIYING_CHANNELS__WECOM__ENABLED": "true"}, "wecom"),
        ({"HUIYING_LISTEN_HOST": "0.0.0.0"}, "public_url"),
        ({"HUIYING_WEB_KEY": "env:NO_SUCH_KEY"}, "NO_SUCH_KEY"),
        ({"HUIYING_LISTEN_HOST": "192.0.2.1", "HUIYING_PUBLIC_URL": "https://desk.example"}, "192.0.2.1"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    refused: Callable[..., str], place: Path, more: dict[str, str], words: str
) -> None:
    assert words in refused(place, **more)


def test_a_taken_port_and_a_taken_database_are_named(refused: Callable[..., str], place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "listen_port" in refused(place, HUIYING_LISTEN_PORT=str(taken.getsockname()[1]))
    other = Database(f"sqlite:///{place / 'var' / 'desk.db'}")
    other.own()
    assert "already runs" in refused(place, HUIYING_LISTEN_PORT="0")
    other.close()


# ---------------------------------------------------------------- it runs


@pytest.mark.req("S84")
def test_what_was_acknowledged_before_the_end_is_answered_after_the_next_start(place: Path) -> None:
    soon = {"HUIYING_CONVERSATION__BURST_QUIET_S": "2"}
    with served(place, **soon) as (process, client):
        token = visitor(client)
        with client.stream("GET", "/api/chat/stream", params={"token": token}) as stream:
            assert next(stream.iter_lines())
            assert says(client, token, "1", f"空调漏水，电话{PHONE}") == 200
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert time.monotonic() - began < 8
    with served(place, **soon) as (process, client):
        for _ in range(200):
            lines = told(client, token)
            if any("GD-1001" in str(line["text"]) for line in lines if not line["mine"]):
                break
            time.sleep(0.1)
        else:
            raise AssertionError(lines)
        assert [line["ref"] for line in lines if line["mine"]] == ["1"]


@pytest.mark.req("S18")
def test_logs_are_json_lines_with_ids_and_without_numbers_or_keys(place: Path) -> None:
    with served(place) as (process, client):
        token = visitor(client)
        assert says(client, token, "1", f"空调漏水，电话{PHONE}") == 200
        assert says(client, token + "0", "2", PHONE) == 403
        assert client.get("/board", params={"key": PHONE}).status_code == 403
        key = (place / "var" / "web.key").read_text()
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=PATIENCE)
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {"serving", "stopped"} <= {line["message"] for line in lines}
    assert not [secret for secret in (PHONE, token, key, "漏水") if secret in logged]


def test_the_key_of_our_pages_is_made_once_and_for_this_user_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    key = web_key(settings)
    path = tmp_path / "var" / "web.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(key) == 64 and web_key(settings) == key
    assert web_key(Settings(data_dir=tmp_path / "other")) != key
    monkeypatch.setenv("OUR_KEY", "from elsewhere")
    assert web_key(Settings(data_dir=tmp_path / "var", web_key=Secret("env:OUR_KEY"))) == "from elsewhere"
    assert derived_key(key, "visitors") != derived_key(key, "board")


def test_only_channels_that_are_switched_on_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "secret")
    monkeypatch.setenv("K", "a" * 43)
    access = {
        "enabled": True,
        "corp_id": "ww1",
        "secret": "env:S",
        "callback_tokens": ["env:S"],
        "callback_aes_keys": ["env:K"],
    }
    channels = {
        "wecom": {**access, "agent_id": 7},
        "wecom_kf": {**access, "open_kfids": ["wk1"]},
        "webchat": {"enabled": False},
    }
    files = FileStore(tmp_path / "files")
    settings = Settings(data_dir=tmp_path, channels=Channels.model_validate(channels))
    makers = channel_makers(settings, files, lambda room: None)
    assert set(makers) == {"wecom", "wecom_kf"}
    shelf: Any = None
    assert {make(shelf, files.read, clock).name for make in makers.values()} == {"wecom", "wecom_kf"}
    assert set(channel_makers(Settings(data_dir=tmp_path), files, lambda room: None)) == {"webchat"}
