"""How the desk talks: thresholds of conversation (rules.md: burst, draft)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import MINUTE, SECOND, Micros


@dataclass(frozen=True)
class ConversationPolicy:
    """`burst_quiet`, `burst_window`: an opening report is answered after so much quiet, at most so long after its first
    message. `draft`: how long a refused summary is kept. `question`: how long an open question is tried first."""

    burst_quiet: Micros = 8 * SECOND
    burst_window: Micros = 20 * SECOND
    draft: Micros = 30 * MINUTE
    question: Micros = 30 * MINUTE
    misses_until_person: int = 2
