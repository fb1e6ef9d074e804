"""Buttons in the WeCom app: cards within the lengths that are shown whole, presses, and cards shown anew in their place."""

from __future__ import annotations

import asyncio

import pytest

from bots.emulated.wecom import WeComServer
from bots.wecom import CHOOSE, DONE, MOST_LABEL, MOST_LINES, MOST_TITLE, OPEN, WeCom, WeComConfig
from core.fitting import fit
from core.words import Button, FileRef, Say
from tests.contract.rig import MemoryShelf, Now
from tests.contract.wecom_cases import AppRig, stored

ACCEPT, REFUSE = Button("接单", "accept:GD-1001"), Button("拒单", "refuse:GD-1001")
OFFER = Say("assignment_notice", text="GD-1001 空压机报 E-07\n滨江东路 1 号", buttons=(ACCEPT, REFUSE))


def test_an_offer_is_a_card_and_a_press_says_which_button_of_which_card() -> None:
    async def story() -> None:
        rig = AppRig()
        receipt = await rig.channel.post(rig.room, OFFER, "outbox:1")
        (shown,) = rig.shown()
        assert shown.text == OFFER.text
        assert shown.buttons == (("接单", "accept:GD-1001"), ("拒单", "refuse:GD-1001"))
        await rig.server.member_presses("liu", receipt.ref or "", "拒单")
        (press,) = rig.inbox.messages.values()
        assert (press.kind, press.press, press.room) == ("press", "refuse:GD-1001", rig.room)
        assert press.about in rig.server.cards.codes

    asyncio.run(story())


def test_the_card_of_an_accepted_ticket_says_who_accepted_and_has_no_buttons_any_more() -> None:
    async def story() -> None:
        rig = AppRig()
        first = await rig.channel.post(rig.room, OFFER, "outbox:1")
        taken = Say("progress", text="GD-1001 空压机报 E-07\n刘志远 已接单", replaces=first.ref)
        assert (await rig.channel.post(rig.room, taken, "outbox:2")).state == "sent"
        (shown,) = rig.shown()
        assert shown.text == taken.text and shown.buttons == ()
        assert rig.channel.can.edit

    asyncio.run(story())


def test_a_code_replaces_once_and_a_press_brings_another() -> None:
    async def story() -> None:
        rig = AppRig()
        first = await rig.channel.post(rig.room, OFFER, "1")
        again = Say("progress", text="改派给您", buttons=(ACCEPT,), replaces=first.ref)
        assert (await rig.channel.post(rig.room, again, "2")).state == "sent"
        assert (await rig.channel.post(rig.room, again, "3")).state == "refused"
        await rig.server.member_presses("liu", first.ref or "", "接单")
        (press,) = rig.inbox.messages.values()
        done = Say("progress", text="您已接单", replaces=press.about)
        assert (await rig.channel.post(rig.room, done, "4")).state == "sent"
        assert [(shown.text, shown.buttons) for shown in rig.shown()] == [("您已接单", ())]

    asyncio.run(story())


def test_after_72_hours_a_card_stays_as_it_is() -> None:
    async def story() -> None:
        rig = AppRig()
        codes = [(await rig.channel.post(rig.room, OFFER, str(number))).ref for number in range(2)]
        states = []
        for code in codes:
            rig.now.passes(72 * 3600 - 60)
            states.append((await rig.channel.post(rig.room, Say("progress", text="已接单", replaces=code), "x")).state)
        assert states == ["sent", "refused"]

    asyncio.run(story())


