"""A form as the pack defines it (S57, S76-S78): frozen, and sound once it exists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.forms.conditions import (
    MOST_LEVELS,
    MOST_NESTED,
    Condition,
    FieldTest,
    Scalar,
    Values,
    holds,
    nesting,
    tests_of,
)
from core.people.model import Role
from core.rules.rule import When

LONGEST_ID = 24
"""Characters of the id of a form, field or option: they travel in the tokens of buttons."""
LONGEST_TEXT = 500
"""Characters of a text answer."""
MOST_STEPS = 11
"""Steps of a slider: 0 to 10."""
MOST_FIELDS = 60
"""Fields of a form."""
MOST_NUMBER = 1e12
"""The largest number where a field names no limit of its own."""

_ID = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_ID - 1}}}")
_OPTION = re.compile(rf"[A-Za-z0-9_\-]{{1,{LONGEST_ID}}}")


class BadForm(ValueError):
    """A form that contradicts itself; the words name the field and say what is wrong."""


class Sort(StrEnum):
    """What kind of answer a field takes."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    FILE = "file"
    PHOTO = "photo"
    SLIDER = "slider"


FILES = frozenset({Sort.FILE, Sort.PHOTO})
MEASURED = frozenset({Sort.NUMBER, Sort.SLIDER, Sort.DATE})
"""Answers that lie above or below another one."""


class Asked(StrEnum):
    """Who is asked for it in his chat. Whoever is asked for nothing may still fill it in on the page."""

    CUSTOMER = "customer"
    ENGINEER = "engineer"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Said:
    """The same words in both languages."""

    zh: str
    en: str

    def to(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Option:
    """A choice. `words` are further words by which people call it."""

    id: str
    label: Said
    words: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.label.zh, self.label.en, *self.words)


@dataclass(frozen=True, slots=True)
class Field:
    """Something to be told. `words` are further names of it, `question` and `example` what is said when it is asked (None: the
    house's own words). `many`: several options may be chosen, or a text has several lines. `least` and `most` are limits of a
    number (in `unit`), the ends of a slider (with `low` and `high` as words), or days from today of a date. `accepts` are
    endings of files, with their point. `slot` names the field of the ticket that answers it, `slot_values` what its values mean
    here. Nobody but `seen_by` sees the answer."""

    id: str
    label: Said
    sort: Sort
    required: bool = False
    required_when: Condition | None = None
    show_when: Condition | None = None
    options: tuple[Option, ...] = ()
    many: bool = False
    unit: str | None = None
    least: float | None = None
    most: float | None = None
    low: Said | None = None
    high: Said | None = None
    accepts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    question: Said | None = None
    example: Said | None = None
    asked: Asked = Asked.NOBODY
    seen_by: frozenset[Role] = frozenset()
    slot: str | None = None
    slot_values: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call it."""
        return (self.label.zh, self.label.en, *self.words)

    @property
    def steps(self) -> range:
        """Where a slider may stand."""
        return range(int(self.least or 0), int(self.most or 0) + 1)

    def option(self, known: Scalar) -> Option | None:
        """The option with this id."""
        return next((option for option in self.options if option.id == known), None)


@dataclass(frozen=True, slots=True)
class Fits:
    """Which tickets a form is for: all that is named must hold. `lines` (产线) are looked for in what the ticket and its customer
    say of their place, `devices` and `faults` in what the ticket says of them, `teams` among the customer's department and the
    team that the rules name."""

    when: When = field(default_factory=When)
    lines: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in the order in which they are asked. Raises BadForm where they contradict one another."""

    id: str
    version: int
    title: Said
    fields: tuple[Field, ...]
    fits: Fits = field(default_factory=Fits)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise BadForm(f"the id {self.id!r} is not up to {LONGEST_ID} small letters, digits and _")
        if not 1 <= len(self.fields) <= MOST_FIELDS:
            raise BadForm(f"a form has 1 to {MOST_FIELDS} fields, not {len(self.fields)}")
        known: set[str] = set()
        for one in self.fields:
            if one.id in known:
                raise BadForm(f"field {one.id} stands twice")
            known.add(one.id)
            _must_be_sound(one)
        for one in self.fields:
            for name, condition in (("show_when", one.show_when), ("required_when", one.required_when)):
                if condition is not None:
                    _must_be_about_fields(self, f"field {one.id}, {name}", condition)
        levels: dict[str, int] = {}
        for one in self.fields:
            _level(self, one.id, (), levels)

    def field(self, known: str) -> Field | None:
        """The field with this id."""
        return next((one for one in self.fields if one.id == known), None)


