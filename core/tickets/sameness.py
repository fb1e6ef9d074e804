"""Is it the same fault? Same device, and symptoms of which one holds the other or that share most of their pairs (S64)."""

from __future__ import annotations

import unicodedata
from typing import Any

from core.tickets.model import Ticket

ALIKE = 0.6
"""Share of character pairs from which on two symptoms are the same."""


def same_words(ticket: Ticket, fields: dict[str, Any]) -> bool:
    """Whether the fields tell the fault of this ticket in words of which one holds the other: no doubt is left."""
    if not same_fault(ticket, fields):
        return False
    one, other = _bare(ticket.fault_symptom or ""), _bare(fields["fault_symptom"])
    return one in other or other in one


def same_fault(ticket: Ticket, fields: dict[str, Any]) -> bool:
    """Whether the fields tell the fault of this ticket once more."""
    device, symptom = fields.get("device"), fields.get("fault_symptom")
    if not (device and symptom and ticket.device and ticket.fault_symptom):
        return False
    return not other_device(ticket.device, device) and alike(ticket.fault_symptom, symptom)


def other_device(one: str | None, other: str | None) -> bool:
    """Whether two names are of different devices; an unknown one is not different."""
    if not one or not other:
        return False
    one, other = _bare(one), _bare(other)
    return one not in other and other not in one


def alike(one: str, other: str) -> bool:
    """Whether two symptoms say the same."""
    one, other = _bare(one), _bare(other)
    if one in other or other in one:
        return True
    pairs, others = _pairs(one), _pairs(other)
    return bool(pairs | others) and len(pairs & others) / len(pairs | others) >= ALIKE


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}
