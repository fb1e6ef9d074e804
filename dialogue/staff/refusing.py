"""A refusal in words: why it cannot be done, and the next step."""

from __future__ import annotations

from typing import Any

from core.conversations.saying import answer
from core.refused import Refused
from core.tickets.entitled import MAY
from core.tickets.model import Status
from dialogue.heard import Heard

KINDS = {
    "accept_conflict": "accept_conflict",
    "note_says_nothing": "hint",
    "summary_too_short": "too_short_summary",
}
"""Refusal → kind of message; the rest are error hints."""
NOT_BY_CHAT = frozenset({"close", "reopen"})
"""Steps that nobody on the staff takes in a chat: they are the customer's, or the clock's."""
OVER = {Status.DONE: "step_refused_done", Status.CLOSED: "step_refused_over", Status.CANCELLED: "step_refused_over"}
"""Refusals of a step when the work is over."""


def refuse(heard: Heard, refused: Refused) -> str:
    """Say no; the name of the refusal."""
    key = OVER.get(refused.facts["status"], refused.key) if refused.key == "step_refused" else refused.key
    text = heard.say(f"refused.{key}", **_named(heard, refused.facts))
    answer(heard.turn, heard.talk, KINDS.get(refused.key, "error_hint"), text)
    return refused.key


def _named(heard: Heard, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as people call them; of the possible steps those that he may take, if there are any."""
    words, named = heard.turn.house.wording, dict(facts)
    for fact in ("status", "verb"):
        if fact in named:
            named[fact] = words.name(heard.lang, fact, named[fact])
    steps = [step for step in named.get("steps", ()) if step not in NOT_BY_CHAT]
    his = [step for step in steps if heard.person.role in MAY[step]] or steps
    return named | {"steps": "、".join(words.name(heard.lang, "verb", step) for step in his)}
