"""Forms and their progress; who wrote down a recording, and where and when a photo was taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    recordings()
    let_go()
    photos()
    forms()


def recordings() -> None:
    """Voice messages whose words are found out, and who wrote them down."""
    op.create_table(
        "recording",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    still_open = sa.text("stage <> 'done'")
    op.create_index("recording_open", "recording", ["room", "id"], sqlite_where=still_open, postgresql_where=still_open)
    op.add_column("attachment", sa.Column("engine", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("confidence", sa.BigInteger(), nullable=True))
    op.add_column("attachment", sa.Column("corrected", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("recording_id", sa.BigInteger(), nullable=True))
    op.create_index("attachment_recording", "attachment", ["recording_id"])
    op.add_column("conversation", sa.Column("spoken", sa.Text(), nullable=True))


def photos() -> None:
    """Which photos belong together, and where and when they were taken."""
    op.add_column("attachment", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("taken_at", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("photos", sa.Text(), nullable=True))
    op.add_column("conversation", sa.Column("whereabouts", sa.Text(), nullable=True))
    op.create_index("conversation_person", "conversation", ["person_id"])


def forms() -> None:
    """Forms that are being filled in, their answers, and files handed in on their pages."""
    op.create_table(
        "form_filling",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_at", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("hinted", sa.Text(), nullable=False),
        sa.Column("passed", sa.Text(), nullable=False),
        sa.Column("sitting", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("sitting_at", "began_at", "last_at")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("shown", "filled", "needed", "given")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_id"),
    )
    op.create_index("form_filling_began", "form_filling", ["entity", "ticket_at"])
    op.create_table(
        "form_answer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_id", "field"),
    )
    op.create_table(
        "form_upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("form_upload_at", "form_upload", ["at"])


def let_go() -> None:
    """Messages that were taken back from the hands of a process."""
    withdrawn = sa.text("state = 'withdrawn' and lease is not null")
    op.create_index("outbox_let_go", "outbox", ["lease"], sqlite_where=withdrawn, postgresql_where=withdrawn)
