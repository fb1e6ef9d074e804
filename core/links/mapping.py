"""Which column of a table is which of our fields (字段映射): proposed from the headers, confirmed or corrected once (S72)."""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.links.cells import text_of
from core.links.lines import Line, LineRefused, TableRefused
from core.links.vocabulary import SKIP, Kind, is_plain, vocabulary

HEADER_WITHIN = 20
"""The header stands in one of so many first lines; above it people write titles and dates."""
REQUIRED: Names[Kind, tuple[tuple[str, ...], ...]] = {
    "staff": (("name",),),
    "customers": (("company", "name"),),
    "tickets": (("external",), ("company", "name", "phone", "customer_external")),
}
"""Of each group one field must be found, or the table makes no sense as what it is said to be."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place, its header, the field it fills (or skip), and what is to be looked at.

    `note`: odd (brackets or signs in the header), guess (only its ending is known), twice (the field is filled by an earlier
    column), unknown, nameless.
    """

    place: int
    header: str
    field: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where each field stands in the lines below the header, and what was said about job titles."""

    kind: Kind
    columns: tuple[Column, ...]
    header_line: int
    sheet: str
    roles: Names[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, int]:
        """Field → place of its column."""
        return {column.field: column.place for column in self.columns if column.field != SKIP}

    def cells(self, line: Line) -> dict[str, Any]:
        """Field → cell of a line."""
        return {name: line.cells[place] if place < len(line.cells) else None for name, place in self.places.items()}

    def corrected(self, place: int, name: str) -> Mapping:
        """With another field for one column; the column that had it is skipped. Raises TableRefused: no such column or field."""
        known = {SKIP, *vocabulary().headers[self.kind].values()}
        if name not in known or not any(column.place == place for column in self.columns):
            raise TableRefused("mapping_wrong", column=place + 1, field=name, fields="、".join(sorted(known)))
        columns = []
        for column in self.columns:
            if column.place == place:
                column = replace(column, field=name, note="")
            elif column.field == name != SKIP:
                column = replace(column, field=SKIP)
            columns.append(column)
        return replace(self, columns=tuple(columns))

    def must_do(self) -> None:
        """Raises TableRefused if a field without which nothing can be imported is not mapped."""
        for group in REQUIRED[self.kind]:
            if not any(name in self.places for name in group):
                raise TableRefused("field_missing", group=group, kind=self.kind)


def propose(kind: Kind, first_lines: Sequence[Line]) -> Mapping:
    """The mapping that the headers suggest: the first line in which most are known. Raises TableRefused: no header."""
    best: Mapping | None = None
    for line in first_lines[:HEADER_WITHIN]:
        mapping = Mapping(kind, _columns(kind, line), line.number, line.sheet)
        if len(mapping.places) > (len(best.places) if best else 0):
            best = mapping
    if best is None or len(best.places) < 2:
        raise TableRefused("no_header", lines=min(len(first_lines), HEADER_WITHIN), kind=kind)
    return best


def saved(mapping: Mapping, system: str) -> dict[str, Any]:
    """The mapping as it is kept for the next time."""
    kept: dict[str, Any] = {"kind": mapping.kind, "system": system}
    kept["columns"] = {name: column.field for name, column in _named(mapping.columns).items()}
    if mapping.roles:
        kept["roles"] = dict(mapping.roles)
    return kept


def recalled(kept: Any, proposed: Mapping) -> Mapping:
    """A kept mapping on a table whose header was found; what it does not name is skipped.

    Raises TableRefused if it is none, is for another kind of table, or names columns that the table does not have.
    """
    if not isinstance(kept, dict) or not isinstance(kept.get("columns"), dict):
        raise TableRefused("mapping_unreadable")
    if kept.get("kind") != proposed.kind:
        raise TableRefused("mapping_other_kind", kind=kept.get("kind"), wanted=proposed.kind)
    there = _named(proposed.columns)
    if gone := [str(name) for name in kept["columns"] if str(name) not in there]:
        raise TableRefused("mapping_columns_gone", columns="、".join(gone))
    mapping = replace(proposed, columns=tuple(replace(column, field=SKIP, note="") for column in proposed.columns))
    for name, wanted in kept["columns"].items():
        mapping = mapping.corrected(there[str(name)].place, str(wanted))
    roles = kept.get("roles") or {}
    if not isinstance(roles, dict):
        raise TableRefused("mapping_unreadable")
    return replace(mapping, roles={str(title): str(role) for title, role in roles.items()})


def _columns(kind: Kind, line: Line) -> tuple[Column, ...]:
    headers = [_header(cell) for cell in line.cells]
    meant = {place: vocabulary().field_named(kind, header) for place, header in enumerate(headers) if header}
    chosen: dict[str, int] = {}
    for guess in (False, True):
        for place, found in meant.items():
            if found and found[1] is guess:
                chosen.setdefault(found[0], place)
    return tuple(_column(place, header, meant.get(place), chosen) for place, header in enumerate(headers))


def _column(place: int, header: str, found: tuple[str, bool] | None, chosen: dict[str, int]) -> Column:
    if not header:
        return Column(place, header, SKIP, "nameless")
    if found is None:
        return Column(place, header, SKIP, "unknown")
    if chosen[found[0]] != place:
        return Column(place, header, SKIP, "twice")
    return Column(place, header, found[0], "odd" if not is_plain(header) else "guess" if found[1] else "")


def _header(cell: Any) -> str:
    try:
        return text_of(cell) or ""
    except LineRefused:
        return ""


def _named(columns: Sequence[Column]) -> dict[str, Column]:
    """Columns by header; one that comes again is told apart by its number: 电话, 电话 #5."""
    named: dict[str, Column] = {}
    for column in columns:
        if column.header:
            name = column.header if column.header not in named else f"{column.header} #{column.place + 1}"
            named[name] = column
    return named
