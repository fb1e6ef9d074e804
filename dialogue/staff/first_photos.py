"""首图直传率: who sends the photos of his work himself, month by month, for managers (S91)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.insight.photos import told
from core.people.model import Role
from dialogue.heard import Heard
from dialogue.staff.spans import SPAN, SPAN_AFTER, span_in

ASKED = re.compile(
    rf"(?:看看|查看?|统计)?\s*(?:{SPAN}的?)?\s*(?:首图直传率|首图率|照片直传率|first\s+photo(?:s|\s+rates?)?)\s*(?:{SPAN_AFTER})?",
    re.IGNORECASE,
)


def first_photos_asked(heard: Heard) -> str | None:
    """Show the rates of a month or quarter, without one of the present month; None if he did not ask for that."""
    found = ASKED.fullmatch(heard.text.strip().rstrip("?？。！!"))
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.figures_refused")
        return "figures refused"
    span = span_in(found, heard.turn.now, heard.turn.house.zone)
    text = told(heard.turn, heard.person.entity, span, heard.lang)
    if text is None:
        heard.answer("figures", "figures.photos.none", span=span)
        return "no photos"
    answer(heard.turn, heard.talk, "figures", text)
    return "showed first photo rates"
