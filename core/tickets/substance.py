"""Does a text say something? Heard-words, blanks, emoji and padding do not (S6, S12, S38)."""

from __future__ import annotations

import re
import unicodedata

HEARD = frozenset(
    "收到 好的 好 好滴 好嘞 好吧 嗯 嗯嗯 恩 哦 噢 行 可以 知道 知道了 了解 明白 明白了 收悉 已阅 已读 已查看 看到了 看到 在 "
    "马上 稍等 是 是的 对 对的 没问题 辛苦 谢谢 "
    "ok okay k kk roger copy got it yes yep sure noted received seen thanks 1 111 666 6".split(" ")
) | {"got it"}
"""收到, 好的 and their kin: they say that a message was heard, not what is being done."""

_TRAILING = "了的啦呀哈哦呢吧嘞滴"
_RUN = re.compile(r"(.)\1+", re.DOTALL)


def is_real_note(text: str) -> bool:
    """Whether a text says something: not blank, not heard-words, not emoji, not padding (S12)."""
    words = _letters(text)
    if words in HEARD or words.rstrip(_TRAILING) in HEARD or _all_heard(text):
        return False
    return len(set(words)) >= 2 and len(_RUN.sub(r"\1", words)) >= 2 and not words.isdigit()


def summary_length(text: str) -> int:
    """Characters of a summary that count: without white space; a run of one character, or of punctuation, counts once."""
    counted, last = 0, ""
    for character in unicodedata.normalize("NFKC", text):
        if character.isspace() or unicodedata.category(character) in ("Cf", "Cc", "Mn"):
            continue
        sort = "." if unicodedata.category(character)[0] in "PSZ" else character.casefold()
        if sort != last:
            counted += 1
        last = sort
    return counted


def _letters(text: str) -> str:
    """Letters and digits only, width and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LN")


def _all_heard(text: str) -> bool:
    """Whether every word between punctuation and blanks is a heard-word ("收到，好的", "ok 1")."""
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFKC", text).casefold()) if word]
    return all(word in HEARD or word.rstrip(_TRAILING) in HEARD for word in words)