def test_a_card_repeated_after_a_lost_answer_is_shown_once_however_late() -> None:
    async def story() -> None:
        rig = AppRig()
        rig.server.fault("message/send", "lost")
        assert (await rig.channel.post(rig.room, OFFER, "outbox:1")).state == "unknown"
        rig.now.passes(3600)
        assert (await rig.channel.post(rig.room, OFFER, "outbox:1")).state == "sent"
        assert len(rig.shown()) == 1
        assert (await rig.channel.post(rig.room, OFFER, "outbox:2")).state == "sent"
        assert len(rig.shown()) == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "before", "title", "lines"),
    [
        ("题" * MOST_TITLE, "", "题" * MOST_TITLE, ""),
        ("题" * (MOST_TITLE + 1), "", CHOOSE, "题" * (MOST_TITLE + 1)),
        ("题\n" + "行" * MOST_LINES, "", "题", "行" * MOST_LINES),
        ("题\n" + "行" * (MOST_LINES + 1), "题\n" + "行" * (MOST_LINES + 1), "题", ""),
        ("长" * (MOST_LINES + 1), "长" * (MOST_LINES + 1), CHOOSE, ""),
        ("", "", CHOOSE, ""),
    ],
)
def test_every_word_is_shown_whole_on_the_card_or_before_it(text: str, before: str, title: str, lines: str) -> None:
    async def story() -> None:
        rig = AppRig()
        assert (await rig.channel.post(rig.room, Say("ask", text=text, buttons=(ACCEPT,)), "1")).state == "sent"
        *said, card = rig.shown()
        assert [shown.text for shown in said] == ([before] if before else [])
        assert card.text == "\n".join(filter(None, (title, lines))) and card.buttons == (("接单", "accept:GD-1001"),)

    asyncio.run(story())


def test_a_link_becomes_a_button_while_there_is_room_for_it() -> None:
    async def story() -> None:
        rig = AppRig()
        link = "https://desk.example/t/GD-1001"
        for count in (5, 6):
            buttons = tuple(Button(f"选{number}", f"t{number}") for number in range(count))
            for part in fit(Say("ask", text="选", buttons=buttons, link=link), rig.channel.can):
                assert (await rig.channel.post(rig.room, part, str(count))).state == "sent"
        five, six = rig.shown()
        assert five.text == "选" and five.buttons[-1] == (OPEN, link)
        assert six.text == f"选\n{link}" and len(six.buttons) == 6

    asyncio.run(story())


def test_too_many_or_too_long_buttons_are_a_menu_to_answer_by_number() -> None:
    async def story() -> None:
        rig = AppRig()
        many = tuple(Button(f"选{number}", f"t{number}") for number in range(7))
        long = (Button("是" * (MOST_LABEL.most + 1), "yes"), Button("不是", "no"))
        for number, buttons in enumerate((many, long)):
            for part in fit(Say("ask", text="选", buttons=buttons), rig.channel.can):
                assert (await rig.channel.post(rig.room, part, str(number))).state == "sent"
        assert [(shown.buttons, "\n1 " in shown.text) for shown in rig.shown()] == [((), True)] * 2

    asyncio.run(story())


def test_the_file_goes_before_the_card_so_that_the_card_can_be_replaced() -> None:
    async def story() -> None:
        rig = AppRig()
        say = Say("ask", text="请签收", buttons=(ACCEPT,), file=FileRef("pdf", "报告.pdf", "application/pdf", 15))
        receipt = await rig.channel.post(rig.room, say, "1")
        assert [sent.kind for sent in rig.server.sent] == ["file", "button_interaction"]
        assert (await rig.channel.post(rig.room, Say("done", replaces=receipt.ref), "2")).state == "sent"
        assert rig.shown()[-1].text == DONE

    asyncio.run(story())


def test_what_is_no_card_cannot_be_replaced() -> None:
    async def story() -> None:
        rig = AppRig()
        text = await rig.channel.post(rig.room, Say("note", text="您好"), "1")
        assert (await rig.channel.post(rig.room, Say("note", text="再见", replaces=text.ref), "2")).state == "refused"
        assert [shown.text for shown in rig.shown()] == ["您好"]

    asyncio.run(story())


def test_where_members_read_in_the_plug_in_buttons_are_a_menu() -> None:
    server, now = WeComServer, Now()
    keys = ((server.app.token, server.app.aes_key),)
    config = WeComConfig(server.corp_id, server.agent_id, server.app.secret, keys, cards=False)
    channel = WeCom(config, MemoryShelf(now), stored, now)
    (said,) = fit(OFFER, channel.can)
    assert not said.buttons and "1 接单" in said.text and not channel.can.edit
