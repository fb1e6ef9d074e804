"""A score in words: 5分, 五星, 打4分, 3 stars, 满分, 5/5."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogue.understanding.exact.hit import Hit

_SCORE = re.compile(
    r"(?<![0-9一二三四五六七八九十.:：点])(?P<n>[1-5一二两三四五])(?:分(?!钟|之|公司|机|店|厂|批|别|开|钱|[0-9一二三四五六七八九])|"
    r"颗?星(?!期)|个赞| ?stars?(?![a-z])|/5(?![0-9])| out of 5)"
    r"|(?P<best>满分|好评|全五星|100分|一百分|十分满意|10分|五星好评)|(?P<worst>零分|0分|差评|零星)"
    r"|(?:评分|打分|评价|rate|rating|score)[ :：是给]{0,3}(?P<m>[1-5])(?![0-9])"
)
_NUMERALS = dict(zip("一二两三四五", (1, 2, 2, 3, 4, 5), strict=True))


def rating(text: str) -> Iterator[Hit]:
    """Scores from 1 to 5, as a whole number."""
    for match in _SCORE.finditer(text):
        if match["best"] or match["worst"]:
            value = 5 if match["best"] else 1
        else:
            said = match["n"] or match["m"]
            value = _NUMERALS.get(said) or int(said)
        yield Hit("rating", match.start(), match.end(), value)
