"""From what was understood to the fields of a ticket."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from core.tickets.model import Priority
from core.tickets.reporting import Told
from dialogue.heard import Heard, instant
from dialogue.understanding.words import LIST_SLOTS, Understanding

SEVERAL = "、"
"""Between several values of one field."""


def fields_of(meant: Understanding, zone: ZoneInfo) -> dict[str, Any]:
    """The ticket's fields that the words fill; only what was said."""
    slots = meant.slots
    fields: dict[str, Any] = {name: SEVERAL.join(slots[name]) for name in LIST_SLOTS if slots.get(name)}
    if "phone" in fields:
        fields["phone"] = slots["phone"][0]
    if slots.get("emotion") in ("anxious", "angry"):
        fields["emotion"] = slots["emotion"]
    fields.update(time_fields(slots.get("preferred_time"), zone))
    return fields


def time_fields(period: dict[str, str] | None, zone: ZoneInfo) -> dict[str, Any]:
    """The wanted time as instants, with the words in which it was said."""
    if not period:
        return {}
    return {
        "preferred_text": period.get("text"),
        "preferred_start": instant(period["start"], zone),
        "preferred_end": instant(period["end"], zone),
    }


def told_by(heard: Heard, fields: dict[str, Any], meant: Understanding | None = None) -> Told:
    """What the message tells, ready for a ticket."""
    urgency = meant.slots.get("urgency") if meant else None
    return Told(
        words=heard.text,
        fields=fields,
        priority=Priority(urgency or "P2"),
        media=heard.message.media,
        kind=heard.message.kind,
    )
