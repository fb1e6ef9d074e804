"""询问次数: how often customers had to ask how their repair stands, by month and quarter, and after which tickets, for managers (S97,
S101)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.insight.inquiries import Month, inquiries
from core.insight.telling_inquiries import listed, told
from core.people.model import Role
from core.words import DAY
from dialogue.heard import Heard
from dialogue.staff.spans import SPAN, SPAN_AFTER, span_in

ASKED = re.compile(
    rf"(?:看看|查看?|统计)?\s*(?:{SPAN}的?)?\s*(?:客户)?(?:(?:有效|主动)?(?:询问|咨询)(?:进度)?(?:次数)(?:的)?|inquiries)"
    rf"\s*(?:{SPAN_AFTER})?\s*(?P<list>(?:的)?(?:明细|清单|列表|list|details))?",
    re.IGNORECASE,
)
BACK = 366 * DAY
"""How far back the table of months goes."""


def inquiries_asked(heard: Heard) -> str | None:
    """Show them; None if he did not ask for that."""
    found = ASKED.fullmatch(heard.text.strip().rstrip("?？。！!"))
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.figures_refused")
        return "figures refused"
    named = any(found[group] for name in ("iso", "month", "quarter", "q", "near") for group in (name, f"of_{name}"))
    text = _of_span(heard, found) if named or found["list"] else _by_month(heard)
    if text is None:
        heard.answer("figures", "staff.inquiries_none")
        return "no inquiries"
    answer(heard.turn, heard.talk, "figures", text)
    return "showed inquiries"


def _of_span(heard: Heard, found: re.Match[str]) -> str | None:
    span = span_in(found, heard.turn.now, heard.turn.house.zone)
    if found["list"]:
        return listed(heard.turn, heard.person, span, links=not heard.message.room.group)
    return told(heard.turn, heard.person.entity, span, heard.lang)


def _by_month(heard: Heard) -> str | None:
    known = inquiries(heard.turn, heard.person.entity, heard.turn.now - BACK, heard.turn.now + 1)
    if not known:
        return None
    return "\n".join([heard.say("staff.inquiries"), *(_line(heard, one) for one in known)])


def _line(heard: Heard, month: Month) -> str:
    facts = {"month": f"{month.year}-{month.month:02}", "count": month.total, "phone": month.phone, "chat": month.chat}
    return heard.say("staff.inquiries_line", **facts)
