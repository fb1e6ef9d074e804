"""The parts that a completed repair has used, with the serial numbers of old and new (型号、数量、新旧件序列号, S66, S99)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.parts.model import PartSwap
from core.reports.press import Replaced


def replaced(
    used: Sequence[tuple[str, int | None]], swaps: Sequence[PartSwap], name: Callable[[str], str]
) -> tuple[Replaced, ...]:
    """One row for each part whose serial numbers were told, and one for as many as are left of its code.

    `used`: codes as the completion names them, with quantities where somebody said them; a swap without a code belongs to the
    only part there is, else it stands for itself.
    """
    by_code = _by_code(used, swaps)
    rows: list[Replaced] = []
    for code, qty in used:
        told = by_code.pop(code.casefold(), [])
        rows += [_row(swap, code, name(code)) for swap in told]
        left = (qty or 0) - len(told)
        if left > 0 or not told:
            rows.append(Replaced(code, name(code), left if qty else 0))
    for told in by_code.values():
        rows += [_row(swap, swap.code or "", name(swap.code) if swap.code else "") for swap in told]
    return tuple(rows)


def _by_code(used: Sequence[tuple[str, int | None]], swaps: Sequence[PartSwap]) -> dict[str, list[PartSwap]]:
    alone = used[0][0] if len(used) == 1 else ""
    found: dict[str, list[PartSwap]] = {}
    for swap in swaps:
        found.setdefault((swap.code or alone).casefold(), []).append(swap)
    return found


def _row(swap: PartSwap, code: str, name: str) -> Replaced:
    return Replaced(code, name, 1, swap.old_serial or "", swap.new_serial or "")
