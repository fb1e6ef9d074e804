"""Approved templates: which one a purpose has, and its parameters filled from what the desk says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.words import Say
from notifier.carriers.wire import Trouble

OTHERWISE = {
    "engineer_assigned": "assigned",
    "correction": "progress",
    "still_waiting": "progress",
    "report_pdf": "progress",
}
"""Purposes that share a template with another one, unless they have one of their own."""
BLANK = "无"
"""Stands for an empty value: providers refuse a parameter without content."""
LINK = "链接"
"""Stands for a web address: providers refuse a message whose parameter holds one."""

_LINK = re.compile(
    r"(?:[a-z]+://|www\.)[^\s，。；]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|top|io|cc)\b\S*", re.I | re.A
)
_BREAK = re.compile(r"[\s\x00-\x1f\x7f]+")
_BRACKETS = str.maketrans("【】", "[]")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was approved: its code with the provider, and the names of its parameters in their order."""

    code: str
    params: tuple[str, ...] = ()


Templates = Mapping[str, Template]
"""Which template a purpose (p0_alert, escalation …) has."""


def filled(templates: Templates, say: Say, most: int) -> tuple[str, dict[str, str]]:
    """Code and parameters, in their order, each of at most `most` characters.

    Raises Trouble "refused": no template for the purpose, or a parameter of it was not given. Free text never goes.
    """
    template = templates.get(say.purpose) or templates.get(OTHERWISE.get(say.purpose, ""))
    if template is None:
        raise Trouble("refused", f"template for {say.purpose} missing")
    given = dict(say.params)
    for name in template.params:
        if name not in given:
            raise Trouble("refused", f"template for {say.purpose}: no {name}")
    return template.code, {name: worded(given[name], most) for name in template.params}


def worded(value: str, most: int) -> str:
    """A value as providers take it: one line, no web address, no brackets of a signature, never empty, not too long."""
    whole = value.encode("utf-8", "ignore").decode()
    text = _BREAK.sub(" ", _LINK.sub(LINK, whole)).translate(_BRACKETS).strip() or BLANK
    return text if len(text) <= most else f"{text[: most - 1]}…"
