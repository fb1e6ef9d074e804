"""Somebody asks for a service report: 报告, 报告 1023, 把服务报告发我."""

from __future__ import annotations

import re

from dialogue.vocabulary import bare, vocabulary

_NUMBER = re.compile(
    r"(?<![\dA-Za-z])(?:GD[-—]?)?(?P<digits>\d{3,12})(?:-\d{1,3})?(?:\s*(?:号|的|这张单|这单))*", re.IGNORECASE
)
_POLITE = re.compile(
    r"^(?:请|麻烦|劳驾|你好|您好|please|pls)[，,\s]*|[，,\s]*(?:谢谢|吗|吧|呢|please|thanks|\?|？)+$", re.IGNORECASE
)


def report_wanted(text: str) -> str | None:
    """The digits of the ticket whose report is asked for, "" if none is named; None if none is asked for."""
    found = _NUMBER.search(text)
    words = f"{text[: found.start()]} {text[found.end() :]}" if found else text
    plain = " ".join(_POLITE.sub("", bare(words)).split())
    wanted = (plain if plain.isascii() else plain.replace(" ", "")) in vocabulary("report")
    return (found["digits"] if found else "") if wanted else None
