"""What people see in Slack: cards, threads, calls, files, and what it costs when half of a message fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bots.slack import Slack, SlackConfig
from core.words import Button, CannotFetch, FileRef, Room, Say
from tests.contract.slack_cases import SlackRig, Watched, stored

PDF = FileRef("pdf", "服务报告 GD-1001.pdf", "application/pdf", 15)
CARD = Say(
    "escalation",
    title="GD-1001 两小时没有更新",
    text="客户说 <b>漏油</b> & *冒烟*。",
    facts=(("接单人", "刘工"), ("下一步", "到场")),
    buttons=(Button("我来处理", "ack:1"), Button("转给别人", "pass:1")),
    link="https://desk.example/t/GD-1001",
)
TECH = Room("slack", "A0DESK", "C0TECH", group=True)

Story = Callable[[SlackRig], Awaitable[None]]


def told(story: Story) -> None:
    """Run a story in a workspace with an engineer and a channel."""

    async def run() -> None:
        rig = SlackRig()
        rig.server.channel("C0TECH", "U0LIU")
        await story(rig)
        await rig.close()

    asyncio.run(run())


def test_a_card_shows_title_text_facts_and_buttons_and_its_link() -> None:
    async def story(rig: SlackRig) -> None:
        receipt = await rig.channel.post(rig.room, CARD, "k")
        (seen,) = rig.server.seen_by("U0LIU")
        assert receipt.ref == seen.ref and seen.ref.startswith("D0LIU:")
        lines = ["GD-1001 两小时没有更新", "客户说 <b>漏油</b> & *冒烟*。", "接单人", "刘工", "下一步", "到场"]
        assert seen.text.splitlines() == lines
        assert [label for label, _ in seen.buttons] == ["我来处理", "转给别人", "查看 · Open"]
        blocks = rig.server.posted[seen.ref]["blocks"]
        assert [block["type"] for block in blocks] == ["header", "section", "section", "actions"]
        assert blocks[1]["text"]["type"] == "plain_text"

    told(story)


def test_a_press_comes_back_and_the_card_is_shown_anew_in_place() -> None:
    async def story(rig: SlackRig) -> None:
        receipt = await rig.channel.post(TECH, CARD, "k")
        assert receipt.ref is not None
        await rig.server.presses("U0LIU", receipt.ref, "我来处理")
        (press,) = rig.inbox.messages.values()
        assert (press.press, press.text, press.about, press.room) == ("ack:1", "我来处理", receipt.ref, TECH)
        done = Say("escalation", "刘工已接手", replaces=receipt.ref)
        assert (await rig.channel.post(TECH, done, "k2")).ref == receipt.ref
        (seen,) = rig.server.seen_by("C0TECH")
        assert (seen.text, seen.buttons) == ("刘工已接手", ())

    told(story)


def test_people_are_called_and_what_a_customer_wrote_calls_nobody() -> None:
    async def story(rig: SlackRig) -> None:
        rig.server.person("U0SUN", "孙立军")
        await rig.channel.post(TECH, Say("note", "<@U0SUN> <!channel> 快来", mentions=("U0LIU",)), "k")
        (seen,) = rig.server.seen_by("C0TECH")
        assert seen.mentions == ("U0LIU",) and seen.text == "@U0LIU\n<@U0SUN> <!channel> 快来"

    told(story)


def test_many_facts_stand_in_several_sections_and_a_long_title_is_cut() -> None:
    async def story(rig: SlackRig) -> None:
        facts = tuple((f"项 {number}", "值") for number in range(23))
        assert (await rig.channel.post(TECH, Say("board", title="长" * 200, facts=facts), "k")).state == "sent"
        assert rig.server.sent[0].text.splitlines()[0] == "长" * 150

    told(story)


def test_an_answer_in_a_thread_stays_in_it() -> None:
    async def story(rig: SlackRig) -> None:
        await rig.server.says("U0LIU", "@回应 接单", group="C0TECH", thread="1772590000.000100")
        (heard,) = rig.inbox.messages.values()
        await rig.channel.post(heard.room, Say("note", "好的", file=PDF), "k")
        assert [seen.thread for seen in rig.server.sent] == ["1772590000.000100"] * 2
        await rig.channel.post(TECH, Say("note", "看这里", reply="C0TECH:1772590000.000200"), "k2")
        assert rig.server.sent[-1].thread == "1772590000.000200"

    told(story)


def test_a_file_alone_reaches_a_person_and_a_channel() -> None:
    async def story(rig: SlackRig) -> None:
        for room in (rig.room, TECH):
            assert (await rig.channel.post(room, Say("report_pdf", file=PDF), "k")).state == "sent"
        assert [(seen.to, seen.file, seen.name) for seen in rig.server.sent] == [
            ("U0LIU", b"%PDF-1.4 report", PDF.name),
            ("C0TECH", b"%PDF-1.4 report", PDF.name),
        ]

    told(story)


@pytest.mark.parametrize(
    ("faults", "state", "shown"),
    [
        (("ratelimited",), "later", 0),
        (("no-fault", "5xx"), "later", 0),
        (("no-fault", "no-fault", "channel_not_found"), "gone", 0),
        (("no-fault", "no-fault", "no-fault", "ratelimited"), "unknown", 1),
    ],
)
def test_a_message_whose_file_fails_is_not_shown_or_not_shown_twice(
    faults: tuple[str, ...], state: str, shown: int
) -> None:
    async def story(rig: SlackRig) -> None:
        rig.server.fault(*(fault.replace("no-fault", "") for fault in faults))
        receipt = await rig.channel.post(TECH, Say("report_pdf", "报告在此", file=PDF), "k")
        assert (receipt.state, len(rig.server.sent)) == (state, shown)

    told(story)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ("is_archived", "gone"),
        ("cannot_dm_bot", "gone"),
        ("not_in_channel", "refused"),
        ("token_revoked", "refused"),
        ("account_inactive", "refused"),
        ("missing_scope", "refused"),
        ("fatal_error", "unknown"),
        ("service_unavailable", "later"),
    ],
)
def test_each_error_leads_to_its_action_and_names_itself(error: str, state: str) -> None:
    async def story(rig: SlackRig) -> None:
        rig.server.fault(error)
        receipt = await rig.channel.post(TECH, Say("note", "x"), "k")
        assert receipt.state == state and error in (receipt.why or "")

    told(story)


def test_the_wait_that_slack_names_is_kept() -> None:
    async def story(rig: SlackRig) -> None:
        rig.fault("quota")
        assert (await rig.channel.post(TECH, Say("note", "x"), "k")).after == 7

    told(story)


def test_an_answer_that_lacks_its_ts_is_unknown() -> None:
    async def story(rig: SlackRig) -> None:
        rig.server.fault("hollow")
        receipt = await rig.channel.post(TECH, Say("note", "x"), "k")
        assert (receipt.state, receipt.ref) == ("unknown", None)

    told(story)


def test_without_the_right_to_read_files_the_page_to_sign_in_is_no_photo() -> None:
    async def story(rig: SlackRig) -> None:
        await rig.sends(b"photo", "image/jpeg")
        (heard,) = rig.inbox.messages.values()
        channel = Slack(SlackConfig("xoxb-without-scope"), stored, rig.now, Watched(rig.server, rig.hosts))
        with pytest.raises(CannotFetch, match="files:read"):
            await channel.fetch(heard.media[0])

    told(story)


def test_a_clip_a_share_an_edit_and_a_command_reach_the_desk() -> None:
    async def story(rig: SlackRig) -> None:
        server = rig.server
        await server.sends("U0LIU", b"webm", "audio/webm", "audio_message.webm", words="三号机漏油")
        await server.passes_on("U0LIU", "客户发的", "王女士", "漏油 <很多>")
        ref = await server.says("U0LIU", "备注 GD-1001 油封坏")
        await server.edits("U0LIU", ref, "备注 GD-1001 油封裂")
        await server.recalls("U0LIU", ref)
        await server.commands("U0LIU", "/desk", "我的工单")
        await server.opens("U0LIU")
        clip, shared, _, edit, recall, command, enter = rig.inbox.messages.values()
        assert (clip.kind, clip.media[0].words, clip.media[0].seconds) == ("voice", "三号机漏油", 3.2)
        assert (shared.forwarded, shared.text) == (True, "客户发的\n王女士：漏油 <很多>")
        assert (edit.kind, edit.text, edit.about) == ("edit", "备注 GD-1001 油封裂", ref)
        assert (recall.kind, recall.about) == ("recall", ref)
        assert (command.kind, command.text, enter.kind) == ("command", "我的工单", "enter")
        assert {message.room for message in rig.inbox.messages.values()} == {rig.room}

    told(story)
