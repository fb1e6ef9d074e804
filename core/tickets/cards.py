"""A card that was shown with buttons stays true: when its ticket has moved on, it is shown anew in place, without what can no longer
be pressed (S83, S90)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from core.fitting import cut, fit
from core.people.model import Person
from core.store.model import Event, Outbox, OutboxState, RoomRow, Timer
from core.store.outgoing import in_doubt, post
from core.store.turn import Turn
from core.tickets.describing import card, progress_line
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.recording import ticket_in
from core.words import DAY, SECOND, Button, Micros, Room, Say

PURPOSE = "card_update"
"""Kind of a message that stands in the place of an earlier one: no message of its own for whoever reads."""
CARDS_TIMER = "cards"
SOON = 1 * SECOND
"""What happens to a ticket within so short a time changes its cards once."""
UNDER_WAY = 5 * SECOND
"""How long a message that is just being posted is waited for: until then nobody knows where it stands."""
LASTS = 1 * DAY
"""Older cards stay as they are."""
MOST = 100
"""Messages about a ticket among which its cards are looked for."""
OFFERS = frozenset({"assigned", "new_ticket"})
"""Kinds of messages that show the ticket as a card; others keep their words."""

GOOD: dict[str, Callable[[Ticket, Outbox], bool]] = {
    "accept": lambda ticket, row: ticket.status == Status.UNASSIGNED,
    "refuse": lambda ticket, row: ticket.status == Status.UNASSIGNED and ticket.engineer_id == row.person_id,
    "acknowledge": lambda ticket, row: ticket.is_open and _untouched_since(ticket, row.created_at),
    "merge": lambda ticket, row: ticket.is_open and ticket.duplicate_of is not None,
    "keep_apart": lambda ticket, row: ticket.is_open and ticket.duplicate_of is not None,
    "agree_cancel": lambda ticket, row: ticket.is_open,
    "rate": lambda ticket, row: ticket.rating is None and ticket.status in (Status.DONE, Status.CLOSED),
}
"""Action of a button → whether it can still be pressed with effect; others are left alone."""

_outbox = Outbox.table.c
_about = (
    select(Outbox.table)
    .where(_outbox.subject == bindparam("subject"), _outbox.created_at >= bindparam("since"))
    .order_by(_outbox.id.desc())
    .limit(MOST)
)


def cards_change(turn: Turn, event: Event) -> None:
    """The ticket has moved on: its cards follow in a moment, together with whatever else happens until then."""
    if any(can.edit for can in turn.house.cans.values()):
        _look_again(turn, ticket_in(turn, event), SOON, str(event.id))


def show_anew(turn: Turn, timer: Timer) -> None:
    """Show every card of the ticket as it is now. One that waits to be posted is changed before it leaves."""
    ticket = turn.get(Ticket, timer.data["ticket"])
    if ticket is None:
        return
    rows = turn.rows(Outbox, _about, subject=ticket.stream, since=turn.now - LASTS)
    shown = {row.say["replaces"]: row for row in reversed(rows) if row.purpose == PURPOSE}
    cards = [row for row in rows if row.purpose != PURPOSE and _is_card(turn, row)]
    for row in cards:
        if row.state == OutboxState.SENT and row.ref:
            _replace(turn, ticket, row, shown.get(row.ref))
        elif row.state == OutboxState.WAITING and not in_doubt(row):
            _change(turn, ticket, row)
    if any(row.state == OutboxState.LEASED or _comes_again(row) for row in cards):
        _look_again(turn, ticket, UNDER_WAY, f"{timer.id}")


def _look_again(turn: Turn, ticket: Ticket, after: Micros, episode: str) -> None:
    turn.forget(CARDS_TIMER, ticket.stream)
    turn.remind(CARDS_TIMER, ticket.stream, turn.now + after, episode=episode, data={"ticket": ticket.id})


def _is_card(turn: Turn, row: Outbox) -> bool:
    """Whether it has something to press, where it can be replaced."""
    can = turn.house.cans.get(row.channel)
    return can is not None and can.edit and any(button.get("token") for button in row.say.get("buttons", ()))


def _comes_again(row: Outbox) -> bool:
    """Whether it was perhaps shown: then it goes again as it was, since a platform that knows its key would show no other words."""
    return row.state == OutboxState.WAITING and in_doubt(row)


def _replace(turn: Turn, ticket: Ticket, row: Outbox, last: Outbox | None) -> None:
    """Replace what was shown, unless it stands there already as it should."""
    buttons, room = _good(ticket, row), turn.get(RoomRow, row.room)
    if (last is None and len(buttons) == len(row.say["buttons"])) or (room is not None and room.left_at is not None):
        return
    say = replace(_now(turn, ticket, row, buttons), replaces=row.ref)
    say = turn.house.guard(turn, say, Room.of(row.room), row.person_id, ticket.stream)
    fitted = fit(say, turn.house.cans[row.channel])[-1]
    if last is not None and _plain(fitted) == last.say:
        return
    expires_at = turn.now + LASTS
    post(turn, Room.of(row.room), say, person_id=row.person_id, subject=ticket.stream, expires_at=expires_at)


def _change(turn: Turn, ticket: Ticket, row: Outbox) -> None:
    """What has not left yet leaves as it is now."""
    buttons, held = _good(ticket, row), turn.get(Outbox, row.id, lock=True)
    if held is None or held.state != OutboxState.WAITING or len(buttons) == len(row.say["buttons"]):
        return
    say = replace(_now(turn, ticket, row, buttons), purpose=row.purpose, also=tuple(row.say.get("also", ())))
    say = turn.house.guard(turn, say, Room.of(row.room), row.person_id, ticket.stream)
    held.say = _plain(fit(say, turn.house.cans[row.channel])[-1])


def _now(turn: Turn, ticket: Ticket, row: Outbox, buttons: tuple[Button, ...]) -> Say:
    """What should stand there: an offer shows the ticket as it is, an alert keeps its words and says how it stands."""
    said, person = Say.of(row.say), turn.get(Person, row.person_id) if row.person_id else None
    lang, can = person.lang if person else "zh", turn.house.cans[row.channel]
    if person is not None and OFFERS & {said.purpose, *said.also}:
        shown = card(turn, ticket, person, PURPOSE, progress_line(turn, ticket, lang))
        return replace(shown, link=said.link, buttons=buttons)
    lines = (
        [said.text] if person is not None and not person.is_staff else [said.text, progress_line(turn, ticket, lang)]
    )
    text = cut("\n".join(filter(None, lines)), can.text)[0]
    return replace(said, purpose=PURPOSE, text=text, buttons=buttons, also=(), asks=(), offers=())


def _good(ticket: Ticket, row: Outbox) -> tuple[Button, ...]:
    buttons = Say.of(row.say).buttons
    return tuple(button for button in buttons if _is_good(ticket, row, button))


def _is_good(ticket: Ticket, row: Outbox, button: Button) -> bool:
    check = GOOD.get((button.token or "").partition(":")[0])
    return check is None or check(ticket, row)


def _untouched_since(ticket: Ticket, at: Micros) -> bool:
    return max(ticket.acked_at or 0, ticket.last_action_at or 0) < at


def _plain(say: Say) -> dict[str, Any]:
    return orjson.loads(orjson.dumps(say))


TIMERS = {CARDS_TIMER: show_anew}
"""Kind of timer → what happens when it is due."""
REACTIONS = dict.fromkeys(
    (
        Happened.ACCEPTED,
        Happened.TRANSFERRED,
        Happened.TRANSFER_REFUSED,
        Happened.OFFERED,
        Happened.OFFER_UNANSWERED,
        Happened.HELD,
        Happened.RESUMED,
        Happened.MERGED,
        Happened.KEPT_APART,
        Happened.CANCELLED,
        Happened.COMPLETED,
        Happened.REOPENED,
        Happened.RATED,
        Happened.CLOSED,
        Happened.ACKNOWLEDGED,
        Happened.UNDONE,
    ),
    (cards_change,),
)
"""Event → what must follow in the same turn."""
