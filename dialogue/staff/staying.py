"""滞留: which tickets have been open for too long, by person, as the Monday meeting asked for them (S85)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.insight.staying import Stayed, stayed
from core.tickets.describing import what
from core.tickets.model import Ticket
from core.words import HOUR
from dialogue.heard import Heard

ASKED = re.compile(
    r"(?:看看|查|列出)?\s*(?:谁|哪些|所有)?(?:的)?(?:工?单)?滞留(?:了)?(?:的)?(?:工?单|清单|列表|情况|分析)?(?:有哪些|有多少)?"
    r"|stayed|stuck\s+tickets",
    re.IGNORECASE,
)
LINES = 30
"""Tickets that an answer names; of the rest their number."""


def stayed_asked(heard: Heard) -> str | None:
    """List them by person; None if he did not ask for that."""
    if not ASKED.fullmatch(heard.text.strip().rstrip("?？。！!")):
        return None
    found, hours = stayed(heard.turn, heard.person.entity), _hours(heard)
    count = sum(len(one.tickets) for one in found)
    if not count:
        heard.answer("overdue_list", "staff.stayed_none", hours=hours)
        return "nothing stayed"
    lines, room = [heard.say("staff.stayed", hours=hours, count=count)], LINES
    for one in found:
        shown = one.tickets[: max(room, 0)]
        lines += [_person(heard, one), *(_line(heard, ticket) for ticket in shown)]
        room -= len(shown)
    if count > LINES:
        lines.append(heard.say("staff.stayed_more", count=count - LINES))
    answer(heard.turn, heard.talk, "overdue_list", "\n".join(lines))
    return "listed what stayed"


def stayed_in_short(heard: Heard) -> str:
    """Who has how many, in one line; empty if nobody has any."""
    people = "、".join(_person(heard, one) for one in stayed(heard.turn, heard.person.entity))
    return heard.say("staff.stayed_sum", hours=_hours(heard), people=people) if people else ""


def _person(heard: Heard, one: Stayed) -> str:
    name = one.person.name if one.person else heard.say("staff.stayed_nobody")
    return heard.say("staff.stayed_person", name=name, count=len(one.tickets))


def _line(heard: Heard, ticket: Ticket) -> str:
    words, lang = heard.turn.house.wording, heard.lang
    return words.text(
        lang,
        "staff.stayed_line",
        number=ticket.number,
        priority=ticket.priority,
        status=words.name(lang, "status", ticket.status),
        what=what(words, ticket, lang),
        hours=(heard.turn.now - ticket.created_at) // HOUR,
    )


def _hours(heard: Heard) -> int:
    return heard.turn.house.policies.tickets.stayed // HOUR
