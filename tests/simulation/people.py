"""The people of the simulated world: who they are, and what they say, as the seed has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.house import House
from core.people.linking import bind
from core.people.model import Link, Person, Role
from core.policies import Policies
from core.store.database import Connection, Database
from core.store.model import Inbox
from core.store.numbers import RowIds, take
from core.store.pump import Hears, Item, Pump
from core.store.turn import Cause, Turn
from core.wording import Wording
from core.words import HOUR, SECOND, Inbound, Micros, Room, Say, Who

if TYPE_CHECKING:
    from tests.simulation.world import World

STAFF = (
    ("ren", "任工", Role.ENGINEER),
    ("shi", "石工", Role.ENGINEER),
    ("tan", "谭工", Role.ENGINEER),
    ("wei", "魏调度", Role.AGENT),
    ("xie", "谢采购", Role.PROCUREMENT),
    ("sun", "孙经理", Role.MANAGER),
    ("qian", "钱总监", Role.MANAGER),
)
"""Who works here: id on the staff's platform, name, role. All are on duty; everybody has a telephone."""
BOSS = {"ren": "sun", "shi": "sun", "tan": "sun", "sun": "qian"}
"""Who is whose superior."""
PHONES = {f"+861370000000{place}": ident for place, (ident, _, _) in enumerate(STAFF)}
"""Number → whose it is."""
ENGINEERS = tuple(ident for ident, _, role in STAFF if role is Role.ENGINEER)
DISPATCHER, BUYER = "wei", "xie"
CUSTOMERS = (("kf", "an"), ("kf", "bao"), ("kf", "cui"), ("web", "ding"), ("web", "fan"))
"""Who reports faults: platform, id."""
DEVICES = ("空压机", "注塑机", "投影仪", "打印机", "叉车")
TAKES = ("确认 {0}", "确认 {0}", "我来跟进", "收到")
"""How somebody takes an alarm in his chat."""
SYMPTOMS = ("漏油", "打不开", "异响", "不动了", "报警")
MORE = ("", "电话13800138000", "在二号车间门口", "一直在响", "麻烦快点", "下午三点以后有人")
SUMMARY = (
    "检查发现密封圈磨损老化导致漏油，已更换密封圈并补充液压油，试运行三十分钟压力正常，无渗漏，客户确认可以正常使用"
)
REASON = "客户现场停产检修，暂时不能进场施工，等客户通知恢复生产之后再安排上门继续处理这个故障，预计还需要几天时间"

NUMBER = re.compile(r"GD-\d+")

_alive = (
    "SELECT ticket.number, ticket.status, owner.who_id, asked.who_id, customer.channel, customer.who_id FROM ticket "
    "LEFT JOIN link AS owner ON owner.person_id = ticket.owner_id "
    "LEFT JOIN link AS asked ON asked.person_id = ticket.engineer_id "
    "JOIN link AS customer ON customer.person_id = ticket.customer_id "
    "WHERE ticket.status NOT IN ('closed', 'cancelled') ORDER BY ticket.id"
)
_customers = select(Link.table).where(
    Link.table.c.channel == bindparam("channel"), Link.table.c.who_id == bindparam("who")
)


@dataclass(frozen=True)
class Known:
    """What everybody can know of a ticket."""

    digits: str
    status: str
    owner: str | None
    asked: str | None
    channel: str
    customer: str


class OneByOne(RowIds):
    """Ids that rise over all processes, as a PostgreSQL sequence gives them."""

    def next(self, connection: Connection) -> int:
        return take(connection, "row")


