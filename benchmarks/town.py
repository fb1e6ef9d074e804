"""The people of a benchmark: engineers with one ticket each, their customers, and customers who have none yet."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bots.emulated.wecom import WeComServer
from core.house import House
from core.people.linking import bind
from core.people.model import Person, Role
from core.policies import Policies
from core.store.database import Database
from core.store.migrate import create
from core.store.model import Inbox
from core.store.pump import Hears, Item, Pump
from core.store.turn import Cause, Turn
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.recording import record
from core.wording import Wording
from core.words import Clock, Inbound, Room, Who

FIRST_NUMBER = 1001
AT_A_TIME = 200
"""Households that move in within one transaction."""


@dataclass(frozen=True)
class Household:
    """An engineer, the ticket that he works on, and its customer; and a customer who has reported nothing so far."""

    index: int

    @property
    def engineer(self) -> str:
        return f"engineer{self.index:05d}"

    @property
    def customer(self) -> str:
        return f"wmCustomer{self.index:05d}"

    @property
    def newcomer(self) -> str:
        return f"wmNewcomer{self.index:05d}"

    @property
    def number(self) -> int:
        """Digits of the ticket's number."""
        return FIRST_NUMBER + self.index


def households(count: int) -> list[Household]:
    return [Household(index) for index in range(count)]


def build_town(url: str, count: int, clock: Clock) -> None:
    """Make an empty database and let `count` households move in, with one dispatcher on duty."""
    create(url)
    database = Database(url)
    house = House(Policies(), lambda: secrets.token_hex(16), Wording.load())
    pump = Pump(database, house, Hears(_hears_nobody, lambda turn, row: None), clock, "town")
    pump.submit(Item(_dispatcher, Cause("town:dispatcher")))
    for number, some in enumerate(_batches(count)):
        pump.submit(Item(lambda turn, some=some: _move_in(turn, some), Cause(f"town:{number}")))
    while pump.pending:
        pump.cycle()
    pump.close()
    database.close()


def _batches(count: int) -> Iterator[list[Household]]:
    everybody = iter(households(count))
    while some := list(islice(everybody, AT_A_TIME)):
        yield some


def _hears_nobody(turn: Turn, row: Inbox) -> str:
    raise AssertionError("nobody speaks while people move in")


def _dispatcher(turn: Turn) -> None:
    person = turn.add(Person(id=turn.new_id(), entity="main", role=Role.AGENT, name="值班调度", on_duty=True))
    _bind(turn, person, "wecom", "dispatcher")


def _move_in(turn: Turn, some: list[Household]) -> None:
    for household in some:
        index = household.index
        engineer = turn.add(Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name=f"工程师{index}"))
        customer = turn.add(Person(id=turn.new_id(), entity="main", role=Role.CUSTOMER, name=f"客户{index}"))
        newcomer = turn.add(Person(id=turn.new_id(), entity="main", role=Role.CUSTOMER, name=f"新客户{index}"))
        _bind(turn, engineer, "wecom", household.engineer)
        _bind(turn, customer, "wecom_kf", household.customer)
        _bind(turn, newcomer, "wecom_kf", household.newcomer)
        _open_ticket(turn, household, customer, engineer)


def _open_ticket(turn: Turn, household: Household, customer: Person, engineer: Person) -> None:
    number = turn.next_number("ticket:main", FIRST_NUMBER)
    assert number == household.number
    room = Room("wecom_kf", WeComServer.open_kfid, household.customer)
    ticket = turn.add(
        Ticket(
            id=turn.new_id(),
            entity="main",
            number=turn.house.policies.tickets.number_format.format(n=number),
            status=Status.ACCEPTED,
            customer_id=customer.id,
            engineer_id=engineer.id,
            channel="wecom_kf",
            room=str(room),
            device="空压机",
            fault_symptom="不启动",
            description="三号空压机不启动",
            announced="P2",
            created_at=turn.now,
            updated_at=turn.now,
            assigned_at=turn.now,
        )
    )
    record(turn, Happened.REPORTED, ticket, customer, number=ticket.number)


def _bind(turn: Turn, person: Person, channel: str, address: str) -> None:
    account = str(WeComServer.agent_id) if channel == "wecom" else WeComServer.open_kfid
    room = Room(channel, account, address)
    bind(turn, person, Inbound(f"town:{room}", turn.now, Who(address), room, "enter"), proof="setup")
