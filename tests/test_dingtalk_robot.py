"""DingTalk's group robots: the sign, who is called, what silences a robot, and which of its settings refuses a message."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import httpx
import pytest

from bots.dingtalk_robot import DingTalkRobot, Robot, signed
from bots.emulated.dingtalk_robot import A_MINUTE, DingTalkRobots
from core.words import MILLISECOND, Receipt, Room, Say
from tests.contract.rig import Now

MANAGERS = Room("dingtalk_robot", "robot", "managers", group=True)
BOARD = Say("board", text="今日未结 12 单")


def channel(server: DingTalkRobots, now: Now, **robots: Robot) -> DingTalkRobot:
    return DingTalkRobot(robots, now, transport=httpx.ASGITransport(app=server))


def posted(server: DingTalkRobots, now: Now, robot: Robot, say: Say = BOARD) -> Receipt:
    return asyncio.run(channel(server, now, managers=robot).post(MANAGERS, say, "key"))


def test_the_sign_is_the_one_that_the_formula_gives() -> None:
    said = signed(Robot("token", "SECxxx"), 1_700_000_000_000 * MILLISECOND)
    assert (said["timestamp"], quote(said["sign"], safe="")) == (
        "1700000000000",
        "plK5HYD7pW0AMQz3PBPzNXBlZe9ZIHa2a52gMYB3lHs%3D",
    )


def test_who_is_called_stands_in_the_text_too() -> None:
    now = Now()
    server = DingTalkRobots(now)
    server.robot("token1", "managers")
    say = Say("board", text="请看", mentions=("+8613805740002", "user123"))
    assert posted(server, now, Robot("token1"), say).state == "sent"
    (seen,) = server.sent
    assert seen.text == "请看\n@13805740002 @user123" and seen.mentions == ("13805740002", "user123")


@pytest.mark.parametrize(
    ("keywords", "secret", "ours", "late", "why"),
    [
        (("工单",), None, None, 0, "自定义关键词"),
        ((), "SEC1", "SEC2", 0, "加签"),
        ((), "SEC1", "SEC1", 7200, "加签"),
    ],
)
def test_a_robots_security_settings_are_named_when_they_refuse_a_message(
    keywords: tuple[str, ...], secret: str | None, ours: str | None, late: float, why: str
) -> None:
    now, theirs = Now(), Now()
    theirs.passes(late)
    server = DingTalkRobots(theirs)
    server.robot("token1", "managers", secret, keywords)
    receipt = posted(server, now, Robot("token1", ours))
    assert receipt.state == "refused" and "310000" in (receipt.why or "") and why in (receipt.why or "")
    assert "SEC" not in (receipt.why or "") and "token1" not in (receipt.why or "")


def test_a_robot_that_said_too_much_waits_until_its_silence_is_over() -> None:
    async def story() -> None:
        now = Now()
        server = DingTalkRobots(now)
        server.robot("token1", "managers")
        robot = channel(server, now, managers=Robot("token1"))
        for number in range(A_MINUTE):
            assert (await robot.post(MANAGERS, BOARD, str(number))).state == "sent"
        receipt = await robot.post(MANAGERS, BOARD, "one more")
        assert (receipt.state, receipt.after) == ("later", 600.0)
        now.passes(600)
        assert (await robot.post(MANAGERS, BOARD, "one more")).state == "sent"

    asyncio.run(story())


def test_at_its_pace_a_robot_never_says_too_much() -> None:
    async def story() -> None:
        now = Now()
        server = DingTalkRobots(now)
        server.robot("token1", "managers")
        robot = channel(server, now, managers=Robot("token1"))
        for number in range(3 * A_MINUTE):
            assert (await robot.post(MANAGERS, BOARD, str(number))).state == "sent"
            now.passes(robot.can.gap)

    asyncio.run(story())


def test_a_robot_that_was_removed_is_gone_and_one_that_nobody_knows_refused() -> None:
    now = Now()
    server = DingTalkRobots(now)
    server.robot("token1", "managers")
    server.remove("token1")
    assert posted(server, now, Robot("token1")).state == "gone"
    there = Room("dingtalk_robot", "robot", "others", group=True)
    assert asyncio.run(channel(server, now).post(there, BOARD, "key")).state == "refused"


def test_a_robots_secrets_are_not_shown() -> None:
    assert repr(Robot("token1", "SEC1")) == "Robot()"
