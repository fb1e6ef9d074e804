"""How far a ticket has come when a story begins: brought there by the verbs themselves; what people heard then is over."""

from __future__ import annotations

from core.parts.requesting import need_part
from core.people.linking import direct_room
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.accepting import accept
from core.tickets.arriving import arrive
from core.tickets.cancelling import cancel
from core.tickets.completing import complete
from core.tickets.holding import hold
from core.tickets.model import Status, Ticket
from core.tickets.rating import rate
from core.tickets.reporting import Told, report
from tests.scenario import Party, Story

FIFTY = "更换硒鼓一支并清洁定影组件与搓纸轮，连续打印测试页二十张正常无卡纸无底灰，客户现场试用确认无误后签字"
"""A summary that just says enough: 50 characters."""
REASON = "客户车间明天全天停电检修无法试机，主机油路已检查完毕密封圈已更换，等恢复供电后再做加载测试和保压测试完成交付"
PART = "DR-4200-TN"


def ticket_in(
    desk: Story, status: Status, customer: Party, engineer: Party, device: str = "打印机", fault: str = "卡纸"
) -> str:
    """The number of a ticket in this status, reported by `customer` and, from accepted on, in the hands of `engineer`."""

    def act(turn: Turn) -> str:
        his, hers = _person(turn, engineer), _person(turn, customer)
        room = direct_room(turn, hers)
        assert room is not None
        ticket = report(turn, hers, room, Told(f"{device}{fault}", {"device": device, "fault_symptom": fault}))
        for step in STEPS[status]:
            step(turn, ticket, his, hers)
        assert ticket.status == status
        return ticket.number

    customer.says("你好")
    number = desk.act(act)
    desk.passes(seconds=10)
    desk.unheard.clear()
    return number


def _person(turn: Turn, party: Party) -> Person:
    person = turn.get(Person, party.person_id)
    assert person is not None, f"{party.name} is not known yet"
    return person


def _accept(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    accept(turn, ticket, his)


def _arrive(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    arrive(turn, ticket, his)


def _need_part(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    need_part(turn, ticket, his, [(PART, 1)])


def _hold(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    hold(turn, ticket, his, REASON)


def _complete(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    complete(turn, ticket, his, FIFTY)


def _rate(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    rate(turn, ticket, hers, 5)


def _cancel(turn: Turn, ticket: Ticket, his: Person, hers: Person) -> None:
    cancel(turn, ticket, hers)


STEPS = {
    Status.UNASSIGNED: (),
    Status.ACCEPTED: (_accept,),
    Status.ON_SITE: (_accept, _arrive),
    Status.WAITING_PART: (_accept, _arrive, _need_part),
    Status.ON_HOLD: (_accept, _arrive, _hold),
    Status.DONE: (_accept, _arrive, _complete),
    Status.CLOSED: (_accept, _arrive, _complete, _rate),
    Status.CANCELLED: (_cancel,),
}
"""What has happened to a ticket in each status."""
