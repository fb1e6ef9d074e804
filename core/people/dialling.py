"""Sending to a telephone number: within its limits and the day's money, and alarms that fall together as one SMS."""

from __future__ import annotations

from dataclasses import replace

import orjson
from sqlalchemy import bindparam, select

from core.fitting import fit
from core.people.limits import earliest, may_spend, note_use, one_at_a_time, price
from core.people.model import Person
from core.people.numbers import NumberUse
from core.people.phones import dialled, is_mobile, phone_number
from core.store.model import Outbox, OutboxState
from core.store.outgoing import BUNDLE, post
from core.store.turn import Turn
from core.words import Can, Micros, Room, Say

SMS, VOICE = "sms", "voice"
"""The channels that lead to a number."""
LONGEST_PARAM = 30
"""Characters of a parameter in which several values are joined: providers take 35."""
NAMED, LISTED = "number", "、"
"""The parameter that says which tickets a message is about, and what stands between two of them."""

_waiting = (
    select(Outbox.table)
    .where(
        Outbox.table.c.room == bindparam("room"),
        Outbox.table.c.state == OutboxState.WAITING,
        Outbox.table.c.purpose == bindparam("purpose"),
        Outbox.table.c.priority == 0,
        Outbox.table.c.attempts == 0,
    )
    .order_by(Outbox.table.c.id.desc())
    .limit(1)
)


def number_room(turn: Turn, person: Person, channel: str) -> Room | None:
    """Where SMS or calls reach this person; None if he has no such number, or the desk no such carrier."""
    if channel not in turn.house.accounts:
        return None
    number = _called_at(person) if channel == VOICE else _can_be_written_to(person.phone or "")
    return Room(channel, turn.house.accounts[channel], number) if number else None


def written_to(turn: Turn, number: str) -> Room | None:
    """Where SMS reach this number; None if it can receive none, or the desk can send none."""
    known = _can_be_written_to(number) if SMS in turn.house.accounts else None
    return Room(SMS, turn.house.accounts[SMS], known) if known else None


def send(
    turn: Turn,
    room: Room,
    say: Say,
    *,
    person_id: int | None,
    subject: str | None,
    urgent: bool,
    expires_at: Micros | None = None,
) -> Outbox | None:
    """Order a message to a number, for when it may be used; None if that is too late, or the day's money is spent."""
    one_at_a_time(turn)
    say = _plain(say, turn.house.cans[room.channel])
    bundle = _bundled(turn, room, say, expires_at) if urgent and room.channel == SMS else None
    if bundle is not None:
        return bundle
    at = earliest(turn, room.channel, room.id)
    if at is None or not may_spend(turn, price(turn.house.policies.reaching, room.channel, say.text), urgent=urgent):
        return None
    [row] = post(
        turn,
        room,
        say,
        person_id=person_id,
        subject=subject,
        priority=0 if urgent else 1,
        due_at=at if at > turn.now else None,
        expires_at=expires_at,
    )
    note_use(turn, row, room.id)
    return row


def _called_at(person: Person) -> str | None:
    """What is dialled to call him: as it was written down for that, else his phone."""
    if person.calls and person.calls.startswith(("sip:", "sips:")):
        return person.calls
    return dialled(person.calls or person.phone or "")


def _can_be_written_to(number: str) -> str | None:
    """The number as carriers know it, if it can receive an SMS."""
    known = phone_number(number)
    return dialled(known) if known and (is_mobile(known) or known.startswith("+")) else None


def _plain(say: Say, can: Can) -> Say:
    """As a telephone takes it: words alone, a menu among them, in one message."""
    bare = replace(say, text=say.text or say.title or "", title=None, facts=(), file=None, link=None)
    first, *more = fit(bare, can)
    if not more:
        return first
    text = first.text
    while can.text.of(text) >= can.text.most:
        text = text[:-1]
    return replace(bare, text=f"{text}…", buttons=())


def _bundled(turn: Turn, room: Room, say: Say, expires_at: Micros | None) -> Outbox | None:
    """The SMS that waits for this number, telling of this too; None if none waits, or none that has room for it."""
    found = turn.first(Outbox, _waiting, room=str(room), purpose=say.purpose)
    row = turn.get(Outbox, found.id, lock=True) if found else None
    both = _joined(Say.of(row.say), say, turn.house.cans[room.channel]) if row else None
    if row is None or both is None or row.state != OutboxState.WAITING:
        return None
    row.say, row.subject = orjson.loads(orjson.dumps(both)), None
    row.expires_at = max(row.expires_at, expires_at) if row.expires_at and expires_at else None
    use = turn.get(NumberUse, row.id)
    if use is not None:
        use.fen = price(turn.house.policies.reaching, row.channel, both.text)
    return row


def _joined(one: Say, other: Say, can: Can) -> Say | None:
    """Both as one message, line by line and parameter by parameter; None if not all of the text and of what they are about
    (NAMED) would stand in it."""
    given, text = dict(other.params), f"{one.text}\n{other.text}"
    params = {name: _both(value, given.get(name, "")) for name, value in one.params}
    if can.text.of(text) > can.text.most or len(params.get(NAMED, "")) > LONGEST_PARAM:
        return None
    cut = {
        name: value if len(value) <= LONGEST_PARAM else f"{value[:LONGEST_PARAM]}…" for name, value in params.items()
    }
    return replace(one, text=text, params=tuple(cut.items()), also=tuple(dict.fromkeys((*one.also, BUNDLE))))


def _both(one: str, other: str) -> str:
    return one if not other or other in one.split(LISTED) else f"{one}{LISTED}{other}"
