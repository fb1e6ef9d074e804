"""`desk import`: staff, customers and former tickets from tables, staff from DingTalk's directory (S71-S75)."""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy.exc import SQLAlchemyError

from config.import_talk import Declined, Talk
from config.loading import Unusable, load
from config.policies import policies
from config.settings import Settings
from config.tables import lines_of
from core.house import House
from core.links.customers import CustomersImporter
from core.links.directory import Directory
from core.links.form_columns import FormColumns
from core.links.importing import Importer, Read, Tally, carry_out, examine, preview
from core.links.known import Scope
from core.links.lines import Line, TableRefused
from core.links.mapping import HEADER_WITHIN, Mapping, propose, recalled, saved
from core.links.reading import customer_row, staff_row, ticket_row
from core.links.refusals import Refusals, harmless, private_file
from core.links.rows import TicketRow
from core.links.spool import Spool
from core.links.staff import StaffImporter
from core.links.tickets import TicketsImporter
from core.links.vocabulary import Kind
from core.people.linking import issue_code, links_of, staff_of
from core.store import migrate
from core.store.database import Database
from core.store.numbers import RowIds
from core.store.turn import Cause, Turn
from core.wording import Wording
from core.words import HOUR, SECOND

SYSTEMS = {"staff": "hr", "customers": "erp", "tickets": "legacy", "dingtalk": "dingtalk"}
"""How the other system is called where nobody says otherwise: numbers are remembered under its name."""
CODE_HOURS = 72
"""How long codes that are handed out in bulk are valid: long enough for everybody to come by."""
BREATH = 0.02
"""Seconds between two turns on SQLite, in which a running desk has the file to itself."""
WAITS = 12
"""How often the wait for a SQLite file is begun anew, five seconds each."""
PLAN_ANEW = "SET plan_cache_mode = force_custom_plan"
"""A plan that was made while a table was small reads all of it, again and again, when it has grown."""
PROGRESS = 5_000
"""Lines between two words of progress."""


