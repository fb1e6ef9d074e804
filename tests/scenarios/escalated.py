"""The people of stories about escalation: a line of superiors with telephones, groups, and a P0 that nobody works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.escalation.episodes import episodes_of
from core.escalation.model import Episode
from core.people.model import Person
from core.policies import Policies
from core.tickets.model import Priority, Status
from core.tickets.queries import must_find
from core.words import HOUR, MINUTE, SECOND, Micros
from tests.scenario import WEDNESDAY_TEN, Party, Story, story
from tests.scenarios.so_far import ticket_in

MICROSECOND: Micros = 1
LIU, SUN, QIAN = "13622223333", "13744445555", "13788889999"
FRIDAY_NIGHT = WEDNESDAY_TEN + 2 * 24 * HOUR + 13 * HOUR + 50 * MINUTE
"""Friday, 6 March 2026, 23:50 in Shanghai."""
MANAGERS, TECHNICAL = "group:feishu/desk/managers", "group:dingtalk/desk/technicians"
NOTE = "已联系客户，液压站压力不足，正在检查比例阀"


@dataclass
class House:
    """Who is who: an engineer under a manager under a director, each with a telephone."""

    desk: Story
    wang: Party
    liu: Party
    sun: Party
    qian: Party
    managers: Party
    technicians: Party

    def reports_p0(self, text: str = "整条线停了，注塑机报 E-07") -> str:
        """The number of a P0 that has just been reported; what was heard then is over."""
        self.wang.says(text)
        number = self.wang.hears("ack_created", within=0).ticket
        assert self.desk.ticket(number).priority == Priority.P0
        return number

    def p0(self) -> str:
        """The same, quietly."""
        number = self.reports_p0()
        self.desk.unheard.clear()
        return number

    def ticket_in(self, status: Status, **more: Any) -> str:
        """A ticket of lesser urgency in this status, in the hands of the engineer."""
        return ticket_in(self.desk, status, self.wang, self.liu, **more)

    def at(self, number: str, after: Micros) -> None:
        """Time passes until so long after the ticket was made."""
        self.desk.moves_to(self.desk.ticket(number).created_at + after)

    def episodes(self, number: str) -> list[Episode]:
        return self.desk.act(lambda turn: episodes_of(turn, must_find(turn, "main", number)))

    def grade(self, level: str) -> None:
        """The customer's grade."""
        self.change(self.wang, level=level)

    def change(self, party: Party, **fields: Any) -> None:
        """Somebody's entry changes."""

        def act(turn: Any) -> None:
            person = turn.get(Person, party.person_id)
            for name, value in fields.items():
                setattr(person, name, value)

        self.desk.act(act)


def people(desk: Story) -> House:
    """Everybody comes in."""
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工", phone=LIU)
    sun = desk.manager("孙经理", "feishu", phone=SUN)
    qian = desk.manager("钱总监", "feishu", on_duty=False, phone=QIAN)
    house = House(
        desk,
        wang,
        liu,
        sun,
        qian,
        Party(desk, "经理群", "feishu", "managers"),
        Party(desk, "技术群", "dingtalk", "technicians"),
    )
    house.change(liu, reports_to=sun.person_id)
    house.change(sun, reports_to=qian.person_id)
    return house


def rules(**escalation: Any) -> Policies:
    """The house's rules, with groups, and these thresholds."""
    plain = Policies()
    groups = {"managers": (MANAGERS,), "technical": (TECHNICAL,)}
    return replace(plain, escalation=replace(plain.escalation, **{"groups": groups, **escalation}))


@contextmanager
def house(url: str, start: Micros = WEDNESDAY_TEN, **escalation: Any) -> Iterator[House]:
    """A desk with everybody in it."""
    with story(url, start=start, policies=rules(**escalation)) as desk:
        yield people(desk)


__all__ = ["HOUR", "MINUTE", "SECOND", "House", "Status"]
