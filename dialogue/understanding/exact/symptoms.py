"""How something misbehaves: phrases of the lexicon, and what every language can say of any machine (打不开, 不出标签, 没反应)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialogue.understanding.exact import misbehaving, misbehaving_english
from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of

_ALARM_NAME = re.compile("器|代码|码|号|灯")
_FIXED = re.compile(r"^(?:了|，| )*(?:已经)?(?:好了|修好|正常了|解决了|没事了)")

_DENIED = re.compile(r"(?:没|没有|不会|不是|并非|不再|未|(?:人|同事|孩子|老人|员工|师傅|客服)(?:都|还|也)?)\Z")
_AGAIN = re.compile(r"(?:又|还|再)(?:在|是|会)*(?=..)")
"""What says that it is not the first time is no part of the symptom: 又在漏油."""
_GOING_ON = "得的到个起来出上下不"
_LATIN = re.compile(r"[a-z]{2} [a-z]{2}")


@dataclass(frozen=True)
class Symptoms:
    """Finds fault symptoms. Vague ones (坏了) are kept apart: they say nothing."""

    known: re.Pattern[str]
    vague: re.Pattern[str]
    usual: Mapping[str, str]
    synonym: re.Pattern[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Symptoms:
        usual = lexicon.usual("symptom_synonyms")
        phrases = (*lexicon.words("symptoms"), *lexicon.words("english_symptoms"), *usual)
        return cls(one_of(phrases), one_of(lexicon.words("vague_symptoms")), usual, one_of(usual))

    def find(self, text: str) -> Iterator[Hit]:
        """Every specific symptom; what overlaps is one, and so is what goes on: 漏油漏得厉害."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(self._spans(text)):
            if joined and (start < joined[-1][1] or (start == joined[-1][1] and _goes_on(text, joined[-1]))):
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        for begun, end in joined:
            again = _AGAIN.match(text, begun, end)
            start = again.end() if again else begun
            named = text[start:end].endswith("报警") and _ALARM_NAME.match(text, end)
            fixed = _FIXED.match(text[end : end + 8])
            if not (named or fixed or _DENIED.search(text[max(0, start - 3) : start])):
                yield Hit("fault_symptom", start, end, self._usual_name(text[start:end]))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        for match in self.known.finditer(text):
            if match.end() > match.start():
                yield match.span()
        for match in misbehaving.GENERAL.finditer(text):
            yield match.span(match.lastgroup) if match.lastgroup else match.span()
        if _LATIN.search(text):
            for match in misbehaving_english.GENERAL.finditer(text):
                yield match.span()

    def _usual_name(self, words: str) -> str | None:
        """What the house calls it, if most of the words are one of its other names."""
        found = self.synonym.search(words) if self.usual else None
        return self.usual[found[0]] if found and 2 * len(found[0]) >= len(words) else None

    def is_vague(self, text: str) -> bool:
        """Whether the text says that something is broken, whatever it is."""
        return bool(self.vague.search(text))


def _goes_on(text: str, span: tuple[int, int]) -> bool:
    start, end = span
    return text[end] in _GOING_ON or text[end] in text[start:end]
