"""Forms and their progress; who wrote down a recording, and where and when a photo was taken."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
