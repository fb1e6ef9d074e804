"""Real `desk serve` processes: two on one PostgreSQL database are one desk; two on one SQLite file are refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.store import migrate
from tests.faults.living import Eye
from tests.processes.programs import Program, desk, environment, serving
from tests.store.versions import ONLY_ADDS, TAKES_AWAY, folder_with

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: what a desk has learned lies there, and the next one starts faster."""
    return tmp_path_factory.mktemp("desks")


def test_the_second_on_a_file_is_refused(folder: Path) -> None:
    """It says so in words, with exit status 1; the first works on."""
    env = environment(folder, "")
    assert desk(env, "migrate").returncode == 0
    with serving(env, folder, "first") as first:
        first.ready()
        second = desk(env, "serve")
        assert second.returncode == 1 and "已经有一个服务台在运行" in second.stderr, second.stderr
        assert first.get("/healthz").status_code == 200
        assert first.stop() == 0


@pytest.mark.req("S35")
def test_two_programs_are_one_desk(folder: Path, desk_on_postgres: str) -> None:
    """A visitor's page is open at one process while he writes at both, as behind a load balancer: his page wakes, his words
    stay in order, and each is heard once."""
    env = environment(folder, desk_on_postgres)
    said = [f"三号空压机漏油，第{number}次补充" for number in range(12)]
    with serving(env, folder, "one") as one, serving(env, folder, "two") as two:
        one.ready()
        two.ready()
        token = one.post("/api/chat/session").json()["token"]
        with _looking(two, token) as looks:
            for number, text in enumerate(said):
                body = {"token": token, "id": f"message-{number}", "kind": "text", "text": text}
                assert (one, two)[number % 2].post("/hook/webchat", **body).status_code == 200
            _until(lambda: _answers(two, token))
            _until(lambda: len(looks) >= 2)
        [shown] = {tuple(_mine(program, token)) for program in (one, two)}
        assert list(shown) == said
        eye = Eye(desk_on_postgres, _now, watch=False)
        assert eye.one("SELECT count(*) FROM process WHERE until > since") == 2
        assert one.stop() == two.stop() == 0
    assert eye.column("SELECT holder FROM process") == []
    assert eye.one("SELECT count(*) FROM ticket") == 1
    told = "SELECT event_private.data FROM event_private JOIN event ON event.id = event_id WHERE stream LIKE 'ticket:%' ORDER BY seq"
    words = " ".join(eye.column(told))
    assert [text for text in said if text in words] == said and words.index("第1次") < words.index("第11次")
    assert eye.broken() == []
    eye.close()


def test_a_program_that_is_too_old_ends(folder: Path, desk_on_postgres: str, tmp_path: Path) -> None:
    """A later version takes a column away: the running program takes nothing new, and ends with exit status 4 before that
    happens."""
    env = environment(folder, desk_on_postgres)
    newer = folder_with(tmp_path, ONLY_ADDS, TAKES_AWAY)
    with serving(env, folder, "older") as older:
        older.ready()
        token = older.post("/api/chat/session").json()["token"]
        answered: list[int] = []

        def knock(old: object) -> bool:
            with suppress(httpx.HTTPError):
                said = {"token": token, "id": "message-1", "kind": "text", "text": "空压机漏油"}
                answered.append(older.post("/hook/webchat", **said).status_code)
            time.sleep(0.1)
            return True

        migrate.migrate(desk_on_postgres, folder=newer, clock=_now, wait=knock)
        assert set(answered) == {503}
        assert older.ends() == 4, older.log.read_text()
        assert migrate.revision(desk_on_postgres) == "0004"
        again = desk(env, "serve")
        assert again.returncode != 0, again.stderr


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