@dataclass
class Store:
    """The desk's database, beside a running desk or without one."""

    database: Database
    house: House
    cause: str

    def __post_init__(self) -> None:
        self._writing, self._ids = self.database.connect(), RowIds()
        if self.database.kind == "postgresql":
            self._writing.say(PLAN_ANEW)

    @contextmanager
    def begin(self) -> Iterator[Turn]:
        """A turn of its own, kept when it ends well."""
        try:
            with ExitStack() as stack:
                self._wait_for_turn(stack)
                turn = self._turn(self._writing)
                yield turn
                turn.keep()
        except BaseException:
            self._ids.forget()
            raise

    @contextmanager
    def looking(self) -> Iterator[Turn]:
        """A turn that only reads."""
        with self.database.reading() as connection:
            yield self._turn(connection)

    def close(self) -> None:
        self._writing.close()
        self.database.close()

    def _wait_for_turn(self, stack: ExitStack) -> None:
        """Begin a transaction. A busy desk may hold a SQLite file longer than one wait."""
        for left in reversed(range(WAITS)):
            try:
                stack.enter_context(self._writing.transaction())
                return
            except sqlite3.OperationalError as error:
                if not left or "locked" not in str(error):
                    raise

    def _turn(self, connection: Any) -> Turn:
        return Turn(connection, self.house, time.time_ns() // 1_000, Cause(self.cause), self._ids, "cli")


@dataclass(frozen=True)
class Source:
    """What is imported: lines, what makes rows of them, and who takes the rows."""

    kind: str
    system: str
    headers: tuple[str, ...]
    lines: Iterator[Line]
    read: Read
    importer: Importer
    fingerprint: str


def import_command(argv: list[str]) -> int:
    """Import a table or a directory; the exit status."""
    given = _arguments(argv)
    try:
        settings = load()
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    talk = Talk(settings.languages[0], given.yes)
    if not _is_current(settings.store_url()):
        print(talk.words("migrate"), file=sys.stderr)
        return 1
    cause = f"import:{given.what}:{secrets.token_hex(8)}"
    house = House(policies(settings), lambda: secrets.token_hex(16), Wording.load())
    store = Store(Database(settings.store_url()), house, cause)
    try:
        return _import(given, settings, store, talk)
    except TableRefused as refused:
        talk.explain(refused)
    except Declined:
        talk.say("declined")
    except _database_errors() as error:
        print(talk.words("broken_off", why=type(error).__name__), file=sys.stderr)
    finally:
        store.close()
    return 1


def _import(given: argparse.Namespace, settings: Settings, store: Store, talk: Talk) -> int:
    source = _directory(given, settings, talk) if given.what == "dingtalk" else _table(given, store.house, talk)
    started = time.monotonic()
    with Spool() as spool:
        count = examine(source.lines, source.read, source.importer, spool)
        if not count:
            raise TableRefused("nothing_there")
        talk.say("examining", count=count, seconds=time.monotonic() - started)
        with Refusals(Path(given.refused), source.headers, talk.lang) as refusals:
            tally = preview(spool, source.importer, store.looking, refusals.tell)
        talk.numbers("will", tally)
        talk.examples(tally)
        if refusals.written:
            talk.say("refused_file", path=given.refused)
        if given.dry_run:
            talk.say("dry")
            return 0
        if tally.changes_something:
            talk.confirm("ask_numbers")
            talk.confirm("ask_go")
            _carry_out(given, source, spool, store, talk)
        else:
            talk.say("nothing")
    if given.codes:
        return _hand_out_codes(Path(given.codes), store, talk)
    return 0


def _carry_out(given: argparse.Namespace, source: Source, spool: Spool, store: Store, talk: Talk) -> None:
    started = time.monotonic()
    with Refusals(Path(given.refused), source.headers, talk.lang) as refusals:
        tally = carry_out(spool, source.importer, store.begin, refusals.tell, _pause(store, talk))
    with store.begin() as turn:
        _finished(turn, source, tally)
    talk.numbers("have", tally)
    seconds = time.monotonic() - started
    talk.say("took", seconds=seconds, rate=tally.total / max(seconds, 0.001))


def _table(given: argparse.Namespace, house: House, talk: Talk) -> Source:
    path, kind = Path(given.file), given.what
    lines = lines_of(path, given.sheet, given.encoding)
    first = list(islice(lines, HEADER_WITHIN))
    mapping = _agreed(given, propose(kind, first), talk)
    below = (line for line in chain(first, lines) if line.number > mapping.header_line)
    system = given.system or SYSTEMS[kind]
    scope = Scope(house.policies.entity, system, kind == "staff")
    columns = FormColumns.of(house.policies.forms if kind == "tickets" else (), mapping)
    if columns.forms:
        talk.say("form_columns", labels="、".join(columns.labels))

    def ticket(line: Line) -> TicketRow | None:
        row = ticket_row(line, mapping, house.zone)
        return columns.fill(row, line, today(house.zone)) if row is not None and columns.forms else row

    reads: dict[Kind, Read] = {
        "staff": lambda line: staff_row(line, mapping),
        "customers": lambda line: customer_row(line, mapping),
        "tickets": ticket,
    }
    importers: dict[Kind, Callable[[Scope], Importer]] = {
        "staff": StaffImporter,
        "customers": CustomersImporter,
        "tickets": TicketsImporter,
    }
    headers = tuple(column.header for column in mapping.columns)
    return Source(kind, system, headers, below, reads[kind], importers[kind](scope), _fingerprint(path))


def today(zone: ZoneInfo) -> date:
    """The present day in local time."""
    return datetime.now(zone).date()


def _agreed(given: argparse.Namespace, proposed: Mapping, talk: Talk) -> Mapping:
    """The mapping: recalled from its file, or agreed on and kept there. Raises TableRefused, Declined."""
    kept = Path(given.mapping) if given.mapping else None
    if kept and kept.exists():
        mapping = recalled(_yaml(kept), proposed)
        talk.say("mapping_used", path=kept)
        talk.show(mapping)
    else:
        mapping = talk.agree(proposed)
    mapping.must_do()
    if kept and not kept.exists():
        words = yaml.safe_dump(saved(mapping, given.system or SYSTEMS[given.what]), allow_unicode=True, sort_keys=False)
        kept.write_text(words, encoding="utf-8")
        talk.say("mapping_saved", path=kept)
    return mapping


def _directory(given: argparse.Namespace, settings: Settings, talk: Talk) -> Source:
    from config.directories import dingtalk_directory

    started = time.monotonic()
    directory: Directory = dingtalk_directory(settings)
    seconds = time.monotonic() - started
    talk.say("directory_read", units=len(directory.units), members=len(directory.members), seconds=seconds)
    roles = _yaml(Path(given.mapping)).get("roles") or {} if given.mapping else {}
    system = given.system or SYSTEMS["dingtalk"]
    importer = StaffImporter(
        Scope(settings.entity, system, True),
        everybody={member.id for member in directory.members},
        departments=directory.paths,
        many_may_leave=given.many_may_leave,
    )
    headers = ("userid", "name", "mobile", "title", "department")
    sheet = talk.words("directory")
    return Source("dingtalk", system, headers, directory.lines(sheet), directory.reader(roles), importer, "")


def _hand_out_codes(path: Path, store: Store, talk: Talk) -> int:
    """One-time codes for everybody whose chat is not linked yet, in a file that only its owner can read."""
    lasts = CODE_HOURS * HOUR
    try:
        file = private_file(path, os.O_EXCL)
    except FileExistsError:
        print(talk.words("codes_there", path=path), file=sys.stderr)
        return 1
    with file, store.begin() as turn:
        writer, house = csv.writer(file), store.house
        writer.writerow(talk.listed("code_headers"))
        until = datetime.fromtimestamp((turn.now + lasts) / SECOND, house.zone).strftime("%Y-%m-%d %H:%M")
        unlinked = [
            person for person in staff_of(turn, house.policies.entity) if person.active and not links_of(turn, person)
        ]
        for person in unlinked:
            code = issue_code(turn, person, house.chance(), lasts)
            told = (person.name, person.department, person.title, code, until)
            writer.writerow([harmless(cell or "") for cell in told])
        file.flush()
        os.fsync(file.fileno())
    if unlinked:
        talk.say("codes", count=len(unlinked), path=path, hours=CODE_HOURS)
    else:
        path.unlink()
        talk.say("codes_none")
    return 0


def _finished(turn: Turn, source: Source, tally: Tally) -> None:
    turn.record(
        "import.finished",
        entity=turn.house.policies.entity,
        stream=f"import:{source.system}:{source.kind}",
        data={
            "file": source.fingerprint,
            "counts": dict(tally.counts),
            "partly": tally.partly,
            "more": dict(tally.more),
        },
    )


def _pause(store: Store, talk: Talk) -> Callable[[int], None]:
    told = 0

    def pause(done: int) -> None:
        nonlocal told
        if store.database.kind == "sqlite":
            time.sleep(BREATH)
        if done - told >= PROGRESS:
            told = done
            print(talk.words("progress", done=done), file=sys.stderr)

    return pause


def _fingerprint(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _yaml(path: Path) -> dict[str, Any]:
    try:
        kept = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TableRefused("mapping_unreadable") from error
    if not isinstance(kept, dict):
        raise TableRefused("mapping_unreadable")
    return kept


def _is_current(url: str) -> bool:
    """Whether the database is there and has the tables of this version."""
    try:
        return migrate.state(url) == "current"
    except SQLAlchemyError:
        return False


def _database_errors() -> tuple[type[Exception], ...]:
    import psycopg

    return sqlite3.Error, psycopg.Error


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="desk import", description="bring in staff, customers and former tickets")
    kinds = parser.add_subparsers(dest="what", required=True)
    for kind in (*get_args(Kind), "dingtalk"):
        adding = kinds.add_parser(kind, help=_HELP[kind])
        if kind != "dingtalk":
            adding.add_argument("file", help=".xlsx or .csv")
            adding.add_argument("--sheet", help="which sheet; without it the first visible one")
            adding.add_argument("--encoding", help="of a .csv; without it the file is looked at")
        else:
            adding.add_argument("--many-may-leave", action="store_true", help="let many members leave at once")
        adding.add_argument("--mapping", metavar="FILE.yaml", help="confirmed columns and roles, kept or recalled")
        adding.add_argument("--system", help=f"name of the other system ({SYSTEMS[kind]})")
        adding.add_argument("--refused", metavar="FILE.csv", default="refused.csv", help="lines that are not taken")
        adding.add_argument("--dry-run", action="store_true", help="show what would happen, and stop")
        adding.add_argument("--yes", action="store_true", help="ask nothing")
        if kind in ("staff", "dingtalk"):
            adding.add_argument("--codes", metavar="FILE.csv", help="one-time codes for everybody not yet linked")
        else:
            adding.set_defaults(codes=None)
    return parser.parse_args(argv)


_HELP = {
    "staff": "members of the staff and the organisation tree",
    "customers": "customers, e.g. as Kingdee exports them",
    "tickets": "finished tickets of former times",
    "dingtalk": "staff and organisation tree from DingTalk's directory",
}
