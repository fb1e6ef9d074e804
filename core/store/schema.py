"""All tables of the desk, and what the database itself must refuse."""

from __future__ import annotations

from sqlalchemy import DDL, event

import core.conversations.model
import core.escalation.model
import core.forms.model
import core.links.model
import core.parts.model
import core.people.model
import core.people.numbers
import core.privacy.model
import core.recordings.model
import core.reports.model
import core.rosters.model
import core.satisfaction.model
import core.store.checkpoints
import core.tickets.model
from core.store import numbers  # noqa: F401 - its sequences belong to the schema
from core.store.model import Event
from core.store.rows import metadata

REVISION = 7
"""The newest migration that this program knows."""
GUARDS = {
    "sqlite": (
        "CREATE TRIGGER event_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER event_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION ''events are append-only''; END'",
        "CREATE TRIGGER event_not_changed BEFORE UPDATE OR DELETE ON event "
        "FOR EACH ROW EXECUTE FUNCTION event_is_append_only()",
    ),
}
"""Statements by dialect that make the event log append-only, whoever connects."""
CHECKPOINT_GUARDS = {
    dialect: tuple(statement.replace("event", "checkpoint") for statement in statements)
    for dialect, statements in GUARDS.items()
}
"""The same for checkpoints."""

for _table, _guards in ((Event.table, GUARDS), (core.store.checkpoints.Checkpoint.table, CHECKPOINT_GUARDS)):
    for _dialect, _statements in _guards.items():
        for _statement in _statements:
            event.listen(_table, "after_create", DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect))

__all__ = ["CHECKPOINT_GUARDS", "GUARDS", "metadata"]
