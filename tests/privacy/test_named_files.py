"""A column that names a file is known to whoever takes files away: none that is still needed goes."""

from __future__ import annotations

from core.privacy.files import NAMED
from core.store.schema import metadata

OTHER_HASHES = {
    ("event", "hash"),
    ("event", "private_hash"),
    ("link_code", "hash"),
    ("number_claim", "hash"),
    ("signature", "strokes_hash"),
}
"""Hashes of something that is no file."""


def test_every_column_that_names_a_file_is_known() -> None:
    hashes = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if "hash" in column.name or column.name == "marked"
    }
    assert hashes - OTHER_HASHES == set(NAMED)
