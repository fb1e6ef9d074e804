"""`desk understand`: what the desk makes of a text, line by line, so that wording and lexicons can be judged without a chat."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from config.engines import AT_LEISURE, REMOTE, Asking, remote_engine
from config.loading import Unusable, load
from config.packs import DEFAULT, PackError, packs_of
from config.secret import CannotReveal
from config.understanding_settings import UnderstandingSettings
from core.words import Micros
from dialogue.understanding.engine import NoAnswer, NotInstalled, Remote
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Context, Entity, Order, Understanding

CONFIG = Path(__file__).parent
ROLES = ("customer", "engineer", "manager", "procurement", "agent")
ENGINES = ("embedded", "embed", "rasa", "llm")
ENDED = {
    "rasa": "Rasa's server at {url} gives no answer ({why}); make rasa builds, trains and serves one",
    "llm": "the language model at {url} gives no answer ({why}); see [understanding.llm] in desk.example.toml",
}
"""Why an engine elsewhere cannot be used, and the next step."""
TIMEZONE = "Asia/Shanghai"
"""Where no settings can be read."""
DECIMALS = 4
"""Of a confidence as printed."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadLine(ValueError):
    """A line of input that cannot be read; the message says why, `identity` is its id if it has one."""

    def __init__(self, why: str, identity: Any = None) -> None:
        self.identity = identity
        super().__init__(why)


class NoEngine(Exception):
    """An engine that cannot be used; the message says why, and the next step."""


def understand_command(argv: Sequence[str]) -> int:
    """`desk understand [--role R] [--engine E] [--at ISO]`; 1 if a line could not be read, 2 if the engine is not there."""
    arguments = _arguments(argv)
    zone, packs, chosen = _house()
    try:
        folders = [pack.folder for pack in packs_of(arguments.pack or packs)]
    except PackError as error:
        print(f"desk understand: {error}", file=sys.stderr)
        return 2
    try:
        at = _instant(arguments.at, zone) if arguments.at else _micros(datetime.now(UTC))
    except ValueError:
        print(f"desk understand: --at is not an ISO time: {arguments.at!r}", file=sys.stderr)
        return 2
    name = arguments.engine or chosen.engine
    try:
        within = "embedded" if name in REMOTE else name
        mind = Mind.load(CONFIG / "nlu", CONFIG / "lexicon", model_cache(), str(zone), folders, within)
        mind = _asking(mind, chosen, name) if name in REMOTE and arguments.role == "customer" else mind
    except (NoEngine, NotInstalled) as why:
        print(f"desk understand: {why}", file=sys.stderr)
        return 2
    status = _answer_all(mind, arguments.role, at, zone)
    if isinstance(mind, Asking):
        mind.close()
    return status


def _answer_all(mind: Mind, role: str, at: Micros, zone: ZoneInfo) -> int:
    status = 0
    for place, words in _lines(sys.stdin.buffer):
        try:
            answer = _answer(mind, words, role, at, zone)
        except BadLine as error:
            print(f"line {place}: {error}", file=sys.stderr)
            answer, status = _empty(error.identity) | {"error": str(error)}, 1
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.flush()
    return status


def model_cache() -> Path | None:
    """The user's own cache folder for trained models; None if there can be none, and then every start trains."""
    with suppress(OSError, RuntimeError):
        home = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(home) if home else Path.home() / ".cache") / "huiying"
        folder.mkdir(parents=True, exist_ok=True)
        return folder if os.access(folder, os.W_OK) else None
    return None


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "desk understand", description="JSON lines on stdin: {id, text, ref_time?, context?}"
    )
    parser.add_argument("--role", choices=ROLES, default="customer", help="who is speaking")
    parser.add_argument("--engine", choices=ENGINES, help="what ranks the intents (as the settings say)")
    parser.add_argument(
        "--pack", action="append", metavar="PACK", help="an industry pack, by name or folder; repeatable"
    )
    parser.add_argument("--at", metavar="ISO", help='what "tomorrow" counts from, where a line has no ref_time')
    return parser.parse_args(argv)


