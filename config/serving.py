"""`desk serve`: the desk, live, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from config.calendar import Calendar
from config.carriers import carriers
from config.declared import REPORTS
from config.desk import Desk, build, lexicons_of, load_mind
from config.doctor import MARKS, examine, spoken_here
from config.engines import REMOTE, remote_engine
from config.keys import KEY_FILE, derived_key, web_key
from config.listening import CannotListen, open_socket, serve
from config.loading import Unusable, load
from config.logging import log_to_stderr
from config.plugging import channel_makers, staff_channels
from config.policies import policies
from config.report_press import press_of
from config.running import LiveRunner, Supervisor
from config.secret import CannotReveal
from config.settings import Settings
from config.troubles import Finding
from config.voice import listening_to_voices
from config.watching import Watch
from core.clocks.beginning import begin
from core.insight import monthly
from core.people.passes import Pages
from core.privacy import sweeping
from core.scans.codes import Codes
from core.store.database import AlreadyRunning, Database
from core.store.files import FileStore
from core.store.processes import Fenced
from core.store.waking import Listener, News
from core.tickets import marking
from web.app import app
from web.bells import Bells
from web.front import BOARD, Front
from web.hooks import Door

log = logging.getLogger("huiying.serving")

FENCED, OUT_OF_DATE = 3, 4
"""Exit status: taken for dead by the other processes (start it again); too old for the database (upgrade it)."""
DRAIN = 5.0
"""Seconds that messages under way have when the desk stops; those left go out after the next start."""
WORDS = {
    "zh": {
        "refused": "启动不了。改好上面的问题再试；desk doctor 可以随时检查。",
        "running": "这个数据库上已经有一个服务台在运行：{why}",
        "no_key": "还没有看板链接：先用 desk serve 启动一次（同一个目录、同一个用户）。",
        "listen": "不能监听 {host}:{port}（{why}）。换一个端口（listen_port），或先停掉占用它的程序。",
        "ready": "服务台已启动：{url}\n网页聊天：{url}/chat\n工单看板（链接只给员工）：{board}\n按 Ctrl+C 停止。",
    },
    "en": {
        "refused": "The desk cannot start. Put the above right and try again; desk doctor checks at any time.",
        "running": "A desk already runs on this database: {why}",
        "no_key": "There is no board link yet: start the desk once with desk serve (same folder, same user).",
        "listen": "Cannot listen on {host}:{port} ({why}). Choose another listen_port, or stop what uses it.",
        "ready": "The desk is running: {url}\nweb chat: {url}/chat\nticket board (link for staff only): {board}\nCtrl+C stops it.",
    },
}


def serve_command(argv: Sequence[str]) -> int:
    """Run the desk with its settings. The exit status: 0 after an orderly stop, 1 if it could not start, FENCED or
    OUT_OF_DATE if it had to end."""
    argparse.ArgumentParser(prog="desk serve", description="runs the desk until it is stopped").parse_args(argv)
    said = WORDS[spoken_here()]
    settings = _usable_settings()
    if settings is None:
        print(said["refused"], file=sys.stderr)
        return 1
    database = Database(settings.store_url())
    try:
        database.own()
        listening = open_socket(settings.listen_host, settings.listen_port)
    except AlreadyRunning as error:
        print(said["running"].format(why=error), file=sys.stderr)
        return 1
    except CannotListen as error:
        database.close()
        host, port = settings.listen_host, settings.listen_port
        print(said["listen"].format(host=host, port=port, why=error), file=sys.stderr)
        return 1
    log_to_stderr()
    with asyncio.Runner(loop_factory=_loop) as runner:
        ended = runner.run(_live(settings, database, listening, said["ready"]))
    return 0 if ended is None else FENCED if isinstance(ended, Fenced) else OUT_OF_DATE


def board_link_command(argv: Sequence[str]) -> int:
    """Say the link to the board with its key: where no terminal saw the start (systemd). The exit status: 1 if there is none."""
    argparse.ArgumentParser(
        prog="desk board-link", description="the link that opens the board; whoever has it may see the board"
    ).parse_args(argv)
    try:
        settings = load()
    except Unusable as unusable:
        _say([trouble.said(spoken_here()) for trouble in unusable.troubles])
        return 1
    made = settings.web_key is not None or (settings.data_dir / KEY_FILE).exists()
    try:
        key = web_key(settings) if made else None
    except (CannotReveal, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if key is None:
        print(WORDS[spoken_here()]["no_key"], file=sys.stderr)
        return 1
    print(f"{_url(settings, settings.listen_host, settings.listen_port)}/board?key={board_key_of(key)}")
    return 0


def doors(desk: Desk) -> dict[str, Door]:
    """An entrance for each channel of the desk."""
    return {name: Door.of(channel, desk.accept_for(name)) for name, channel in desk.channels.items()}


def front(desk: Desk, entity: str, bells: Bells, board_key: str | None, **more: Any) -> Front:
    """The desk as its pages see it; the board's bell rings after every commit."""
    desk.watchers.append(lambda: bells.ring(BOARD))
    visitors: Any = desk.channels.get("webchat")
    level = desk.house.policies.service_level
    return Front(
        desk.database,
        entity,
        level,
        desk.clock,
        bells,
        desk.files.read,
        visitors,
        board_key,
        desk.house.pages,
        desk.look,
        desk.act,
        desk.files.put,
        press=desk.press,
        **more,
    )


