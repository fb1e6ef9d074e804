"""Importing customers: a firm or a person, known by number, else phone, else name and address (S71, S75)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.links.claims import FirstClaims
from core.links.importing import Begin, Tally
from core.links.known import Scope
from core.links.lines import Finding
from core.links.people import Verdict, import_people, judge_people
from core.links.rows import Imported, PersonRow
from core.store.turn import Turn


class CustomersImporter:
    """Customers of one system, in one entity."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._claims = FirstClaims()

    def take(self, row: Any) -> None:
        self._claims.take(row)

    def against(self, row: Any) -> Finding | None:
        return self._claims.against(row)

    def judge(self, turn: Turn, rows: Sequence[Imported], *, lock: bool) -> list[Verdict]:
        return judge_people(turn, self.scope, [row for row in rows if isinstance(row, PersonRow)], lock=lock)

    def carry_out(self, turn: Turn, verdicts: Sequence[Verdict]) -> None:
        import_people(turn, self.scope, verdicts)

    def foresee(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        return {}

    def prepare(self, begin: Begin) -> None:
        """Nothing comes before customers."""

    def follow_up(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        return {}
