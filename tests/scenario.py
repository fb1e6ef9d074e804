"""Scenarios in people's words: who says what, who hears what, and what happens when the clock moves.

The whole desk runs on a real database, with emulated platforms at their own wire format and a clock moved by hand:

    wang, liu = desk.customer("王女士"), desk.engineer("刘工", on_duty=True)
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket", number)
    desk.nobody_heard_anything_else()
"""

from __future__ import annotations

import asyncio
import atexit
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.carriers import Telephony
from config.desk import load_mind
from config.phones import ACCOUNTS, number_at
from config.rehearsal import Reached, Rehearsal
from core.people.linking import bind, issue_code, staff_of
from core.people.model import Person, Role
from core.policies import Policies
from core.reports.press import Press
from core.store import chain
from core.store.model import Event
from core.store.turn import Cause, Turn
from core.tickets.model import Ticket
from core.tickets.queries import by_number
from core.words import MINUTE, SECOND, Inbound, Micros, Room, Who
from dialogue.understanding.engine import Remote
from dialogue.understanding.mind import Mind
from notifier.carriers.desk_phone import Call, DeskPhone
from tests.learning import learnt

WEDNESDAY_TEN = 1772589600 * SECOND
"""Wednesday, 4 March 2026, 10:00 in Shanghai."""


@cache
def mind() -> Mind:
    """One mind for all scenarios: it holds no state of a desk."""
    return load_mind(Policies(), learnt())


@cache
def press() -> Press:
    """One press, with certificates of its own, for all stories with reports."""
    from notifier.reports.press import local_press

    folder = tempfile.TemporaryDirectory(prefix="huiying-press-")
    atexit.register(folder.cleanup)
    return local_press(Path(folder.name), Policies().reports.company)


@dataclass
class Heard:
    """A message as it reached somebody."""

    reached: Reached

    @property
    def text(self) -> str:
        return self.reached.text

    @property
    def ticket(self) -> str:
        """The ticket number that the message names."""
        found = re.search(r"GD-\d+", self.reached.text)
        assert found, f"no ticket number in {self.reached.text!r}"
        return found[0]


@dataclass
class Party:
    """Somebody in the story, at his own chat."""

    desk: Story
    name: str
    channel: str
    address: str
    person_id: int | None = None
    number: str | None = None

    def says(self, text: str = "", **more: Any) -> None:
        """He writes; the desk acts at once."""
        self.desk.run(self.desk.rehearsal.says(self.channel, self.address, text, name=self.name, **more))
        self.desk.settle()

    def does(self, kind: str, text: str = "", *, files: int = 0, **more: Any) -> str:
        """He does something that only a plain carrier brings (an edit, a forwarded record, a message in a group …), with so many
        photos; the platform's id of his message. `more`: about, quoted, forwarded, called, group."""
        carrier, desk = self.desk.rehearsal.carriers[self.channel], self.desk
        refs = [f"{self.channel}-photo-{len(carrier.media) + place}" for place in range(files)]
        carrier.media.update(dict.fromkeys(refs, b"\xff\xd8\xff photo"))
        media = [{"ref": ref, "mime": "image/jpeg", "name": "photo.jpg"} for ref in refs]
        accept = desk.rehearsal.desk.accept_for(self.channel)
        number = desk.run(carrier.says(accept, self.address, self.name, kind, text, media=media, **more))
        desk.settle()
        return number

    def sends_photo(self, name: str = "photo.jpg") -> None:
        self.says(kind="image", file=name)

    def hears(self, kind: str, *words: str, within: float = 15) -> Heard:
        """He gets a message of this kind with these words, within so many seconds; it is ticked off."""
        if self._find(kind, words) is None:
            self.desk.passes(seconds=within, only_until_heard=lambda: self._find(kind, words) is not None)
        found = self._find(kind, words)
        assert found is not None, f"{self.name} should hear {kind} {words}; he heard {self._all()}"
        self.desk.unheard.remove(found)
        return Heard(found)

    def hears_nothing(self, *, seconds: float = 0) -> None:
        """Nothing has reached him, nor does it in the next seconds."""
        self.desk.passes(seconds=seconds)
        assert not self._mine(), f"{self.name} should hear nothing; he heard {self._all()}"

    def _mine(self) -> list[Reached]:
        return [
            message for message in self.desk.unheard if (message.channel, message.who) == (self.channel, self.address)
        ]

    def _find(self, kind: str, words: tuple[str, ...]) -> Reached | None:
        self.desk.listen()
        return next(
            (
                message
                for message in self._mine()
                if kind in (message.say.purpose, *message.say.also) and all(word in _read(message) for word in words)
            ),
            None,
        )

    def _all(self) -> list[str]:
        return [f"[{message.say.purpose}] {_read(message)}" for message in self._mine()]


