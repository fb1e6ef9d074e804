"""A house whose alarms go by an emulated provider, through the whole desk, at night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from config.carriers import Telephony
from core.escalation.model import Alert
from core.store.model import Outbox
from core.words import Clock, Micros
from tests.scenario import story
from tests.scenarios.escalated import FRIDAY_NIGHT, House, people, rules


class Now:
    """The time of the desk, which is made after the provider."""

    clock: Clock | None = None

    def __call__(self) -> Micros:
        return self.clock() if self.clock else FRIDAY_NIGHT


@dataclass
class Provider:
    """The provider's server, and the house that uses it."""

    server: Any
    house: House

    def passes(self, seconds: float) -> None:
        """Time passes second by second, and the provider pushes what is due."""
        for _ in range(round(seconds)):
            self.house.desk.passes(seconds=1)
            self.house.desk.run(self.server.deliver())
            self.house.desk.settle()

    def rows(self, channel: str) -> list[Outbox]:
        """What was sent by a channel, in order."""
        found = self.house.desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table).order_by(Outbox.table.c.id)))
        return [row for row in found if row.channel == channel]

    def ends(self, route: str) -> list[str | None]:
        """What became of the alerts by a route, in order."""
        alerts = self.house.desk.act(lambda turn: turn.rows(Alert, select(Alert.table).order_by(Alert.table.c.id)))
        return [alert.end for alert in alerts if alert.route == route]


@contextmanager
def alarms_by(
    url: str, server: Any, now: Now, made: Callable[[str, Clock], Any], secret: str, **behaviour: Any
) -> Iterator[Provider]:
    """A desk at night whose SMS and calls go by the server of a provider; its pushes come `twice`, `backwards` or `late`.

    `made` makes the channel of a name.
    """
    for pushes in (server.sms, server.voice):
        pushes.query = (("secret", secret),)
        for name, value in behaviour.items():
            setattr(pushes, name, value)

    def maker(name: str) -> Any:
        def make(shelf: Any, read: Any, clock: Clock) -> Any:
            now.clock = clock
            return made(name, clock)

        return make

    carried = Telephony({name: maker(name) for name in ("sms", "voice")}, {"sms": "provider", "voice": "provider"})
    with story(url, start=FRIDAY_NIGHT, policies=rules(), carried=carried) as desk:
        inside = desk.rehearsal.desk
        server.sms.receiver = lambda hook: inside.channels["sms"].receive(hook, inside.accept_for("sms"))
        server.voice.receiver = lambda hook: inside.channels["voice"].receive(hook, inside.accept_for("voice"))
        yield Provider(server, people(desk))
