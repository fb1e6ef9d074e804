"""How often an engineer wants a device maintained, as his summary says it: 每半年, 三个月一次, every 3 months (S66)."""

from __future__ import annotations

import re

from dialogue.understanding.numerals import CHINESE, number
from dialogue.vocabulary import vocabulary

MOST = 120
"""Longest interval in months that is believed."""


def interval(summary: str) -> int | None:
    """Months to the next maintenance; None if the summary names none."""
    units = vocabulary("interval")
    unit = "|".join(re.escape(word) for word in sorted(units, key=len, reverse=True))
    cue = "|".join(re.escape(word) for word in vocabulary("kinds")["maintenance_due"])
    count = rf"(?P<count>[0-9]{{1,3}}|[{CHINESE}]{{1,3}})?"
    named = rf"{count}\s*(?P<unit>{unit})s?"
    once, every = vocabulary("once"), vocabulary("every")
    forms = (
        rf"(?:{'|'.join(every)})\s*{named}",
        rf"{named}\s*(?:{'|'.join(once)})",
        rf"(?:{cue})[^，。；,;0-9{CHINESE}]{{0,6}}{named}",
        rf"{named}[^，。；,;]{{0,4}}(?:{cue})",
    )
    found = next((match for form in forms if (match := re.search(form, summary.casefold()))), None)
    if found is None:
        return None
    months = (number(found["count"] or "") or 1) * units[found["unit"]]
    return months if 0 < months <= MOST else None
