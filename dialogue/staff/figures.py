"""Figures of a month or quarter that only managers see: how they are asked for, and shown."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.conversations.saying import answer
from core.insight.monthly import Span
from core.people.model import Role
from core.store.turn import Turn
from dialogue.heard import Heard
from dialogue.staff.spans import span_in

Told = Callable[[Turn, str, Span, str], str | None]
"""What a span brought, in a language; None where there is nothing to tell."""


def figures_asked(heard: Heard, asked: re.Pattern[str], told: Told, none: str, what: str) -> str | None:
    """Show the figures of the span that was named, without one of the present month; None if he did not ask for these. `none`: the
    words for a span without any."""
    found = asked.fullmatch(heard.text.strip().rstrip("?？。！!"))
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.figures_refused")
        return "figures refused"
    span = span_in(found, heard.turn.now, heard.turn.house.zone)
    text = told(heard.turn, heard.person.entity, span, heard.lang)
    if text is None:
        heard.answer("figures", none, span=str(span))
        return f"no {what}"
    answer(heard.turn, heard.talk, "figures", text)
    return f"showed {what}"
