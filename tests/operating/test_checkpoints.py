"""Checkpoints: what a hash chain alone cannot show is shown by what was sworn to (S8, S35)."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from config.auditing import AuditKey, keep, kept
from config.verifying import verify
from core.store import chain, checkpoints
from core.store.checkpoints import Checkpoint
from core.store.model import Event
from core.words import HOUR, SECOND
from tests.operating.sworn import KEY, an_hour_later, drafted, found, grow, swear, tamper
from tests.store.standing import Stand, stand


@pytest.fixture
def desk(desk_url: str) -> Iterator[Stand]:
    """Three streams, three checkpoints; the second one covers what grew, the third one nothing new."""
    with stand(desk_url) as desk:
        for stream in ("ticket:1", "ticket:2", "person:3"):
            grow(desk, stream, 3)
        an_hour_later(desk)
        grow(desk, "ticket:1", 2)
        an_hour_later(desk)
        for _ in range(4):
            an_hour_later(desk)
        yield desk


def test_what_nobody_touched_is_whole(desk: Stand) -> None:
    assert found(desk) == []
    report = verify(desk.database, [KEY.public], [], "en")
    assert (report.count, report.events, report.made, report.open) == (0, 11, 6, 0)
    assert list(report.lines())[-1].startswith("Whole: 11 events, 6 checkpoints")


def recomputed(desk: Stand) -> None:
    """Somebody writes the first event of ticket:2 anew, and all hashes after it: the chain itself holds again."""
    with desk.database.reading() as connection:
        rows = connection.all(select(Event.table).where(Event.table.c.stream == "ticket:2").order_by(Event.table.c.seq))
    prev, statements = chain.START, []
    for row in map(Event.from_db, rows):
        row.data, row.prev = {"n": 99}, prev
        prev = row.hash = chain.seal(row)
        columns = f"data = '{row.to_db()['data']}', prev = '{row.prev}', hash = '{row.hash}'"
        statements.append(f"UPDATE event SET {columns} WHERE id = {row.id}")
    tamper(desk, *statements)


TAMPERINGS: dict[str, tuple[Callable[[Stand], None], set[str]]] = {
    "a tail cut off": (lambda desk: tamper(desk, "DELETE FROM event WHERE stream = 'ticket:1' AND seq > 3"), {"gone"}),
    "a chain removed": (lambda desk: tamper(desk, "DELETE FROM event WHERE stream = 'person:3'"), {"gone"}),
    "a chain written anew": (recomputed, {"changed"}),
    "a checkpoint removed": (lambda desk: tamper(desk, "DELETE FROM checkpoint WHERE number = 2"), {"gap"}),
    "a checkpoint changed": (
        lambda desk: tamper(desk, "UPDATE checkpoint SET heads = '[]' WHERE number = 1"),
        {"digest"},
    ),
    "a signature changed": (
        lambda desk: tamper(desk, "UPDATE checkpoint SET signature = '00' WHERE number = 5"),
        {"signature"},
    ),
    "a key put in its place": (
        lambda desk: tamper(desk, f"UPDATE checkpoint SET key = '{AuditKey('mine').public}' WHERE number = 5"),
        {"digest", "key"},
    ),
}


@pytest.mark.req("S8", "S35")
@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(desk: Stand, how: str) -> None:
    act, expected = TAMPERINGS[how]
    act(desk)
    with desk.database.reading() as connection:
        assert list(chain.faults(connection)) == [], "the chains alone show nothing"
    assert {breach.why for breach in found(desk)} == expected
    report = verify(desk.database, [KEY.public], [], "zh")
    assert report.count == len({(b.why, b.stream, b.seq) for b in found(desk)}) and "处问题" in list(report.lines())[-1]


def test_a_changed_event_and_changed_words_are_named(desk: Stand) -> None:
    tamper(
        desk,
        "UPDATE event SET kind = 'other' WHERE stream = 'ticket:2' AND seq = 2",
        "UPDATE event SET data = 'no json' WHERE stream = 'ticket:1' AND seq = 1",
        'UPDATE event_private SET data = \'{"text":"没漏"}\' '
        "WHERE event_id = (SELECT id FROM event WHERE stream = 'person:3' AND seq = 3)",
    )
    with desk.database.reading() as connection:
        assert set(chain.breaks(connection)) == {
            chain.Break("ticket:2", 2),
            chain.Break("ticket:1", 1),
            chain.Break("person:3", 3, private=True),
        }


def test_erased_words_are_no_break(desk: Stand) -> None:
    tamper(desk, "DELETE FROM event_private")
    report = verify(desk.database, [KEY.public], [], "zh")
    assert report.count == 0


def test_of_two_processes_one_swears(desk: Stand) -> None:
    grow(desk, "ticket:1")
    desk.clock[0] += HOUR
    first, second = drafted(desk), drafted(desk)
    assert swear(desk, first) is not None and swear(desk, second) is None
    assert desk.column("SELECT number FROM checkpoint ORDER BY number") == [1, 2, 3, 4, 5, 6, 7]


def test_when_a_checkpoint_is_due(desk: Stand) -> None:
    desk.clock[0] += checkpoints.PERIOD - 1
    with desk.database.reading() as connection:
        assert not checkpoints.due(connection, desk.clock[0])
        assert checkpoints.due(connection, desk.clock[0] + 1)


def test_each_names_only_what_grew(desk: Stand) -> None:
    with desk.database.reading() as connection:
        heads = [{(stream, seq) for stream, seq, _ in made.heads} for made in checkpoints.after(connection, 0)]
    all_three = {("ticket:1", 3), ("ticket:2", 3), ("person:3", 3)}
    assert heads[0] == all_three
    assert heads[1] == (all_three - {("ticket:1", 3)}) | {("ticket:1", 5)}
    assert heads[5] == set()


def test_a_row_that_comes_late_is_covered_by_the_next(desk: Stand) -> None:
    """A process whose clock is an hour behind, or whose transaction took so long, records beneath the last checkpoint."""
    an_hour_later(desk)
    desk.clock[0] -= HOUR
    grow(desk, "ticket:late")
    desk.clock[0] += HOUR
    made = an_hour_later(desk)
    assert made and ("ticket:late", 1) in {(stream, seq) for stream, seq, _ in made.heads}


def test_young_events_wait(desk: Stand) -> None:
    desk.clock[0] += HOUR
    grow(desk, "ticket:4")
    desk.clock[0] += checkpoints.MARGIN - SECOND
    assert not drafted(desk).heads
    desk.clock[0] += SECOND
    assert [head[:2] for head in drafted(desk).heads] == [("ticket:4", 1)]


def test_a_grown_desk_catches_up_in_steps(desk_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_EVENTS", 10)
    with stand(desk_url) as desk:
        for number in range(35):
            grow(desk, f"ticket:{number}")
            desk.clock[0] += SECOND
        desk.clock[0] += HOUR
        steps = []
        while (draft := drafted(desk)).full:
            steps.append(swear(desk, draft))
        steps.append(swear(desk, draft))
        assert len(steps) == 4 and max(len(step.heads) for step in steps if step) <= 11
        covered = {head[0] for step in steps if step for head in step.heads}
        assert covered == {f"ticket:{number}" for number in range(35)}
        assert found(desk) == []


@pytest.mark.req("S35")
def test_what_was_kept_elsewhere_outlives_the_database(desk: Stand, tmp_path: Path) -> None:
    """Whoever cuts off the chains and the checkpoints that knew of them is found out by the copy."""
    place = tmp_path / "elsewhere"
    assert keep(desk.database, place) == 6 and keep(desk.database, place) == 6
    assert [made.number for file in sorted(place.iterdir()) for made in kept(file)] == [1, 2, 3, 4, 5, 6]
    assert verify(desk.database, [KEY.public], [place], "en").count == 0
    tamper(
        desk,
        "DELETE FROM checkpoint WHERE number > 1",
        "DELETE FROM event WHERE stream = 'ticket:1' AND seq > 3",
    )
    assert found(desk) == []
    report = verify(desk.database, [KEY.public], [place], "en")
    assert report.count == 6
    assert any("ticket:1: event 5 is gone; checkpoint 2" in fault for fault in report.faults)


def test_a_copy_that_was_changed_proves_nothing(desk: Stand, tmp_path: Path) -> None:
    keep(desk.database, tmp_path)
    file = next(tmp_path.glob("*.jsonl"))
    file.write_text(file.read_text().replace("ticket:2", "ticket:9"))
    report = verify(desk.database, [KEY.public], [tmp_path], "en")
    assert report.count == 4 and all("itself changed" in fault for fault in report.faults)


def test_a_line_that_was_never_finished_is_written_again(desk: Stand, tmp_path: Path) -> None:
    """Killed while it wrote."""
    keep(desk.database, tmp_path)
    file = next(tmp_path.glob("*.jsonl"))
    file.write_bytes(file.read_bytes()[:-20])
    assert keep(desk.database, tmp_path) == 6
    assert [made.number for made in kept(file)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.req("S35")
def test_another_program_can_check_the_signature(desk: Stand, tmp_path: Path, needs: Callable[[str], str]) -> None:
    with desk.database.reading() as connection:
        made: Checkpoint = next(checkpoints.after(connection, 1))
    said = {name: getattr(made, name) for name in ("number", "at", "upto", "heads", "prev", "key")}
    plain = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(plain.encode()).hexdigest() == made.digest, "anybody can compute it"
    (tmp_path / "key.pem").write_text(KEY.pem())
    (tmp_path / "signature").write_bytes(bytes.fromhex(made.signature))

    def says(digest: str) -> int:
        (tmp_path / "digest").write_text(digest)
        words = "pkeyutl -verify -pubin -inkey key.pem -rawin -in digest -sigfile signature"
        return subprocess.run([needs("openssl"), *words.split()], cwd=tmp_path, capture_output=True).returncode

    assert says(made.digest) == 0 and says("0" * 64) == 1
