"""Webhooks of a server that has a hundred thousand rows to work off: how long a platform waits for its answer."""

from __future__ import annotations

import random
from contextlib import ExitStack

from sqlalchemy import func, select

from benchmarks.backlog import lay as lay_unsent
from benchmarks.crowd import lay as lay_unheard
from benchmarks.crowd import left, notes
from benchmarks.figures import Table, percentile
from benchmarks.growth import town
from benchmarks.load import open_loop
from benchmarks.messages import staff_only
from benchmarks.processes import served, wecom
from benchmarks.serving import Serving
from benchmarks.town import households
from core.store.database import Database
from core.store.model import UNSENT, WAITING_MESSAGES, Inbox, Outbox

TICKETS, ROWS = 20_000, 100_000
RATE, SECONDS = 50.0, 12.0
"""Callbacks a second, and for how long."""

_unheard = select(func.count()).select_from(Inbox.table).where(WAITING_MESSAGES)
_unsent = select(func.count()).select_from(Outbox.table).where(UNSENT)


async def webhooks(table: Table, seed: int, tickets: int = TICKETS, rows: int = ROWS, seconds: float = SECONDS) -> None:
    """One round."""
    with ExitStack() as stack:
        filled = stack.enter_context(town(None, tickets))
        database = Database(filled.url)
        stack.callback(database.close)
        lay_unsent(filled.url, filled.past, rows)
        lay_unheard(database, notes(filled.past, rows), filled.past)
        async with wecom() as (emulated, api):
            said = staff_only(emulated, households(int(RATE * seconds)))
            async with served("benchmarks.serving", Serving(filled.url, api, unlimited=True).words()) as server:
                loaded = await open_loop(server.port, said, RATE, random.Random(seed))
                with database.reading() as connection:
                    unheard, unsent = left(connection, _unheard), left(connection, _unsent)
    waits = [(message.taken_at - message.said_at) * 1e3 for message in loaded.messages]
    name = f"{rows:,} unheard and {rows:,} unsent"
    table.add(f"{name}: callback to answer, p50", percentile(waits, 0.5), "ms")
    table.add(f"{name}: callback to answer, p99", percentile(waits, 0.99), "ms", "< 300")
    table.add(f"{name}: left unheard at the end", unheard, "messages")
    table.add(f"{name}: left unsent at the end", unsent, "messages")
