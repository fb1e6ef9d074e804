"""Backup and restore: what was in the desk is in the file, and in the desk made of it, whichever database it lies on."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import threading
from pathlib import Path

import orjson
import pytest

from config import archive
from core.store import chain, migrate
from core.store.database import Database
from core.store.files import FileStore
from core.store.model import OutboxState
from notifier.reports.authority import Authority
from tests.operating.sworn import grow
from tests.operating.whole_desk import Operator, same, sums, with_a_past
from tests.scenario import story
from tests.store.standing import delivery, message, stand

PHOTO = b"a photograph of an air compressor" * 1000


def backed_up(operator: Operator, url: str, path: Path) -> dict[str, tuple[int, str]]:
    """A backup of a desk with a past; what was in it."""
    FileStore(operator.data / "files").put(PHOTO)
    (operator.data / "web.key").write_text("0123456789abcdef")
    Authority(operator.data / "reports", "宁波精工").seal()
    with with_a_past(url):
        before = sums(url)
        assert operator.says(url, "backup", str(path)) == 0
        return before


def test_certificates_that_lie_there_are_moved_aside_whole(operator: Operator, desk_url: str, tmp_path: Path) -> None:
    path, folder = tmp_path / "desk.tar.gz", operator.data / "reports"
    backed_up(operator, desk_url, path)
    before = (folder / "root.pem").read_bytes()
    shutil.rmtree(folder)
    Authority(folder, "另一家")
    assert operator.says(desk_url, "restore", "--replace", str(path)) == 0
    assert (folder / "root.pem").read_bytes() == before
    [aside] = operator.data.glob("reports.before-*")
    assert (aside / "root.pem").read_bytes() != before


@pytest.mark.req("S35")
def test_a_backup_becomes_the_same_desk_on_either_database(
    operator: Operator, desk_url: str, empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "desk.tar.gz"
    before = backed_up(operator, desk_url, path)
    assert path.stat().st_mode & 0o077 == 0
    other = Operator(tmp_path / "other machine", operator._patch)
    assert other.says(empty_url, "restore", str(path)) == 0
    said = capsys.readouterr().out
    assert "may be sent again" in said and "Whole:" in said
    same(before, sums(empty_url))
    assert migrate.state(empty_url) == "current" and migrate.drift(empty_url) == []
    assert (other.data / "web.key").read_text() == "0123456789abcdef"
    assert [path.read_bytes() for path in (other.data / "files").glob("*/*")] == [PHOTO]
    assert Authority(other.data / "reports", "宁波精工").root == Authority(operator.data / "reports", "宁波精工").root
    assert {path.stat().st_mode & 0o077 for path in (other.data / "reports").iterdir()} == {0}
    with story(empty_url) as desk:
        li = desk.customer("李先生", "webchat", phone="13800138022")
        li.says("注塑机报 E-07")
        assert li.hears("ack_created").ticket == "GD-1002"
        desk.chains_are_whole()


def test_a_backup_under_load_is_one_instant(operator: Operator, desk_url: str, empty_url: str, tmp_path: Path) -> None:
    """Messages pour in while it is written. The restored desk has all of some instant, goes on from there, and holds nothing."""
    path, stop, groups = tmp_path / "desk.tar.gz", threading.Event(), []
    with stand(desk_url) as desk:

        def load() -> None:
            number = 0
            while not stop.is_set():
                for _ in range(5):
                    number += 1
                    desk.submit(delivery(message(number, room=f"room {number % 7}")))
                grow(desk, f"ticket:{number % 11}", 2)
                groups.append(number)

        running = threading.Thread(target=load)
        running.start()
        while len(groups) < 5:
            stop.wait(0.01)
        before = len(groups)
        assert operator.says(desk_url, "backup", str(path)) == 0
        after = len(groups)
        stop.set()
        running.join()
    assert after > before, "nothing came in while it was written"
    assert operator.says(empty_url, "restore", str(path)) == 0
    with stand(empty_url) as restored:
        kept = restored.column("SELECT count(*) FROM inbox")[0]
        assert 5 * before <= kept <= 5 * after + 10
        events = restored.column("SELECT count(*) FROM event")[0]
        assert events == 2 * kept // 5 or events == 2 * (kept // 5 - 1), "messages and turns of one instant"
        with restored.database.reading() as connection:
            assert list(chain.faults(connection)) == []
        restored.submit(delivery(*(message(number, room=f"room {number % 7}") for number in range(1, kept + 3))))
        grow(restored, "ticket:1", 2)
        assert restored.column("SELECT count(*) FROM inbox")[0] == kept + 2, "known messages are known again"
        with restored.database.reading() as connection:
            assert list(chain.faults(connection)) == []


def test_what_was_under_way_is_free_again(operator: Operator, desk_url: str, tmp_path: Path) -> None:
    path, target = tmp_path / "desk.tar.gz", f"sqlite:///{tmp_path / 'other.db'}"
    with with_a_past(desk_url) as desk:
        connection = desk.rehearsal.desk.database.connect()
        connection.say("UPDATE outbox SET state = 'leased', lease = 'a dead process.1', due_at = 9000000000000000")
        connection.close()
        assert operator.says(desk_url, "backup", str(path)) == 0
    assert operator.says(target, "restore", str(path)) == 0
    with Database(target).reading() as connection:
        states = {row[0] for row in connection.raw.execute("SELECT state FROM outbox").fetchall()}
    assert states == {OutboxState.WAITING}


def test_a_desk_with_data_is_replaced_only_when_told(operator: Operator, desk_url: str, tmp_path: Path) -> None:
    path = tmp_path / "desk.tar.gz"
    before = backed_up(operator, desk_url, path)
    with story(desk_url) as desk:
        desk.customer("后来的人", phone="13800138033")
    later = sums(desk_url)
    assert later != before
    assert operator.says(desk_url, "restore", str(path)) == 1
    assert sums(desk_url) == later
    assert operator.says(desk_url, "restore", "--replace", str(path)) == 0
    same(before, sums(desk_url))
    if desk_url.startswith("sqlite"):
        aside = next(Database(desk_url).path.parent.glob("desk.db.before-*"))
        assert sums(f"sqlite:///{aside}") == later


def test_another_key_is_replaced_only_when_told(operator: Operator, desk_url: str, tmp_path: Path) -> None:
    path, target = tmp_path / "desk.tar.gz", f"sqlite:///{tmp_path / 'other.db'}"
    backed_up(operator, desk_url, path)
    key = operator.data / "web.key"
    key.write_text("another")
    assert operator.says(target, "restore", str(path)) == 1
    assert key.read_text() == "another" and not (tmp_path / "other.db").exists()
    assert operator.says(target, "restore", "--replace", str(path)) == 0
    assert key.read_text() == "0123456789abcdef"
    assert [path.read_text() for path in operator.data.glob("web.key.before-*")] == ["another"]


def rewritten(path: Path, change: str) -> None:
    """The archive with one thing in it that is not as it was."""
    members = []
    with gzip.open(path) as packed, tarfile.open(fileobj=packed) as tar:
        for info in tar:
            file = tar.extractfile(info)
            assert file is not None
            members.append((info, file.read()))
    with gzip.open(path, "wb") as packed, tarfile.open(mode="w|", fileobj=packed) as tar:
        for info, content in members:
            if change == info.name:
                continue
            if change == f"+{info.name}":
                content = content.replace(b"1", b"2", 1)
            if change == "format" and info.name == archive.MANIFEST:
                content = orjson.dumps({**orjson.loads(content), "format": 99})
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        if change == "twice":
            tar.addfile(members[-1][0], io.BytesIO(members[-1][1]))
        if change == "../stranger":
            tar.addfile(tarfile.TarInfo("../stranger"))


@pytest.mark.parametrize(
    "change",
    [
        "manifest.json",
        "web.key",
        "rows/event/0",
        "+rows/event/0",
        "+rows/ticket/0",
        "+web.key",
        "format",
        "twice",
        "../stranger",
    ],
)
def test_a_damaged_backup_is_refused(
    operator: Operator, sqlite_template: Path, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, path = tmp_path / "desk.db", tmp_path / "desk.tar.gz"
    source.write_bytes(sqlite_template.read_bytes())
    backed_up(operator, f"sqlite:///{source}", path)
    archive.check(path)
    rewritten(path, change)
    other = Operator(tmp_path / "other machine", operator._patch)
    assert other.says(f"sqlite:///{tmp_path / 'new.db'}", "restore", str(path)) == 1
    assert "damaged" in capsys.readouterr().err
    assert not (tmp_path / "new.db").exists() and not other.data.exists()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_backup_that_breaks_off_is_refused(operator: Operator, desk_url: str, tmp_path: Path, part: float) -> None:
    path = tmp_path / "desk.tar.gz"
    backed_up(operator, desk_url, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(archive.Damaged):
        archive.check(path)


def test_nothing_is_written_over_and_nothing_half_written_stays(
    operator: Operator, desk_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "backups" / "desk.tar.gz"
    path.parent.mkdir()
    backed_up(operator, desk_url, path)
    before = path.read_bytes()
    assert operator.says(desk_url, "backup", str(path)) == 1 and path.read_bytes() == before
    broken = Database(desk_url).connect()
    broken.say("ALTER TABLE ticket ADD COLUMN weight NUMERIC(4, 2)")
    broken.close()
    assert operator.says(desk_url, "backup", str(path.parent)) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_running_desk_is_not_restored_over(operator: Operator, sqlite_url: str, tmp_path: Path) -> None:
    migrate.create(sqlite_url)
    path = tmp_path / "desk.tar.gz"
    backed_up(operator, sqlite_url, path)
    running = Database(sqlite_url)
    running.own()
    assert operator.says(sqlite_url, "restore", "--replace", str(path)) == 1
    running.close()


def test_an_old_backup_becomes_a_desk_of_today(
    operator: Operator, database_url: str, empty_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "desk.tar.gz"
    migrate.migrate(database_url, "0001")
    connection = Database(database_url).connect()
    connection.say("INSERT INTO counter (name, value) VALUES ('row', 5001), ('ticket', 7)")
    connection.say("INSERT INTO shelf (name, value) VALUES ('cursor:wecom', 'x')")
    connection.close()
    assert operator.says(database_url, "backup", str(path)) == 0
    assert operator.says(empty_url, "restore", str(path)) == 0
    assert migrate.state(empty_url) == "current" and migrate.drift(empty_url) == []
    with stand(empty_url) as desk:
        grow(desk, "ticket:1")
        assert desk.column("SELECT value FROM shelf") == ["x"]
        assert desk.column("SELECT min(id) FROM event")[0] > 5000
