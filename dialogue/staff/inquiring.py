"""询问次数: how often customers had to ask how their repair stands, month by month, for managers (S97, S101)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.insight.inquiries import Month, inquiries
from core.people.model import Role
from core.words import DAY
from dialogue.heard import Heard

ASKED = re.compile(
    r"(?:看看|查看?|统计)?\s*(?:客户)?(?:有效|主动)?(?:询问|咨询)(?:进度)?次数\s*(?:(?P<month>1[0-2]|0?[1-9])\s*月)?"
    r"|(?P<of>1[0-2]|0?[1-9])\s*月(?:的)?(?:客户)?(?:有效|主动)?(?:询问|咨询)(?:进度)?次数"
    r"|inquiries",
    re.IGNORECASE,
)
BACK = 366 * DAY
"""How far back the table goes."""


def inquiries_asked(heard: Heard) -> str | None:
    """Show them; None if he did not ask for that."""
    found = ASKED.fullmatch(heard.text.strip().rstrip("?？。！!"))
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.figures_refused")
        return "figures refused"
    month = int(found["month"] or found["of"] or 0)
    known = inquiries(heard.turn, heard.person.entity, heard.turn.now - BACK, heard.turn.now + 1)
    shown = [one for one in known if month in (0, one.month)]
    if not shown:
        heard.answer("figures", "staff.inquiries_none")
        return "no inquiries"
    answer(
        heard.turn,
        heard.talk,
        "figures",
        "\n".join([heard.say("staff.inquiries"), *(_line(heard, one) for one in shown)]),
    )
    return "showed inquiries"


def _line(heard: Heard, month: Month) -> str:
    facts = {"month": f"{month.year}-{month.month:02}", "count": month.total, "phone": month.phone, "chat": month.chat}
    return heard.say("staff.inquiries_line", **facts)
