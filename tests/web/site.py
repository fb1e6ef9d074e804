"""A real desk behind a real server on a free loopback port, for tests that speak HTTP with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from bots.webchat import WebChat
from config.channels.webchat import webchat
from config.desk import Desk, build, load_mind
from config.listening import open_socket, serve
from config.rehearsal import CODES
from config.running import LiveRunner
from config.serving import clock, doors, front
from core.forms.definition import Form
from core.people.linking import bind
from core.people.model import Person, Role
from core.people.passes import Pages
from core.policies import Policies
from core.reports.press import Press
from core.store.database import Database
from core.store.files import FileStore
from core.store.turn import Turn
from core.words import MILLISECOND, Inbound, Who
from dialogue.understanding.mind import Mind
from tests.learning import learnt
from web.app import app
from web.bells import Bells

KEY = b"key of the tests"
PASS_KEY = b"key of the tests' passes"
QUIET = 50 * MILLISECOND
"""Reports are answered soon, so that tests need not wait."""


@cache
def mind() -> Mind:
    """One for the whole run."""
    return load_mind(Policies(), learnt())


class Site:
    """The running site. `http` speaks with it, `desk` is what stands behind; `act` carries out a turn there."""

    def __init__(self, url: str, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self.desk, self._loop = url, desk, loop
        self.http = httpx.Client(base_url=url, timeout=10)
        chat: Any = desk.channels["webchat"]
        self.chat: WebChat = chat

    def act(self, do: Callable[[Turn], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(self.desk.act(do), self._loop).result(10)

    def visitor(self, name: str) -> Visitor:
        """Somebody with the chat page open."""
        return Visitor(self, self.chat.token(name))

    def engineer(self, name: str) -> Visitor:
        """An engineer on duty, bound to a chat."""
        return self.staff(name, Role.ENGINEER, "刘工")

    def staff(self, name: str, role: Role, called: str) -> Visitor:
        """Somebody of the staff, on duty, bound to a chat."""

        def enter(turn: Turn) -> int:
            entity = turn.house.policies.entity
            person = turn.add(Person(id=turn.new_id(), entity=entity, role=role, name=called, on_duty=True))
            bind(turn, person, Inbound("hello", turn.now, Who(name), self.chat.room(name), "enter"), proof="test")
            return person.id

        return Visitor(self, self.chat.token(name), self.act(enter))


class Visitor:
    """What a page does for its visitor."""

    def __init__(self, site: Site, token: str, person_id: int = 0) -> None:
        self.site, self.token, self.person_id = site, token, person_id
        self._count = 0

    def post(self, **said: Any) -> httpx.Response:
        self._count += 1
        return self.site.http.post("/hook/webchat", json={"token": self.token, "id": f"m{self._count}", **said})

    def says(self, text: str) -> None:
        assert self.post(kind="text", text=text).status_code == 200

    def sends(self, content: bytes, mime: str, *, kind: str = "image", name: str = "photo.jpg") -> httpx.Response:
        self._count += 1
        return self.site.http.post(
            "/hook/webchat",
            params={"id": f"m{self._count}", "kind": kind, "name": name},
            headers={"authorization": f"Bearer {self.token}", "content-type": mime},
            content=content,
        )

    def lines(self) -> list[dict[str, Any]]:
        return self.site.http.get("/api/chat/messages", params={"token": self.token}).json()["lines"]

    def waits_for(self, *words: str, seconds: float = 8) -> dict[str, Any]:
        """The first line of the desk that holds these words."""
        until = threading.Event()
        for _ in range(int(seconds / 0.05)):
            for line in self.lines():
                told = str([line.get("title"), line["text"], line.get("facts")])
                if not line["mine"] and all(word in told for word in words):
                    return line
            until.wait(0.05)
        raise AssertionError(f"nobody said {words}: {self.lines()}")


@contextmanager
def running(
    url: str,
    folder: Path,
    *,
    board_key: str | None = None,
    public: bool = True,
    forms: tuple[Form, ...] = (),
    press: Press | None = None,
    **accepts: Any,
) -> Iterator[Site]:
    """A desk on this database (with its tables), served until the end; `public` says whether it knows its own address, `forms` are those of
    its packs, `press` makes its reports.
    `accepts` replace the way into the core by channel."""
    started = threading.Event()
    found: list[Site] = []
    stops: list[Callable[[], object]] = []

    async def live() -> None:
        bells, files = Bells(), FileStore(folder / "files")
        rules = Policies(forms=forms)
        rules = replace(rules, conversation=replace(rules.conversation, burst_quiet=QUIET))
        listening = open_socket("127.0.0.1", 0)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        makers = {"webchat": webchat(KEY, files, bells.ring)}
        pages = Pages(address, PASS_KEY) if public else None
        desk = build(Database(url), rules, makers, files, clock, mind(), pages=pages, codes=CODES, press=press)
        runner, stop, loop = LiveRunner(desk), asyncio.Event(), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        found.append(Site(address, desk, loop))
        runner.start()
        entrances = {name: replace(door, accept=accepts.get(name, door.accept)) for name, door in doors(desk).items()}
        seen = front(desk, rules.entity, bells, board_key, healthy=runner.alive, channels=tuple(desk.channels))
        await serve(app(entrances, seen), listening, stop, started.set, bells.close)
        await runner.stop()
        await asyncio.sleep(0)
        await desk.close()

    mind()  # learnt before the clock of the start runs
    thread = threading.Thread(target=asyncio.run, args=(live(),), daemon=True)
    thread.start()
    assert started.wait(20), "the server did not start"
    try:
        yield found[0]
    finally:
        found[0].http.close()
        stops[0]()
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
