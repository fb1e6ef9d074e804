"""Promises kept on time: what a clock says of a ticket, episodes of escalation, and how often a number was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TICKET = ("stage_at", "moved_at", "response_due_at", "resolution_due_at", "red", "urgent_at", "acked_at", "acked_by")


def upgrade() -> None:
    for name in TICKET:
        kind = sa.Text() if name == "red" else sa.BigInteger()
        op.add_column("ticket", sa.Column(name, kind, nullable=True))
    op.add_column("person", sa.Column("calls", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("routes", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "episode",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_id", "promise", "key"),
    )
    running = sa.text("state = 'open'")
    op.create_index("episode_open", "episode", ["ticket_id"], sqlite_where=running, postgresql_where=running)
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("episode_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_episode", "alert", ["episode_id"])
    op.create_index("alert_message", "alert", ["outbox_id"])
    op.create_index("alert_person", "alert", ["person_id", "id"])
    op.create_table(
        "number_use",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("number_use_at", "number_use", ["channel", "at"])
    op.create_index("number_use_of", "number_use", ["channel", "number", "at"])
