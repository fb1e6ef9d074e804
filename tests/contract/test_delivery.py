"""The contract, delivery: what a platform hands over is durable before it hears so, comes once, and wedges nothing."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from core.words import CannotFetch, Hook, Media
from tests.contract.cases import CALLED, CASES, CONNECTED, HEARING, TELLING
from tests.contract.rig import Case

HALF_AN_HOUR = 1800

each = pytest.mark.parametrize("case", HEARING, ids=lambda case: case.name)
called = pytest.mark.parametrize("case", CALLED, ids=lambda case: case.name)
connected = pytest.mark.parametrize("case", CONNECTED, ids=lambda case: case.name)
answered_after_storing = pytest.mark.parametrize(
    "case", [case for case in CALLED if not case.hinted], ids=lambda case: case.name
)


@each
def test_what_is_said_arrives_once(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.says("空压机不启动")
        await rig.says("型号 GA37")
        (first, second) = rig.inbox.messages.values()
        assert (first.text, second.text) == ("空压机不启动", "型号 GA37")
        assert first.room == rig.room and first.at == rig.now() and first.who.id == rig.room.id
        assert rig.statuses() == [200] * len(rig.statuses())
        await rig.close()

    asyncio.run(story())


@answered_after_storing
def test_the_answer_waits_until_the_delivery_is_durable(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.inbox.opened.clear()
        answer = asyncio.ensure_future(rig.channel.receive(rig.hook("接单"), rig.inbox.accept))
        await asyncio.sleep(0.005)
        assert rig.inbox.calls == 1 and not answer.done()
        rig.inbox.opened.set()
        assert (await answer).status == 200
        assert rig.inbox.texts == ["接单"]
        await rig.close()

    asyncio.run(story())


@each
def test_a_delivery_that_could_not_be_stored_comes_again_once(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.inbox.failures = 1
        with contextlib.suppress(OSError):
            await rig.says("不启动")
        await rig.says("第二句")
        assert rig.inbox.texts == ["不启动", "第二句"]
        assert rig.inbox.calls >= 2
        await rig.close()

    asyncio.run(story())


@answered_after_storing
def test_no_delivery_is_acknowledged_that_could_not_be_stored(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.inbox.failures = 1
        hook = rig.hook("不启动")
        with pytest.raises(OSError):
            await rig.channel.receive(hook, rig.inbox.accept)
        assert (await rig.channel.receive(hook, rig.inbox.accept)).status == 200
        assert (await rig.channel.receive(hook, rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["不启动"]
        await rig.close()

    asyncio.run(story())


def tampered(hook: Hook) -> Hook:
    """One character of the signed text is another."""
    at = hook.body.index(b"<Encrypt><![CDATA[") + 40 if b"<Encrypt>" in hook.body else 10
    return replace(hook, body=hook.body[:at] + bytes([hook.body[at] ^ 1]) + hook.body[at + 1 :])


@called
@pytest.mark.req("S8")
def test_a_forged_or_stale_delivery_is_turned_away(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        hook = rig.hook("接单")
        unsigned = replace(hook, query=[], headers={})
        for forged in (*([tampered(hook)] if case.signed else []), unsigned, replace(hook, body=b"")):
            answer = await rig.channel.receive(forged, rig.inbox.accept)
            assert 400 <= answer.status < 500 and answer.body == b""
        if case.signed:
            rig.now.passes(HALF_AN_HOUR)
            assert 400 <= (await rig.channel.receive(hook, rig.inbox.accept)).status < 500
        assert rig.inbox.calls == 0
        assert (await rig.channel.receive(rig.hook("接单"), rig.inbox.accept)).status == 200
        await rig.close()

    asyncio.run(story())


@called
def test_the_platforms_first_call_is_answered(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        hook, expected = rig.handshake()
        answer = await rig.channel.receive(hook, rig.inbox.accept)
        assert (answer.status, answer.body) == (200, expected)
        assert rig.inbox.calls == 0
        await rig.close()

    asyncio.run(story())


@called
def test_what_cannot_be_read_is_kept_and_wedges_nothing(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        assert (await rig.channel.receive(rig.garbage(), rig.inbox.accept)).status == 200
        assert len(rig.inbox.quarantine) == (0 if case.hinted else 1)
        await rig.says("还在吗")
        assert rig.inbox.texts == ["还在吗"]
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", TELLING, ids=lambda case: case.name)
def test_a_channel_that_only_tells_takes_no_delivery(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        for hook in (Hook("POST", {}, [], b"{}"), Hook("GET", {}, [("echostr", "1")], b"")):
            assert (await rig.channel.receive(hook, rig.inbox.accept)).status == 404
        with pytest.raises(CannotFetch):
            await rig.channel.fetch(Media("anything"))
        assert rig.inbox.calls == 0
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cancelled_run_leaves_nothing_behind(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        running = asyncio.ensure_future(rig.channel.run(rig.inbox.accept))
        await asyncio.sleep(0.02)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await rig.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


@connected
def test_a_connection_is_answered_after_storing(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.says("空压机不启动")
        before, calls = rig.acknowledged(), rig.inbox.calls
        rig.inbox.opened.clear()
        saying = asyncio.ensure_future(rig.says("接单"))
        for _ in range(2000):
            await asyncio.sleep(0.005)
            if rig.inbox.calls > calls:
                break
        assert rig.acknowledged() == before
        rig.inbox.opened.set()
        await saying
        assert rig.acknowledged() == before + 1
        assert rig.inbox.texts == ["空压机不启动", "接单"]
        await rig.close()

    asyncio.run(story())


@connected
def test_a_connection_that_was_cut_is_made_again(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.says("空压机不启动")
        await rig.drop()
        await rig.says("型号 GA37")
        assert rig.inbox.texts == ["空压机不启动", "型号 GA37"]
        await rig.close()

    asyncio.run(story())


@connected
def test_what_a_connection_brings_and_nobody_can_read_wedges_nothing(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.babbles()
        await rig.says("还在吗")
        assert rig.inbox.texts == ["还在吗"]
        await rig.close()

    asyncio.run(story())


@connected
def test_a_connection_shows_that_it_lives(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        assert rig.channel.sign is None and rig.channel.patience > 0 and isinstance(rig.channel.single, bool)
        await rig.says("在吗")
        assert rig.channel.sign == rig.now()
        await rig.close()

    asyncio.run(story())
