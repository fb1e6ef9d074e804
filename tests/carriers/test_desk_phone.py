"""The desk phone rings, is answered, hears keys, and never rings twice for one call."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words import CallEnd, Phone, Room, Say, Unreadable
from notifier.carriers.desk_phone import ACCOUNT, DeskCalls, DeskPhone, DeskPhoneConfig, DeskTexts, NoSuchCall
from tests.carriers.hand_clock import HandClock, at_work, settle

NUMBER = "+8613800000001"
VOICE, SMS = Room("voice", ACCOUNT, NUMBER), Room("sms", ACCOUNT, NUMBER)
ALARM = Say("escalation", text="工单 GD-1001 六十分钟没有人处理。按 1 认领。")


@pytest.mark.req("S11")
def test_it_rings_is_answered_and_hears_a_key() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.calls) as (core,):
            receipt = await phone.calls.post(VOICE, ALARM, "k1")
            (call,) = phone.under_way(NUMBER)
            assert (receipt.state, receipt.ref, call.says, call.state) == ("sent", call.ref, ALARM.text, "ringing")
            await clock.passes(5)
            await phone.answer(call.ref)
            await clock.passes(3)
            await phone.press(call.ref, "1")
            (press,) = core.heard.values()
            assert (press.kind, press.press, press.about, press.room) == ("press", "1", call.ref, VOICE)
            assert press.who.phone == NUMBER and press.at == clock.at
            await phone.press(call.ref, "1")
            await phone.hang_up(call.ref)
            assert core.presses() == ["1", "1"] and core.ends() == [CallEnd.ANSWERED]
            assert phone.under_way() == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("seconds", "ends"), [(29.999, []), (30, [CallEnd.NO_ANSWER])], ids=["not yet", "the ring time is over"]
)
def test_it_rings_out(seconds: float, ends: list[str]) -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.calls) as (core,):
            await phone.calls.post(VOICE, ALARM, "k1")
            await clock.passes(seconds)
            assert core.ends() == ends
            assert len(phone.under_way()) == 1 - len(ends)

    asyncio.run(story())


def test_an_answered_call_in_which_nothing_is_done_ends_by_itself() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause, config=DeskPhoneConfig(ring=10, talk=60))
        async with at_work(phone.calls) as (core,):
            receipt = await phone.calls.post(VOICE, ALARM, "k1")
            assert receipt.ref
            await clock.passes(9)
            await phone.answer(receipt.ref)
            await clock.passes(60)
            assert core.ends() == []
            await clock.passes(1)
            assert core.ends() == [CallEnd.ANSWERED] and core.presses() == []

    asyncio.run(story())


def test_a_rejected_call_was_declined_and_is_over() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.calls) as (core,):
            ref = (await phone.calls.post(VOICE, ALARM, "k1")).ref or ""
            with pytest.raises(NoSuchCall):
                await phone.press(ref, "1")
            await phone.hang_up(ref)
            assert core.ends() == [CallEnd.DECLINED]
            for act in (phone.answer(ref), phone.hang_up(ref), phone.press(ref, "1")):
                with pytest.raises(NoSuchCall):
                    await act
            await clock.passes(300)
            assert core.ends() == [CallEnd.DECLINED]

    asyncio.run(story())


@pytest.mark.req("S11")
def test_the_same_key_never_rings_again() -> None:
    async def story() -> None:
        clock = HandClock()
        woken: list[str] = []
        phone = DeskPhone(clock, clock.pause, woken.append)
        async with at_work(phone.calls) as (core,):
            first = await phone.calls.post(VOICE, ALARM, "k1")
            assert await phone.calls.post(VOICE, ALARM, "k1") == first
            await phone.hang_up(first.ref or "")
            before = len(woken)
            assert await phone.calls.post(VOICE, ALARM, "k1") == first
            assert phone.under_way() == [] and len(woken) == before and len(core.heard) == 1
            assert await phone.calls.ask(VOICE, "k1", first.ref) == first
            assert await phone.calls.ask(VOICE, "k2", None) is None

    asyncio.run(story())


def test_what_could_not_be_stored_is_told_again() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.calls) as (core,):
            core.failures = 1
            ref = (await phone.calls.post(VOICE, ALARM, "k1")).ref or ""
            rejecting = asyncio.create_task(phone.hang_up(ref))
            await settle()
            assert not rejecting.done() and core.ends() == []
            await clock.passes(1)
            await rejecting
            assert core.ends() == [CallEnd.DECLINED]

    asyncio.run(story())


def test_an_sms_lies_in_the_inbox_once_and_is_replied_to() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.texts) as (core,):
            receipt = await phone.texts.post(SMS, ALARM, "k1")
            assert await phone.texts.post(SMS, ALARM, "k1") == receipt == await phone.texts.ask(SMS, "k1", None)
            await phone.reply(NUMBER, "1")
            await phone.reply(NUMBER, "1")
            assert [(text.ours, text.text) for text in phone.inbox(NUMBER)] == [
                (True, ALARM.text),
                (False, "1"),
                (False, "1"),
            ]
            assert [(fact.kind, fact.text, fact.room) for fact in core.heard.values()] == [("text", "1", SMS)] * 2
            assert (await phone.texts.post(SMS, Say("x", text="长" * 501), "k2")).state == "refused"
            with pytest.raises(ValueError, match="SMS"):
                await phone.reply(NUMBER, "  ")

    asyncio.run(story())


def test_everything_is_marked_as_simulated() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        async with at_work(phone.calls, phone.texts) as (calls, texts):
            call = await phone.calls.post(VOICE, ALARM, "k1")
            text = await phone.texts.post(SMS, ALARM, "k1")
            await phone.hang_up(call.ref or "")
            await phone.reply(NUMBER, "好")
            assert (call.ref or "").startswith("sim:") and (text.ref or "").startswith("sim:")
            facts = [*calls.heard.values(), *texts.heard.values()]
            assert [json.loads(fact.raw)["provider"] for fact in facts] == ["sim", "sim"]
            assert all(fact.key.startswith("sim:") and fact.room.account == "sim" for fact in facts)

    asyncio.run(story())


def test_closing_leaves_nothing_behind() -> None:
    async def story() -> None:
        clock = HandClock()
        phone = DeskPhone(clock, clock.pause)
        phones: tuple[Phone, Phone] = (phone.calls, phone.texts)
        async with at_work(*phones):
            await phone.calls.post(VOICE, ALARM, "k1")
            await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["provider", "room", "number", "call", "at", "press", "count", "end", "id", "text"]),
            inner | st.sampled_from(["sim", "voice/sim/1", "sms/sim/1", "1", "busy", 7]),
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_what_is_not_its_own_is_unreadable(raw: bytes) -> None:
    for channel in (DeskCalls, DeskTexts):
        try:
            (fact,) = channel.read(raw)
        except Unreadable:
            continue
        assert fact.key and fact.raw == raw
