"""What a run of kills is told as."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bots.emulated.wecom import WeComServer
from core.store.database import Database
from core.words import SECOND
from tests.prove.examination import number, rows, shown
from tests.prove.killing import Run, Toll
from tests.prove.ledger import Alarms
from tests.prove.people import Crowd
from tests.prove.provider import SlowProvider

FILE = "KILL_TABLES"
"""Environment variable that names a file to which the tables are appended."""
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL (fsync off)"}
WAITED = """
SELECT outbox.sent_at - inbox.received_at FROM inbox JOIN outbox ON outbox.key = 'inbox:' || inbox.id || '.0'
WHERE inbox.channel = 'wecom' AND outbox.state = 'sent'
"""


@dataclass(frozen=True)
class Told:
    """The figures of a run, as database, platform and people know them. Waits are in seconds, in rising order."""

    taken: int
    repeated: int
    inbox: int
    reported: int
    tickets: int
    fired: int
    waiting: int
    sent: int
    repeats: int
    shown_twice: int
    shown_twice_to_staff: int
    events: int
    customers_waited: Sequence[float]
    staff_waited: Sequence[float]

    @classmethod
    def of(cls, database: Database, platform: WeComServer, provider: SlowProvider, crowd: Crowd) -> Told:
        channels = "channel IN ('wecom', 'wecom_kf')"
        sent = dict(
            rows(database, f"SELECT channel, count(*) FROM outbox WHERE state = 'sent' AND {channels} GROUP BY channel")
        )
        taken = sum(map(len, crowd.taken.values())) + len(crowd.reported)
        first: dict[str, int] = {}
        for one in platform.sent:
            first.setdefault(one.to, one.at)
        customers = [first[one] - at for one, at in crowd.reported_at.items() if one in first]
        return cls(
            taken=taken,
            repeated=crowd.deliveries - taken,
            inbox=number(database, "SELECT count(*) FROM inbox"),
            reported=len(crowd.reported),
            tickets=number(database, "SELECT count(*) FROM ticket WHERE entity = 'main'"),
            fired=number(database, "SELECT count(*) FROM timer WHERE state = 'fired'"),
            waiting=number(database, "SELECT count(*) FROM timer WHERE state = 'waiting'"),
            sent=sum(sent.values()),
            repeats=len(provider.calls) - sum(sent.values()),
            shown_twice=sum(one.channel == "wecom_kf" for one in platform.sent) - sent.get("wecom_kf", 0),
            shown_twice_to_staff=_shown_twice_to_staff(database, platform, provider),
            events=number(database, "SELECT count(*) FROM event"),
            customers_waited=sorted(at / SECOND for at in customers),
            staff_waited=sorted(at / SECOND for (at,) in rows(database, WAITED)),
        )


def _shown_twice_to_staff(database: Database, platform: WeComServer, provider: SlowProvider) -> int:
    """The platform keeps a repetition from showing for ten seconds only, and by its content: it also swallows an answer that
    is the same as the last one, so that messages are told apart by their keys."""
    with database.reading() as connection:
        named = shown(connection, provider.calls)
    visible = {one.ref for one in platform.sent if one.channel == "wecom"}
    keys = [one.key for call, one in zip(provider.calls, named, strict=True) if call.ref in visible]
    return len(keys) - len(set(keys))


@dataclass(frozen=True)
class Done:
    """What became of the processes: wrongly taken for dead, groups done again; seconds from the last kill until nothing was
    left to do, and of the whole run."""

    fenced: int
    conflicts: int
    drained: float
    seconds: float


def print_table(kind: str, run: Run, toll: Toll, told: Told, alarms: Alarms, done: Done, broken: int) -> None:
    """To the terminal, and to the file that FILE names."""
    lines = {
        "kill -9": toll.kills,
        "messages taken": told.taken,
        "deliveries repeated by the platform": told.repeated,
        "inbox rows": told.inbox,
        "faults reported": told.reported,
        "tickets made of them": told.tickets,
        "timers fired": told.fired,
        "timers that wait for their time": told.waiting,
        "messages sent": told.sent,
        "on their way to the platform at a kill": toll.under_way,
        "outcome known at a kill, not yet written": toll.unwritten,
        "messages handed to the platform again": told.repeats,
        "the same, per kill": f"{told.repeats / toll.kills:.2f}",
        "of these shown twice to a customer": told.shown_twice,
        "of these shown twice to staff": told.shown_twice_to_staff,
        **alarms.lines(),
        "groups done again after a conflict": done.conflicts,
        "processes wrongly taken for dead": done.fenced,
        "events, all chains whole": told.events,
        "broken promises": broken,
        "report to answer, p50 / p99 / longest": _spread(told.customers_waited),
        "note to answer, p50 / p99 / longest": _spread(told.staff_waited),
        "until nothing was left to do": f"{done.drained:.0f} s",
        "whole run": f"{done.seconds:.0f} s",
    }
    title = f"kill -9 under load, {DATABASES[kind]}, {run.processes} process{'es' * (run.processes > 1)}, platform answers after"
    table = "\n".join(
        ["", f"{title} {run.answer * 1000:.0f} ms", *(f"  {name:<42}{value:>22}" for name, value in lines.items()), ""]
    )
    print(table)
    if os.environ.get(FILE):
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
            file.write(table)


def _spread(waits: Sequence[float]) -> str:
    if not waits:
        return "none"
    places = (len(waits) // 2, len(waits) * 99 // 100, len(waits) - 1)
    return " / ".join(f"{waits[place]:.1f}" for place in places) + " s"
