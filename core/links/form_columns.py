"""Columns of a table of tickets that are fields of a form: checked against the same definition as what is typed (S57, S78)."""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.forms.checking import check
from core.forms.choosing import fits_words
from core.forms.definition import FILES, Field, Form
from core.forms.reading import Misfit
from core.links.cells import text_of
from core.links.lines import Cell, Line
from core.links.mapping import Mapping
from core.links.rows import TicketRow
from core.links.vocabulary import SKIP, compared

LONGEST_SHOWN = 40
"""Characters of a value that a reason quotes."""
REASONS = {
    "limits": "form_limits",
    "choice": "form_choice",
    "choice_many": "form_choice",
    "number": "form_number",
    "number_many": "form_number",
    "unit": "form_number",
    "date": "form_date",
    "too_early": "form_date",
    "too_late": "form_date",
    "yes_no": "form_yes_no",
    "too_long": "form_too_long",
}
"""What does not fit → why it is not taken."""


@dataclass(frozen=True, slots=True)
class FormColumns:
    """Which skipped columns are fields of which form: place → field, by form."""

    forms: tuple[tuple[Form, dict[int, Field]], ...]

    @classmethod
    def of(cls, forms: Sequence[Form], mapping: Mapping) -> FormColumns:
        """The columns whose header is a field's label, id or another name of it; files are in no table."""
        found = []
        for form in forms:
            names = {
                compared(name): one
                for one in reversed(form.fields)
                if one.sort not in FILES
                for name in (*one.names, one.id)
            }
            places = {
                column.place: names[compared(column.header)]
                for column in mapping.columns
                if column.field == SKIP and column.header and compared(column.header) in names
            }
            if places:
                found.append((form, places))
        return cls(tuple(found))

    @property
    def labels(self) -> list[str]:
        """The labels of all fields that the table has, each once."""
        return list(dict.fromkeys(one.label.zh for _, places in self.forms for one in places.values()))

    def fill(self, row: TicketRow, line: Line, today: date) -> TicketRow:
        """The row with its answers, and a remark for each that is not taken."""
        told = [(form, given) for form, places in self.forms if (given := _given(line, places))]
        text = "\n".join(row.fields.values())
        form, given = next(((form, given) for form, given in told if fits_words(form.fits, text)), (None, {}))
        if form is None:
            if told:
                values = "、".join(word[:LONGEST_SHOWN] for word in list(told[0][1].values())[:3])
                row.remarks.append(["form_none", {"value": values}])
            return row
        checked = check(form, {name: [word] for name, word in given.items()}, today, needs=False)
        for name, misfit in checked.mistakes.items():
            row.remarks.append(_why(form, name, given[name], misfit))
        for name in checked.hidden:
            label = _field(form, name).label.zh
            row.remarks.append(["form_hidden", {"label": label, "value": given[name][:LONGEST_SHOWN]}])
        if checked.answers:
            row.form, row.answers = form.id, {name: list(values) for name, values in checked.answers.items()}
        return row


def _given(line: Line, places: Names[int, Field]) -> dict[str, str]:
    cells = {one.id: _cell(line.cells[place]) for place, one in places.items() if place < len(line.cells)}
    return {name: words for name, words in cells.items() if words}


def _cell(cell: Cell) -> str | None:
    return cell.strftime("%Y-%m-%d") if isinstance(cell, date) else text_of(cell)


def _why(form: Form, name: str, value: str, misfit: Misfit) -> list[Any]:
    one = _field(form, name)
    facts: dict[str, Any] = {"label": one.label.zh, "value": value[:LONGEST_SHOWN]}
    key = REASONS.get(misfit.key, "form_number")
    if key == "form_limits":
        facts |= {"least": misfit.facts["least"], "most": misfit.facts["most"], "unit": one.unit or ""}
    if key == "form_choice":
        facts["options"] = "、".join(option.label.zh for option in one.options)
    return [key, facts]


def _field(form: Form, name: str) -> Field:
    one = form.field(name)
    assert one is not None
    return one
