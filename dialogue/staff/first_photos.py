"""首图直传率: who sends the photos of his work himself, month by month, for managers (S91)."""

from __future__ import annotations

import re

from core.insight.photos import told
from dialogue.heard import Heard
from dialogue.staff.figures import figures_asked
from dialogue.staff.spans import SPAN, SPAN_AFTER

ASKED = re.compile(
    rf"(?:看看|查看?|统计)?\s*(?:{SPAN}的?)?\s*(?:首图直传率|首图率|照片直传率|first\s+photo(?:s|\s+rates?)?)\s*(?:{SPAN_AFTER})?",
    re.IGNORECASE,
)


def first_photos_asked(heard: Heard) -> str | None:
    """Show the rates of a month or quarter, without one of the present month; None if he did not ask for that."""
    return figures_asked(heard, ASKED, told, "figures.photos.none", "first photo rates")
