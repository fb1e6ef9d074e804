"""What stands where something was removed, and the statements by which whole classes of a ticket's data are."""

from __future__ import annotations

from sqlalchemy import TextClause, text


def sql(*statements: str) -> tuple[TextClause, ...]:
    """Statements, each compiled once."""
    return tuple(map(text, statements))


SAID_NOTHING = """'{"who": {"id": "erased"}, "media": [], "kind": "text"}'"""
"""A message of which only remains that there was one."""
SHOWN_NOTHING = """'{"purpose": "' || purpose || '"}'"""
"""The same of a message of ours: what it was for."""
DONE_WITH = "data = '{}', result = NULL, state = CASE WHEN state = 'done' THEN state ELSE 'dead' END"
"""A job that is not to be done any more."""
NOBODY = "strokes = NULL, address = NULL, agent = NULL, phone = NULL, name = NULL"
"""A signature without whose it is."""
FORGET_TOLD = sql(
    "DELETE FROM event_private WHERE event_id IN (SELECT id FROM event WHERE stream = :stream)",
    "DELETE FROM form_answer WHERE ticket_id = :ticket",
)
"""The words that were said about a ticket, by anybody."""
FORGET_MEDIA = sql(
    f"UPDATE job SET {DONE_WITH} WHERE key IN (SELECT 'fetch_media:' || id FROM attachment WHERE ticket_id = :ticket)",
    "UPDATE attachment SET hash = NULL, marked = NULL, marked_size = NULL, ref = '', name = NULL, words = NULL, "
    "corrected = NULL, place = NULL, error = 'erased' WHERE ticket_id = :ticket AND (error IS NULL OR error <> 'erased')",
)
"""Its photos, recordings and files; that they were there stays."""
FORGET_REPORTS = sql(
    f"UPDATE signature SET {NOBODY} WHERE report_id IN (SELECT id FROM report WHERE ticket_id = :ticket)",
    "UPDATE report SET hash = NULL, size = NULL, signed_hash = NULL, signed_size = NULL WHERE ticket_id = :ticket",
)
"""Its service reports and their signatures."""
