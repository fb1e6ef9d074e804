"""What an engine makes up is not believed: silence, repetition, words of films, an echo of its own hints (S68).

Engines that are trained on subtitles fill what they cannot hear with what often stood there. A transcript with any doubt of
this module counts as not heard: the next engine is asked, at last the speaker.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from dialogue.transcribing.words import RATE, SAMPLE, Hints, Transcript, phrases, seconds_of

LEAST_CONFIDENCE = 0.35
"""Mean probability of a token below which the words are guessed."""
QUIET = 60.0
"""Root mean square of the loudest tenth of a second, of 32,768, below which nobody spoke (about -55 dB)."""
PIECE = RATE // 10
"""Samples of the pieces whose loudness is looked at."""
LONGEST_RUN = 4
"""So often in a row one phrase of up to LONGEST_PHRASE characters may stand: 对对对对 is still speech."""
LONGEST_PHRASE = 20
LEAST_NEW = 0.25
"""Share of different pairs of characters below which a longer text only turns round."""
LONG = 24
"""Characters from which on a text is asked for that share."""
MOST_PER_SECOND = 12.0
"""Characters a second that nobody speaks; fast Mandarin has seven, English some twenty letters (see LETTERS)."""
LETTERS = 30.0
"""The same for Latin letters."""
ECHO, ECHOED = 8, 0.8
"""So many characters in a row, and that share of a transcript, are no chance if they stand in the hint."""


def doubts(transcript: Transcript, pcm: bytes, hints: Hints) -> tuple[str, ...]:
    """Why these words are not believed; empty if they are. In the order in which they were looked for."""
    text = _folded(transcript.text)
    checks = {
        "nothing": not text,
        "silence": loudest(pcm) < QUIET,
        "unsure": transcript.confidence is not None and transcript.confidence < LEAST_CONFIDENCE,
        "subtitles": bool(_subtitles().search(transcript.text)),
        "repeats": repeats(text),
        "echo": echoes(text, hints),
        "too_much": _too_much(text, seconds_of(pcm)),
    }
    return (*(name for name, so in checks.items() if so), *transcript.warnings)


def loudest(pcm: bytes) -> float:
    """Root mean square of the loudest piece."""
    import numpy as np  # 15 MB that a desk without voice does not need

    samples = np.frombuffer(pcm, "<i2", len(pcm) // SAMPLE).astype(np.float64)
    pieces = samples[: len(samples) // PIECE * PIECE].reshape(-1, PIECE)
    return float(np.sqrt((pieces**2).mean(axis=1)).max()) if len(pieces) else 0.0


def repeats(text: str) -> bool:
    """Whether a phrase stands there again and again."""
    if re.search(rf"(.{{2,{LONGEST_PHRASE}}}?)\1{{{LONGEST_RUN - 1},}}", text) or re.search(r"(.)\1{7,}", text):
        return not text.isdigit()
    if len(text) < LONG:
        return False
    pairs = Counter(pairwise(text))
    return len(pairs) / (len(text) - 1) < LEAST_NEW


def echoes(text: str, hints: Hints) -> bool:
    """Whether the engine only gives back what it was told beforehand."""
    told = _folded(hints.prompt)
    same = SequenceMatcher(None, text, told, autojunk=False).find_longest_match().size
    return same >= ECHO and same >= len(text) * ECHOED


@cache
def _subtitles() -> re.Pattern[str]:
    return re.compile("|".join(phrases()["subtitles"]), re.IGNORECASE)


def _too_much(text: str, seconds: float) -> bool:
    latin = sum(character.isascii() for character in text)
    return (len(text) - latin) / MOST_PER_SECOND + latin / LETTERS > max(seconds, 0.5)


def _folded(text: str) -> str:
    """Letters and digits only, width and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LN")
