"""How characters sound, without tones: what voice input and hasty typing leave intact (投影义 is 投影仪)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

FIRST, LAST = 0x4E00, 0x9FFF
"""Characters that have a sound here: the basic block."""

_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


@dataclass(frozen=True, slots=True)
class Sounds:
    """Syllable of each character, and the same with what dialects do not tell apart levelled (zh/z, n/l, ing/in …)."""

    exact: dict[str, str]
    fuzzy: dict[str, str]

    @classmethod
    def of(cls, syllables: str, usual: Mapping[str, str] | None = None) -> Sounds:
        """From one string of syllables for the whole block, parted by blanks (`-` where there is none).

        `usual` says which sound a character with several has in this trade (调 in 空调).
        """
        exact = {chr(FIRST + index): sound for index, sound in enumerate(syllables.split(" ")) if sound != "-"}
        exact.update(usual or {})
        levelled = {sound: _levelled(sound) for sound in set(exact.values())}
        return cls(exact, {char: levelled[sound] for char, sound in exact.items()})


def syllables() -> str:
    """Read pypinyin's table of characters: some 0.1 s, so the answer belongs into the cache."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin.pinyin_dict import pinyin_dict
    from pypinyin.style._tone_convert import to_normal

    plain: dict[str, str] = {}
    sounds = []
    for code in range(FIRST, LAST + 1):
        first = pinyin_dict.get(code, "").split(",")[0]
        if first not in plain:
            plain[first] = re.sub("[^a-z]", "", to_normal(first, v_to_u=False)) if first else "-"
        sounds.append(plain[first] or "-")
    return " ".join(sounds)


def _levelled(sound: str) -> str:
    for precise, rough in _FUZZY:
        sound = sound.replace(precise, rough)
    if sound[:1] == "n":
        sound = "l" + sound[1:]
    return sound
