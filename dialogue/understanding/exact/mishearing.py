"""Words of faults that were misheard or mistyped are put right before they are read: 卡之 is 卡纸, 不支冷 is 不制冷."""

from __future__ import annotations

from dataclasses import dataclass

from dialogue.understanding.exact.names import Names
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.sounds import Sounds

_DIALECT = str.maketrans("唔冇嘅咗喺係佢睇嗰", "不没的了在是他看那")
"""Cantonese characters of which the grammar knows the northern ones."""


@dataclass(frozen=True)
class Mishearing:
    """Puts right what sounds like a word of the lexicon (`symptoms_by_sound`), character for character."""

    names: Names

    @classmethod
    def of(cls, lexicon: Lexicon, sounds: Sounds | None) -> Mishearing:
        words = lexicon.words("symptoms_by_sound")
        return cls(Names(words, sounds, frozenset(words)))

    def corrected(self, text: str) -> str:
        """The text, of the same length."""
        text = text.translate(_DIALECT)
        chars = list(text)
        for named in self.names.find(text):
            if not named.spelled and not named.word.isascii():
                chars[named.start : named.end] = named.word
        return "".join(chars)
