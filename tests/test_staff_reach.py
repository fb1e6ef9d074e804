"""`desk staff reach`: the number, the address and the order of routes by which somebody is alarmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.cli import main


@pytest.fixture(autouse=True)
def desk(elsewhere: None, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty desk with one engineer and one manager."""
    (tmp_path / "desk.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    assert main(["staff", "add", "刘工", "--phone", "+86 136-2222-3333"]) == 0
    assert main(["staff", "add", "孙经理", "--role", "manager"]) == 0


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command says of the engineer."""
    capsys.readouterr()
    assert main(["staff", "reach", "刘工", *words]) == 0
    return capsys.readouterr().out


def test_it_says_how_somebody_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys).count("13622223333") == 2


def test_what_is_set_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "--calls", "sip:liu@192.168.1.20", "--routes", "voice, feishu", "--superior", "孙经理")
    said = told(capsys)
    assert "sip:liu@192.168.1.20" in said and "voice, feishu" in said and "孙经理" in said
    assert "sip:" not in told(capsys, "--calls", "")
    assert "A-017" in told(capsys, "--staff-no", "A-017") and "A-017" not in told(capsys, "--staff-no", "")


def test_an_account_is_claimed_for_one_person(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["staff", "reach", "刘工", "--account", "slack=U0LIU"]) == 0
    assert main(["staff", "reach", "孙经理", "--account", "slack=U0LIU"]) == 1
    assert "is somebody else's account" in capsys.readouterr().err


REFUSED = [
    ("--phone", "88001234"),
    ("--calls", "liu"),
    ("--superior", "刘工"),
    ("--account", "irc=liu"),
    ("--account", "slack"),
]


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys)
    assert main(["staff", "reach", "刘工", *words]) == 1
    assert told(capsys) == before
