"""The contract, posting: what fits is shown, what does not is refused in words that the core understands, and no secret slips out."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from core.fitting import fit
from core.words import Button, CannotFetch, FileRef, Media, Say, Size
from tests.contract.cases import CASES, HEARING
from tests.contract.rig import Case, Shown

PDF = FileRef("pdf", "服务报告.pdf", "application/pdf", 15)
OUTCOME = {
    "quota": "later",
    "busy": "later",
    "down": "later",
    "gone": "gone",
    "bad": "refused",
    "window": "refused",
    "lost": "unknown",
    "stale_token": "sent",
}

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def text_of(size: Size) -> str:
    """A Chinese text that is exactly as long as allowed."""
    one = size.of("满")
    return "满" * (size.most // one) + "x" * (size.most % one)


@each
def test_text_buttons_and_file_reach_the_person(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        buttons = (Button("是的", "yes"), Button("不是", "no"), Button("进度", url="https://desk.example/t/1"))
        say = Say("ask_confirm", text="确认取消 GD-1001？", buttons=buttons, file=PDF)
        for number, part in enumerate(fit(say, rig.channel.can)):
            assert (await rig.channel.post(rig.room, part, f"key:{number}")).state == "sent"
        seen = rig.shown()
        assert {shown.to for shown in seen} == {rig.room.id}
        words = "\n".join([shown.text for shown in seen] + [label for shown in seen for label, _ in shown.buttons])
        assert "确认取消 GD-1001？" in words and all(button.label in words for button in buttons)
        assert [shown.file for shown in seen if shown.file] == ([b"%PDF-1.4 report"] if rig.channel.can.file else [])
        assert rig.channel.can.file or PDF.name in words
        await rig.close()

    asyncio.run(story())


@each
def test_the_longest_message_goes_and_a_longer_one_does_not(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        longest = text_of(rig.channel.can.text)
        assert (await rig.channel.post(rig.room, Say("note", text=longest), "1")).state == "sent"
        assert (await rig.channel.post(rig.room, Say("note", text=longest + "x"), "2")).state == "refused"
        assert [shown.text for shown in rig.shown()] == [longest]
        await rig.close()

    asyncio.run(story())


@each
def test_whatever_was_fitted_is_accepted(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        can = rig.channel.can
        label, token = text_of(can.label), "t" * can.token
        most = (Button(label, token),) * max(can.buttons, 1)
        for number, say in enumerate(
            (
                Say("board", text=text_of(can.text)[:-1], buttons=most),
                Say("board", text="\n".join(["工单 GD-1001 等待配件"] * 150)),
                Say("board", title="工单", facts=(("客户", "王女士"), ("状态", "待配件")), link="https://desk.example"),
                Say("board", text="选", buttons=(*most, Button("多一个", "x"))),
            )
        ):
            rig = case.rig()
            for part, message in enumerate(fit(say, can)):
                assert (await rig.channel.post(rig.room, message, f"{number}:{part}")).state == "sent"
            assert rig.shown()
            await rig.close()

    asyncio.run(story())


@each
@pytest.mark.parametrize("fault", sorted(OUTCOME))
def test_a_fault_becomes_a_receipt(case: Case, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    if fault not in case.faults:
        assert fault in OUTCOME
        return
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        rig = case.rig()
        rig.fault(fault)
        began = time.monotonic()
        receipt = await rig.channel.post(rig.room, Say("note", text="您好"), "key")
        assert time.monotonic() - began < 1
        assert receipt.state == OUTCOME[fault]
        assert (receipt.after is not None) == (receipt.state == "later")
        assert len(rig.shown()) == (1 if receipt.state in ("sent", "unknown") else 0)
        assert receipt.state == "sent" or receipt.why
        assert fault != "window" or receipt.why == "window"
        told = caplog.text + (receipt.why or "")
        assert not [secret for secret in rig.secrets if secret in told]
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [case for case in CASES if "lost" in case.faults], ids=lambda case: case.name)
def test_a_message_after_a_lost_answer_is_shown_once_where_the_channel_says_so(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.fault("lost")
        say = Say("ack_created", text="已受理 GD-1001")
        assert (await rig.channel.post(rig.room, say, "key")).state == "unknown"
        again = await rig.channel.post(rig.room, say, "key")
        assert again.state == "sent" or not rig.channel.can.safe
        assert len(rig.shown()) == 1 or not rig.channel.can.safe
        await rig.close()

    asyncio.run(story())


@each
def test_a_file_that_is_not_there_or_cannot_be_sent_is_refused(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        for name in case.unsendable:
            file = FileRef(name, "x.pdf", "application/pdf", 1)
            if name != "not in the store" or rig.channel.can.file:
                assert (await rig.channel.post(rig.room, Say("report_pdf", file=file), name)).state == "refused"
        assert rig.shown() == []
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", HEARING, ids=lambda case: case.name)
def test_what_a_person_sends_is_fetched_from_the_platforms_own_host(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.sends(b"\xff\xd8\xff photo", "image/jpeg")
        (message,) = rig.inbox.messages.values()
        assert await rig.channel.fetch(message.media[0]) == b"\xff\xd8\xff photo"
        for ref in ("http://100.100.100.200/latest/meta-data", "file:///etc/passwd", "../../gettoken", "none such"):
            with pytest.raises(CannotFetch):
                await rig.channel.fetch(Media(ref))
        assert len(set(rig.hosts)) <= 1
        await rig.close()

    asyncio.run(story())


@each
def test_a_customers_words_make_no_link_of_ours(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        words = '<a href="https://evil.example">点此领奖</a> @all ${jndi:ldap://x} {0.__class__}'
        assert (await rig.channel.post(rig.room, Say("relay", text=words), "key")).state == "sent"
        (shown,) = rig.shown()
        assert isinstance(shown, Shown) and "<a" not in shown.text and "@all ${jndi:ldap://x}" in shown.text
        await rig.close()

    asyncio.run(story())
