"""A refusal in words: why it cannot be done, and the next step."""

from __future__ import annotations

from core.conversations.saying import answer
from core.refused import Refused
from dialogue.heard import Heard

KINDS = {
    "accept_conflict": "accept_conflict",
    "note_says_nothing": "hint",
    "summary_too_short": "too_short_summary",
}
"""Refusal → kind of message; the rest are error hints."""


def refuse(heard: Heard, refused: Refused) -> str:
    """Say no; the name of the refusal."""
    words, lang, facts, key = heard.turn.house.wording, heard.lang, dict(refused.facts), refused.key
    if key == "step_refused" and not facts["steps"]:
        key = "step_refused_over"
    if "status" in facts:
        facts["status"] = words.name(lang, "status", facts["status"])
    if "verb" in facts:
        facts["verb"] = words.name(lang, "verb", facts["verb"])
    if "steps" in facts:
        facts["steps"] = "、".join(words.name(lang, "verb", step) for step in facts["steps"])
    answer(heard.turn, heard.talk, KINDS.get(refused.key, "error_hint"), words.text(lang, f"refused.{key}", **facts))
    return refused.key
