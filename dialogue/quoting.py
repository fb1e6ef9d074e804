"""Which ticket a message points at without naming it: the one that it answers, edits or recalls a message about."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from core.store.intake import message_of
from core.store.model import Event, Inbox, Outbox
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.merging import tickets_told_of
from core.tickets.model import Ticket
from core.tickets.queries import by_number
from core.tickets.recording import subject_of
from core.tickets.undoing import done_by
from core.words import Inbound, Room
from dialogue.heard import Heard, words_of

ANSWERS_NOTHING = frozenset({"press", "recall", "edit"})
"""Kinds of messages whose `about` is no message that they answer."""

_outbox, _inbox = Outbox.table.c, Inbox.table.c
_told = select(Outbox.table).where(_outbox.channel == bindparam("channel"), _outbox.ref == bindparam("ref"))
_said = select(Inbox.table).where(_inbox.channel == bindparam("channel"), _inbox.ref == bindparam("ref"))


def quoted(heard: Heard) -> Ticket | None:
    """The ticket of the message of this room that he answers, locked; None if he answers none, or one of a ticket that is not his
    to see. Where its id is unknown here, the words that the platform sends along name the ticket."""
    message = heard.message
    if message.kind in ANSWERS_NOTHING or not (message.about or message.quoted):
        return None
    ticket = _by_id(heard, message.about) if message.about else None
    ticket = ticket or (named_in(heard, message.quoted) if message.quoted else None)
    return ticket if ticket is not None and may_see(heard, ticket) else None


@dataclass(frozen=True, slots=True)
class Earlier:
    """His own message that he edits or recalls: its row, its words as they were last, and what it did to which ticket."""

    row: Inbox
    words: str
    ticket: Ticket | None
    events: tuple[Event, ...]

    def did(self, *kinds: Happened) -> bool:
        """Whether anything of these kinds came of it; anything at all if none are named."""
        return any(not kinds or event.kind in kinds for event in self.events)


def earlier(heard: Heard) -> Earlier | None:
    """The message that this one edits or recalls; None if the desk never had it, or it was somebody else's."""
    row = _written(heard, heard.message.about) if heard.message.about else None
    if row is None or row.person_id != heard.person.id or row.id == heard.row.id:
        return None
    ticket = named_in(heard, row.outcome or "")
    events = done_by(heard.turn, ticket, cause_of(row)) if ticket is not None else []
    return Earlier(row, words_of(message_of(row)), ticket, tuple(events))


def known_by_what_it_takes_back(turn: Turn, message: Inbound) -> Inbound:
    """A recall of which the platform tells the chat only, as Feishu does, is his who wrote the message, where he wrote it."""
    told_whose = message.who.id != message.room.id or not message.room.group
    if message.kind != "recall" or message.about is None or told_whose:
        return message
    written = map(message_of, turn.rows(Inbox, _said, channel=message.room.channel, ref=message.about))
    his = next((said for said in written if said.room.account == message.room.account), None)
    return replace(message, who=his.who, room=his.room) if his else message


def cause_of(row: Inbox) -> str:
    """How the turn of a message is called."""
    return f"inbox:{row.id}"


def reword(before: Earlier, words: str) -> None:
    """From now on the message says this; its delivery stays as it came."""
    before.row.said = {**before.row.said, "text": words}


def named_in(heard: Heard, text: str) -> Ticket | None:
    """The first ticket that a text names by its number as it is shown, locked."""
    lead, _, tail = heard.turn.house.policies.tickets.number_format.partition("{n}")
    found = re.search(rf"{re.escape(lead)}[0-9]{{1,12}}{re.escape(tail)}", text)
    return by_number(heard.turn, heard.person.entity, found[0]) if found else None


def may_see(heard: Heard, ticket: Ticket) -> bool:
    """Whether it is his to speak of: of his entity, and a customer's own or one whose fault he told too."""
    if ticket.entity != heard.person.entity:
        return False
    if heard.person.is_staff or ticket.customer_id == heard.person.id:
        return True
    return any(told.id == ticket.id for told in tickets_told_of(heard.turn, heard.person))


def _by_id(heard: Heard, about: str) -> Ticket | None:
    room, turn = heard.message.room, heard.turn
    for told in turn.rows(Outbox, _told, channel=room.channel, ref=about):
        if not _same_place(told.room, room):
            continue
        of_subject = subject_of(turn, told.subject)
        if of_subject is not None:
            return turn.get(Ticket, of_subject.id, lock=True)
        return named_in(heard, "\n".join(str(told.say.get(part) or "") for part in ("title", "text")))
    said = _written(heard, about)
    his = said is not None and (heard.person.is_staff or said.person_id == heard.person.id)
    return named_in(heard, said.outcome or "") if said is not None and his else None


def _written(heard: Heard, ref: str) -> Inbox | None:
    """A message that somebody wrote in this place."""
    room = heard.message.room
    found = heard.turn.rows(Inbox, _said, channel=room.channel, ref=ref)
    return next((row for row in found if _same_place(row.room, room)), None)


def _same_place(known: str, room: Room) -> bool:
    """Whether it is the same chat, in whichever thread of it."""
    return replace(Room.of(known), thread=None) == replace(room, thread=None) if known else False
