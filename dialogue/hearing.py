"""Every message comes in here: who speaks decides what is possible (S5b, S8)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from core.conversations.model import Conversation
from core.conversations.saying import conversation_with
from core.links.matching import match_customer_by_phone
from core.people.linking import bind, looks_like_code, meet, speaker
from core.people.model import Person
from core.recordings.taking_down import is_ours, take_down
from core.store.intake import message_of
from core.store.model import Inbox, RoomRow
from core.store.outgoing import post, release
from core.store.turn import Turn
from core.wording import language_of
from core.words import SECOND, Inbound, Say
from dialogue import comings, hotline, spoken, telephone
from dialogue.customer import hearing as customer
from dialogue.following import take_along
from dialogue.heard import Heard, words_of
from dialogue.proving import may_claim, proven
from dialogue.quoting import known_by_what_it_takes_back
from dialogue.ranking import is_ranked, must_wait, ranked
from dialogue.scanning import customer_by_code
from dialogue.staff import hearing as staff
from dialogue.understanding.engine import Remote
from dialogue.understanding.mind import Mind


@dataclass(frozen=True)
class Hearing:
    """Hears messages. `staff_channels` are those on which only staff write; nobody is met there as a customer. `remote` is
    an engine elsewhere that customers' words are ranked by; `count` hears what came of asking it. `takes_down`: the words of
    voice messages are found out."""

    mind: Mind
    staff_channels: frozenset[str]
    remote: Remote | None = None
    count: Callable[[str], None] = lambda what: None
    takes_down: bool = False

    def prepare(self, rows: list[Inbox]) -> None:
        """Understand before the transaction opens; the mind remembers what it has just understood.

        Where it fails, the message's own turn will fail, and no other.
        """
        for row in rows:
            text = row.said.get("text", "")
            if text and row.channel not in self.staff_channels:
                with suppress(Exception):
                    self.mind.customer(text, row.at)

    def hear(self, turn: Turn, row: Inbox) -> str | None:
        """One message's turn: the name of what came of it (S84); None while an engine elsewhere is asked about it."""
        message = known_by_what_it_takes_back(turn, message_of(row))
        if message.room.channel in telephone.CHANNELS and (came := telephone.hear(turn, row, message)):
            return came
        if (moved := comings.hear(turn, message)) is not None:
            return moved
        if message.kind == "call_log":
            return hotline.hear(turn, row, message, self.mind)
        person, told = speaker(turn, message), None
        if person is None or not person.is_staff:
            came = proven(turn, message, person, staff_only=message.room.channel in self.staff_channels)
            if isinstance(came, str):
                return came
            person = came or person
        if (person is None or not person.is_staff) and message.room.group and not message.called:
            return "said among people"
        if self.remote is not None and self._is_ranked(message, person):
            if must_wait(turn, row, self.mind.read(words_of(message)), self.remote):
                return None
            told = ranked(turn, row, self.count)
        if person is None:
            person = self._newcomer(turn, message)
            if isinstance(person, str):
                return person
        row.person_id = person.id
        if not is_ours(row):
            _open_window(turn, message, person)
        if self.takes_down and spoken.wants_words(row, message):
            return take_down(turn, row, message, person)
        heard = Heard(turn, row, message, person, self._talk(turn, person, message), self.mind, told)
        return spoken.hear(heard, staff.hear if person.is_staff else customer.hear)

    def _is_ranked(self, message: Inbound, person: Person | None) -> bool:
        """Whether these are a customer's words, of which an engine could make something."""
        if message.kind not in ("text", "voice") or message.room.channel in self.staff_channels:
            return False
        words = words_of(message)
        if person is None and looks_like_code(words):
            return False
        return (person is None or not person.is_staff) and is_ranked(words)

    def sorry(self, turn: Turn, row: Inbox) -> None:
        """A message failed for good: it is on record, and its sender hears so (never silence)."""
        message = message_of(row)
        person = speaker(turn, message)
        lang = person.lang if person else language_of(message.text) or "zh"
        side = "staff" if person and person.is_staff else "customer"
        text = turn.house.wording.text(lang, f"{side}.sorry", ref=row.id)
        post(turn, message.room, Say("error_hint", text), person_id=person.id if person else None)

    def _newcomer(self, turn: Turn, message: Inbound) -> Person | str:
        """A stranger who has proven nothing: met as a customer, or told how to be bound; the outcome if nothing more is to do."""
        lang = language_of(message.text) or "zh"
        if message.room.channel in self.staff_channels:
            if message.kind not in ("enter", "leave", "recall"):
                key = "staff.unbound_sms" if may_claim(turn) else "staff.unbound"
                post(turn, message.room, Say("error_hint", turn.house.wording.text(lang, key)))
            return "unbound"
        known = _customer_of_number(turn, message) or customer_by_code(turn, message)
        return known or meet(turn, message, turn.house.policies.entity, lang)

    def _talk(self, turn: Turn, person: Person, message: Inbound) -> Conversation:
        talk = conversation_with(turn, person, message.room)
        lang = language_of(message.text) if message.kind == "text" else None
        if lang and lang != talk.lang and not person.is_staff:
            talk.lang = person.lang = lang
        if not person.is_staff and message.kind in ("text", "voice", "image", "file", "press"):
            take_along(turn, talk, person)
        return talk


def _customer_of_number(turn: Turn, message: Inbound) -> Person | None:
    """The customer whose number an SMS came from, from now on known by it."""
    if message.room.channel not in turn.house.accounts or message.who.phone is None:
        return None
    known = match_customer_by_phone(turn, turn.house.policies.entity, message.who.phone)
    if known is not None:
        bind(turn, known, message, proof="number")
    return known


def _open_window(turn: Turn, message: Inbound, person: Person) -> None:
    """Somebody wrote: the platform lets us answer again, and what was held for him may go."""
    room = turn.get(RoomRow, str(message.room))
    if room is None:
        return
    window = turn.house.cans[message.room.channel].push
    room.person_id, room.last_in_at = person.id, turn.now
    if window is not None:
        shut = (room.window_left or 0) <= 1 or (room.window_until or 0) < turn.now
        room.window_until, room.window_left = message.at + window.seconds * SECOND, window.messages
        if shut:
            release(turn, room.room)
