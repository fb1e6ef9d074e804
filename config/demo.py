"""`desk demo`: a desk to try in a browser, on this machine only. Everything in it is made up, and gone at the next start."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from config.channels.webchat import webchat
from config.demo_phones import ACCOUNTS, DemoPhones
from config.desk import Desk, build, lexicons_of, load_mind
from config.doctor import spoken_here
from config.fastforward import FastForward, MovableClock
from config.forms import forms_of
from config.listening import CannotListen, open_socket, serve
from config.logging import JsonLines
from config.packs import DEFAULT, PackError, packs_of, rules_of
from config.serving import doors, front
from config.voice import listening_if_installed
from core.clocks.calendar import Calendar
from core.people.linking import bind
from core.people.model import Person, Role
from core.people.passes import Pages
from core.people.phones import dialled
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.migrate import create
from core.store.turn import Cause, Turn
from core.words import MINUTE, SECOND, Inbound, Micros, Who
from notifier.reports.press import local_press
from web.app import LOOPBACK, app
from web.bells import Bells
from web.demo import ANYTHING, Player, Stage
from web.phones import Switchboard

HOST = "127.0.0.1"
PORT = 8741
CACHE = Path("var") / "mind"
"""Where the trained understanding is kept between starts."""
QUIET = 3 * SECOND
"""A report is answered sooner than on a real desk, where people are given longer to finish speaking."""
STORY = 150 * MINUTE
"""How long the house must still be open when the demonstration begins: at night an alarm takes other ways."""
AFTER_OPENING = 30 * MINUTE
"""Where it is not open for so long, its clock begins so long after the next opening."""
WORDS = {
    "zh": {
        "first": "第一次启动，先学几秒钟说话……",
        "ready": "演示已打开：{url}\n数据是虚构的，只在本机，每次启动都重新开始。按 Ctrl+C 结束。",
        "listen": "端口 {port} 用不了（{why}）。换一个：desk demo --port {other}",
    },
    "en": {
        "first": "First start: learning to understand people takes some seconds …",
        "ready": "The demonstration is open: {url}\nIts data is fictional, stays on this machine, and begins anew at each start. Ctrl+C ends it.",
        "listen": "Port {port} cannot be used ({why}). Try another: desk demo --port {other}",
    },
}


@dataclass(frozen=True)
class Part:
    """Somebody who appears in the demonstration."""

    key: str
    role: Role
    name: dict[str, str]
    phone: str
    on_duty: bool = False
    superior: str | None = None

    @property
    def number(self) -> str:
        """What is dialled to call them."""
        number = dialled(self.phone)
        assert number is not None
        return number


CAST = (
    Part("director", Role.MANAGER, {"zh": "李总监", "en": "Director Li"}, "13800000004"),
    Part("manager", Role.MANAGER, {"zh": "孙经理", "en": "Sun"}, "13800000003", on_duty=True, superior="director"),
    Part("engineer", Role.ENGINEER, {"zh": "刘工", "en": "Liu"}, "13800000002", on_duty=True, superior="manager"),
    Part("customer", Role.CUSTOMER, {"zh": "王女士", "en": "Ms Wang"}, "13800000001"),
)
"""Superiors before those whom they lead."""


def demo_command(argv: Sequence[str]) -> int:
    """Open the demonstration. The exit status: 0 after Ctrl+C, 1 if the port cannot be used."""
    parser = argparse.ArgumentParser(prog="desk demo", description="a desk to try, on this machine only")
    parser.add_argument("--port", type=int, help=f"port to listen on (default: {PORT}, or any free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--pack", action="append", metavar="PACK", help="an industry pack, by name or folder; repeatable"
    )
    given = parser.parse_args(argv)
    said = WORDS[spoken_here()]
    try:
        packs = [pack for pack in given.pack or (DEFAULT,) if packs_of([pack])]
        listening = _socket(given.port)
    except PackError as error:
        print(f"desk demo: {error}", file=sys.stderr)
        return 1
    except CannotListen as error:
        print(said["listen"].format(port=given.port, why=error, other=PORT + 1), file=sys.stderr)
        return 1
    if not CACHE.exists():
        print(said["first"], flush=True)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    with tempfile.TemporaryDirectory(prefix="huiying-demo-") as folder, asyncio.Runner() as runner:
        runner.run(_play(Path(folder), listening, said["ready"], not given.no_browser, packs))
    return 0


def begins(calendar: Calendar, now: Micros) -> Micros:
    """When the clock of a demonstration that is opened now begins."""
    if not calendar.is_open(now):
        return calendar.opens_next(now) + AFTER_OPENING
    later = now + STORY
    return now if calendar.is_open(later) else calendar.opens_next(later) + AFTER_OPENING


async def _play(folder: Path, listening: socket.socket, ready: str, browser: bool, packs: Sequence[str]) -> None:
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    bells, files, clock = Bells(), FileStore(folder / "files"), MovableClock()
    rules = Policies(rules=rules_of(packs), forms=forms_of(packs))
    rules = replace(rules, conversation=replace(rules.conversation, burst_quiet=QUIET))
    clock.move_to(begins(rules.calendar, clock()))

    def ring(name: str) -> None:
        bells.ring(name)
        bells.ring(ANYTHING)

    phones = DemoPhones(clock, ring)
    create(f"sqlite:///{folder / 'desk.db'}")
    database = Database(f"sqlite:///{folder / 'desk.db'}")
    makers = {"webchat": webchat(secrets.token_bytes(32), files, ring), **phones.makers()}
    desk = build(
        database,
        rules,
        makers,
        files,
        clock,
        load_mind(rules, CACHE, packs),
        staff_channels=frozenset(),
        pages=Pages(url, secrets.token_bytes(32)),
        accounts=ACCOUNTS,
        listens=listening_if_installed(lexicons_of(packs)),
        press=local_press(folder / "reports", rules.reports.company),
    )
    desk.watchers.append(lambda: bells.ring(ANYTHING))
    pump = FastForward(desk, clock)
    tasks = [asyncio.create_task(pump.run()), *phones.start(desk)]
    cast = Cast(desk)
    await cast.enter(spoken_here())
    numbers = {part.key: part.number for part in CAST if part.role != Role.CUSTOMER}
    stage = Stage(cast.enter, clock, rules.zone, phones.stopping(pump), bells, Switchboard(phones.telephones, numbers))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say_so() -> None:
        print(ready.format(url=url), flush=True)
        if browser and _has_browser():
            webbrowser.open(url)

    pages = app(doors(desk), front(desk, rules.entity, bells, None), stage, LOOPBACK)
    await serve(pages, listening, stop, say_so, bells.close)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await desk.close()


@dataclass
class Cast:
    """The people of the demonstration, each bound to a chat of his own."""

    desk: Desk
    ids: dict[str, int] = field(default_factory=dict)

    async def enter(self, lang: str) -> list[Player]:
        """Everybody, speaking this language."""
        await self.desk.act(lambda turn: self._set_up(turn, lang), Cause(f"demo:{secrets.token_hex(4)}"))
        chat: Any = self.desk.channels["webchat"]
        return [Player(part.key, part.name[lang], part.role, chat.token(part.key)) for part in CAST]

    def _set_up(self, turn: Turn, lang: str) -> None:
        for part in CAST:
            person = turn.get(Person, self.ids[part.key]) if part.key in self.ids else self._newcomer(turn, part)
            assert person is not None
            person.name, person.lang = part.name[lang], lang
            self.ids[part.key] = person.id

    def _newcomer(self, turn: Turn, part: Part) -> Person:
        person = turn.add(
            Person(
                id=turn.new_id(),
                entity=turn.house.policies.entity,
                role=part.role,
                phone=part.phone,
                on_duty=part.on_duty,
                reports_to=self.ids.get(part.superior or ""),
            )
        )
        chat: Any = self.desk.channels["webchat"]
        hello = Inbound(f"demo:{part.key}", turn.now, Who(part.key), chat.room(part.key), "enter")
        bind(turn, person, hello, proof="demo")
        return person


def _socket(port: int | None) -> socket.socket:
    """The usual port, or any free one if it is taken; a port that was asked for, or none."""
    if port is not None:
        return open_socket(HOST, port)
    try:
        return open_socket(HOST, PORT)
    except CannotListen:
        return open_socket(HOST, 0)


def _has_browser() -> bool:
    """Whether a browser could open beside this terminal, rather than in it."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
