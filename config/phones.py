"""The telephones of a rehearsal: they ring, are answered and receive SMS by the clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from config.desk import ChannelMaker, Desk
from config.stepping import HandClock
from core.people.phones import dialled
from core.words import Micros
from notifier.carriers.desk_phone import ACCOUNT, Call, DeskPhone, DeskPhoneConfig, Text

ACCOUNTS = {"sms": ACCOUNT, "voice": ACCOUNT}
"""From which account numbers are reached in a rehearsal."""
USUAL = DeskPhoneConfig()
"""How long telephones ring unless something else is said."""
REF = "sim:"
"""What stands before the key of a post in its ref."""


@dataclass(frozen=True)
class Ringing:
    """A call that began or an SMS that came, and the key of the message behind it."""

    channel: str
    number: str
    at: Micros
    key: str


class Phones:
    """All telephones of a rehearsal. `came` is whatever rang or was received, in its order."""

    def __init__(self, clock: HandClock, config: DeskPhoneConfig = USUAL):
        self.came: list[Ringing] = []
        self._known: set[tuple[str, str]] = set()
        self.desk_phone = DeskPhone(clock, clock.sleep_outside, self._changed, config)
        self._runs: list[asyncio.Task[None]] = []

    def makers(self) -> Mapping[str, ChannelMaker]:
        """What makes the channels."""
        phone = self.desk_phone
        return {
            "sms": lambda shelf, read, clock: phone.texts,
            "voice": lambda shelf, read, clock: phone.calls,
        }

    def start(self, desk: Desk) -> None:
        """Let them tell the desk what happens to them."""
        carriers = (self.desk_phone.texts, self.desk_phone.calls)
        self._runs = [asyncio.ensure_future(carrier.run(desk.accept_for(carrier.name))) for carrier in carriers]

    async def close(self) -> None:
        """Stop telling."""
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    def newest(self, number: str) -> Call | None:
        """The newest call of a number that is not over."""
        calls = self.desk_phone.under_way(number)
        return calls[-1] if calls else None

    async def press(self, number: str, digit: str) -> bool:
        """Answer the newest call of a number and press a key; False if there is none."""
        call = self.newest(number)
        if call is None:
            return False
        if call.state == "ringing":
            await self.desk_phone.answer(call.ref)
        await self.desk_phone.press(call.ref, digit)
        return True

    def _changed(self, number: str) -> None:
        for call in self.desk_phone.under_way(number):
            self._note("voice", number, call)
        for text in self.desk_phone.inbox(number):
            if text.ours:
                self._note("sms", number, text)

    def _note(self, channel: str, number: str, what: Call | Text) -> None:
        if (channel, what.ref) not in self._known:
            self._known.add((channel, what.ref))
            self.came.append(Ringing(channel, number, what.at, what.ref.removeprefix(REF)))


def number_at(place: str) -> str:
    """The number that a script or a story means: in the form of carriers, where it is one."""
    return dialled(place) or place
