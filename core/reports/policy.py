"""What stands in every service report of the house, and how long one waits for its photos (S66, S100)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import MINUTE, SECOND, Micros

COMPANY = "报修服务中心"
"""The name on a report as long as the house has not said its own."""


@dataclass(frozen=True)
class ReportPolicy:
    """`enabled`: a completion orders a report. `company`: whose report it is, in its head and in the ring of the seal.
    `title` and `agreement` (双方认可……): the house's own words, or "" for those of the catalogue.

    `photos`: a photo that is younger may still be on its way to its marked copy and is waited for, looked for every `look`.
    """

    enabled: bool = True
    company: str = COMPANY
    title: str = ""
    agreement: str = ""
    photos: Micros = MINUTE
    look: Micros = 2 * SECOND