def _asking(mind: Mind, chosen: UnderstandingSettings, name: str) -> Asking:
    """The mind with an engine elsewhere, which has answered once. Raises NoEngine."""
    url = chosen.rasa.url if name == "rasa" else chosen.llm.url
    try:
        remote = remote_engine(chosen, name, AT_LEISURE)
        assert remote is not None
        asyncio.run(_once(remote))
    except CannotReveal as error:
        raise NoEngine(f"{name}: the secret {error.reference} cannot be read") from None
    except NoAnswer as no:
        raise NoEngine(ENDED[name].format(url=url, why=no)) from None
    except ValueError as missing:
        raise NoEngine(f"the engine {name} needs {missing} (desk.toml)") from None
    return Asking(mind, remote, lambda no: print(f"without {name} ({no}): embedded", file=sys.stderr))


async def _once(remote: Remote) -> None:
    try:
        await remote.ask("你好")
    finally:
        await remote.close()


def _house() -> tuple[ZoneInfo, tuple[str, ...], UnderstandingSettings]:
    """The time zone, the packs and the engines of the settings."""
    try:
        settings = load()
        return ZoneInfo(settings.timezone), settings.pack, settings.understanding
    except Unusable as unusable:
        print(
            f"desk understand: the settings cannot be used, times are read in {TIMEZONE}: {unusable}", file=sys.stderr
        )
        return ZoneInfo(TIMEZONE), (DEFAULT,), UnderstandingSettings()


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for place, line in enumerate(stream, 1):
        if line.strip():
            yield place, line


def _answer(mind: Mind, words: bytes, role: str, at: Micros, zone: ZoneInfo) -> dict[str, Any]:
    line = _read(words)
    text = line["text"]
    try:
        when = _instant(line["ref_time"], zone) if line.get("ref_time") is not None else at
    except (ValueError, TypeError):
        raise BadLine(f"ref_time is not an ISO time: {line['ref_time']!r}", line.get("id")) from None
    answer = _empty(line.get("id"))
    if role == "customer":
        return answer | _of_customer(mind.customer(text, when))
    try:
        context = _context(line.get("context"))
    except BadLine as error:
        raise BadLine(str(error), line.get("id")) from None
    order = mind.order(text, when, role, context)
    return answer | _of_staff(order, mind.entities(text, when))


def _read(words: bytes) -> dict[str, Any]:
    try:
        line = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from None
    if not isinstance(line, dict) or not isinstance(line.get("text"), str):
        raise BadLine('a line is {"id": …, "text": "…"}', line.get("id") if isinstance(line, dict) else None)
    return line


def _context(said: Any) -> Context:
    if said is None:
        return Context()
    if not isinstance(said, dict):
        raise BadLine("context is {last_ticket, my_open, customers}")
    mine, customers = said.get("my_open") or (), said.get("customers") or {}
    if not isinstance(mine, (list, tuple)) or not isinstance(customers, dict):
        raise BadLine("context: my_open is a list, customers a table of name and number")
    last = said.get("last_ticket")
    names = {str(name): str(number) for name, number in customers.items()}
    return Context(None if last is None else str(last), tuple(map(str, mine)), names)


def _empty(identity: Any) -> dict[str, Any]:
    names = ("intent", "confidence", "ranking", "decision", "entities", "slots", "action", "ticket", "args")
    return {"id": identity} | dict.fromkeys(names)


def _of_customer(meant: Understanding) -> dict[str, Any]:
    return {
        "intent": meant.intent,
        "confidence": round(meant.confidence, DECIMALS),
        "ranking": [[intent, round(confidence, DECIMALS)] for intent, confidence in meant.ranking],
        "decision": meant.decision,
        "entities": _entities(meant.entities),
        "slots": meant.slots,
    }


def _of_staff(order: Order, entities: Sequence[Entity]) -> dict[str, Any]:
    return {
        "confidence": round(order.confidence, DECIMALS),
        "entities": _entities(entities),
        "action": order.action,
        "ticket": {"form": order.ticket.form, "id": order.ticket.id},
        "args": order.args,
    }


def _entities(entities: Sequence[Entity]) -> list[dict[str, Any]]:
    return [
        {"entity": each.entity, "start": each.start, "end": each.end, "value": each.value, "raw": each.raw}
        for each in entities
    ]


def _instant(iso: str, zone: ZoneInfo) -> Micros:
    """An instant in ISO; without an offset it is local. Raises ValueError, TypeError."""
    read = datetime.fromisoformat(iso)
    return _micros(read if read.tzinfo else read.replace(tzinfo=zone))


def _micros(instant: datetime) -> Micros:
    return (instant - _EPOCH) // timedelta(microseconds=1)
