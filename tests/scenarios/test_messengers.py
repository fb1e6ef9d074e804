"""Feishu and DingTalk's work notifications in the life of a desk: the real channels, against their platforms at the wire format."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bots.dingtalk_notice import DingTalkNotice, NoticeConfig
from bots.emulated.carrier import Carrier
from bots.emulated.dingtalk_notice import SEND, DingTalkNotices
from bots.emulated.feishu import FeishuServer
from bots.feishu import Feishu, FeishuConfig
from config.desk import Desk, build
from config.stepping import HandClock, StepRunner
from core.people.linking import bind
from core.people.model import Person, Role
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.model import Outbox, OutboxState
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.tickets.queries import must_find
from core.words import HOUR, MINUTE, SECOND, Inbound, Room, Who
from tests.scenario import WEDNESDAY_TEN, mind

_notices = select(Outbox.table).where(Outbox.table.c.channel == "dingtalk_notice")

P0 = "整条线停了，注塑机报 E-07"
P2 = "二楼会议室投影仪打不开"


@dataclass
class House:
    """A desk whose staff are in Feishu, and whose technical group hears through DingTalk."""

    desk: Desk
    clock: HandClock
    runner: StepRunner
    customers: Carrier
    dingtalk: DingTalkNotices
    feishu: FeishuServer
    people: dict[str, int]

    async def reports(self, text: str) -> None:
        await self.customers.says(self.desk.accept_for("webchat"), "wang", "王女士", "text", text)
        await self.runner.settle()

    async def says(self, who: str, text: str) -> None:
        """A colleague writes in Feishu."""
        await self.feishu.says(who, text)
        await self.runner.settle()

    async def passes(self, span: int) -> None:
        await self.runner.pass_until(self.clock() + span)

    async def ticket(self) -> Ticket:
        """The only ticket."""
        return await self.desk.act(lambda turn: must_find(turn, "main", "GD-1001"))

    def cards(self, who: str, *words: str) -> list[Any]:
        """What somebody was shown in Feishu in which all these words stand."""
        return [sent for sent in self.feishu.seen_by(who) if all(word in sent.text for word in words)]


@asynccontextmanager
async def house(url: str, folder: Path, recipients: str | None = None) -> AsyncIterator[House]:
    """`recipients` of work notifications in place of the technical department."""
    clock = HandClock(WEDNESDAY_TEN)
    customers, dingtalk, feishu = Carrier("webchat", clock), DingTalkNotices(clock), FeishuServer(clock)
    technicians = dingtalk.department("技术部")
    dingtalk.member("chen02", "陈立", technicians)
    feishu.person("ou_sun", "孙立军", "13744445555")
    feishu.person("ou_liu", "刘志远")
    notice = NoticeConfig(dingtalk.agent_id, dingtalk.app_key, dingtalk.app_secret)
    app = FeishuConfig(feishu.app_id, feishu.app_secret, (feishu.encrypt_key,))
    to_dingtalk, to_feishu = httpx.ASGITransport(app=dingtalk), httpx.ASGITransport(app=feishu)
    group = str(Room("dingtalk_notice", str(dingtalk.agent_id), recipients or f"dept:{technicians}", group=True))
    rules = Policies()
    rules = replace(rules, escalation=replace(rules.escalation, groups={"technical": (group,)}))
    makers: dict[str, Any] = {
        "webchat": lambda shelf, read, now: customers,
        "dingtalk_notice": lambda shelf, read, now: DingTalkNotice(notice, shelf, now, to_dingtalk),
        "feishu": lambda shelf, read, now: Feishu(app, shelf, read, now, to_feishu),
    }
    desk = build(Database(url), rules, makers, FileStore(folder), clock, mind(), pause=clock.sleep, apart=_at_once)
    runner = StepRunner(desk, clock)
    feishu.join(desk.channels["feishu"], desk.accept_for("feishu"))
    found = House(desk, clock, runner, customers, dingtalk, feishu, {})
    await desk.act(lambda turn: _move_in(turn, found))
    try:
        yield found
    finally:
        await desk.close()


def _move_in(turn: Turn, house: House) -> None:
    """An engineer under a manager, both on duty and bound to Feishu."""
    superior = None
    for who, role in (("ou_sun", Role.MANAGER), ("ou_liu", Role.ENGINEER)):
        name = house.feishu.people[who][0]
        person = Person(id=turn.new_id(), entity="main", role=role, name=name, on_duty=True, reports_to=superior)
        turn.add(person)
        room = Room("feishu", house.feishu.app_id, who)
        bind(turn, person, Inbound(f"hello:{who}", turn.now, Who(who), room, "enter"), proof="code")
        superior = house.people[who] = person.id


async def _at_once(look: Any) -> bool:
    return look()


@pytest.mark.req("S10")
def test_the_technical_group_hears_of_a_p0_by_work_notification(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P0)
            (notice,) = desk.dingtalk.seen_by("chen02")
            assert notice.at - (await desk.ticket()).created_at < 15 * SECOND
            assert "GD-1001" in notice.title and "P0" in notice.title
            await desk.passes(10 * MINUTE)
            assert len(desk.dingtalk.seen_by("chen02")) == 1

    asyncio.run(story())


@pytest.mark.req("S10")
def test_while_dingtalk_is_away_feishu_hears_at_once_and_the_group_afterwards(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            desk.dingtalk.fault("down", "5xx")
            await desk.reports(P0)
            made = (await desk.ticket()).created_at
            (card,) = desk.cards("ou_liu", "GD-1001", "P0")
            assert card.at - made < 15 * SECOND
            assert desk.dingtalk.seen_by("chen02") == []
            await desk.passes(MINUTE)
            assert desk.dingtalk.calls[SEND] == 3
            assert len(desk.dingtalk.seen_by("chen02")) == 1

    asyncio.run(story())


@pytest.mark.req("S10")
def test_an_alarm_whose_answer_was_lost_is_repeated_and_shown_once(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            desk.dingtalk.fault("lost")
            await desk.reports(P0)
            await desk.passes(5 * MINUTE)
            assert desk.dingtalk.calls[SEND] == 2
            assert len(desk.dingtalk.seen_by("chen02")) == 1

    asyncio.run(story())


@pytest.mark.req("S10")
def test_a_notification_that_reached_nobody_is_a_dead_letter(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path, "users:left") as desk:
            await desk.reports(P0)
            await desk.passes(15 * SECOND)
            channel: Any = desk.desk.channels["dingtalk_notice"]
            await channel.look(desk.desk.accept_for("dingtalk_notice"))
            await desk.runner.settle()
            (row,) = await desk.desk.act(lambda turn: turn.rows(Outbox, _notices))
            assert (row.state, row.error) == (OutboxState.DEAD, "reached nobody: invalid_user_id")

    asyncio.run(story())


@pytest.mark.req("S87")
def test_two_hours_of_silence_are_one_message_to_the_supervisor_in_feishu(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P2)
            await desk.passes(MINUTE)
            await desk.says("ou_liu", "接单 1001")
            assert (await desk.ticket()).status == "accepted"
            accepted, before = desk.clock(), len(desk.feishu.seen_by("ou_sun"))
            await desk.runner.pass_until(accepted + 2 * HOUR - 1)
            assert desk.feishu.seen_by("ou_sun")[before:] == []
            await desk.passes(5 * MINUTE)
            (warning,) = desk.feishu.seen_by("ou_sun")[before:]
            assert "GD-1001" in warning.text and warning.at - accepted < 2 * HOUR + 15 * SECOND

    asyncio.run(story())


@pytest.mark.req("S11")
def test_a_manager_takes_an_alarm_by_pressing_a_button_in_feishu(desk_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P0)
            await desk.passes(60 * MINUTE + SECOND)
            card = next(card for card in reversed(desk.cards("ou_sun", "GD-1001")) if "我来跟进" in dict(card.buttons))
            await desk.feishu.presses("ou_sun", card.ref, "我来跟进")
            await desk.runner.settle()
            assert (await desk.ticket()).acked_by == desk.people["ou_sun"]
            assert set(desk.feishu.answers) == {200}

    asyncio.run(story())


def test_an_order_that_is_taken_back_in_feishu_within_its_minute_has_not_happened(
    desk_url: str, tmp_path: Path
) -> None:
    """Feishu does not tell who takes a message back."""

    async def story() -> None:
        async with house(desk_url, tmp_path) as desk:
            await desk.reports(P2)
            await desk.passes(MINUTE)
            order = await desk.feishu.says("ou_liu", "接单 1001")
            await desk.runner.settle()
            assert (await desk.ticket()).status == "accepted"
            await desk.passes(20 * SECOND)
            await desk.feishu.recalls("ou_liu", order)
            await desk.runner.settle()
            assert (await desk.ticket()).status == "unassigned"

    asyncio.run(story())
