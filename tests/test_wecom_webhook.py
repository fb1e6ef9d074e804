"""WeCom's group robots: who is called, long texts, files, a removed robot, and a key that is never told."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bots.wecom_webhook import GAP
from config.doctor import groups, secrets
from config.settings import Settings
from config.troubles import Trouble
from core.fitting import fit
from core.words import FileRef, Receipt, Room, Say
from tests.contract.wecom_webhook_cases import KEY, RobotRig

PHOTO = FileRef("pdf", "现场.jpg", "image/jpeg", 15)
PDF = FileRef("pdf", "服务报告.pdf", "application/pdf", 15)
CALLED = ("zhang01", "+8613800001111")


def test_people_are_called_by_userid_and_by_number() -> None:
    async def story() -> None:
        rig = RobotRig()
        say = Say("alert", text="GD-1001 一小时没有人动", mentions=CALLED)
        assert (await rig.channel.post(rig.room, say, "1")).state == "sent"
        (seen,) = rig.server.sent
        assert (seen.text, seen.mentions) == (say.text, ("zhang01", "13800001111"))

    asyncio.run(story())


def test_a_long_text_is_one_message_with_markup_that_is_only_ours() -> None:
    async def story() -> None:
        rig = RobotRig()
        words = "[点此领奖](https://evil.example) <@all>\n" + "满" * 1000
        assert (await rig.channel.post(rig.room, Say("alert", text=words, mentions=CALLED), "1")).state == "sent"
        (seen,) = rig.server.sent
        assert seen.text.startswith("<@zhang01>(点此领奖]") and "<@all>" not in seen.text
        assert seen.text.endswith("满" * 1000)

    asyncio.run(story())


def test_where_nothing_fits_beside_the_text_nobody_is_called_and_no_word_is_lost() -> None:
    async def story() -> None:
        rig = RobotRig()
        words = "x" * 4096
        assert (await rig.channel.post(rig.room, Say("alert", text=words, mentions=CALLED), "1")).state == "sent"
        assert [seen.text for seen in rig.server.sent] == [words]

    asyncio.run(story())


def test_a_picture_is_shown_and_a_document_keeps_its_name() -> None:
    async def story() -> None:
        rig = RobotRig()
        for number, file in enumerate((PHOTO, PDF)):
            assert (
                await rig.channel.post(rig.room, Say("report_pdf", text="见附件", file=file), f"{number}")
            ).state == "sent"
        assert [(seen.text, seen.name, seen.file) for seen in rig.server.sent] == [
            ("见附件", None, None),
            ("", None, b"%PDF-1.4 report"),
            ("见附件", None, None),
            ("", "服务报告.pdf", b"%PDF-1.4 report"),
        ]

    asyncio.run(story())


def test_a_removed_robot_says_so_and_its_key_is_told_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        rig = RobotRig()
        rig.server.remove(KEY)
        receipt = await rig.channel.post(rig.room, Say("alert", text="P0"), "1")
        assert receipt.state == "gone" and "removed" in (receipt.why or "") and "93000" in (receipt.why or "")
        assert KEY not in caplog.text + repr(receipt) + repr(rig.channel)

    asyncio.run(story())


def test_twenty_a_minute_pass_and_the_next_waits_a_minute() -> None:
    async def story() -> None:
        rig = RobotRig()
        receipts = [await rig.channel.post(rig.room, Say("alert", text=f"第{n}条"), f"{n}") for n in range(21)]
        assert [receipt.state for receipt in receipts] == ["sent"] * 20 + ["later"]
        assert receipts[-1].after == 60 and 60 / GAP <= 20 and rig.channel.can.gap == GAP

    asyncio.run(story())


def test_a_message_of_which_a_part_was_shown_is_not_simply_sent_again() -> None:
    async def story() -> None:
        rig = RobotRig()
        for number in range(19):
            await rig.channel.post(rig.room, Say("alert", text=f"第{number}条"), f"{number}")
        receipt = await rig.channel.post(rig.room, Say("report_pdf", text="见附件", file=PDF), "last")
        assert receipt == Receipt("unknown", why="WeCom error 45009")

    asyncio.run(story())


def test_a_robot_that_nobody_set_up_is_refused() -> None:
    async def story() -> None:
        rig = RobotRig()
        strange = Room("wecom_webhook", "robot", "others", group=True)
        assert (await rig.channel.post(strange, Say("alert", text="P0"), "1")).state == "refused"
        assert rig.server.calls == []

    asyncio.run(story())


def test_what_does_not_fit_one_message_is_cut_at_lines() -> None:
    async def story() -> None:
        rig = RobotRig()
        board = Say("board", text="\n".join(f"GD-{number} 等待配件" for number in range(300)))
        for number, part in enumerate(fit(board, rig.channel.can)):
            assert (await rig.channel.post(rig.room, part, f"{number}")).state == "sent"
        assert "\n".join(seen.text for seen in rig.server.sent) == board.text and len(rig.server.sent) == 2

    asyncio.run(story())


def _settings(**more: object) -> Settings:
    channel = {"enabled": True, "robots": {"managers": {"token": "env:WECOM_ROBOT_MANAGERS"}}}
    return Settings(channels={"wecom_webhook": channel}, **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.req("S10")
@pytest.mark.parametrize(("robot", "reached"), [("managers", True), ("management", False)])
def test_the_doctor_knows_which_robots_there_are(robot: str, reached: bool) -> None:
    room = f"group:wecom_webhook/robot/{robot}"
    found = list(groups(_settings(escalation={"managers_group": [room]})))
    expected = Trouble("group_out_of_reach", values={"where": "escalation.managers_group", "room": room})
    assert found == ([] if reached else [expected])


def test_the_doctor_looks_for_the_key_of_each_robot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WECOM_ROBOT_MANAGERS", raising=False)
    (trouble,) = secrets(_settings())
    assert trouble.values["where"] == "channels.wecom_webhook.robots.managers.token"
    monkeypatch.setenv("WECOM_ROBOT_MANAGERS", KEY)
    assert list(secrets(_settings())) == []
