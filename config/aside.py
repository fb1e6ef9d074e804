"""`desk dead` and `desk quarantine`: what was set aside is looked at by a person, and tried again (死信、隔离)."""

from __future__ import annotations

import argparse
import getpass
import socket
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import bindparam, select

from config.beside import act_beside
from config.logging import redact
from config.reading import reader
from core.refused import Refused
from core.store.again import STREAM, Aside, again, drop, set_aside
from core.store.intake import Delivery, store
from core.store.model import QUARANTINED, Quarantine
from core.store.numbers import RowIds
from core.store.turn import Turn
from core.words import SECOND, Channel, Micros
from notifier.outcomes import said_late

T = TypeVar("T")
MOST = 200
"""Most of a sort that are listed."""
REPLAYED, DROPPED = "replayed", "dropped"
"""States of a delivery that waits no longer."""

_waiting = select(Quarantine.table).where(QUARANTINED).order_by(Quarantine.table.c.at.desc()).limit(bindparam("most"))


def dead_command(argv: list[str]) -> int:
    """`desk dead list | again | drop`: the desk may run."""
    parser = argparse.ArgumentParser(
        prog="desk dead", description="messages that were not delivered or handled, parked reminders, work given up"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="what was set aside, without anybody's words")
    for name, what in (("again", "have it tried once more"), ("drop", "let it be")):
        acting = actions.add_parser(name, help=what)
        acting.add_argument("refs", nargs="*", metavar="REF", help="as the list names it, e.g. outbox:12")
        acting.add_argument("--all", metavar="SORT", choices=["outbox", "inbox", "timer", "job"], help="all of a sort")
    given = parser.parse_args(argv)
    if given.action == "list":
        return act_beside(lambda turn: _table(map(_line, set_aside(turn.connection, MOST))))
    verb = again if given.action == "again" else drop
    return act_beside(lambda turn: _each(_refs(turn, given), lambda ref: verb(turn, ref)), _who())


def quarantine_command(argv: list[str]) -> int:
    """`desk quarantine list | show | replay | drop`: the desk may run."""
    parser = argparse.ArgumentParser(prog="desk quarantine", description="deliveries that nobody could read")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="what waits, without its content")
    shown = actions.add_parser("show", help="a delivery as it came (personal data!), for desk read")
    shown.add_argument("id", type=int)
    for name, what in (("replay", "read it once more, after a fix"), ("drop", "let it be")):
        acting = actions.add_parser(name, help=what)
        acting.add_argument("ids", nargs="*", type=int, metavar="ID")
        acting.add_argument("--all", action="store_true")
    given = parser.parse_args(argv)
    if given.action == "list":
        return act_beside(lambda turn: _table(map(_quarantined, turn.rows(Quarantine, _waiting, most=MOST))))
    if given.action == "show":
        return act_beside(lambda turn: _show(turn, given.id))
    verb = _replay if given.action == "replay" else _drop
    return act_beside(lambda turn: _each(_ids(turn, given), lambda key: verb(turn, key)), _who())


def _refs(turn: Turn, given: argparse.Namespace) -> list[str]:
    if given.all is None:
        return given.refs
    return [aside.ref for aside in set_aside(turn.connection, MOST) if aside.ref.startswith(f"{given.all}:")]


def _ids(turn: Turn, given: argparse.Namespace) -> list[int]:
    return [row.id for row in turn.rows(Quarantine, _waiting, most=MOST)] if given.all else given.ids


def _each(found: Iterable[T], act: Callable[[T], None]) -> str:
    count = 0
    for one in found:
        act(one)
        count += 1
    return f"{count} ✓"


def _replay(turn: Turn, key: int) -> None:
    """Read a delivery again; its messages come in as they would have then. Raises Refused if it still cannot be read."""
    row = _find(turn, key)
    read: Channel = reader(row.channel)  # type: ignore[assignment]
    delivery = Delivery.read(read, [row.raw], None)
    if delivery.unreadable:
        raise Refused(f"{key}：还是读不懂 · still nobody can read it: {delivery.unreadable[0][1]}")
    store(turn.connection, [delivery], turn.now, RowIds())
    for ref, receipt in delivery.late:
        said_late(turn, delivery.channel, ref, receipt)
    row.state = REPLAYED
    _record(turn, "operator.replayed", row)


def _drop(turn: Turn, key: int) -> None:
    row = _find(turn, key)
    row.state = DROPPED
    _record(turn, "operator.dropped", row)


def _show(turn: Turn, key: int) -> str:
    sys.stdout.buffer.write(_find(turn, key).raw)
    return ""


def _find(turn: Turn, key: int) -> Quarantine:
    row = turn.get(Quarantine, key, lock=True) if 0 <= key < 2**63 else None
    if row is None or row.state != "waiting":
        raise Refused(f"{key}：不在隔离区 · is not in quarantine: desk quarantine list")
    return row


def _record(turn: Turn, kind: str, row: Quarantine) -> None:
    data = {"what": f"quarantine:{row.id}", "channel": row.channel}
    turn.record(kind, entity=turn.house.policies.entity, stream=STREAM, data=data)


def _line(aside: Aside) -> str:
    return f"{aside.ref:<18}{_instant(aside.at)}  {aside.state:<8}  {aside.what:<28}  {redact(aside.error)}"


def _quarantined(row: Quarantine) -> str:
    return f"{row.id:<10}{_instant(row.at)}  {row.channel:<12}{len(row.raw):>8} bytes  {redact(row.error)}"


def _table(lines: Iterable[str]) -> str:
    return "\n".join(lines) or "没有 · nothing"


def _instant(at: Micros) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _who() -> str:
    """The account that gave the command, and the machine on which it did."""
    return f"shell:{getpass.getuser()}@{socket.gethostname()}"
