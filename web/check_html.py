"""What was found out about a report, as markup: a sign, a colour and large words, in both languages, since anybody may read it."""

from __future__ import annotations

from html import escape

from core.reports.checking import Found
from core.wording import LANGUAGES, Wording

SIGNS = {"valid": "✓", "replaced": "✓", "making": "…", "void": "!", "altered": "✕", "unlisted": "?", "unknown": "?"}
"""Verdict → the sign before its words, for who does not see colours."""

BY_CODE = {"valid": "check.on_record", "unknown": "check.not_ours"}
"""Verdict → what it means of a QR code, where that is not what it means of a file."""


def both(key: str, **facts: object) -> str:
    """A sentence in Chinese, and under it in English."""
    first, second = (escape(Wording.load().text(lang, key, **facts)) for lang in LANGUAGES)
    return f'{first} <small lang="en">{second}</small>'


def report_html(found: Found) -> str:
    """What a QR code leads to: the report counts, or does not; of the file in somebody's hands that says nothing yet."""
    return _drawn(found, BY_CODE.get(found.verdict) or _means(found))


def file_html(found: Found) -> str:
    """What is to be thought of a file."""
    return _drawn(found, _means(found))


def _means(found: Found) -> str:
    return f"check.means_void_{found.why}" if found.verdict == "void" else f"check.means_{found.verdict}"


def _drawn(found: Found, means: str) -> str:
    rows = "".join(
        f"<dt>{both(f'check.fact_{name}')}</dt><dd>{escape(value)}</dd>" for name, value in found.facts.items()
    )
    return (
        f'<section class="verdict {found.verdict}"><p class="sign" aria-hidden="true">{SIGNS[found.verdict]}</p>'
        f"<h2>{both(f'check.{found.verdict}')}</h2><p>{both(means)}</p>{f'<dl>{rows}</dl>' if rows else ''}</section>"
    )
