"""Real `desk serve` processes: two on one PostgreSQL database are one desk; two on one SQLite file are refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.store import migrate
from core.words import HOUR
from tests.databases import Postgres
from tests.faults.filling import Filling
from tests.faults.living import Eye
from tests.processes.programs import Program, desk, environment, serving
from tests.store.versions import LAST, ONLY_ADDS, TAKES_AWAY, folder_with

pytestmark = pytest.mark.slow
MOUNTAIN = 20_000
"""Messages that wait when a desk starts: it cannot send them all before it is told to stop."""


@dataclass(frozen=True)
class Two:
    """Two programs on one database."""

    url: str
    env: dict[str, str]
    one: Program
    other: Program


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: what a desk has learned lies there, and the next one starts faster."""
    return tmp_path_factory.mktemp("desks")


def test_the_second_on_a_file_is_refused(folder: Path) -> None:
    """It says so in words, with exit status 1. The first works on; told to stop while thousands of messages wait, it leaves none
    in its hands of which nobody would know whether it was shown."""
    env = environment(folder, "")
    assert desk(env, "migrate").returncode == 0
    url = f"sqlite:///{folder / 'var' / 'desk.db'}"
    with Filling(url, _now() - HOUR) as filling:
        filling.outbox(MOUNTAIN)
    with serving(env, folder, "first") as first:
        first.ready()
        second = desk(env, "serve")
        assert second.returncode == 1 and "已经有一个服务台在运行" in second.stderr, second.stderr
        assert first.get("/healthz").status_code == 200
        assert first.stop() == 0
    eye = Eye(url, _now, watch=False)
    states = dict(eye.connection.all(text("SELECT state, count(*) FROM outbox GROUP BY state")))
    assert set(states) == {"sent", "waiting"} and sum(states.values()) == MOUNTAIN, states
    assert eye.one("SELECT max(attempts) FROM outbox") == 1
    eye.close()


@pytest.fixture(scope="module")
def two(folder: Path, postgres: Postgres, postgres_template: str) -> Iterator[Two]:
    """Two programs that serve one database, in one folder."""
    url = postgres.fresh(postgres_template)
    env = environment(folder, url)
    with serving(env, folder, "one") as one, serving(env, folder, "two") as other:
        one.ready()
        other.ready()
        yield Two(url, env, one, other)
    postgres.drop(url)


@pytest.mark.req("S35")
def test_two_programs_are_one_desk(two: Two) -> None:
    """A visitor's page is open at one process while he writes at both, as behind a load balancer: his page wakes, his words
    stay in order, and each is heard once."""
    said = [f"三号空压机漏油，第{number}次补充" for number in range(12)]
    token = two.one.post("/api/chat/session").json()["token"]
    with _looking(two.other, token) as looks:
        for number, text in enumerate(said):
            assert _writes((two.one, two.other)[number % 2], token, number, text) == 200
        _until(lambda: _answers(two.other, token))
        _until(lambda: len(looks) >= 2)
    [shown] = {tuple(_mine(program, token)) for program in (two.one, two.other)}
    assert list(shown) == said
    eye = Eye(two.url, _now, watch=False)
    assert eye.one("SELECT count(*) FROM process") == 2
    assert eye.one("SELECT count(*) FROM ticket") == 1
    told = "SELECT event_private.data FROM event_private JOIN event ON event.id = event_id WHERE stream LIKE 'ticket:%' ORDER BY seq"
    words = " ".join(eye.column(told))
    assert [text for text in said if text in words] == said and words.index("第1次") < words.index("第11次")
    _until(lambda: not eye.unfinished())
    assert eye.broken() == []
    eye.close()


def test_programs_that_are_too_old_end(two: Two, tmp_path: Path) -> None:
    """A later version takes a column away: running programs take nothing new, and end with exit status 4 before that happens."""
    newer, token = folder_with(tmp_path, ONLY_ADDS, TAKES_AWAY), two.one.post("/api/chat/session").json()["token"]
    answered: list[int] = []

    def knock(old: object) -> bool:
        for program in (two.one, two.other):
            with suppress(httpx.HTTPError):
                answered.append(_writes(program, token, 100, "空压机漏油"))
        time.sleep(0.1)
        return True

    migrate.migrate(two.url, folder=newer, clock=_now, wait=knock)
    assert answered and set(answered) == {503}
    assert (two.one.ends(), two.other.ends()) == (4, 4), two.one.log.read_text()
    assert migrate.revision(two.url) == LAST
    again = desk(two.env, "serve")
    assert again.returncode != 0, again.stderr


def _writes(program: Program, token: str, number: int, text: str) -> int:
    """The status with which the visitor's message was answered."""
    said = {"token": token, "id": f"message-{number}", "kind": "text", "text": text}
    return program.post("/hook/webchat", **said).status_code


def _now() -> int:
    return time.time_ns() // 1_000


@contextmanager
def _looking(program: Program, token: str) -> Iterator[list[str]]:
    """A page that is open: how often it was told to look."""
    looks: list[str] = []

    def listen() -> None:
        with (
            suppress(httpx.HTTPError),
            httpx.stream(
                "GET", f"{program.url}/api/chat/stream", params={"token": token}, timeout=10, trust_env=False
            ) as stream,
        ):
            looks.extend(line for line in stream.iter_lines() if line == "data: look")

    threading.Thread(target=listen, daemon=True).start()
    _until(lambda: looks)
    yield looks


def _mine(program: Program, token: str) -> list[str]:
    return [line["text"] for line in _lines(program, token) if line["mine"]]


def _answers(program: Program, token: str) -> list[str]:
    return [line["text"] for line in _lines(program, token) if not line["mine"]]


def _lines(program: Program, token: str) -> list[dict[str, Any]]:
    return program.get("/api/chat/messages", token=token).json()["lines"]


def _until(true: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "in time"
        time.sleep(0.05)
