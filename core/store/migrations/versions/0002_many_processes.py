"""Several processes on one database: who they are, ids that rise over all of them, and due messages found at any backlog.

Besides: signed checkpoints over the event chains, and what an operator must look at is found at once.
"""

import sqlalchemy as sa
from alembic import op

from core.store.schema import CHECKPOINT_GUARDS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNSENT = "state in ('waiting', 'leased')"
INDEXES = (
    ("outbox_due_at", "outbox", ["due_at", "id"], UNSENT),
    ("outbox_alarms", "outbox", ["due_at", "id"], f"{UNSENT} and priority = 0"),
    ("outbox_expiring", "outbox", ["expires_at"], f"{UNSENT} and expires_at is not null"),
    ("outbox_dead", "outbox", ["due_at"], "state in ('dead', 'unclear')"),
    ("inbox_waiting_in", "inbox", ["room", "id"], "state = 'new'"),
    ("ticket_load", "ticket", ["entity", "engineer_id", "id"], "status not in ('done', 'closed', 'cancelled')"),
    (
        "ticket_lane",
        "ticket",
        ["entity", "priority", "id", "customer_id"],
        "status not in ('done', 'closed', 'cancelled')",
    ),
    ("ticket_over", "ticket", ["entity", "id"], "status in ('done', 'closed', 'cancelled')"),
    ("ticket_created", "ticket", ["entity", "created_at"], None),
    ("ticket_done", "ticket", ["entity", "done_at"], None),
    ("person_favoured", "person", ["entity", "id"], "level = 'A'"),
    ("timer_parked", "timer", ["due_at"], "state = 'parked'"),
    ("inbox_failed", "inbox", ["due_at"], "state = 'failed'"),
    ("job_dead", "job", ["due_at"], "state = 'dead'"),
    ("quarantine_waiting", "quarantine", ["at"], "state = 'waiting'"),
    ("event_recorded", "event", ["recorded_at"], None),
)
HIGHEST = "SELECT GREATEST(1, (SELECT max(id) FROM inbox), (SELECT max(id) FROM outbox), (SELECT max(value) FROM counter WHERE name = 'row'))"


def upgrade() -> None:
    op.create_table(
        "process",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    dialect = op.get_bind().dialect.name
    for statement in CHECKPOINT_GUARDS[dialect]:
        op.execute(statement)
    op.drop_index("outbox_due", "outbox")
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    if dialect == "postgresql":
        op.execute("CREATE SEQUENCE arrival")
        op.execute("CREATE SEQUENCE row_block")
        op.execute(f"SELECT setval('arrival', ({HIGHEST}) + 1000), setval('row_block', ({HIGHEST}) / 1000 + 2)")
