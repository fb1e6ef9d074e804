"""Colleagues swap shifts (换班): one proposes, the other agrees, and only then the roster changes."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.refused import Refused
from core.rosters.asking import plan_of, rosters_of, shifts_of
from core.rosters.changing import change
from core.rosters.model import Roster, Source, Swap, SwapState
from core.rosters.shifts import Change, Shift, shifts
from core.store.turn import Turn
from core.words import DAY, Micros

RETURN_WITHIN = 35 * DAY
"""So far ahead the shift is looked for that is given in return."""

_ANSWERS = {SwapState.ACCEPTED: "roster.swap_accepted", SwapState.REFUSED: "roster.swap_refused"}
_swap = Swap.table.c
_waiting = (
    select(Swap.table)
    .where(_swap.colleague_id == bindparam("colleague_id"), _swap.state == SwapState.PROPOSED)
    .order_by(_swap.id.desc())
)

Taken = tuple[Roster, Shift, Person, Person]
"""A roster, a shift of it, who takes it over, and whose it is."""


class Exchange(StrEnum):
    """What one asks of the other: to swap, to take his shift over, or to leave one to him."""

    SWAP = "swap"
    GIVE = "give"
    TAKE = "take"


def propose(
    turn: Turn, asker: Person, colleague: Person, spoken_of: list[tuple[Roster, Shift]], exchange: Exchange
) -> Swap:
    """Ask a colleague about the shifts that are spoken of. Where only one of them has one of these, a swap gives the other's
    next shift in return. Raises Refused: swap_with_himself, no_shift_to_swap."""
    if asker.id == colleague.id:
        raise Refused("swap_with_himself")
    mine, theirs = (
        [(roster, shift) for roster, shift in spoken_of if one.id in shift.meant and shift.starts > turn.now]
        for one in (asker, colleague)
    )
    mine, theirs = (mine if exchange != Exchange.TAKE else []), (theirs if exchange != Exchange.GIVE else [])
    if not mine and not theirs:
        raise Refused("no_shift_to_swap", name=colleague.name)
    if exchange == Exchange.SWAP and not theirs:
        theirs = _next_of(turn, colleague, mine[-1][1].ends, asker)
    elif exchange == Exchange.SWAP and not mine:
        mine = _next_of(turn, asker, turn.now, colleague)
    taken = [(*one, colleague, asker) for one in mine] + [(*one, asker, colleague) for one in theirs]
    swap = Swap(
        id=turn.new_id(),
        entity=asker.entity,
        asker_id=asker.id,
        colleague_id=colleague.id,
        changes=[_row(one) for one in taken],
        asked_at=turn.now,
    )
    data = {"swap": swap.id, "colleague": colleague.id, "changes": swap.changes}
    turn.record("roster.swap_proposed", entity=asker.entity, stream=f"swap:{swap.id}", by=asker.id, data=data)
    return turn.add(swap)


def waiting_for(turn: Turn, colleague: Person) -> Swap | None:
    """The newest swap that waits for his answer."""
    return turn.first(Swap, _waiting, colleague_id=colleague.id)


def agree(turn: Turn, swap_id: int, by: Person) -> Swap:
    """The colleague agrees: the roster changes. Raises Refused: swap_over, if it is answered, has begun, or the shifts are
    no longer theirs."""
    swap = _open(turn, swap_id, by)
    for row in swap.changes:
        if row["starts"] <= turn.now or not _still_his(turn, row):
            raise Refused("swap_over")
    _answered(turn, swap, SwapState.ACCEPTED, by)
    for row in swap.changes:
        roster = turn.get(Roster, row["roster"])
        if roster is not None:
            wanted = Change(row["starts"], row["ends"], row["person"], row["instead_of"])
            change(turn, roster, wanted, Source.SWAP, by)
    return swap


def refuse(turn: Turn, swap_id: int, by: Person) -> Swap:
    """The colleague does not want to. Raises Refused: swap_over."""
    swap = _open(turn, swap_id, by)
    _answered(turn, swap, SwapState.REFUSED, by)
    return swap


def _open(turn: Turn, swap_id: int, by: Person) -> Swap:
    swap = turn.get(Swap, swap_id, lock=True)
    if swap is None or swap.colleague_id != by.id or swap.state != SwapState.PROPOSED:
        raise Refused("swap_over")
    return swap


def _answered(turn: Turn, swap: Swap, state: SwapState, by: Person) -> None:
    swap.state, swap.answered_at = state, turn.now
    turn.record(_ANSWERS[state], entity=swap.entity, stream=f"swap:{swap.id}", by=by.id, data={"swap": swap.id})


def _still_his(turn: Turn, row: dict[str, int]) -> bool:
    """Whether the shift is still there, and still whose it was."""
    roster = turn.get(Roster, row["roster"])
    if roster is None or not roster.active:
        return False
    found = list(shifts(plan_of(turn, roster, row["starts"], row["ends"]), row["starts"], row["ends"]))
    return bool(found) and all(row["instead_of"] in shift.meant for shift in found)


def _next_of(turn: Turn, person: Person, after: Micros, but: Person) -> list[tuple[Roster, Shift]]:
    """His next shift that begins after an instant, and in which the other has none himself."""
    coming = [
        (roster, shift)
        for roster in rosters_of(turn, person.entity)
        for shift in shifts_of(turn, roster, after, after + RETURN_WITHIN)
        if shift.starts >= after and person.id in shift.meant and but.id not in shift.meant
    ]
    return sorted(coming, key=lambda one: one[1].starts)[:1]


def _row(taken: Taken) -> dict[str, int]:
    roster, shift, person, instead_of = taken
    return {
        "roster": roster.id,
        "starts": shift.starts,
        "ends": shift.ends,
        "person": person.id,
        "instead_of": instead_of.id,
    }
