"""The five things that every ticket needs, and how urgent it is, as a form: for those who report on a page (S9, S51, S52)."""

from __future__ import annotations

from functools import cache

from core.forms.definition import Asked, Field, Form, Option, Said, Sort
from core.people.model import Role
from core.tickets.model import Priority
from core.wording import Wording

BASIC = "basic"
"""The id of this form, which no pack can use for one of its own fields."""
ASKED = ("fault_symptom", "device", "phone", "address", "preferred_text")


@cache
def basics() -> Form:
    """A symptom is required, and the priority is never empty; all else may come later (S65)."""
    fields = [
        Field(
            name,
            _said(f"slot.{name}"),
            Sort.TEXT,
            required=name == "fault_symptom",
            many=name == "fault_symptom",
            asked=Asked.NOBODY,
            seen_by=frozenset({Role.CUSTOMER}),
        )
        for name in ASKED
    ]
    levels = tuple(Option(level.value, _said(f"priority.{level}")) for level in Priority)
    urgent = Field(
        "priority",
        _said("slot.priority"),
        Sort.CHOICE,
        required=True,
        options=levels,
        seen_by=frozenset({Role.CUSTOMER}),
    )
    return Form(BASIC, 1, _said("form.page.report"), (*fields, urgent))


def _said(key: str) -> Said:
    words = Wording.load()
    return Said(words.text("zh", key), words.text("en", key))
