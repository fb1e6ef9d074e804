"""Migrations of a later version, as a newer program would bring them."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.store.migrate import FOLDER
from core.store.schema import REVISION

NEXT, LAST = f"{REVISION + 1:04}", f"{REVISION + 2:04}"
"""Numbers of the migrations to come."""

ONLY_ADDS = (
    NEXT,
    f"{REVISION:04}",
    "",
    'op.add_column("inbox", sa.Column("later", sa.Text(), nullable=True))',
)
TAKES_AWAY = (
    LAST,
    NEXT,
    "contracts = True",
    'op.drop_column("inbox", "error")',
)
"""Number, the one before, what it says of itself, what it does."""

SCRIPT = """import sqlalchemy as sa
from alembic import op

revision = "{0}"
down_revision = "{1}"
branch_labels = None
depends_on = None
{2}


def upgrade() -> None:
    {3}
"""


def folder_with(place: Path, *scripts: tuple[str, str, str, str]) -> Path:
    """A folder of migrations: ours, and these."""
    folder = place / "migrations"
    shutil.copytree(FOLDER, folder)
    for script in scripts:
        (folder / "versions" / f"{script[0]}_later.py").write_text(SCRIPT.format(*script))
    return folder