@dataclass
class Telephone:
    """A number in the story: what rings there and what is written to it, and what its owner does."""

    desk: Story
    number: str

    def rings(self, *words: str, within: float = 15) -> Heard:
        """Exactly one call rings whose prompt has these words, within so many seconds; it is ticked off."""
        call = self._take("voice", words, within)
        assert self._under_way() is not None, f"{self.number}: the call is over"
        return call

    def gets(self, *words: str, within: float = 15) -> Heard:
        """Exactly one SMS with these words, within so many seconds; it is ticked off."""
        return self._take("sms", words, within)

    def answers(self) -> None:
        """He takes up the receiver."""
        self.desk.run(self._phone.answer(self._call()))
        self.desk.settle()

    def presses(self, digit: str) -> None:
        """He presses a key in the call, which he answers first if it still rings."""
        assert self.desk.run(self.desk.rehearsal.phones.press(self.number, digit)), f"{self.number}: no call"
        self.desk.settle()

    def declines(self) -> None:
        """He rejects the call that rings, or hangs up."""
        self.desk.run(self._phone.hang_up(self._call()))
        self.desk.settle()

    def replies(self, text: str) -> None:
        """He answers by SMS."""
        self.desk.run(self._phone.reply(self.number, text))
        self.desk.settle()

    def silent(self, *, seconds: float = 0) -> None:
        """Nothing rings there and nothing is written to it, nor does so in the next seconds."""
        self.desk.passes(seconds=seconds)
        mine = self._all()
        assert not mine, f"{self.number} should be silent: {mine}"

    @property
    def _phone(self) -> DeskPhone:
        return self.desk.rehearsal.phones.desk_phone

    def _under_way(self) -> Call | None:
        return self.desk.rehearsal.phones.newest(self.number)

    def _call(self) -> str:
        call = self._under_way()
        assert call is not None, f"{self.number}: no call"
        return call.ref

    def _take(self, channel: str, words: tuple[str, ...], within: float) -> Heard:
        if not self._found(channel, words):
            self.desk.passes(seconds=within, only_until_heard=lambda: self._found(channel, words))
        found = self._found(channel, words)
        assert len(found) == 1, f"{self.number} should get one {channel} {words}, not {len(found)}: {self._all()}"
        self.desk.unheard.remove(found[0])
        return Heard(found[0])

    def _found(self, channel: str, words: tuple[str, ...]) -> list[Reached]:
        self.desk.listen()
        mine = [m for m in self.desk.unheard if (m.channel, m.who) == (channel, self.number)]
        return [message for message in mine if all(word in message.text for word in words)]

    def _all(self) -> list[str]:
        mine = [m for m in self.desk.unheard if m.channel in ACCOUNTS and m.who == self.number]
        return [f"{message.channel} [{message.say.purpose}] {message.text}" for message in mine]


