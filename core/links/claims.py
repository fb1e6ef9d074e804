"""What the lines of one table claim for themselves, and where two of them claim the same (S36)."""

from __future__ import annotations

from collections.abc import Iterable

from core.links.lines import Finding
from core.links.rows import PersonRow, TicketRow

LINES_NAMED = 5
"""Lines named in the reason, at most."""

Claim = tuple[str, ...]


class StaffClaims:
    """Two members of the staff with one number, phone or chat account: who is who nobody can tell, so neither is taken."""

    def __init__(self) -> None:
        self._lines: dict[Claim, list[int]] = {}

    def take(self, row: PersonRow) -> None:
        """Note what a line claims."""
        for claim in _staff(row):
            self._lines.setdefault(claim, []).append(row.line)

    def against(self, row: PersonRow) -> Finding | None:
        """Why the line is refused for the sake of another one."""
        for claim in _staff(row):
            lines = self._lines.get(claim, [])
            if len(lines) > 1:
                others = (
                    "、".join(str(line) for line in lines if line != row.line) if len(lines) <= LINES_NAMED else "…"
                )
                return Finding(f"contested_{claim[0]}", {"value": claim[-1], "lines": others})
        return None


class FirstClaims:
    """Customers and tickets: the first line holds, later ones with the same identity are refused."""

    def __init__(self) -> None:
        self._first: dict[Claim, int] = {}

    def take(self, row: PersonRow | TicketRow) -> None:
        """Note what a line claims."""
        for claim in _claimed(row):
            self._first.setdefault(claim, row.line)

    def against(self, row: PersonRow | TicketRow) -> Finding | None:
        """Why the line is refused for the sake of an earlier one."""
        for claim in _minded(row):
            first = self._first.get(claim, row.line)
            if first < row.line:
                return Finding(f"again_{claim[0].partition(' ')[0]}", {"value": claim[1], "line": first})
        return None


def _staff(row: PersonRow) -> Iterable[Claim]:
    if row.external:
        yield ("external", row.external)
    if row.phone:
        yield ("phone", row.phone)
    if not row.external and not row.phone:
        yield ("name", row.name or "")
    for channel, account in row.accounts.items():
        yield ("account", channel, account)


def _claimed(row: PersonRow | TicketRow) -> Iterable[Claim]:
    yield from _own(row)
    if isinstance(row, PersonRow) and row.phone:
        yield ("phone of anybody", row.phone)


def _minded(row: PersonRow | TicketRow) -> Iterable[Claim]:
    yield from _own(row)
    if isinstance(row, PersonRow) and row.phone:
        yield ("phone", row.phone) if row.external else ("phone of anybody", row.phone)


def _own(row: PersonRow | TicketRow) -> Iterable[Claim]:
    """What a line is known by: its number, else its phone, else its name and address."""
    if row.external:
        yield ("external", row.external)
    elif row.phone:
        yield ("phone", row.phone)
    elif isinstance(row, PersonRow):
        yield ("name", row.called, row.address or "")
