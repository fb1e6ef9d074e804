"""Weeks of customers who ask when they have heard nothing for so long, with the silence budget and without it (S97).

The weeks are made up, with a seed: when faults are reported, how long each step takes, and how long each customer is patient. What is measured
is by how much the desk's own word lowers the number of effective inquiries, all else equal. `pytest -s` prints both.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core.insight.inquiries import Counted, count
from core.people.linking import direct_room
from core.people.model import Person
from core.policies import Policies
from core.store.turn import Turn
from core.tickets.accepting import accept
from core.tickets.appointing import appoint
from core.tickets.arriving import arrive
from core.tickets.completing import complete
from core.tickets.model import Ticket
from core.tickets.queries import must_find
from core.tickets.reporting import Told, report
from core.words import DAY, HOUR, MINUTE, Micros
from tests.scenario import WEDNESDAY_TEN, Party, Story, story
from tests.scenarios.so_far import FIFTY

CUSTOMERS, DAYS = 40, 18
FAULTS = (("打印机", "卡纸"), ("空压机", "漏油"), ("投影仪", "打不开"))
AWAKE = range(8, 22)
"""Local hours at which people ask."""


@dataclass
class Waiting:
    """A customer with his ticket, from the report until it is done."""

    party: Party
    steps: list[tuple[Micros, Callable[[Turn, Ticket, Person], object]]]
    begins: Micros
    number: str = ""
    silent: Micros = 0
    told_until: Micros = 0
    over: bool = False


@dataclass
class World:
    """A house in those weeks."""

    desk: Story
    chance: random.Random
    liu: Party
    patience: Micros
    waiting: list[Waiting] = field(default_factory=list)

    def settle_in(self) -> None:
        """Everybody who will have a fault, and when."""
        for place in range(CUSTOMERS):
            party = self.desk.customer(f"客户{place}", phone=f"139{place:08}")
            begins = WEDNESDAY_TEN + self.chance.randrange(DAYS - 8) * DAY + self.chance.randrange(8 * 60) * MINUTE
            self.waiting.append(Waiting(party, self.course(begins), begins))

    def course(self, begins: Micros) -> list[tuple[Micros, Callable[[Turn, Ticket, Person], object]]]:
        """What is done on a ticket, and when: half of the visits are agreed upon beforehand."""
        accepted = begins + self.chance.randrange(20, 7 * 60) * MINUTE
        arrived = accepted + self.chance.randrange(2 * 60, 40 * 60) * MINUTE
        done = arrived + self.chance.randrange(30, 8 * 60) * MINUTE
        steps: list[tuple[Micros, Callable[[Turn, Ticket, Person], object]]] = [(accepted, accept)]
        if self.chance.random() < 0.5:
            at = arrived - 10 * MINUTE
            steps.append((accepted + MINUTE, lambda turn, ticket, his: agree(turn, ticket, his, at)))
        return [*steps, (arrived, arrive), (done, lambda turn, ticket, his: complete(turn, ticket, his, FIFTY))]

    def passes(self) -> Counted:
        """Hour by hour, as long as people are awake."""
        for hour in range(DAYS * 24):
            if (hour + 10) % 24 not in AWAKE:
                continue
            self.desk.moves_to(WEDNESDAY_TEN + hour * HOUR)
            self.listen()
            for one in self.waiting:
                self.goes_on(one)
                self.asks(one)
        return self.desk.act(lambda turn: count(turn, "main", 0, self.desk.now + 1))

    def listen(self) -> None:
        """Who has heard anything."""
        self.desk.listen()
        heard = {message.who for message in self.desk.unheard}
        for one in self.waiting:
            if one.party.address in heard or f"+86{one.party.number}" in heard:
                one.silent = 0
        self.desk.unheard.clear()

    def goes_on(self, one: Waiting) -> None:
        """His fault is reported, or the next step of its repair is taken."""
        now = self.desk.now
        if not one.number and one.begins <= now:
            one.party.says("你好")
            one.number, one.silent = self.desk.act(lambda turn: self._report(turn, one)), 0
        while one.number and one.steps and one.steps[0][0] <= now:
            _, step = one.steps.pop(0)
            self.desk.act(lambda turn, step=step: self._step(turn, one, step))
            one.told_until = self.desk.ticket(one.number).appointment_start or 0
            one.over = not one.steps

    def asks(self, one: Waiting) -> None:
        """He has heard nothing for too long while he was awake, nor does he know when somebody comes."""
        now = self.desk.now
        if not one.number or one.over or now <= one.told_until:
            return
        one.silent += HOUR
        if one.silent >= self.patience:
            one.party.says(f"{one.number} 修好了吗")
            one.silent = 0

    def _report(self, turn: Turn, one: Waiting) -> str:
        person = turn.get(Person, one.party.person_id)
        room = direct_room(turn, person) if person else None
        assert person is not None and room is not None
        device, fault = self.chance.choice(FAULTS)
        told = Told(f"{device}{fault}", {"device": device, "fault_symptom": fault})
        return report(turn, person, room, told).number

    def _step(self, turn: Turn, one: Waiting, step: Callable[[Turn, Ticket, Person], object]) -> None:
        his = turn.get(Person, self.liu.person_id)
        assert his is not None
        step(turn, must_find(turn, "main", one.number), his)


def agree(turn: Turn, ticket: Ticket, his: Person, at: Micros) -> None:
    """The visit is agreed for then, or for now if that is over."""
    start = max(at, turn.now)
    appoint(turn, ticket, his, start, start + HOUR)


@pytest.fixture
def urls(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A fresh database by name."""

    def url(name: str) -> str:
        shutil.copy(sqlite_template, tmp_path / f"{name}.db")
        return f"sqlite:///{tmp_path / name}.db"

    yield url


@pytest.mark.req("S97")
@pytest.mark.parametrize("hours", [4, 6, 8])
def test_customers_ask_less_when_the_desk_speaks_first(urls: Callable[[str], str], hours: int) -> None:
    off = some_weeks(urls("off"), Policies(silence=replace(Policies().silence, most=0)), hours * HOUR)
    on = some_weeks(urls("on"), Policies(), hours * HOUR)
    share = 1000 * (off.total - on.total) // off.total
    print(f"\npatience {hours} h, {off.made} tickets: {off.total} inquiries without, {on.total} with: -{share / 10}%")
    assert off.made == on.made == CUSTOMERS
    assert on.total < off.total


def some_weeks(url: str, policies: Policies, patience: Micros) -> Counted:
    with story(url, policies=policies) as desk:
        desk.manager("孙经理")
        world = World(desk, random.Random(97), desk.engineer("刘工"), patience)
        world.settle_in()
        return world.passes()