@dataclass
class Story:
    """A desk in a story."""

    rehearsal: Rehearsal
    loop: asyncio.Runner
    unheard: list[Reached] = field(default_factory=list)
    _count: int = 0

    def run(self, doing: Any) -> Any:
        return self.loop.run(doing)

    # ---- people

    def customer(self, name: str, channel: str = "wecom_kf", phone: str | None = None) -> Party:
        """A customer whom the desk has yet to meet, or knows by phone."""
        party = self._party(name, channel)
        if phone is not None:
            party.person_id, party.number = self._known(party, Role.CUSTOMER, phone=phone), phone
        return party

    def also(self, party: Party, channel: str) -> Party:
        """The same person at another chat of his."""
        other = self._party(party.name, channel)
        other.person_id, other.number = party.person_id, party.number
        account = self._account(channel)

        def add(turn: Turn) -> None:
            person = turn.get(Person, party.person_id)
            assert person is not None
            room = Room(channel, account, other.address)
            bind(turn, person, Inbound(f"setup:{room}", turn.now, Who(other.address), room, "enter"), proof="setup")

        self.act(add)
        return other

    def engineer(self, name: str, channel: str = "wecom", *, on_duty: bool = True, phone: str | None = None) -> Party:
        return self._staff(name, channel, Role.ENGINEER, on_duty, phone)

    def manager(self, name: str, channel: str = "wecom", *, on_duty: bool = True, phone: str | None = None) -> Party:
        return self._staff(name, channel, Role.MANAGER, on_duty, phone)

    def phone(self, whose: Party | str) -> Telephone:
        """The telephone of somebody, or of a number."""
        number = whose if isinstance(whose, str) else whose.number
        assert number is not None, f"{whose} has no number"
        return Telephone(self, number_at(number))

    def agent(self, name: str, channel: str = "wecom", *, on_duty: bool = True) -> Party:
        return self._staff(name, channel, Role.AGENT, on_duty)

    def buyer(self, name: str, channel: str = "wecom") -> Party:
        return self._staff(name, channel, Role.PROCUREMENT, on_duty=False)

    def stranger(self, channel: str = "wecom") -> Party:
        """Somebody whose chat is bound to nobody."""
        return self._party("陌生人", channel)

    def code_for(self, name: str) -> str:
        """A one-time code for a new member of the staff."""

        def issue(turn: Turn) -> str:
            person = turn.add(Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name=name))
            return issue_code(turn, person, turn.house.chance(), turn.house.policies.link_code)

        return self.act(issue)

    def another_code_for(self, name: str) -> str:
        """One more code for somebody who is known."""

        def issue(turn: Turn) -> str:
            [person] = [known for known in staff_of(turn, "main") if known.name == name]
            return issue_code(turn, person, turn.house.chance(), turn.house.policies.link_code)

        return self.act(issue)

    def at_once(self, *said: tuple[Party, str]) -> None:
        """Several people write before the desk has heard any of them."""

        async def say() -> None:
            for party, text in said:
                await self.rehearsal.says(party.channel, party.address, text, name=party.name)

        self.run(say())
        self.settle()

    # ---- time

    @property
    def now(self) -> Micros:
        return self.rehearsal.clock.now

    def passes(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, only_until_heard: Any = None) -> None:
        """Time passes; what falls due happens."""
        until = self.now + int((seconds + 60 * minutes + 3600 * hours) * SECOND)
        if only_until_heard is None:
            self.run(self.rehearsal.pass_until(until))
        while only_until_heard is not None and self.now < until and not only_until_heard():
            self.run(self.rehearsal.pass_until(min(until, self.now + SECOND)))
        self.listen()

    def moves_to(self, instant: Micros) -> None:
        """Time passes until this very instant."""
        self.run(self.rehearsal.pass_until(instant))
        self.listen()

    def settle(self) -> None:
        self.run(self.rehearsal.runner.settle())
        self.listen()

    def listen(self) -> None:
        self.unheard += self.rehearsal.reached()

    # ---- looking

    def act(self, act: Any) -> Any:
        """A turn of the test's own."""
        return self.run(self.rehearsal.desk.act(act))

    def ticket(self, number: str) -> Ticket:
        """The ticket as it is now."""
        found = self.act(lambda turn: by_number(turn, "main", number))
        assert found is not None, f"no ticket {number}"
        return found

    def tickets(self) -> list[Ticket]:
        """All tickets."""
        return self.act(lambda turn: turn.rows(Ticket, select(Ticket.table).order_by(Ticket.table.c.id)))

    def sources(self, number: str) -> set[str]:
        """The rooms from which a ticket was told of."""
        stream = self.ticket(number).stream
        events = self.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.stream == stream)))
        return {event.via for event in events if event.via}

    def nobody_heard_anything_else(self) -> None:
        """Whatever reached anybody has been named by the story."""
        self.listen()
        assert not self.unheard, [f"{m.who} via {m.channel} [{m.say.purpose}] {m.text}" for m in self.unheard]

    def chains_are_whole(self) -> None:
        """No event was changed, dropped or put in between."""
        with self.rehearsal.desk.database.reading() as connection:
            assert list(chain.faults(connection)) == []

    def _party(self, name: str, channel: str) -> Party:
        self._count += 1
        if channel in ACCOUNTS:
            return Party(self, name, channel, f"+86139{self._count:08}", number=f"+86139{self._count:08}")
        return Party(self, name, channel, f"{channel}_{self._count}")

    def _staff(self, name: str, channel: str, role: Role, on_duty: bool, phone: str | None = None) -> Party:
        party = self._party(name, channel)
        party.person_id, party.number = self._known(party, role, on_duty=on_duty, phone=phone), phone
        return party

    def _account(self, channel: str) -> str:
        server = self.rehearsal.wecom
        accounts = {"wecom": str(server.agent_id), "wecom_kf": server.open_kfid, **ACCOUNTS}
        return accounts.get(channel, "desk")

    def _known(self, party: Party, role: Role, **more: Any) -> int:
        server = self.rehearsal.wecom
        account = self._account(party.channel)

        def add(turn: Turn) -> int:
            person = turn.add(Person(id=turn.new_id(), entity="main", role=role, name=party.name, **more))
            room = Room(party.channel, account, party.address)
            bind(turn, person, Inbound(f"setup:{room}", turn.now, Who(party.address), room, "enter"), proof="setup")
            return person.id

        if party.channel == "wecom_kf":
            server.remember(party.address, party.name, self.now)
        return self.act(add)


def _read(message: Reached) -> str:
    """A message with the labels of its buttons."""
    return "\n".join([message.text, *message.buttons])


@contextmanager
def story(
    url: str, *, start: Micros = WEDNESDAY_TEN, policies: Policies | None = None, carried: Telephony | None = None,
    remote: Remote | None = None, listening: bool = True, reports: bool = False,
) -> Iterator[Story]:  # fmt: skip
    """A desk on the database at `url`, which has its tables and no rows; `carried` are carriers in place of its telephones,
    `remote` is an engine elsewhere; `listening`: an emulated engine hears voice messages; `reports`: a completion
    orders its service report; a story that is not about them orders none, so that it need not name them."""
    rules = policies or replace(Policies(), zone=ZoneInfo("Asia/Shanghai"))
    with asyncio.Runner() as loop:
        opened = Rehearsal.open(
            start,
            mind(),
            rules,
            url=url,
            tables=False,
            carried=carried,
            remote=remote,
            listening=listening,
            press=press() if reports else None,
        )
        rehearsal = loop.run(opened.__aenter__())
        try:
            yield Story(rehearsal, loop)
        finally:
            loop.run(opened.__aexit__(None, None, None))


__all__ = ["MINUTE", "Cause", "Heard", "Party", "Story", "story"]
