"""DingTalk work notifications: whom they reach, what DingTalk keeps back, and how the desk learns of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bots.dingtalk_notice import LOOK_SECONDS, OUTCOME_TRIES, DingTalkNotice, NoticeConfig
from bots.emulated.dingtalk_notice import RESULT, DingTalkNotices
from core.store.intake import Delivery
from core.words import Receipt, Room, Say
from tests.contract.rig import Inbox, MemoryShelf, Now

ALARM = Say("escalation", text="P0 GD-1001 注塑机停机\n客户：王女士")


class House:
    """A company with a department of two, one of them in a team below it, and the desk's app."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = DingTalkNotices(self.now)
        self.repair = self.server.department("设备部")
        self.server.member("liu01", "刘志远", self.repair)
        self.server.member("chen02", "陈立", self.server.department("维修一组", self.repair))
        self.server.member("wu03", "吴敏", self.server.department("财务部"))
        self.shelf = MemoryShelf(self.now)
        self.channel = self.process()
        self.inbox = Inbox(self.shelf)
        self.late: list[tuple[str, Receipt]] = []

    def process(self) -> DingTalkNotice:
        """The channel as another process has it."""
        config = NoticeConfig(self.server.agent_id, self.server.app_key, self.server.app_secret)
        return DingTalkNotice(config, self.shelf, self.now, httpx.ASGITransport(app=self.server))

    def room(self, who: str) -> Room:
        return Room("dingtalk_notice", str(self.server.agent_id), who, group=True)

    async def tell(self, who: str, key: str = "1", say: Say = ALARM) -> Receipt:
        return await self.channel.post(self.room(who), say, key)

    async def accept(self, deliveries: Any, cursor: Any = None) -> None:
        delivery = Delivery.read(self.channel, deliveries, cursor)
        assert delivery.messages == () and delivery.unreadable == ()
        self.late += delivery.late

    async def passes(self, seconds: float) -> None:
        """Time passes; then the channel has looked."""
        self.now.passes(seconds)
        await self.channel.look(self.accept)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.req("S10")
def test_a_group_is_a_department_with_all_below_it(house: House) -> None:
    receipt = asyncio.run(house.tell(f"dept:{house.repair}"))
    (notice,) = house.server.notices
    assert (receipt.state, receipt.ref) == ("sent", str(notice.task))
    assert set(notice.reached) == {"liu01", "chen02"}
    assert notice.title == "P0 GD-1001 注塑机停机" and "客户：王女士" in notice.text


def test_a_link_becomes_a_button_and_no_line(house: House) -> None:
    link = "https://desk.example/t/GD-1001?p=abc"
    asyncio.run(house.tell("users:liu01,wu03", say=Say("escalation", text=f"GD-1001\n{link}", link=link)))
    (notice,) = house.server.notices
    assert notice.link == link and link not in notice.text
    assert set(notice.reached) == {"liu01", "wu03"}


def test_the_same_words_twice_are_two_messages_and_the_same_message_twice_is_one(house: House) -> None:
    async def story() -> None:
        await house.tell("users:liu01", key="first")
        await house.tell("users:liu01", key="second")
        assert (await house.tell("users:liu01", key="second")).state == "sent"

    asyncio.run(story())
    assert len(house.server.seen_by("liu01")) == 2
    assert house.server.notices[-1].kept_back == {"liu01": "143106"}


@pytest.mark.parametrize("room", ["dept:", "dept:设备部", "users:", "users:a,,b", "group:1", "dept:" + "1," * 20 + "1"])
def test_a_room_that_means_nobody_is_refused(house: House, room: str) -> None:
    receipt = asyncio.run(house.tell(room))
    assert receipt.state == "refused" and "dept:" in (receipt.why or "")
    assert house.server.notices == []


@pytest.mark.req("S10")
def test_what_reached_nobody_is_told_later(house: House) -> None:
    async def story() -> None:
        receipt = await house.tell("users:nobody,noone")
        assert receipt.state == "sent"
        await house.passes(9.99)
        assert house.late == []
        await house.passes(0.01)
        ((ref, late),) = house.late
        assert (ref, late.state) == (receipt.ref, "refused")
        assert "invalid_user_id" in (late.why or "")
        await house.passes(3600)
        assert len(house.late) == 1

    asyncio.run(story())


