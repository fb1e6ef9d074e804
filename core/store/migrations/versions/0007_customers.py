"""What customers see and hold: reports and their signatures, marked photos, replaced parts, what they think, what they may ask for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tickets()
    people()
    photos()
    reports()
    signatures()
    swaps()
    surveys()
    requests()
    guests()


def tickets() -> None:
    """When a customer last heard of his ticket, and when its device is next due for maintenance."""
    op.add_column("ticket", sa.Column("told_at", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("maintenance_at", sa.BigInteger(), nullable=True))
    ended = sa.text("closed_at is not null")
    op.create_index("ticket_ended", "ticket", ["closed_at", "id"], sqlite_where=ended, postgresql_where=ended)


def people() -> None:
    """Staff numbers, and what customers were told about their data."""
    op.add_column("person", sa.Column("staff_no", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("informed_at", sa.BigInteger(), nullable=True))
    op.add_column("person", sa.Column("erased_at", sa.BigInteger(), nullable=True))


def photos() -> None:
    """The copy of a photo that may leave, and what a photo shows."""
    op.add_column("attachment", sa.Column("place_from", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("marked", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("marked_size", sa.BigInteger(), nullable=True))
    op.add_column("attachment", sa.Column("shows", sa.Text(), nullable=True))


def reports() -> None:
    """One report for each completion."""
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("pages", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.Column("signed_hash", sa.Text(), nullable=True),
        sa.Column("signed_size", sa.BigInteger(), nullable=True),
        sa.Column("void_at", sa.BigInteger(), nullable=True),
        sa.Column("void_why", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("report_ticket", "report", ["ticket_id"])
    made, signed = sa.text("hash is not null"), sa.text("signed_hash is not null")
    op.create_index("report_hash", "report", ["hash"], sqlite_where=made, postgresql_where=made)
    op.create_index("report_signed_hash", "report", ["signed_hash"], sqlite_where=signed, postgresql_where=signed)


def signatures() -> None:
    """What customers signed."""
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("strokes", sa.Text(), nullable=True),
        sa.Column("strokes_hash", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("through", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id"),
    )
    op.create_index("signature_person", "signature", ["person_id"])


def swaps() -> None:
    """Old parts and new ones, by their serial numbers."""
    op.create_table(
        "part_swap",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("old_serial", sa.Text(), nullable=True),
        sa.Column("new_serial", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("part_swap_ticket", "part_swap", ["ticket_id"])


def surveys() -> None:
    """Who would recommend the house, by quarter."""
    op.create_table(
        "survey",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "person_id", "quarter"),
    )
    op.create_index("survey_quarter", "survey", ["entity", "quarter"])


def requests() -> None:
    """What people ask for about their own data."""
    op.create_table(
        "privacy_request",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("privacy_request_person", "privacy_request", ["person_id"])
    op.create_index("privacy_request_open", "privacy_request", ["entity", "state"])


def guests() -> None:
    """Relatives whom a customer lets ask about his tickets."""
    op.create_table(
        "guest",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("guest_person", "guest", ["person_id"])
    op.create_index("guest_customer", "guest", ["customer_id"])