def pages_of(settings: Settings, key: str) -> Pages | None:
    """Where staff reach pages from their chats; None as long as no public address is set. `key` is the key of our pages."""
    if settings.public_url is None:
        return None
    return Pages(settings.public_url.rstrip("/"), derived_key(key, "passes").encode())


def codes_of(key: str) -> Codes:
    """What makes and reads QR codes, from the key of our pages."""
    return Codes(derived_key(key, "codes").encode())


def board_key_of(key: str) -> str:
    """The key to the board, from the key of our pages."""
    return derived_key(key, "board")[:32]


def clock() -> int:
    """The present instant in microseconds."""
    import time

    return time.time_ns() // 1_000


def _url(settings: Settings, host: str, port: int) -> str:
    """The public address, or without one where the desk listens."""
    return (settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/")


def _usable_settings() -> Settings | None:
    """The settings, or None after saying what is wrong with them."""
    lang = spoken_here()
    settings = None
    try:
        settings = load()
        findings = examine(settings, lang)
    except Unusable as unusable:
        findings = [trouble.said(lang) for trouble in unusable.troubles]
    _say(findings)
    return None if any(finding.level == "error" for finding in findings) else settings


def _say(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(MARKS[finding.level], finding.what, finding.next_step, file=sys.stderr)


async def _live(settings: Settings, database: Database, listening: socket.socket, ready: str) -> Exception | None:
    """Serve until told to stop; why this process had to end, if it had to."""
    bells, files, key = Bells(), FileStore(settings.data_dir / "files"), web_key(settings)
    rules = policies(settings)
    engine = settings.understanding.engine
    mind = load_mind(rules, settings.data_dir / "mind", settings.pack, "embedded" if engine in REMOTE else engine)
    carried = carriers(settings, bells.ring)
    makers = {**channel_makers(settings, files, bells.ring), **carried.makers}
    pages_known, accounts = pages_of(settings, key), carried.accounts
    remote = remote_engine(settings.understanding)
    listens = listening_to_voices(settings, lexicons_of(settings.pack), clock)
    desk = build(
        database, rules, makers, files, clock, mind, press=press_of(settings),
        pages=pages_known, codes=codes_of(key), accounts=accounts, remote=remote, listens=listens,
        staff_channels=staff_channels(settings),
    )  # fmt: skip
    stop, ended = asyncio.Event(), list[Exception]()

    def end(why: Exception) -> None:
        ended.append(why)
        stop.set()

    runner, supervisor = LiveRunner(desk, end), Supervisor(desk)
    calendar = Calendar(runner.kick, rules.zone)
    listener, begun = _listener(desk, bells), asyncio.ensure_future(_begin(desk))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    board_key = board_key_of(key)
    secure = (settings.public_url or "").startswith("https://")
    watch = Watch(desk, settings, key, runner.alive)
    asked = {"metrics": watch.metrics, "metrics_key": watch.metrics_key, "channels": tuple(desk.channels)}
    pages = front(desk, settings.entity, bells, board_key, healthy=runner.alive, secure=secure, **asked)

    def say_so() -> None:
        url = _url(settings, *listening.getsockname()[:2])
        board = f"{url}/board?key={board_key}" if sys.stdout.isatty() else f"{url}/board?key=…"
        print(ready.format(url=url, board=board), flush=True)
        log.info("serving", extra={"status": "ready"})

    runner.start()
    supervisor.start()
    calendar.start()
    watch.begin(calendar)
    if listener:
        listener.start()
    try:
        await serve(app(doors(desk), pages), listening, stop, say_so, bells.close)
    finally:
        begun.cancel()
        if listener:
            await asyncio.to_thread(listener.stop)
        await _stop(desk, runner, supervisor, calendar, drain=not any(isinstance(why, Fenced) for why in ended))
    return ended[0] if ended else None


async def _begin(desk: Desk) -> None:
    """What holds from now on is recorded. A desk that cannot do so yet serves none the less."""
    try:
        await desk.act(begin)
        await desk.act(lambda turn: monthly.begin(turn, REPORTS))
        await desk.act(sweeping.begin)
        await desk.act(marking.begin)
    except Exception:
        log.exception("the policies of this desk could not be recorded, or what it does by itself not be ordered")


def _listener(desk: Desk, bells: Bells) -> Listener | None:
    """What hears the other processes, where there may be some: pages wake, and work that is left over is taken up."""
    if not desk.database.shared:
        return None
    loop = asyncio.get_running_loop()

    def heard(news: News) -> None:
        for room in news.rooms:
            bells.ring(room)
        desk.heard(news)

    def hand_over(news: News) -> None:
        loop.call_soon_threadsafe(heard, news)

    return Listener(desk.database, desk.pump.holder, hand_over)


async def _stop(desk: Desk, runner: LiveRunner, supervisor: Supervisor, calendar: Calendar, *, drain: bool) -> None:
    """In the order in which nothing is lost: no new messages, those under way go out, their outcomes are written down.

    Without `drain` others have taken the work over already.
    """
    log.info("stopping", extra={"status": "stopping"})
    calendar.stop()
    await supervisor.stop()
    desk.pump.draining = desk.deliverer.draining = True
    runner.kick()
    loop = asyncio.get_running_loop()
    until = loop.time() + (DRAIN if drain else 0)
    while (desk.deliverer.busy or desk.worker.busy or desk.pump.pending) and loop.time() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await runner.stop()
    await asyncio.sleep(0)
    await desk.close()
    log.info("stopped", extra={"status": "stopped"})


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
