"""Effective inquiries in words, for managers: how many, whether they become fewer, and the tickets behind the number (S97, S101)."""

from __future__ import annotations

from core.insight.inquiries import Counted, asked, months_of, trend
from core.insight.monthly import MONTH, QUARTER, Report, Span
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.describing import page_link
from core.tickets.model import Ticket

MOST_LISTED = 15
"""Inquiries that one list names, the latest first; of further ones it says how many."""


def told(turn: Turn, entity: str, span: Span, lang: str) -> str | None:
    """A month or a quarter beside others; None if it had neither tickets nor questions."""
    found = trend(turn, entity, span)
    if not (found.now.total or found.now.made):
        return None
    words, before = turn.house.wording, "quarter_before" if span.months == QUARTER else "month_before"
    lines = [words.text(lang, "figures.inquiries.title"), _line(turn, lang, str(span), found.now)]
    part = "so_far" if found.so_far else "whole"
    for name, other in ((before, found.before), ("year_before", found.last_year)):
        if other is not None:
            change = _change(found.now.total, other.total)
            lines.append(words.text(lang, f"figures.inquiries.than.{name}.{part}", **change))
    for month in months_of(span) if span.months == QUARTER else ():
        if month.begins(turn.house.zone) <= turn.now:
            lines.append(_line(turn, lang, str(month), trend(turn, entity, month).now))
    if found.now.total:
        lines.append(words.text(lang, "figures.inquiries.more_by", span=str(span)))
    return "\n".join(lines)


def listed(turn: Turn, reader: Person, span: Span, *, links: bool) -> str | None:
    """The tickets behind the number: which, when, how and after what he asked; None without any. `links`: with their pages."""
    zone, words, lang = turn.house.zone, turn.house.wording, reader.lang
    found = asked(turn, reader.entity, span.begins(zone), min(span.ends(zone), turn.now + 1))
    if not found:
        return None
    lines = [words.text(lang, "figures.inquiries.list", span=str(span), count=len(found))]
    for one in found[: -MOST_LISTED - 1 : -1]:
        ticket = turn.get(Ticket, one.ticket)
        if ticket is None:
            continue
        facts = {
            "number": ticket.number,
            "when": words.moment(lang, one.at, turn.now, zone),
            "via": words.name(lang, "figures.inquiries.via", one.via),
            "kind": words.name(lang, "figures.inquiries.kind", one.intent),
        }
        link = page_link(turn, ticket, reader) if links else None
        lines.append(" ".join(filter(None, (words.text(lang, "figures.inquiries.one", **facts), link))))
    if len(found) > MOST_LISTED:
        lines.append(words.text(lang, "figures.inquiries.further", count=len(found) - MOST_LISTED))
    return "\n".join(lines)


def _line(turn: Turn, lang: str, span: str, found: Counted) -> str:
    words, tenths = turn.house.wording, found.per_hundred
    line = words.text(
        lang,
        "figures.inquiries.line",
        span=span,
        count=found.total,
        phone=found.phone,
        chat=found.chat,
        made=found.made,
    )
    if tenths is None:
        return line
    return line + words.text(lang, "figures.inquiries.rate", rate=f"{tenths // 10}.{tenths % 10}")


def _change(now: int, before: int) -> dict[str, str]:
    """By how many, and by how many percent where that can be said, to the nearest tenth."""
    change = f"{now - before:+}" if now != before else "±0"
    if before and now != before:
        tenths = (2000 * abs(now - before) + before) // (2 * before)
        change += f", {'+' if now > before else '-'}{tenths // 10}.{tenths % 10}%"
    return {"before": str(before), "change": change}


MONTHLY = Report("inquiries", told, MONTH)
QUARTERLY = Report("inquiries_quarter", told, QUARTER)
"""What managers hear by themselves (季度复盘, S101)."""
