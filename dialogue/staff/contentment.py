"""满意度, NPS, 一次修好率: how content customers are, for managers (S32, S84)."""

from __future__ import annotations

import re

from core.satisfaction.telling import told
from dialogue.heard import Heard
from dialogue.staff.figures import figures_asked
from dialogue.staff.spans import SPAN, SPAN_AFTER

ASKED = re.compile(
    rf"(?:看看|查看?|统计)?\s*(?:{SPAN}的?)?\s*(?:客户)?(?:满意度|nps|推荐意愿|(?:一次修好|首次解决|首次修复)率|satisfaction|first[- ]time fix)"
    rf"(?:怎么样|如何|多少)?\s*(?:{SPAN_AFTER})?",
    re.IGNORECASE,
)


def contentment_asked(heard: Heard) -> str | None:
    """Show it; None if he did not ask for that."""
    return figures_asked(heard, ASKED, told, "figures.no_satisfaction", "satisfaction")