def test_what_reached_one_of_several_has_arrived(house: House) -> None:
    async def story() -> None:
        await house.tell("users:nobody,liu01")
        await house.passes(3600)
        assert house.late == []
        assert house.server.calls[RESULT] == 1

    asyncio.run(story())


def test_a_repetition_that_was_kept_back_had_arrived_before(house: House) -> None:
    async def story() -> None:
        await house.tell("users:liu01")
        await house.tell("users:liu01")
        await house.passes(3600)
        assert house.late == []

    asyncio.run(story())


def test_a_person_takes_five_hundred_a_day_and_the_next_is_told_of(house: House) -> None:
    async def story() -> None:
        for number in range(500):
            house.now.passes(1)
            assert (await house.tell("users:liu01", key=f"{number}")).state == "sent"
        for _ in range(500):
            await house.passes(LOOK_SECONDS)
        assert house.late == [] and house.server.calls[RESULT] == 500
        await house.tell("users:liu01", key="500")
        await house.passes(60)
        ((_, late),) = house.late
        assert "143105" in (late.why or "")
        house.now.passes(24 * 3600)
        await house.tell("users:liu01", key="tomorrow")
        await house.passes(60)
        assert len(house.late) == 1

    asyncio.run(story())


def test_a_result_that_is_not_there_yet_is_asked_for_again_and_then_let_go(house: House) -> None:
    async def story() -> None:
        house.server.under_way = True
        await house.tell("users:nobody")
        for _ in range(50):
            await house.passes(600)
        assert house.server.calls[RESULT] == OUTCOME_TRIES
        await house.tell("users:nobody", key="2")
        await house.passes(60)
        house.server.under_way = False
        await house.passes(60)
        assert len(house.late) == 1

    asyncio.run(story())


def test_a_result_that_cannot_be_had_now_is_asked_for_again(house: House) -> None:
    async def story() -> None:
        await house.tell("users:nobody")
        house.server.fault("down")
        await house.passes(10)
        assert house.late == []
        await house.passes(20)
        assert len(house.late) == 1

    asyncio.run(story())


def test_processes_share_one_token_and_renew_it_once(house: House) -> None:
    async def story() -> None:
        other = house.process()
        await asyncio.gather(*(house.tell("users:liu01", key=f"a{number}") for number in range(5)))
        assert house.server.calls["v1.0/oauth2/accessToken"] == 1
        house.server.forget_tokens()
        posts = [other.post(house.room("users:liu01"), ALARM, f"b{number}") for number in range(5)]
        posts += [house.tell("users:liu01", key=f"c{number}") for number in range(5)]
        assert {receipt.state for receipt in await asyncio.gather(*posts)} == {"sent"}
        assert house.server.calls["v1.0/oauth2/accessToken"] == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("code", "state", "after"),
    [
        (-1, "later", 2.0),
        (90006, "later", 2.0),
        (90002, "later", 60.0),
        (143103, "later", 60.0),
        (143104, "later", 60.0),
        (143106, "sent", None),
        (33012, "gone", None),
        (60003, "gone", None),
        (1430000, "gone", None),
        (143105, "refused", None),
        (1430002, "refused", None),
        (60011, "refused", None),
        (41012, "refused", None),
        (424242, "refused", None),
        ("odd", "unknown", None),
    ],
)
def test_each_code_is_told_as_what_it_means(house: House, code: int | str, state: str, after: float | None) -> None:
    house.server.fault(code)
    receipt = asyncio.run(house.tell("users:liu01"))
    assert (receipt.state, receipt.after) == (state, after)
    assert state == "sent" or receipt.why


def test_a_missing_right_is_refused_by_its_own_code(house: House) -> None:
    house.server.permitted = False
    receipt = asyncio.run(house.tell("users:liu01"))
    assert (receipt.state, receipt.why) == ("refused", "DingTalk error 60011")


def test_a_refused_secret_is_not_tried_again_at_once(house: House) -> None:
    async def story() -> None:
        house.server.app_secret = "another"
        for _ in range(3):
            assert (await house.tell("users:liu01")).state == "refused"
        assert house.server.calls["v1.0/oauth2/accessToken"] == 1
        house.now.passes(60)
        await house.tell("users:liu01")
        assert house.server.calls["v1.0/oauth2/accessToken"] == 2

    asyncio.run(story())
