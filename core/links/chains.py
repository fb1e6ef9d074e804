"""The ends of many event chains at once, so that recording a batch does not ask for each of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from core.links.lookup import rows_in, where_in
from core.store.chain import START
from core.store.model import Event
from core.store.turn import Turn

_event = Event.table.c
_other = Event.table.alias("other").c
_last = select(func.max(_other.seq)).where(_other.stream == _event.stream).scalar_subquery()
_heads = where_in(Event, _event.stream, _event.seq == _last)


def begin_chains(turn: Turn, streams: Iterable[str]) -> None:
    """Chains that have no event yet."""
    for stream in streams:
        turn.heads[stream] = Event(
            id=0, entity="", stream=stream, seq=0, kind="", at=0, recorded_at=0, cause="", prev="", hash=START
        )


def find_chains(turn: Turn, streams: Iterable[str]) -> None:
    """Chains that may have events or not."""
    wanted = [stream for stream in streams if stream not in turn.heads]
    begin_chains(turn, wanted)
    for head in rows_in(turn, Event, _heads, wanted):
        turn.heads[head.stream] = head
