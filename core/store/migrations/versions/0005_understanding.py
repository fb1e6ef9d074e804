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
        sa.PrimaryKeyConstraint("id"),
    )
    still_open = sa.text("stage <> 'done'")
    op.create_index("recording_open", "recording", ["room", "id"], sqlite_where=still_open, postgresql_where=still_open)
    op.add_column("attachment", sa.Column("engine", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("confidence", sa.Float(), nullable=True))
    op.add_column("attachment", sa.Column("corrected", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("recording_id", sa.BigInteger(), nullable=True))
    op.create_index("attachment_recording", "attachment", ["recording_id"])
    op.add_column("conversation", sa.Column("spoken", sa.Text(), nullable=True))