def shown(form: Form, answers: Mapping[str, Values]) -> tuple[Field, ...]:
    """The fields that are shown by these answers, in their order."""
    known: dict[str, bool] = {}

    def is_shown(name: str) -> bool:
        if name not in known:
            one = form.field(name)
            known[name] = one is not None and (one.show_when is None or holds(one.show_when, look))
        return known[name]

    def look(name: str) -> Values:
        return answers.get(name, ()) if is_shown(name) else ()

    return tuple(one for one in form.fields if is_shown(one.id))


def standing(form: Form, answers: Mapping[str, Values]) -> dict[str, Values]:
    """The answers that count: those of fields that are shown, in the order of the form. Nothing else may leave."""
    return {one.id: answers[one.id] for one in shown(form, answers) if answers.get(one.id)}


def required(form: Form, answers: Mapping[str, Values]) -> frozenset[str]:
    """The ids of shown fields that must not stay empty."""
    counted = standing(form, answers)
    return frozenset(
        one.id
        for one in shown(form, answers)
        if one.required
        or (one.required_when is not None and holds(one.required_when, lambda name: counted.get(name, ())))
    )


def _must_be_sound(one: Field) -> None:
    where = f"field {one.id}"
    if not _ID.fullmatch(one.id):
        raise BadForm(f"{where}: an id is up to {LONGEST_ID} small letters, digits and _")
    if (one.sort == Sort.CHOICE) != bool(one.options):
        raise BadForm(f"{where}: a choice, and nothing else, has options")
    if strange := [option.id for option in one.options if not _OPTION.fullmatch(option.id)]:
        raise BadForm(f"{where}: option {strange[0]}: an id is up to {LONGEST_ID} letters, digits, - and _")
    if len({option.id for option in one.options}) != len(one.options):
        raise BadForm(f"{where}: an option stands twice")
    if one.least is not None and one.most is not None and one.least >= one.most:
        raise BadForm(f"{where}: the lower limit {one.least:g} is not below the upper one {one.most:g}")
    if one.sort == Sort.SLIDER:
        whole = [limit for limit in (one.least, one.most) if limit is not None and float(limit).is_integer()]
        if len(whole) != 2 or len(one.steps) > MOST_STEPS:
            raise BadForm(f"{where}: a slider has a least and a most, whole numbers, with {MOST_STEPS} steps at most")
    if one.sort == Sort.FILE and not one.accepts:
        raise BadForm(f"{where}: a file names the endings that it accepts")
    if one.asked != Asked.NOBODY and Role(one.asked) not in one.seen_by:
        raise BadForm(f"{where}: whoever is asked ({one.asked}) must be among those who see it (seen_by)")


def _must_be_about_fields(form: Form, where: str, condition: Condition) -> None:
    if nesting(condition) > MOST_NESTED:
        raise BadForm(f"{where}: all, any and not stand in one another more than {MOST_NESTED} deep")
    for test in tests_of(condition):
        about = form.field(test.field)
        if about is None:
            raise BadForm(f"{where}: there is no field {test.field}")
        _must_be_possible(where, test, about)


def _must_be_possible(where: str, test: FieldTest, about: Field) -> None:
    if test.operator in ("above", "below") and about.sort not in MEASURED:
        raise BadForm(f"{where}: {about.id} is no number, slider or date, and lies {test.operator} nothing")
    if about.sort in FILES and test.operator != "filled":
        raise BadForm(f"{where}: of a file it can only be said whether it is filled")
    for value in test.values:
        if about.sort == Sort.CHOICE and about.option(value) is None:
            raise BadForm(f"{where}: {about.id} has no option {value}")
        if about.sort == Sort.YES_NO and not isinstance(value, bool):
            raise BadForm(f"{where}: {about.id} is yes or no, not {value}")
        if about.sort in (Sort.NUMBER, Sort.SLIDER) and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadForm(f"{where}: {about.id} is a number, not {value}")


def _level(form: Form, name: str, above: tuple[str, ...], known: dict[str, int]) -> int:
    """How many fields a field hangs on in a row; `known` remembers. Raises BadForm: a cycle, or too many."""
    if name in above:
        circle = " → ".join((*above[above.index(name) :], name))
        raise BadForm(f"field {name}, show_when: goes round in a circle: {circle}")
    if name not in known:
        one = form.field(name)
        tests = tests_of(one.show_when) if one is not None and one.show_when is not None else ()
        levels = [_level(form, test.field, (*above, name), known) for test in tests]
        known[name] = 1 + max(levels) if levels else 0
    if known[name] > MOST_LEVELS:
        raise BadForm(f"field {name}, show_when: more than {MOST_LEVELS} levels of fields that depend on one another")
    return known[name]
