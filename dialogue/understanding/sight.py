"""What the embedded engine sees of a text: letters, words, sounds, families of words, and signs of a fault.

Names of devices, codes and numbers are masked, so that what was learnt of a printer holds for a press.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from dialogue.understanding.exact.names import Names
from dialogue.understanding.exact.symptoms import Symptoms
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.numerals import digit_view
from dialogue.understanding.sounds import Sounds

LONGEST = 160
"""Characters of a text that tell its intent; what follows is detail."""
GRAM = 4
"""Longest character n-gram."""
SOUND_GRAM = 2
"""Longest n-gram of syllables."""
LENGTH_STEP, LENGTH_STEPS = 3, 8
"""Texts are told apart by length in steps of three characters, up to eight steps."""
FAMILY_WEIGHT = 1.5
"""How much a family of words weighs against a letter gram."""

_DEVICE, _CODE, _NUMBER, _PHONE = "\ue000", "\ue001", "\ue002", "\ue003"
_MASKS = (
    (re.compile(r"\+?[0-9][0-9 \-]{6,16}[0-9]"), _PHONE),
    (
        re.compile(r"(?<![a-z0-9])(?=[a-z\-]{0,12}[0-9])(?=[0-9\-]{0,12}[a-z])[a-z0-9]{1,16}(?:-[a-z0-9]{1,16}){0,5}"),
        _CODE,
    ),
    (re.compile(r"[0-9]+(?:[.:][0-9]+)?"), _NUMBER),
)
_WORDS = re.compile(r"[a-z']+|[\ue000-\ue003]")
_HAN = re.compile("[\u4e00-\u9fff]+")
_NOISE = re.compile(r"[\s,，。.、~～]+")


@dataclass(frozen=True)
class Sight:
    """Turns plain text into features (a name may come several times)."""

    devices: Names
    families: Names
    family_of: Mapping[str, tuple[str, ...]]
    symptoms: Symptoms
    sounds: Sounds

    @classmethod
    def of(cls, lexicon: Lexicon, symptoms: Symptoms, sounds: Sounds) -> Sight:
        """From the lexicon: devices, and the families of words under `cues`."""
        families: dict[str, tuple[str, ...]] = {}
        for family, words in lexicon.table("cues").items():
            for word in words:
                families[word] = (*families.get(word, ()), family)
        devices = Names(
            (*lexicon.words("devices"), *lexicon.words("english_devices")), sounds, lexicon.words("short_by_sound")
        )
        return cls(devices, Names(families, sounds), families, symptoms, sounds)

    def features(self, text: str) -> list[str]:
        """All features of a plain text."""
        seen = digit_view(text[:LONGEST])
        masked = self._masked(seen)
        return [*self._letters(masked), *_words(masked), *self._families(seen), *self._signs(seen)]

    def _masked(self, text: str) -> str:
        pieces, at = [], 0
        for named in self.devices.find(text):
            pieces += [text[at : named.start], _DEVICE]
            at = named.end
        masked = "".join([*pieces, text[at:]])
        for form, mask in _MASKS:
            masked = form.sub(mask, masked)
        return masked

    def _letters(self, masked: str) -> Iterable[str]:
        tight = "^" + _NOISE.sub(" ", masked).strip() + "$"
        for size in range(1, GRAM + 1):
            yield from (tight[at : at + size] for at in range(len(tight) - size + 1))
        for run in _HAN.findall(tight):
            heard = [self.sounds.fuzzy.get(char) or char for char in run]
            for size in range(1, SOUND_GRAM + 1):
                yield from ("p:" + "-".join(heard[at : at + size]) for at in range(len(heard) - size + 1))

    def _families(self, text: str) -> Iterable[str]:
        found = [family for named in self.families.find(text) for family in self.family_of[named.word]]
        yield from ("c:" + family for family in found)
        yield from (f"c:{one}>{other}" for one, other in pairwise(found))
        yield from (f"c:{one}&{other}" for one, other in combinations(sorted(set(found)), 2))
        yield f"c:^{found[0] if found else ''}"
        yield f"c:{found[-1] if found else ''}$"

    def _signs(self, text: str) -> Iterable[str]:
        if any(True for _ in self.symptoms.find(text)):
            yield from ("s:symptom", "s:symptom")
        if self.symptoms.is_vague(text):
            yield "s:vague"
        if any(True for _ in self.devices.find(text)):
            yield "s:device"
        yield f"s:length {min(len(text) // LENGTH_STEP, LENGTH_STEPS)}"


def weight(feature: str) -> float:
    """How much a feature weighs before training."""
    return FAMILY_WEIGHT if feature[:2] in ("c:", "s:") else 1.0


def _words(masked: str) -> Iterable[str]:
    words = _WORDS.findall(masked)
    yield from (f"w:{word}" for word in words)
    yield from (f"w:{one} {other}" for one, other in pairwise(words))
