"""无效停留: which tickets say "in progress" although nothing has been done on them (S34)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.escalation.idling import idle_since, lines
from dialogue.heard import Heard

ASKED = re.compile(
    r"(?:看看|查|列出)?\s*(?:哪些|所有)?(?:是)?(?:无效停留|假处理)(?:的)?(?:工?单|清单|列表)?(?:有哪些)?|idle\s+tickets",
    re.IGNORECASE,
)


def idle_asked(heard: Heard) -> str | None:
    """List them, with who; None if he did not ask for that."""
    if not ASKED.fullmatch(heard.text.strip().rstrip("?？。！!")):
        return None
    policy = heard.turn.house.policies.escalation
    idle = idle_since(heard.turn, heard.person.entity, policy.idle)
    if not idle:
        heard.answer("idle_list", "escalation.idle_none")
        return "nothing idle"
    answer(heard.turn, heard.talk, "idle_list", "\n".join(lines(heard.turn, idle, heard.person)))
    return "listed what is idle"
