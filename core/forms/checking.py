"""What was handed in at once, on a page or in a table, is checked against the definition as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.forms.conditions import Values
from core.forms.definition import FILES, Form, Sort, required, shown
from core.forms.reading import Misfit, read

MOST_GIVEN = 20
"""Values of one field that are looked at: options of a choice of many, files."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`answers` fit and are shown; `mistakes` say of the other shown fields what is wrong; `hidden` were filled in though nobody is to
    see them now."""

    answers: dict[str, Values] = field(default_factory=dict)
    mistakes: dict[str, Misfit] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


def check(
    form: Form,
    given: Mapping[str, Sequence[str]],
    today: date,
    *,
    files: Mapping[str, Values] | None = None,
    known: Mapping[str, Values] | None = None,
    needs: bool = True,
) -> Checked:
    """`given` are words by field, `files` files that were looked at already, `known` answers of fields that are not handed in.
    With `needs`, what is required must be there."""
    answers: dict[str, Values] = {**(known or {}), **(files or {})}
    mistakes: dict[str, Misfit] = {}
    for one in form.fields:
        words = [word for word in given.get(one.id, ())[:MOST_GIVEN] if word.strip()]
        if one.sort in FILES or one.id not in given:
            continue
        answers.pop(one.id, None)
        if words:
            try:
                answers[one.id] = _read(form, one.id, words, today)
            except Misfit as misfit:
                mistakes[one.id] = misfit
    there = {one.id for one in shown(form, answers)}
    if needs:
        for name in required(form, answers) - answers.keys() - mistakes.keys():
            mistakes[name] = Misfit("required")
    handed = {*given, *(files or {})}
    return Checked(
        {name: value for name, value in answers.items() if name in there and name in handed},
        {name: misfit for name, misfit in mistakes.items() if name in there},
        tuple(name for name in given if name not in there and any(word.strip() for word in given[name])),
    )


def _read(form: Form, name: str, words: Sequence[str], today: date) -> Values:
    one = form.field(name)
    assert one is not None
    if one.sort == Sort.CHOICE and one.many:
        return tuple(dict.fromkeys(value for word in words for value in read(one, word, today).values))
    return read(one, words[0], today).values
