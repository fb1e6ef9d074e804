"""The people of a benchmark: engineers with one ticket each, their customers, and customers who have none yet."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
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
COMPANY = 100
"""Households of one legal entity: so many engineers does a large service company have."""


@dataclass(frozen=True)
class Household:
    """An engineer, the ticket that he works on, and its customer; and a customer who has reported nothing so far."""

    index: int

    @property
    def entity(self) -> str:
        return f"company{self.index // COMPANY:03d}"

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
        return FIRST_NUMBER + self.index % COMPANY


def households(count: int) -> list[Household]:
    return [Household(index) for index in range(count)]


def build_town(url: str, count: int, clock: Clock) -> None:
    """Make an empty database and let `count` households move in; every company has a dispatcher on duty."""
    create(url)
    carry_out(url, clock, [lambda turn, company=company: _move_in(turn, company) for company in _companies(count)])


def carry_out(url: str, clock: Clock, acts: Iterable[Callable[[Turn], None]]) -> None:
    """Turns on a database that no desk has in its hands."""
    database = Database(url)
    house = House(Policies(), lambda: secrets.token_hex(16), Wording.load())
    pump = Pump(database, house, Hears(_hears_nobody, lambda turn, row: None), clock, "town")
    for number, act in enumerate(acts):
        pump.submit(Item(act, Cause(f"town:{number}"), _must_succeed))
    while pump.pending:
        for done, result in pump.cycle().answers:
            done(result)
    pump.close()
    database.close()


def _companies(count: int) -> Iterator[list[Household]]:
    everybody = iter(households(count))
    while company := list(islice(everybody, COMPANY)):
        yield company


def _must_succeed(result: object) -> None:
    if isinstance(result, Exception):
        raise result


def _hears_nobody(turn: Turn, row: Inbox) -> str:
    raise AssertionError("nobody speaks while people move in")


def _move_in(turn: Turn, company: list[Household]) -> None:
    entity = company[0].entity
    dispatcher = turn.add(Person(id=turn.new_id(), entity=entity, role=Role.AGENT, name="值班调度", on_duty=True))
    bind_to(turn, dispatcher, "wecom", f"dispatcher-{entity}")
    for household in company:
        engineer = _person(turn, entity, Role.ENGINEER, f"工程师{household.index}")
        customer = _person(turn, entity, Role.CUSTOMER, f"客户{household.index}")
        newcomer = _person(turn, entity, Role.CUSTOMER, f"新客户{household.index}")
        bind_to(turn, engineer, "wecom", household.engineer)
        bind_to(turn, customer, "wecom_kf", household.customer)
        bind_to(turn, newcomer, "wecom_kf", household.newcomer)
        _open_ticket(turn, household, customer, engineer)


def _person(turn: Turn, entity: str, role: Role, name: str) -> Person:
    return turn.add(Person(id=turn.new_id(), entity=entity, role=role, name=name))


def _open_ticket(turn: Turn, household: Household, customer: Person, engineer: Person) -> None:
    number = turn.next_number(f"ticket:{household.entity}", FIRST_NUMBER)
    assert number == household.number
    room = Room("wecom_kf", WeComServer.open_kfid, household.customer)
    ticket = turn.add(
        Ticket(
            id=turn.new_id(),
            entity=household.entity,
            number=turn.house.policies.tickets.number_format.format(n=number),
            status=Status.ACCEPTED,
            customer_id=customer.id,
            engineer_id=engineer.id,
            owner_id=engineer.id,
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


def bind_to(turn: Turn, person: Person, channel: str, address: str) -> None:
    """Let a person be known by his address on a channel."""
    account = str(WeComServer.agent_id) if channel == "wecom" else WeComServer.open_kfid
    room = Room(channel, account, address)
    bind(turn, person, Inbound(f"town:{room}", turn.now, Who(address), room, "enter"), proof="setup")
