"""How the desk talks: thresholds of conversation (rules.md: burst, draft)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import MINUTE, SECOND, Micros


@dataclass(frozen=True)
class ConversationPolicy:
    """`burst_quiet`, `burst_window`: an opening report is answered after so much quiet, at most so long after its first
    message. `draft`: how long a refused summary is kept. `question`: how long an open question is tried first.

    `voice_notice`: whose voice message has no words yet hears then that it came; `voice_wait`: after that it is heard
    without words. `voice_correction`: how long its speaker can say what he really said.

    `form_questions`: questions of a form in one sitting, at most; a pause of `question` ends the sitting."""

    burst_quiet: Micros = 8 * SECOND
    burst_window: Micros = 20 * SECOND
    draft: Micros = 30 * MINUTE
    question: Micros = 30 * MINUTE
    form_questions: int = 5
    voice_notice: Micros = 3 * SECOND
    voice_wait: Micros = 20 * SECOND
    voice_correction: Micros = 5 * MINUTE
    misses_until_person: int = 2
