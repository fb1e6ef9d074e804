"""Finds the words of a list in a text: longest first, and by sound where the spelling is off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from dialogue.understanding.sounds import Sounds

SHORTEST_BY_FUZZY_SOUND = 3
"""Characters of a word that may be recognised by its levelled sound; two need the exact sound and one right character."""


class Named(NamedTuple):
    """`text[start:end]` is, or sounds like, `word`."""

    start: int
    end: int
    word: str
    spelled: bool


class Names:
    """A fixed list of words, as a trie over characters and one over syllables."""

    def __init__(self, words: Iterable[str], sounds: Sounds | None = None, short: Collection[str] = ()) -> None:
        """`short` words of two characters may be recognised by sound."""
        self._sounds = sounds
        self._by_char: dict[str, Any] = {}
        self._by_sound: dict[str, Any] = {}
        for word in dict.fromkeys(words):
            _plant(self._by_char, word.lower(), word)
            long_enough = len(word) >= SHORTEST_BY_FUZZY_SOUND or word in short
            if sounds and long_enough and all(char in sounds.fuzzy for char in word):
                _plant(self._by_sound, [sounds.fuzzy[char] for char in word], word)

    def find(self, text: str) -> Iterator[Named]:
        """Every word of the list in the text, without overlaps, from left to right."""
        sounds = [self._sounds.fuzzy.get(char, "") for char in text] if self._sounds else []
        at = 0
        while at < len(text):
            found = self._at(text, sounds, at)
            if found:
                yield found
                at = found.end
            else:
                at += 1

    def _at(self, text: str, sounds: list[str], at: int) -> Named | None:
        spelled = _longest(self._by_char, text, at)
        if spelled and _cuts_a_word(text, at, spelled[0]):
            spelled = None
        heard = _longest(self._by_sound, sounds, at) if sounds and sounds[at] else None
        if heard and (not spelled or heard[0] > spelled[0]) and self._believable(text[at : heard[0]], heard[1]):
            return Named(at, heard[0], heard[1], False)
        return Named(at, spelled[0], spelled[1], True) if spelled else None

    def _believable(self, written: str, word: str) -> bool:
        right = sum(one == other for one, other in zip(written, word, strict=True))
        if len(word) >= SHORTEST_BY_FUZZY_SOUND:
            return right >= 1
        assert self._sounds
        return right >= 1 and all(
            self._sounds.exact[one] == self._sounds.exact[other] for one, other in zip(written, word, strict=True)
        )


def _plant(trie: dict[str, Any], path: Iterable[str], word: str) -> None:
    for step in path:
        trie = trie.setdefault(step, {})
    trie.setdefault("", word)


def _longest(trie: dict[str, Any], steps: str | list[str], at: int) -> tuple[int, str] | None:
    best = None
    while at < len(steps) and (step := steps[at]) and (trie := trie.get(step)):  # type: ignore[assignment]
        at += 1
        if "" in trie:
            best = (at, trie[""])
    return best


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin word would be cut in two: `ac` is not in `machine`."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return (_latin(before) and _latin(text[start])) or (_latin(after) and _latin(text[end - 1]))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
