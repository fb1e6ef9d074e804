"""Who is chosen, and why: skill, region, load, distance, team; the same rows always give the same choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest

from core.dispatch.candidates import fitting_skills
from core.dispatch.choosing import Choice, choose
from core.people.duty import covers
from core.people.model import Duty, Link, Person, Role
from core.store.turn import Turn
from core.tickets.model import Status, Ticket
from tests.scenario import Story, story


@pytest.fixture
def shop(desk_url: str) -> Iterator[Shop]:
    with story(desk_url) as desk:
        yield Shop(desk)


class Shop:
    """A desk with engineers and tickets made by hand."""

    def __init__(self, desk: Story) -> None:
        self.desk = desk

    def engineer(self, name: str, *, bound: bool = True, entity: str = "main", **facts: Any) -> int:
        def add(turn: Turn) -> int:
            person = Person(
                id=turn.new_id(), entity=entity, role=Role.ENGINEER, name=name, **{"on_duty": True, **facts}
            )
            turn.add(person)
            if bound:
                turn.add(
                    Link(
                        id=turn.new_id(), entity=entity, channel="wecom", account="1", who_id=name, person_id=person.id,
                        room=f"wecom/1/{person.id}", proof="code", bound_at=turn.now, last_at=turn.now,
                    )
                )  # fmt: skip
            return person.id

        return self.desk.act(add)

    def ticket(self, engineer: int | None = None, status: Status = Status.UNASSIGNED, **facts: Any) -> int:
        def add(turn: Turn) -> int:
            customer = turn.add(Person(id=turn.new_id(), entity="main", role=Role.CUSTOMER))
            customer.address, customer.region = facts.pop("customer_address", None), facts.pop("customer_region", None)
            number = f"GD-{turn.new_id()}"
            ticket = Ticket(
                id=turn.new_id(), entity="main", number=number, customer_id=customer.id, channel="wecom_kf", room="wecom_kf/1/a",
                created_at=turn.now, updated_at=turn.now, engineer_id=engineer, status=status, **facts,
            )  # fmt: skip
            return turn.add(ticket).id

        return self.desk.act(add)

    def choice(self, ticket: int, refused: Iterable[int] = (), **more: Any) -> Choice | None:
        def look(turn: Turn) -> Choice | None:
            row = turn.get(Ticket, ticket)
            assert row is not None
            return choose(turn, row, refused=set(refused), **more)

        return self.desk.act(look)

    def chosen(self, ticket: int, refused: Iterable[int] = (), **more: Any) -> int | None:
        choice = self.choice(ticket, refused, **more)
        return choice.person.id if choice else None


@pytest.mark.req("S58")
def test_order_is_skill_then_region_then_load_then_the_one_known_longest(shop: Shop) -> None:
    plain, other = shop.engineer("甲"), shop.engineer("乙")
    near = shop.engineer("丙", region="鄞州")
    able = shop.engineer("丁", skills=["空压机"])
    ticket = shop.ticket(device="空压机", address="鄞州区学士路 298 号")
    refused: set[int] = set()
    order = []
    while (chosen := shop.chosen(ticket, refused)) is not None:
        order.append(chosen)
        refused.add(chosen)
    assert order == [able, near, plain, other]


@pytest.mark.req("S58")
@pytest.mark.parametrize(
    ("facts", "outweighed_by"),
    [({"skills": ["空压机"]}, 7), ({"region": "鄞州"}, 5), ({"skills": ["空压机"], "region": "鄞州"}, 11)],
    ids=["skill", "region", "both"],
)
def test_so_many_open_tickets_outweigh_a_skill_or_a_region(
    shop: Shop, facts: dict[str, Any], outweighed_by: int
) -> None:
    able, plain = shop.engineer("甲", **facts), shop.engineer("乙")
    ticket = shop.ticket(device="空压机", address="鄞州区学士路 298 号")
    for _ in range(outweighed_by - 1):
        shop.ticket(able, Status.ACCEPTED)
    assert shop.chosen(ticket) == able
    shop.ticket(able, Status.ACCEPTED)
    assert shop.chosen(ticket) == plain


@pytest.mark.parametrize(
    ("status", "counts"),
    [(Status.UNASSIGNED, True), (Status.ACCEPTED, True), (Status.ON_SITE, True), (Status.WAITING_PART, True),
     (Status.ON_HOLD, True), (Status.DONE, False), (Status.CLOSED, False), (Status.CANCELLED, False)],
)  # fmt: skip
def test_only_open_tickets_are_a_load(shop: Shop, status: Status, counts: bool) -> None:
    first, second = shop.engineer("甲"), shop.engineer("乙")
    shop.ticket(first, status)
    assert shop.chosen(shop.ticket()) == (second if counts else first)


@pytest.mark.req("S5b", "S8")
def test_who_may_not_have_it_is_never_chosen(shop: Shop) -> None:
    shop.engineer("不当班", on_duty=False)
    shop.engineer("没绑定", bound=False)
    shop.engineer("已离职", active=False)
    shop.engineer("别的法人", entity="other")
    assert shop.choice(shop.ticket()) is None
    last = shop.engineer("当班")
    choice = shop.choice(shop.ticket())
    assert choice is not None and choice.person.id == last
    assert [other["why"] for other in choice.reason["passed_over"]] == ["not_bound", "off_duty"]


@pytest.mark.req("S75")
@pytest.mark.parametrize(
    ("place", "region"),
    [
        (
            {
                "address": "宁波市鄞州区学士路 298 号",
                "customer_address": "宁波市海曙区中山西路",
                "customer_region": "海曙区",
            },
            "鄞州",
        ),
        ({"address": "三楼会议室", "customer_address": "宁波市海曙区中山西路", "customer_region": "鄞州区"}, "海曙区"),
        ({"customer_address": "科技园 B 座", "customer_region": "鄞州区"}, "鄞州"),
        ({"address": "江北区大闸路"}, None),
    ],
)
def test_where_the_machine_stands_counts_before_where_the_customer_is_kept(
    shop: Shop, place: dict[str, Any], region: str | None
) -> None:
    shop.engineer("甲")
    shop.engineer("乙", region="奉化、鄞州")
    shop.engineer("丙", region="海曙区")
    choice = shop.choice(shop.ticket(**place))
    assert choice is not None and choice.reason["standing"]["region"] == region


def test_the_nearest_goes_where_distances_are_known(shop: Shop) -> None:
    far, near = shop.engineer("甲"), shop.engineer("乙")
    unknown = shop.engineer("丙", skills=["泵"])
    metres = {far: 12_400, near: 1_900}
    ticket = shop.ticket(device="投影仪")
    choice = shop.choice(ticket, {unknown}, distance=lambda person, ticket: metres.get(person.id))
    assert choice is not None and choice.person.id == near
    assert choice.reason["standing"]["metres"] == 1_900


def test_the_reason_names_eight_people_and_counts_the_rest(shop: Shop) -> None:
    for place in range(12):
        shop.engineer(f"工程师{place}", on_duty=place < 6)
    no = shop.engineer("拒绝的人")
    choice = shop.choice(shop.ticket(), {no})
    assert choice is not None
    assert [other["why"] for other in choice.reason["passed_over"]] == ["refused", *["behind"] * 5, *["off_duty"] * 2]
    assert choice.reason["further"] == 4


@pytest.mark.parametrize(
    ("skills", "facts", "fitting"),
    [
        (["空压机", "CNC"], {"device": "空压机"}, ("空压机",)),
        (["空压机维修"], {"device": "空压机"}, ("空压机维修",)),
        (["液压", "电气"], {"description": "液压站压力上不去"}, ("液压",)),
        (["DR-4200"], {"device_model": "dr-4200"}, ("DR-4200",)),
        (["AC"], {"description": "the machine is down"}, ()),
        (["水泵"], {"device": "泵"}, ()),
        (["投影仪"], {"device": "空压机、投影仪"}, ("投影仪",)),
        ([], {"device": "空压机"}, ()),
    ],
)
def test_a_skill_fits_by_the_words_alone(skills: list[str], facts: dict[str, Any], fitting: tuple[str, ...]) -> None:
    ticket = Ticket(
        id=1, entity="main", number="GD-1", customer_id=1, channel="", room="", created_at=0, updated_at=0, **facts
    )
    assert fitting_skills(skills, ticket) == fitting


WEDNESDAYS = 0b0000100


@pytest.mark.parametrize(
    ("duty", "moments"),
    [
        ((510, 1080), {"04 08:29": False, "04 08:30": True, "04 17:59": True, "04 18:00": False, "05 10:00": False}),
        ((1080, 510), {"04 17:59": False, "04 18:00": True, "05 08:29": True, "05 08:30": False, "04 03:00": False}),
        ((0, 0), {"03 23:59": False, "04 00:00": True, "04 23:59": True, "05 00:00": False}),
    ],
)
def test_a_duty_covers_its_hours_also_past_midnight(duty: tuple[int, int], moments: dict[str, bool]) -> None:
    row = Duty(id=1, entity="main", person_id=1, weekdays=WEDNESDAYS, begins=duty[0], ends=duty[1])
    found = {moment: covers(row, datetime.fromisoformat(f"2026-03-{moment}")) for moment in moments}
    assert found == moments
