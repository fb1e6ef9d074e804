"""Stored files can be held against the hashes under which they came (conflict 10: the original is the evidence)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from config.cli import main
from core.store.files import FileStore

HELD = "INSERT INTO attachment (id, ticket_id, event_id, person_id, at, channel, ref, kind, hash, marked) VALUES (?, 1, 1, 1, 1, 'x', 'x', 'image', ?, ?)"


@pytest.mark.req("S37")
def test_each_file_that_is_gone_or_changed_is_named(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("HUIYING_DATA_DIR", str(tmp_path / "data"))
    files = FileStore(tmp_path / "data" / "files")
    names = [files.put(content) for content in (b"original", b"copy", b"another")]
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        connection.executemany(HELD, [(7, names[0], names[1]), (8, names[2], None)])
    assert main(["audit", "files", "--lang", "zh"]) == 0
    assert "完好：3 个文件" in capsys.readouterr().out
    (tmp_path / "data" / "files" / names[0][:2] / names[0]).write_bytes(b"Original")
    (tmp_path / "data" / "files" / names[2][:2] / names[2]).unlink()
    assert main(["audit", "files", "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert f"attachment 7: its file was changed, its content is not that of its hash: {names[0]}" in said
    assert f"attachment 8: its file is gone: {names[2]}" in said and names[1] not in said
    assert "Of 3 files, 2 are not as they came." in said
