"""Feishu's group robots: whose group hears, what proves the secret, and how much they take."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from bots.emulated.feishu_robot import FeishuRobots
from bots.feishu_robot import FeishuRobot, Robot
from config.doctor import examine
from config.plugging import channel_makers
from config.settings import Settings
from core.fitting import fit
from core.store.files import FileStore
from core.words import Button, FileRef, Receipt, Room, Say
from tests.contract.rig import MemoryShelf, Now

ALARM = Say(
    "escalation", title="P0 GD-1001", text="整条线停了", facts=(("客户", "王女士"),), link="https://desk.example/t/1"
)
MANAGERS = Room("feishu_robot", "robot", "managers", group=True)


class House:
    """A managers' group whose robot wants a sign, and a technical group whose robot wants nothing."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = FeishuRobots(self.now)
        self.server.robot("token-managers", "经理群", "secret-1")
        self.server.robot("token-technical", "技术群")
        robots = {"managers": Robot("token-managers", "secret-1"), "technical": Robot("token-technical")}
        self.channel = FeishuRobot(robots, self.now, transport=httpx.ASGITransport(app=self.server))

    async def tell(self, say: Say = ALARM, name: str = "managers") -> Receipt:
        return await self.channel.post(Room("feishu_robot", "robot", name, group=True), say, "key")


@pytest.fixture
def house() -> House:
    return House()


def test_each_group_hears_by_its_own_robot(house: House) -> None:
    async def story() -> None:
        assert (await house.tell()).state == (await house.tell(Say("note", text="周报"), "technical")).state == "sent"
        card, text = house.server.sent
        assert (card.to, card.text) == ("经理群", "P0 GD-1001\n整条线停了\n客户\n王女士")
        assert card.buttons == (("查看 · Open", "https://desk.example/t/1"),)
        assert (text.to, text.text) == ("技术群", "周报")
        assert (await house.tell(name="nobody")).state == "refused"

    asyncio.run(story())


def test_the_sign_is_made_anew_for_each_message(house: House) -> None:
    """An hour later the first one would not pass any more."""

    async def story() -> None:
        for _ in range(3):
            assert (await house.tell()).state == "sent"
            house.now.passes(3601)
        house.server.robot("token-managers", "经理群", "secret-2")
        assert (await house.tell()).why == "Feishu error 19021"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("fault", "state"),
    [(9499, "later"), (11232, "later"), (19001, "gone"), (19002, "refused"), (19021, "refused"), (19022, "refused"),
     (19024, "refused"), ("5xx", "later"), ("down", "later"), ("lost", "unknown")],
)  # fmt: skip
def test_each_code_is_told_as_what_it_means(house: House, fault: int | str, state: str) -> None:
    house.server.fault(fault)
    receipt = asyncio.run(house.tell())
    assert receipt.state == state and "token-managers" not in str(receipt.why)


def test_a_robot_that_was_removed_is_gone_and_one_without_its_keyword_refuses(house: House) -> None:
    async def story() -> None:
        house.server.robot("token-technical", "技术群", keywords=("工单",))
        assert (await house.tell(Say("note", text="周报"), "technical")).why == "Feishu error 19024"
        house.server.remove("token-technical")
        assert (await house.tell(Say("note", text="工单周报"), "technical")).state == "gone"

    asyncio.run(story())


def test_more_than_a_robot_takes_waits(house: House) -> None:
    async def story() -> None:
        states = [(await house.tell()).state for _ in range(6)]
        assert states == ["sent"] * 5 + ["later"]
        house.now.passes(60)
        for _ in range(110):
            house.now.passes(house.channel.can.gap)
            assert (await house.tell()).state == "sent"

    asyncio.run(story())


def test_what_a_request_cannot_hold_is_refused_and_not_sent(house: House) -> None:
    async def story() -> None:
        facts = tuple((f"第{number}行", "满" * 50) for number in range(150))
        for say in (Say("board", facts=facts), Say("board", text="x" * 15_001), Say("board"),
                    Say("x", text="x", file=FileRef("pdf", "x.pdf", "application/pdf", 3)),
                    Say("x", text="x", buttons=(Button("接单", "accept:1"),))):  # fmt: skip
            assert (await house.tell(say)).state == "refused"
        assert house.server.sent == []

    asyncio.run(story())


def test_buttons_become_words_since_nobody_could_press_them(house: House) -> None:
    async def story() -> None:
        say = Say(
            "escalation",
            text="无人接单",
            buttons=(Button("接手", "ack:1"), Button("工单", url="https://desk.example/t/1")),
        )
        for part in fit(say, house.channel.can):
            assert (await house.tell(part)).state == "sent"
        assert [sent.text for sent in house.server.sent] == ["无人接单\n工单 https://desk.example/t/1"]

    asyncio.run(story())


# ---------------------------------------------------------------- settings


@pytest.fixture
def settings(elsewhere: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_DATABASE_URL", f"sqlite:///{sqlite_template}")
    monkeypatch.setenv("HUIYING_WORKING_HOURS__HOLIDAYS", "none")
    monkeypatch.setenv("ROBOT_TOKEN", "token-managers")
    monkeypatch.setenv("ROBOT_SECRET", "secret-1")


def with_robots(**robots: object) -> Settings:
    given = {"enabled": True, "robots": robots}
    return Settings(**{"channels": {"feishu_robot": given}})  # pyright: ignore[reportArgumentType]


@pytest.mark.usefixtures("settings")
def test_a_robot_is_made_of_its_settings(tmp_path: Path, house: House) -> None:
    settings = with_robots(managers={"token": "env:ROBOT_TOKEN", "secret": "env:ROBOT_SECRET"})
    assert list(examine(settings, "en")) == []
    maker = channel_makers(settings, FileStore(tmp_path), lambda room: None)["feishu_robot"]
    made = maker(MemoryShelf(Now()), FileStore(tmp_path).read, Now())  # pyright: ignore[reportArgumentType]
    assert isinstance(made, FeishuRobot)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("robots", "missing"),
    [({}, "robots"), ({"managers": {}}, "robots.managers.token"), ({"managers": {"token": "env:NOT_SET"}}, "NOT_SET")],
)
def test_what_a_robot_lacks_is_named(robots: dict[str, object], missing: str) -> None:
    (finding,) = examine(with_robots(**robots), "en")
    assert finding.level == "error" and missing in finding.what
