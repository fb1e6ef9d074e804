"""The telephones of the demonstration: simulated numbers on its page, and a clock that stops when one of them rings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from config.desk import ChannelMaker, Desk
from config.fastforward import FastForward, MovableClock
from core.words import HOUR, SECOND
from notifier.carriers.desk_phone import ACCOUNT, DeskPhone, DeskPhoneConfig

ACCOUNTS = {"sms": ACCOUNT, "voice": ACCOUNT}
"""From which account numbers are reached."""
RINGS = DeskPhoneConfig(ring=60.0)
"""A telephone rings longer than a real one, so that a visitor finds it."""
STOPS_WITHIN = HOUR // SECOND
"""A move of the clock by at most so many seconds stops where a telephone begins to ring; in a longer one it rings unheard."""


class DemoPhones:
    """All numbers of the demonstration. `wake` hears of a number at which something has changed."""

    def __init__(self, clock: MovableClock, wake: Callable[[str], None]) -> None:
        self.telephones = DeskPhone(clock, clock.sleep, wake, RINGS)

    def makers(self) -> Mapping[str, ChannelMaker]:
        """What makes the two channels."""
        phone = self.telephones
        return {
            "sms": lambda shelf, read, clock: phone.texts,
            "voice": lambda shelf, read, clock: phone.calls,
        }

    def start(self, desk: Desk) -> list[asyncio.Task[None]]:
        """Let them tell the desk what happens to them, until the tasks are cancelled."""
        carriers = (self.telephones.texts, self.telephones.calls)
        return [asyncio.create_task(carrier.run(desk.accept_for(carrier.name))) for carrier in carriers]

    def stopping(self, pump: FastForward) -> Callable[[int], Awaitable[bool]]:
        """What lets seconds pass, and says whether it stopped because a telephone rang."""

        async def pass_on(seconds: int) -> bool:
            if seconds > STOPS_WITHIN:
                return await pump.pass_on(seconds)
            before = {call.ref for call in self.telephones.under_way()}
            return await pump.pass_on(seconds, lambda: self._rings_besides(before))

        return pass_on

    def _rings_besides(self, before: set[str]) -> bool:
        return any(call.ref not in before for call in self.telephones.under_way())
