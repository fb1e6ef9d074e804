"""What further channels bring: messages found by their platform's id, groups that come and go, parcels and their receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    messages()
    rooms()
    shipments()
    scans()
    claims()
    op.create_index("person_name", "person", ["entity", "name"])


def messages() -> None:
    """The platform's own id of a message, by which people answer, edit and recall it; older messages have none."""
    op.add_column("inbox", sa.Column("ref", sa.Text(), nullable=True))
    numbered = sa.text("ref is not null")
    op.create_index("inbox_ref", "inbox", ["channel", "ref"], sqlite_where=numbered, postgresql_where=numbered)


def rooms() -> None:
    """When a group was last greeted, and since when the desk is not in it any more."""
    op.add_column("room", sa.Column("greeted_at", sa.BigInteger(), nullable=True))
    op.add_column("room", sa.Column("left_at", sa.BigInteger(), nullable=True))


def scans() -> None:
    """The code that somebody scanned before he reports, and the team that it named; devices are found by their serial numbers."""
    op.add_column("conversation", sa.Column("scan", sa.Text(), nullable=True))
    op.add_column("ticket", sa.Column("team", sa.Text(), nullable=True))
    numbered = sa.text("serial_no is not null")
    op.create_index(
        "ticket_serial", "ticket", ["entity", "serial_no"], sqlite_where=numbered, postgresql_where=numbered
    )


def shipments() -> None:
    """Parcels by their tracking numbers."""
    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("told_by", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("spoken_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "tracking", "ticket_id"),
    )
    op.create_index("shipment_room", "shipment", ["room", "spoken_at"])
    op.create_index("shipment_ticket", "shipment", ["ticket_id"])


def claims() -> None:
    """Numbers that somebody says are his, until he has typed the code that was sent there."""
    op.create_table(
        "number_claim",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
    )
