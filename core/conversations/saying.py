"""Saying something to somebody: in the room he speaks in, or wherever he was last heard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.conversations.model import Conversation
from core.conversations.quiet import until_morning
from core.conversations.texting import texted
from core.people.dialling import send
from core.people.linking import direct_room, known_as
from core.people.model import Person
from core.privacy.informing import informed
from core.store.model import Outbox, OutboxState, RoomRow
from core.store.outgoing import post
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.tickets.recording import subject_of
from core.words import Button, Micros, Room, Say

MAY_WAIT = frozenset({"progress", "engineer_arrived", "engineer_assigned"})
"""News that gives way when the platform lets us send only one message more: the end of a repair is not to be held back."""
OF_HIS_TICKET = frozenset({"ack_created", "progress", "ticket_no", "confirm_change", "dup_linked"})
"""Answers that tell a customer something about the ticket spoken of."""
NO_LIMIT = 1_000
"""Messages that a platform takes which counts none: more than anybody has to say."""
ALARM, NORMAL = 0, 1
"""Priorities of outgoing messages: an alarm goes first and is repeated when its outcome is unknown."""


def conversation_with(turn: Turn, person: Person, room: Room) -> Conversation:
    """The state of talk with this person in this room; a new one if they never spoke there."""
    key = f"{room}#{person.id}" if room.group else str(room)
    known = turn.get(Conversation, key)
    if known is None:
        known = turn.add(Conversation(id=key, room=str(room), person_id=person.id, lang=person.lang))
    return known


def answer(turn: Turn, talk: Conversation, purpose: str, text: str, **more: Any) -> None:
    """Say something in the conversation itself; in a group, to him by name."""
    room = Room.of(talk.room)
    say = mentioning(turn, Say(purpose, text, **more), room, turn.get(Person, talk.person_id) if room.group else None)
    _send(turn, talk, room, say, talk.person_id, None, NORMAL, None, unasked=False)
    if purpose in OF_HIS_TICKET and talk.last_ticket is not None:
        _has_heard(turn, turn.get(Person, talk.person_id), turn.get(Ticket, talk.last_ticket))


def mentioning(turn: Turn, say: Say, room: Room, person: Person | None) -> Say:
    """The same, by which this person is called in a group, if he has a chat on its platform."""
    name = known_as(turn, person, room) if person is not None and room.group else None
    return replace(say, mentions=(name,)) if name is not None else say


def tell(
    turn: Turn,
    person: Person,
    say: Say,
    *,
    subject: str | None = None,
    urgent: bool = False,
    expires_at: Micros | None = None,
    room: Room | None = None,
    quiet: bool = False,
) -> list[Outbox]:
    """Say something to a person in a room of his own, or wherever he was last heard. Who has no chat gets an SMS if it is worth
    one (S98); who can't be reached is left as a dead letter, to be seen. What is `quiet` waits for the morning."""
    room = room or direct_room(turn, person)
    if room is None or room.channel in turn.house.accounts:
        sms = texted(turn, person, say, subject)
        if sms is not None:
            _has_heard(turn, person, subject_of(turn, subject))
            return [sms]
    if room is None:
        return [_nowhere(turn, person, say, subject)]
    talk = conversation_with(turn, person, room)
    rows = _send(turn, talk, room, say, person.id, subject, ALARM if urgent else NORMAL, expires_at, unasked=not urgent)
    if any(row.state not in (OutboxState.DEAD, OutboxState.HELD) for row in rows):
        _has_heard(turn, person, subject_of(turn, subject))
    if quiet:
        until_morning(turn, rows)
    return rows


def ask_which(
    turn: Turn, talk: Conversation, purpose: str, text: str, choices: list[tuple[str, str]], **more: Any
) -> None:
    """Show choices (label, token); a typed number will count as a press."""
    buttons = tuple(Button(label, token) for label, token in choices)
    answer(turn, talk, purpose, text, buttons=buttons, **more)


def _send(
    turn: Turn,
    talk: Conversation,
    room: Room,
    say: Say,
    person_id: int,
    subject: str | None,
    priority: int,
    expires_at: Micros | None,
    unasked: bool,
) -> list[Outbox]:
    say = informed(turn, say, person_id, room)
    tokens = [[button.label, button.token] for button in say.buttons if button.token]
    if len(tokens) > 1:
        talk.menu, talk.menu_at = tokens, turn.now
    if room.channel in turn.house.accounts:
        row = send(
            turn, room, say, person_id=person_id, subject=subject, urgent=priority == ALARM, expires_at=expires_at
        )
        return [row or _dead(turn, room, say, person_id, subject)]
    held = unasked and say.purpose in MAY_WAIT and _last_word(turn, room)
    return post(
        turn, room, say, person_id=person_id, subject=subject, priority=priority, expires_at=expires_at, held=held
    )


def _has_heard(turn: Turn, person: Person | None, ticket: Ticket | None) -> None:
    """A customer hears something about the ticket: from now on its silence is counted anew."""
    if ticket is not None and person is not None and not person.is_staff:
        ticket.told_at = turn.now


def left_to_say(turn: Turn, room: Room) -> int:
    """How many more messages the platform takes in this room until somebody writes there, those not counted that are on their way."""
    row = turn.get(RoomRow, str(room))
    if turn.house.cans[room.channel].push is None or row is None or row.window_left is None:
        return NO_LIMIT
    coming = (OutboxState.WAITING, OutboxState.LEASED)
    return row.window_left - sum(sent.room == str(room) and sent.state in coming for sent in turn.seen(Outbox))


def _last_word(turn: Turn, room: Room) -> bool:
    """Whether the platform lets us say one thing more in this room: that is kept for what matters most."""
    if turn.house.cans[room.channel].push is None:
        return False
    row = turn.get(RoomRow, str(room))
    return row is not None and row.window_left is not None and row.window_left <= 1


def _nowhere(turn: Turn, person: Person, say: Say, subject: str | None) -> Outbox:
    return _dead_letter(turn, person.id, say, subject, "no chat identity is bound to this person")


def _dead(turn: Turn, room: Room, say: Say, person_id: int, subject: str | None) -> Outbox:
    return _dead_letter(
        turn, person_id, say, subject, f"{room.channel}: the limits of its number, or of the day's money"
    )


def _dead_letter(turn: Turn, person_id: int, say: Say, subject: str | None, why: str) -> Outbox:
    row_id = turn.new_id()
    return turn.add(
        Outbox(
            id=row_id,
            key=f"{turn.cause.text}.nowhere.{row_id}",
            channel="",
            room="",
            person_id=person_id,
            subject=subject,
            purpose=say.purpose,
            say={"purpose": say.purpose, "text": say.text},
            state=OutboxState.DEAD,
            created_at=turn.now,
            due_at=turn.now,
            error=why,
        )
    )
