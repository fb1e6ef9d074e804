"""The contract, hearing: replies, keys and ends come once whatever the provider does, and only from the provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.words import MINUTE, CallEnd, CannotFetch, Hook, Media, Room, Unreadable
from notifier.emulated.callees import Callee, Takes
from tests.carriers.cases import CASES
from tests.carriers.rig import NUMBER, Case, saying

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
calling = pytest.mark.parametrize("case", [case for case in CASES if case.calls], ids=lambda case: case.name)
texting = pytest.mark.parametrize("case", [case for case in CASES if not case.calls], ids=lambda case: case.name)

ENDS = {
    Takes.ANSWERS: CallEnd.ANSWERED,
    Takes.LISTENS: CallEnd.ANSWERED,
    Takes.HANGS_UP: CallEnd.ANSWERED,
    Takes.BUSY: CallEnd.BUSY,
    Takes.NO_ANSWER: CallEnd.NO_ANSWER,
    Takes.DECLINES: CallEnd.DECLINED,
    Takes.OFF: CallEnd.UNREACHABLE,
    Takes.INVALID: CallEnd.INVALID,
}


@texting
def test_a_reply_comes_from_the_room_that_was_written_to(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await rig.replies("1")
        (reply,) = rig.kept.messages.values()
        assert (reply.kind, reply.text, reply.room, reply.who.id) == ("text", "1", rig.room, NUMBER)
        assert reply.at == rig.now() and reply.raw == rig.kept.raws[0]
        assert [answer.status for answer in rig.pushes.answers] == [200]
        await rig.carrier.close()

    asyncio.run(story())


@texting
def test_a_message_that_did_not_arrive_is_told_by_its_ref(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        arrived = await rig.carrier.post(rig.room, saying(case.purpose), "key:1")
        rig.undeliverable()
        lost = await rig.carrier.post(rig.room, saying(case.purpose), "key:2")
        assert arrived.state == lost.state == "sent"
        rig.now.passes(60)
        await rig.deliver()
        ((ref, receipt),) = rig.kept.late
        assert ref == lost.ref and receipt.state == "gone" and receipt.why and NUMBER not in receipt.why
        assert rig.kept.messages == {} and rig.kept.quarantine == []
        await rig.carrier.close()

    asyncio.run(story())


@calling
@pytest.mark.parametrize("takes", list(Takes))
@pytest.mark.req("S11")
def test_a_call_ends_and_only_a_key_is_a_press(case: Case, takes: Takes) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.takes(Callee(takes))
        call = await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        await rig.deliver()
        facts = rig.kept.facts()
        expected = case.ends.get(takes, ENDS[takes])
        assert facts == ([("press", "1")] if takes is Takes.ANSWERS else []) + [("call", expected)]
        assert {message.about for message in rig.kept.messages.values()} == {call.ref}
        assert list(rig.kept.messages.values())[-1].room == rig.room
        assert rig.kept.quarantine == [] and rig.kept.late == []
        await rig.carrier.close()

    asyncio.run(story())


@calling
@pytest.mark.parametrize("order", ["twice", "backwards", "both"])
@pytest.mark.parametrize("late", [0, 11 * MINUTE])
def test_reports_twice_late_and_out_of_order_are_the_same_facts(case: Case, order: str, late: int) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.takes(Callee(keys="12"))
        rig.pushes.twice, rig.pushes.backwards, rig.pushes.late = order != "backwards", order != "twice", late
        await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        await rig.deliver()
        assert bool(rig.kept.facts()) == (not late)
        rig.now.passes(11 * 60)
        await rig.deliver()
        assert sorted(rig.kept.facts()) == sorted(
            [("press", digit) for digit in case.hears("12")] + [("call", "answered")]
        )
        await rig.carrier.close()

    asyncio.run(story())


@texting
def test_a_reply_told_twice_is_one_reply(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.pushes.twice = True
        await rig.replies("1")
        rig.now.passes(1)
        await rig.replies("1")
        assert rig.kept.calls == 4 and rig.kept.facts() == [("text", "1")] * 2
        await rig.carrier.close()

    asyncio.run(story())


@calling
def test_a_key_in_a_call_of_unknown_fate_names_the_attempt_where_the_provider_does(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.server.fault("lost")
        call = await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        await rig.deliver()
        assert ("press", "1") in rig.kept.facts()
        assert {message.id for message in rig.kept.messages.values()} == {call.ref if case.echoes else None}
        await rig.carrier.close()

    asyncio.run(story())


@each
def test_a_push_is_answered_when_it_is_durable_and_in_the_providers_words(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.kept.opened.clear()
        answer = asyncio.ensure_future(rig.carrier.receive(rig.hook(), rig.kept.accept))
        await asyncio.sleep(0.005)
        assert rig.kept.calls == 1 and not answer.done()
        rig.kept.opened.set()
        assert ((await answer).status, (await answer).body) == (200, case.taken)
        assert len(rig.kept.messages) == 1
        await rig.carrier.close()

    asyncio.run(story())


@each
def test_no_push_is_taken_that_could_not_be_stored(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.kept.failures = 1
        with pytest.raises(OSError):
            await rig.carrier.receive(rig.hook(), rig.kept.accept)
        assert rig.kept.messages == {}
        await rig.carrier.receive(rig.hook(), rig.kept.accept)
        assert len(rig.kept.messages) == 1
        await rig.carrier.close()

    asyncio.run(story())


def forged(hook: Hook) -> Iterator[Hook]:
    """The push as somebody else would make it."""
    yield replace(hook, query=[], headers={})
    yield replace(hook, query=[(name, value[:-1] + "x") for name, value in hook.query], headers=_tampered(hook.headers))
    yield replace(hook, query=[*hook.query, *hook.query], headers=_tampered(hook.headers))
    yield replace(hook, query=[(name, "") for name, _ in hook.query], headers={})


def _tampered(headers: Any) -> dict[str, str]:
    return {name: value[:-2] + "A=" if "signature" in name else value for name, value in headers.items()}


@each
@pytest.mark.req("S8")
def test_only_the_provider_is_heard(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        hook = rig.hook()
        strangers = list(forged(hook))
        if case.signed:
            strangers += [replace(hook, body=hook.body + b"2"), replace(hook, query=[*hook.query, ("attempt", "x")])]
        for stranger in strangers:
            answer = await rig.carrier.receive(stranger, rig.kept.accept)
            assert (answer.status, answer.body) == (403, b"")
        assert (await rig.carrier.receive(replace(hook, method="GET"), rig.kept.accept)).status in (403, 405)
        assert rig.kept.calls == 0
        assert (await rig.carrier.receive(hook, rig.kept.accept)).status == 200
        assert not [secret for secret in rig.secrets if secret.encode() in b"".join(rig.kept.raws)]
        await rig.carrier.close()

    asyncio.run(story())


@each
def test_what_cannot_be_read_is_kept_and_wedges_nothing(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        assert (await rig.carrier.receive(rig.garbage(), rig.kept.accept)).status == 200
        assert len(rig.kept.quarantine) == 1 and rig.kept.messages == {}
        await rig.carrier.receive(rig.hook(), rig.kept.accept)
        assert len(rig.kept.messages) == 1
        await rig.carrier.close()

    asyncio.run(story())


def with_one_thing_missing(raw: bytes) -> Iterator[bytes]:
    """The delivery without one of its keys, for each of them."""
    found = json.loads(raw)
    for holder in (found, found["item"], *(value for value in found["item"].values() if isinstance(value, dict))):
        for key in list(holder):
            value = holder.pop(key)
            yield json.dumps(found).encode()
            holder[key] = value


@each
def test_a_delivery_reads_always_the_same_and_without_one_of_its_keys_is_read_or_unreadable(case: Case) -> None:
    carrier = type(case.rig().carrier)
    for sample in case.samples:
        messages = carrier.read(sample)
        assert carrier.read(sample) == messages
        assert messages or carrier.late(sample)
        assert all(Room.of(str(message.room)) == message.room and message.raw == sample for message in messages)
        unreadable = 0
        for poorer in with_one_thing_missing(sample):
            for reads in (carrier.read, carrier.late):
                try:
                    reads(poorer)
                except Unreadable as error:
                    assert "\n" not in str(error) and NUMBER not in str(error)
                    unreadable += 1
        assert unreadable


@each
@pytest.mark.parametrize("raw", [b"", b"<", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"0", b'"x"', b'{"item": []}'])
def test_what_is_no_delivery_is_unreadable(case: Case, raw: bytes) -> None:
    carrier = type(case.rig().carrier)
    for reads in (carrier.read, carrier.late):
        with pytest.raises(Unreadable):
            reads(raw)


@each
def test_there_is_nothing_to_pull_or_fetch(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        await asyncio.wait_for(rig.carrier.run(rig.kept.accept), 1)
        with pytest.raises(CannotFetch):
            await rig.carrier.fetch(Media("x"))
        await rig.carrier.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


def test_no_secret_stands_in_a_printed_setting() -> None:
    for case in CASES:
        rig = case.rig()
        assert rig.secrets and not [secret for secret in rig.secrets if secret in repr(rig.carrier._config)]


@pytest.mark.parametrize("case", [case for case in CASES if case.again], ids=lambda case: case.name)
@pytest.mark.req("S11")
def test_a_push_that_was_not_stored_comes_again_after_a_minute(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.kept.failures = 2
        await rig.replies("1") if not case.calls else await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        await rig.deliver()
        for minutes in (1, 5, 10):
            rig.now.passes(minutes * 60)
            await rig.deliver()
        assert rig.kept.facts() == ([("press", "1"), ("call", "answered")] if case.calls else [("text", "1")])
        assert [answer.status for answer in rig.pushes.answers].count(500) == 2 and rig.pushes.lost == []
        await rig.carrier.close()

    asyncio.run(story())
