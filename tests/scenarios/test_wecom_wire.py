"""A house that lives in WeCom: customers in WeChat, staff in the app, managers' group with a robot; the real channels on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bots.emulated.platform import Seen
from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_people import Customers, Members
from bots.emulated.wecom_webhook import WeComRobots
from bots.wecom import WeCom, WeComConfig
from bots.wecom_kf import KfConfig, WeComKf
from bots.wecom_webhook import WeComWebhook
from config.desk import Desk, build
from config.stepping import HandClock, StepRunner
from core.people.linking import bind
from core.people.model import Person, Role
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.tickets.queries import must_find
from core.words import MINUTE, SECOND, Inbound, Room, Who
from tests.scenario import WEDNESDAY_TEN, mind

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
GROUP = Room("wecom_webhook", "robot", "managers", group=True)
P0, P2 = "整条线停了，注塑机报 E-07", "二楼会议室投影仪打不开"


@dataclass
class House:
    """The desk and everybody around it."""

    desk: Desk
    clock: HandClock
    runner: StepRunner
    server: WeComServer
    robots: WeComRobots
    staff: Members
    customers: Customers
    people: dict[str, int] = field(default_factory=dict)

    async def reports(self, text: str) -> None:
        await self.customers.says("wm_wang", text)
        await self.runner.settle()

    async def passes(self, span: int) -> None:
        await self.runner.pass_until(self.clock() + span)

    async def ticket(self) -> Ticket:
        """The only ticket."""
        return await self.desk.act(lambda turn: must_find(turn, "main", "GD-1001"))

    def card(self, who: str, label: str) -> Seen:
        """The last card with this button that somebody sees."""
        seen = [seen for seen in self.staff.sent if seen.to == who and label in dict(seen.buttons)]
        return seen[-1]


@asynccontextmanager
async def house(url: str, folder: Path) -> AsyncIterator[House]:
    clock = HandClock(WEDNESDAY_TEN)
    server, robots = WeComServer(clock), WeComRobots(clock)
    server.remember("wm_wang", "王女士")
    robots.robot(KEY, "managers")
    to_server, to_robots = httpx.ASGITransport(app=server), httpx.ASGITransport(app=robots)
    app = WeComConfig(server.corp_id, server.agent_id, server.app.secret, ((server.app.token, server.app.aes_key),))
    kf = KfConfig(server.corp_id, server.kf.secret, ((server.kf.token, server.kf.aes_key),), (server.open_kfid,))
    rules = Policies()
    rules = replace(rules, escalation=replace(rules.escalation, groups={"managers": (str(GROUP),)}))
    makers: dict[str, Any] = {
        "wecom": lambda shelf, read, now: WeCom(app, shelf, read, now, to_server),
        "wecom_kf": lambda shelf, read, now: WeComKf(kf, shelf, read, now, to_server),
        "wecom_webhook": lambda shelf, read, now: WeComWebhook({"managers": KEY}, read, transport=to_robots),
    }
    desk = build(Database(url), rules, makers, FileStore(folder), clock, mind(), pause=clock.sleep, apart=_at_once)
    found = House(desk, clock, StepRunner(desk, clock), server, robots, Members(server), Customers(server))
    found.staff.join(desk.channels["wecom"], desk.accept_for("wecom"))
    found.customers.join(desk.channels["wecom_kf"], desk.accept_for("wecom_kf"))
    await desk.act(lambda turn: _move_in(turn, found))
    try:
        yield found
    finally:
        await desk.close()


def _move_in(turn: Turn, house: House) -> None:
    """An engineer under a manager, both on duty and bound to the app."""
    superior = None
    for who, name, role in (("sun", "孙立军", Role.MANAGER), ("liu", "刘志远", Role.ENGINEER)):
        person = Person(id=turn.new_id(), entity="main", role=role, name=name, on_duty=True, reports_to=superior)
        turn.add(person)
        room = Room("wecom", str(house.server.agent_id), who)
        bind(turn, person, Inbound(f"hello:{who}", turn.now, Who(who), room, "enter"), proof="code")
        superior = house.people[who] = person.id


async def _at_once(look: Any) -> bool:
    return look()


@pytest.mark.req("S10")
def test_the_managers_group_hears_of_a_p0_by_its_robot(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P0)
            (alarm,) = desk.robots.sent
            assert alarm.at - (await desk.ticket()).created_at < 15 * SECOND
            assert alarm.to == "managers" and "GD-1001" in alarm.text and "P0" in alarm.text

    asyncio.run(story())


@pytest.mark.req("S11")
def test_a_group_is_told_that_an_hour_has_passed_though_its_robot_was_busy(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P0)
            await desk.passes(60 * MINUTE - SECOND)
            told = len(desk.robots.sent)
            desk.robots.fault(45009, "5xx")
            await desk.passes(5 * MINUTE)
            (late,) = desk.robots.sent[told:]
            assert "GD-1001" in late.text

    asyncio.run(story())


def test_a_robot_that_was_removed_holds_up_nobody(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            desk.robots.remove(KEY)
            await desk.reports(P0)
            await desk.passes(MINUTE)
            assert desk.robots.calls == ["send"]
            assert any("GD-1001" in seen.text for seen in desk.staff.sent if seen.to == "liu")

    asyncio.run(story())


@pytest.mark.req("S83")
def test_the_card_of_a_ticket_that_was_accepted_says_so_in_its_place(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P2)
            await desk.passes(MINUTE)
            card = desk.card("liu", "接单")
            await desk.staff.presses("liu", card.ref, "接单")
            await desk.runner.settle()
            await desk.passes(10 * SECOND)
            assert (await desk.ticket()).status == "accepted"
            (now,) = [seen for seen in desk.staff.sent if seen.ref == card.ref]
            assert "接单" not in dict(now.buttons) and now.text != card.text
            assert set(desk.server.answers) == {200}

    asyncio.run(story())


def test_who_comes_in_is_greeted_at_once_and_known_by_his_name(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.customers.enters("wm_wang")
            await desk.runner.settle()
            assert [seen.to for seen in desk.customers.sent] == ["wm_wang"]
            await desk.customers.enters("wm_wang")
            await desk.runner.settle()
            assert len(desk.customers.sent) == 1
            await desk.reports(P2)
            await desk.passes(MINUTE)
            ticket = await desk.ticket()
            customer = await desk.desk.act(lambda turn: turn.get(Person, ticket.customer_id))
            assert customer is not None and customer.name == "王女士"

    asyncio.run(story())
