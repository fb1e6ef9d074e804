"""`desk read` shows what a recorded delivery becomes: one JSON line a message, complaints on stderr, 1 if one is unreadable."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bots.emulated.wecom import WeComServer
from config.channels import PLUGS
from config.reading import read_command, reader
from tests.contract.rig import Now
from tests.contract.wecom_cases import app_message, kf_item

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads"


class Desk:
    """The command as a shell sees it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def reads(self, *argv: object, stdin: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
        """Exit status, lines and complaints."""
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = read_command([str(one) for one in argv])
        out, err = self._capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(capsys, monkeypatch)


def test_a_delivery_on_stdin_becomes_a_line(desk: Desk) -> None:
    status, lines, err = desk.reads("wecom", stdin=app_message("image", MediaId="M1", number="9"))
    assert (status, err) == (0, "")
    assert lines == [
        {
            "key": "wecom:1000002:liu:9",
            "at": "2026-03-04T04:00:00+00:00",
            "kind": "image",
            "who": {"id": "liu", "name": None, "phone": None},
            "room": "wecom/1000002/liu",
            "text": "",
            "media": [{"ref": "M1", "mime": "image/jpeg", "name": None, "size": None, "seconds": None, "words": None}],
            "about": None,
            "called": True,
        }
    ]


def test_files_are_named_and_one_bad_file_spoils_no_other(desk: Desk, tmp_path: Path) -> None:
    good, bad, hint, page = (tmp_path / name for name in ("good", "bad", "hint", "page"))
    good.write_bytes(kf_item("text", 1, content="空压机\n不启动"))
    bad.write_bytes(kf_item("text", 2, content=7))
    hint.write_bytes(b"<xml><MsgType>event</MsgType></xml>")
    page.write_bytes(
        b'{"msg_list":[' + kf_item("text", 3, content="a") + b"," + kf_item("text", 4, content="b") + b"]}"
    )
    status, lines, err = desk.reads("wecom_kf", good, bad, hint, tmp_path / "absent", page)
    assert status == 1
    assert [(line["text"], line["file"]) for line in lines] == [
        ("空压机\n不启动", str(good)),
        ("a", str(page)),
        ("b", str(page)),
    ]
    complaints = err.splitlines()
    assert len(complaints) == 2 and str(bad) in complaints[0] and "absent" in complaints[1]


def test_a_sealed_delivery_needs_its_key(desk: Desk) -> None:
    server = WeComServer(Now())
    sealed = server.callback(server.app, app_message("text", Content="接单").decode()).body
    status, lines, err = desk.reads("wecom", stdin=sealed)
    assert (status, lines) == (1, []) and "aes_key" in err and len(err.splitlines()) == 1
    status, lines, err = desk.reads("wecom", "--set", f"aes_key={server.app.aes_key}", stdin=sealed)
    assert (status, err) == (0, "") and [line["text"] for line in lines] == ["接单"]
    for settings in (f"aes_key={server.kf.aes_key}", "aes_key=short"):
        assert desk.reads("wecom", "--set", settings, stdin=sealed)[0] == 1
    corp = ("--set", f"aes_key={server.app.aes_key}", "--set", "corp_id=ww-another")
    assert desk.reads("wecom", *corp, stdin=sealed)[0] == 1


def test_an_unknown_channel_or_setting_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["icq"], ["wecom", "--set", "nothing"], []):
        with pytest.raises(SystemExit) as end:
            read_command(argv)
        assert end.value.code == 2 and "usage" in capsys.readouterr().err


@pytest.mark.parametrize("channel", PLUGS)
def test_every_channel_named_can_read(channel: str) -> None:
    assert callable(reader(channel).read)


@pytest.mark.parametrize(("channel", "folder"), [("wecom", "wecom-app"), ("wecom_kf", "wecom-kf")])
def test_every_recorded_delivery_is_read_without_complaint(desk: Desk, channel: str, folder: str) -> None:
    files = sorted((RECORDED / folder).glob("in-*"))
    if not files:
        assert not RECORDED.exists()
        return
    status, lines, err = desk.reads(channel, *files)
    assert (status, err) == (0, "") and len(lines) > 10
