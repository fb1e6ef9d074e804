"""`desk backup` and `desk restore`: the whole desk in one file, and a desk from such a file (备份、恢复)."""

from __future__ import annotations

import argparse
import os
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from config import archive
from config.auditing import AuditKey
from config.carrying import Stop, carry_out, must_have_tables, must_stand_still, now, say, tell
from config.doctor import spoken_here
from config.keys import KEY_FILE, web_key
from config.report_press import FOLDER
from config.settings import Settings
from config.verifying import verify
from core.store import filling
from core.store.database import Database
from core.store.dump import Live
from core.store.files import FileStore
from core.store.streaming import snapshot
from core.words import SECOND

FILES = "files"
"""The folder of files, in the data folder."""


def backup_command(argv: list[str]) -> int:
    """`desk backup FILE`: beside a running desk or without one. The exit status is 1 if there is no backup."""
    parser = argparse.ArgumentParser(prog="desk backup", description="the whole desk in one file; the desk may run")
    parser.add_argument("file", type=Path, help="the file to write, or a folder: then it is named by the date")
    path = parser.parse_args(argv).file
    return carry_out(lambda settings: _back_up(settings, path))


def restore_command(argv: list[str]) -> int:
    """`desk restore FILE`: a desk as it was, on either database. The exit status is 1 if it could not be made, or is not whole."""
    parser = argparse.ArgumentParser(prog="desk restore", description="a desk from a backup; no desk may run")
    parser.add_argument("file", type=Path)
    parser.add_argument("--replace", action="store_true", help="put it in the place of what is there")
    given = parser.parse_args(argv)
    return carry_out(lambda settings: _restore(settings, given.file, given.replace))


def _back_up(settings: Settings, path: Path) -> int:
    started, instant = time.monotonic(), now()
    if path.is_dir():
        path = path / datetime.fromtimestamp(instant // SECOND, UTC).strftime("huiying-%Y%m%d-%H%M%S.tar.gz")
    if path.exists():
        raise Stop("exists", path=path)
    if not path.parent.is_dir():
        raise Stop("no_folder", path=path.parent)
    url = settings.store_url()
    must_have_tables(url, settings.database_url)
    key = None if settings.web_key else _read(settings.data_dir / KEY_FILE)
    with snapshot(Database(url)) as connection:
        manifest = archive.write(
            path, Live(connection, url), settings.data_dir / FILES, key, instant, _certificates(settings)
        )
    size, rows = path.stat().st_size / 1e6, sum(count for count, _ in manifest.tables.values())
    seconds = time.monotonic() - started
    say("backed_up", path=path, rows=rows, files=manifest.files[0], size=size, seconds=seconds)
    say("guard_key" if key else "guard")
    if settings.web_key:
        say("without_key", where=settings.web_key)
    return 0


def _restore(settings: Settings, path: Path, replace: bool) -> int:
    if not path.is_file():
        raise Stop("no_file", path=path)
    manifest, instant = archive.check(path), now()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with closing(Database(settings.store_url())) as database:
        must_stand_still(database, instant)
        carried, aside = _take_all(settings, path, manifest, database, replace, instant)
        _report(settings, manifest, sum(one.rows for one in carried), aside)
        report = verify(database, [AuditKey(web_key(settings)).public], [], spoken_here())
    print(*report.lines(), sep="\n")
    return 1 if report.count else 0


def _take_all(
    settings: Settings, path: Path, manifest: archive.Manifest, database: Database, replace: bool, instant: int
) -> tuple[list[filling.Carried], Path | None]:
    files, key_file = FileStore(settings.data_dir / FILES), settings.data_dir / KEY_FILE
    with archive.reading(path) as members:
        content = archive.Content(manifest, members)
        _take_key(content, None if settings.web_key else key_file, replace, instant)
        _take_certificates(content, settings.data_dir / FOLDER, instant)
        for name, file in content.files():
            files.bring(name, file)
        return filling.establish(database, content, instant, over=replace, tell=tell)


def _report(settings: Settings, manifest: archive.Manifest, rows: int, aside: Path | None) -> None:
    made_at = datetime.fromtimestamp(manifest.made_at // SECOND, UTC).isoformat()
    say("restored", made_at=made_at, url=settings.database_url, rows=rows, files=manifest.files[0])
    if aside:
        say("aside", path=aside)
    say("again")
    if manifest.key is None:
        say("set_key")


def _take_key(content: archive.Content, key_file: Path | None, replace: bool, instant: int) -> None:
    """Put the key of our pages in its place, unless the settings keep it. Raises Stop if another one lies there."""
    key = content.key()
    if key is None or key_file is None or (there := _read(key_file)) == key:
        return
    if there is not None:
        if not replace:
            raise Stop("key_differs")
        key_file.rename(key_file.with_name(f"{key_file.name}.before-{instant // SECOND}"))
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        os.fsync(file.fileno())


def _certificates(settings: Settings) -> dict[str, bytes]:
    """The certificates of service reports, with their keys: without them nobody could tell later what was ours."""
    folder = settings.data_dir / FOLDER
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if _is_kept(path)}


def _is_kept(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _take_certificates(content: archive.Content, folder: Path, instant: int) -> None:
    """Put them in their place; others that lie there are moved aside whole."""
    brought = dict(content.certificates())
    there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if _is_kept(path)}
    if not brought or brought == there:
        return
    if there:
        folder.rename(folder.with_name(f"{folder.name}.before-{instant // SECOND}"))
    for name, file in brought.items():
        place = folder / name
        if folder.resolve() not in place.resolve().parents:
            raise archive.Damaged(f"{archive.CERTIFICATES}{name}")
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.touch(mode=0o600)
        place.write_bytes(file)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
