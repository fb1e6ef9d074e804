"""满意度, NPS, 一次修好率: how content customers are, for managers (S32, S84)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.people.model import Role
from core.satisfaction.telling import told
from dialogue.heard import Heard
from dialogue.staff.spans import SPAN, SPAN_AFTER, span_in

ASKED = re.compile(
    rf"(?:看看|查看?|统计)?\s*(?:{SPAN}的?)?\s*(?:客户)?(?:满意度|nps|推荐意愿|(?:一次修好|首次解决|首次修复)率|satisfaction|first[- ]time fix)"
    rf"(?:怎么样|如何|多少)?\s*(?:{SPAN_AFTER})?",
    re.IGNORECASE,
)


def contentment_asked(heard: Heard) -> str | None:
    """Show it; None if he did not ask for that."""
    found = ASKED.fullmatch(heard.text.strip().rstrip("?？。！!"))
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.figures_refused")
        return "figures refused"
    span = span_in(found, heard.turn.now, heard.turn.house.zone)
    text = told(heard.turn, heard.person.entity, span, heard.lang)
    if text is None:
        heard.answer("figures", "figures.no_satisfaction", span=str(span))
        return "no satisfaction"
    answer(heard.turn, heard.talk, "figures", text)
    return "showed satisfaction"