class Crowd:
    """Says one thing after the other."""

    def __init__(self, world: World, chance: Random, actions: int, *, patient: bool, urgent: float):
        """`patient` people let minutes and hours pass between two things that they do; `urgent`: share of reports that stop
        a whole line."""
        self._world, self._chance, self._left, self._patient = world, chance, actions, patient
        self._urgent = urgent
        self._notes = 0
        self.notices = 0

    def begin(self) -> None:
        self._report()
        self._soon()

    @property
    def done(self) -> bool:
        return self._left <= 0

    def _soon(self) -> None:
        waits = (1, 4, 15, 60, 300) if self._patient else (1, 2, 4, 15, 60)
        wait = self._chance.choice(waits) * self._chance.uniform(0.3, 1.5) * SECOND
        if self._patient and self._chance.random() < 0.03:
            wait += self._chance.uniform(0.5, 7) * HOUR
        self._world.at(self._world.now + int(wait), self._act)

    def _act(self) -> None:
        if self.done:
            return
        self._left -= 1
        tickets = [Known(number.partition("-")[2], *row) for number, *row in self._world.ask(_alive)]
        doings: list[tuple[int, Callable[[], None]]] = [
            (3 if len(tickets) < 6 else 1, self._report),
            (1, self._ask),
            (1, self._notice),
        ]
        if tickets:
            doings.append((8, lambda: self._work(self._chance.choice(tickets))))
        if len(tickets) > 1:
            one, other = self._chance.sample(tickets, 2)
            doings.append((1, lambda: self._staff(DISPATCHER, f"{one.digits}并到{other.digits}")))
        self._chance.choices([doing for _, doing in doings], [weight for weight, _ in doings])[0]()
        self._soon()

    # ---- customers

    def _report(self) -> None:
        """A fault, in one message or in several; sometimes it stops the whole line."""
        platform, who = self._chance.choice(CUSTOMERS)
        text = self._chance.choice(DEVICES) + self._chance.choice(SYMPTOMS)
        if self._chance.random() < self._urgent:
            text = f"整条线停了，{text}"
        texts = [text, *self._chance.sample(MORE, self._chance.choice((0, 0, 1, 2)))]
        for place, said in enumerate(texts):
            self._later(place * 3 * SECOND, lambda said=said: self._customer(platform, who, said))

    def _ask(self) -> None:
        platform, who = self._chance.choice(CUSTOMERS)
        self._customer(platform, who, self._chance.choice(("修得怎么样了", "师傅什么时候来", "谢谢", "我要转人工")))

    def _customer(self, platform: str, who: str, text: str) -> None:
        self._world.platforms[platform].says(who, f"{who}女士", text)

    # ---- staff

    def _work(self, ticket: Known) -> None:
        """Somebody does with a ticket what may be done next; every now and then he takes it back."""
        number, owner = ticket.digits, ticket.owner or ticket.asked or self._chance.choice(ENGINEERS)
        other = self._chance.choice(STAFF[:3])[1]
        match ticket.status:
            case "unassigned":
                who, text = self._chance.choice(
                    ((owner, f"接单 {number}"), (owner, f"接单 {number}"), (owner, f"改派 {number}"),
                     (self._chance.choice(ENGINEERS), f"接单 {number}"), (DISPATCHER, f"{number} 转给{other}"),
                     (owner, f"挂起 {number} {REASON}"))
                )  # fmt: skip
            case "on_hold":
                who, text = owner, f"恢复 {number}"
            case "done":
                self._customer(ticket.channel, ticket.customer, self._chance.choice(("5", "还是没修好", "谢谢")))
                return
            case _:
                self._notes += 1
                who, text = self._chance.choice(
                    ((owner, f"{number} 备注 第{self._notes}次检查，密封圈正常"), (owner, f"到场 {number}"),
                     (owner, f"{number} 换件 KX-220 2个"), (owner, f"{number} 转给{other}"), (BUYER, f"{number} 到货了"),
                     (owner, f"完成 {number} {SUMMARY}"), (owner, f"完成 {number} {SUMMARY}"),
                     (owner, f"挂起 {number} {REASON}"), (BUYER, f"{number} 周五到货"))
                )  # fmt: skip
        self._staff(who, text)
        if self._chance.random() < 0.25:
            self._later(int(self._chance.uniform(0.5, 45) * SECOND), lambda: self._staff(who, "撤回"))

    def reads(self, who: str, say: Say) -> None:
        """Somebody was shown a message in his chat; an alarm he may take."""
        if say.purpose == "escalation" and who in BOSS and self._chance.random() < 0.08:
            self.takes(who, say.text, self._chance.uniform(2, 120))

    def takes(self, who: str, text: str, wait: float) -> None:
        """Somebody, known by his chat or his number, takes the alarm of which he has heard, after so many seconds."""
        number = NUMBER.search(text)
        said = self._chance.choice(TAKES).format(number[0].partition("-")[2] if number else "")
        self._later(int(wait * SECOND), lambda: self._staff(PHONES.get(who, who), said))

    def _staff(self, who: str, text: str) -> None:
        name = next(name for ident, name, _ in STAFF if ident == who)
        self._world.platforms["wecom"].says(who, name, text)

    def _notice(self) -> None:
        """Somebody has the desk tell a customer something that is soon no news any more."""
        platform, who = self._chance.choice(CUSTOMERS)
        self.notices += 1
        lasts = int(self._chance.uniform(2, 90) * SECOND)
        number = self.notices

        def say(turn: Turn) -> None:
            link = turn.first(Link, _customers, channel=platform, who=who)
            person = turn.get(Person, link.person_id) if link else None
            if person is not None:
                tell(turn, person, Say("notice", f"通知{number}"), expires_at=turn.now + lasts)

        process = self._world.some_process()
        if process is not None:
            process.act(say, Cause(f"act:notice-{number}"))

    def _later(self, wait: Micros, do: Callable[[], None]) -> None:
        self._world.at(self._world.now + wait, do)


def move_in(database: Database, now: Micros) -> None:
    """The staff's chats are bound, before anything happens."""
    house = House(Policies(), lambda: f"{0:032x}", Wording.load())
    pump = Pump(database, house, Hears(_nobody, lambda turn, row: None), lambda: now, "setup")
    pump._ids = OneByOne()
    pump.submit(Item(_bind_all, Cause("setup")))
    pump.cycle()
    pump.close()


def _bind_all(turn: Turn) -> None:
    numbers = {ident: number.removeprefix("+86") for number, ident in PHONES.items()}
    people: dict[str, Person] = {}
    for ident, name, role in STAFF:
        person = Person(id=turn.new_id(), entity="main", role=role, name=name, on_duty=True, phone=numbers[ident])
        people[ident] = turn.add(person)
        room = Room("wecom", "desk", ident)
        bind(turn, person, Inbound(f"setup:{room}", turn.now, Who(ident), room, "enter"), proof="setup")
    for ident, superior in BOSS.items():
        people[ident].reports_to = people[superior].id


def _nobody(turn: Turn, row: Inbox) -> str:
    return "nobody"
