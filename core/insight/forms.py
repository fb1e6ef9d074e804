"""How well forms are filled in and how long that takes, by form and month (字段完整率, 填写时长, S79)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.forms.model import FormFilling
from core.links.tickets import CHANNEL
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import local
from core.words import Micros

_filling = FormFilling.table.c
_of_span = (
    select(FormFilling.table)
    .join(Ticket.table, Ticket.table.c.id == _filling.ticket_id)
    .where(
        Ticket.table.c.channel != CHANNEL,
        _filling.entity == bindparam("entity"),
        _filling.ticket_at >= bindparam("since"),
        _filling.ticket_at < bindparam("until"),
    )
    .order_by(_filling.ticket_at, _filling.id)
)


@dataclass(frozen=True, slots=True)
class Filled:
    """One form in one month (by when the tickets were made): `tickets` that have it; `completeness`, 0 to 1, the share of fields
    that are shown and required which are filled, `answered` of all that are shown, over all tickets together; `whole` tickets that
    lack nothing required; `timed` tickets that a person answered, `time` the mean from the first question to the last answer.
    None where there is nothing to divide by."""

    form: str
    month: str
    tickets: int
    whole: int
    completeness: float | None
    answered: float | None
    timed: int
    time: Micros | None


def filled(turn: Turn, entity: str, since: Micros, until: Micros) -> list[Filled]:
    """The forms of tickets made from `since` on and before `until`, by form and month in local time, as they stand now.
    Imported tickets do not count."""
    groups: dict[tuple[str, str], list[FormFilling]] = defaultdict(list)
    for row in turn.rows(FormFilling, _of_span, entity=entity, since=since, until=until):
        groups[row.form, f"{local(row.ticket_at, turn.house.zone):%Y-%m}"].append(row)
    return [_sum(form, month, rows) for (form, month), rows in sorted(groups.items())]


def filling_time(row: FormFilling) -> Micros | None:
    """From the first question, or the opening of the page, to the last answer of a person; None before there is one."""
    if row.began_at is None or row.last_at is None or row.last_at < row.began_at:
        return None
    return row.last_at - row.began_at


def _sum(form: str, month: str, rows: list[FormFilling]) -> Filled:
    needed, shown = sum(row.needed for row in rows), sum(row.shown for row in rows)
    times = [time for row in rows if (time := filling_time(row)) is not None]
    return Filled(
        form,
        month,
        tickets=len(rows),
        whole=sum(row.given == row.needed for row in rows),
        completeness=sum(row.given for row in rows) / needed if needed else None,
        answered=sum(row.filled for row in rows) / shown if shown else None,
        timed=len(times),
        time=sum(times) // len(times) if times else None,
    )
