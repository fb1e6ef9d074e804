"""The events of tickets that were reported in a span, ticket by ticket: what figures are computed from."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.store.model import Event
from core.tickets.events import Happened

_event = Event.table.c
_reported = Event.table.alias("reported")
STORIES = (
    select(Event.table)
    .join(_reported, _reported.c.stream == _event.stream)
    .where(
        _reported.c.kind == Happened.REPORTED,
        _reported.c.entity == bindparam("entity"),
        _reported.c.at >= bindparam("since"),
        _reported.c.at < bindparam("until"),
    )
    .order_by(_event.stream, _event.seq)
)
