"""The contract, posting: what fits is sent once with the template of its purpose, and every refusal becomes a receipt."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import pytest

from core.words import Say
from notifier.carriers.deliveries import MOST_ATTEMPT, attempt
from tests.carriers.cases import CASES
from tests.carriers.rig import NUMBER, WORDS, Case, saying

FAULTS = {"5xx": "later", "throttle": "later", "down": "later", "lost": "unknown"}
STATES = {"sent", "later", "refused", "gone", "unknown"}

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
with_templates = pytest.mark.parametrize("case", [case for case in CASES if case.templates], ids=lambda case: case.name)
coded = [
    pytest.param(case, code, state, id=f"{case.name}-{code}") for case in CASES for code, state in case.codes.items()
]


@each
@pytest.mark.req("S10", "S11")
def test_what_the_desk_says_reaches_the_phone(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        receipt = await rig.carrier.post(rig.room, saying(case.purpose), "key:1")
        assert receipt.state == "sent" and receipt.ref and receipt.why is None
        (seen,) = rig.seen()
        assert WORDS["number"] in seen and WORDS["what"] in seen
        await rig.carrier.close()

    asyncio.run(story())


@each
def test_two_posts_have_two_refs(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        first = await rig.carrier.post(rig.room, saying(case.purpose), "key:1")
        second = await rig.carrier.post(replace(rig.room, id="+8613800000003"), saying(case.purpose), "key:2")
        assert first.state == second.state == "sent" and first.ref != second.ref
        await rig.carrier.close()

    asyncio.run(story())


def test_an_attempt_has_a_short_name_that_is_always_the_same() -> None:
    assert attempt("GD-1001:刘工:1") == attempt("GD-1001:刘工:1") != attempt("GD-1001:刘工:2")
    assert 1 <= len(attempt("GD-1001:刘工:1").encode()) <= MOST_ATTEMPT == 15


@with_templates
def test_no_free_text_goes(case: Case) -> None:
    """A purpose without a template, and a parameter that is not given, are refused before anything is asked."""

    async def story() -> None:
        rig = case.rig()
        say = saying(case.purpose)
        poorer = replace(say, params=tuple(pair for pair in say.params if pair[0] != "number"))
        for wrong in (Say("relay", text="随便说说", params=say.params), poorer):
            receipt = await rig.carrier.post(rig.room, wrong, "key")
            assert receipt.state == "refused" and (receipt.why or "").startswith("template")
        assert rig.server.asked == [] and rig.seen() == []
        await rig.carrier.close()

    asyncio.run(story())


@with_templates
@pytest.mark.parametrize(
    "words",
    [
        "很" * 500,
        "",
        " \n ",
        "见 https://evil.example/x 和 www.evil.example",
        "【催】机器\n停了\x00",
        "a.com",
        "半\ud83d个",
    ],
)
def test_whatever_was_said_fits_into_the_template(case: Case, words: str) -> None:
    async def story() -> None:
        rig = case.rig()
        receipt = await rig.carrier.post(rig.room, saying(case.purpose, what=words), "key")
        assert (receipt.state, receipt.why) == ("sent", None)
        (seen,) = rig.seen()
        assert WORDS["number"] in seen and "evil" not in seen and "\n" not in seen
        await rig.carrier.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [case for case in CASES if not case.templates], ids=lambda case: case.name)
def test_the_longest_text_goes_and_a_longer_one_does_not(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        longest = "<满" * (rig.carrier.can.text.most // 2)
        assert (await rig.carrier.post(rig.room, Say("note", text=longest), "1")).state == "sent"
        assert (await rig.carrier.post(rig.room, Say("note", text=longest + "<x"), "2")).state == "refused"
        assert (await rig.carrier.post(rig.room, Say("note"), "3")).state == "refused"
        assert rig.seen() == [longest]
        await rig.carrier.close()

    asyncio.run(story())


@each
@pytest.mark.parametrize(
    "number", ["13800000002", "+86", "", "+86138000000021234", "sip:liu", "+86１3800000002", "+861380000000a"]
)
def test_what_is_no_number_is_gone_and_nobody_is_asked(case: Case, number: str) -> None:
    async def story() -> None:
        rig = case.rig()
        receipt = await rig.carrier.post(replace(rig.room, id=number), saying(case.purpose), "key")
        assert receipt.state == "gone" and rig.server.asked == []
        await rig.carrier.close()

    asyncio.run(story())


async def faulty_post(case: Case, fault: str) -> tuple[Any, Any]:
    """A post that meets a fault, quickly answered."""
    rig = case.rig()
    rig.server.fault(fault)
    began = time.monotonic()
    receipt = await rig.carrier.post(rig.room, saying(case.purpose), "key")
    assert time.monotonic() - began < 1 and len(rig.server.asked) == 1
    await rig.carrier.close()
    return rig, receipt


def discreet(rig: Any, told: str) -> bool:
    """Whether no secret, number or content stands in what was told."""
    return not [part for part in (*rig.secrets, NUMBER, "13800000002", WORDS["what"], WORDS["number"]) if part in told]


@each
@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.req("S8")
def test_a_fault_becomes_a_receipt_and_no_secret_slips_out(
    case: Case, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        rig, receipt = await faulty_post(case, fault)
        assert receipt.state == FAULTS[fault] and receipt.why
        assert (receipt.after is not None) == (receipt.state == "later")
        assert receipt.ref == (attempt("key") if receipt.state == "unknown" else None)
        assert len(rig.seen()) == (fault == "lost")
        assert discreet(rig, caplog.text + repr(receipt))

    asyncio.run(story())


@pytest.mark.parametrize(("case", "code", "state"), coded)
def test_a_code_of_the_provider_becomes_a_receipt(
    case: Case, code: str, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        rig, receipt = await faulty_post(case, code)
        assert state in STATES and receipt.state == state
        assert code in (receipt.why or "") and (receipt.after is not None) == (state == "later")
        assert rig.seen() == [] and discreet(rig, caplog.text + repr(receipt))

    asyncio.run(story())


@each
def test_a_wrong_key_is_refused(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.server.key_secret = "another secret"
        receipt = await rig.carrier.post(rig.room, saying(case.purpose), "key")
        assert receipt.state == "refused" and rig.seen() == []
        await rig.carrier.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [case for case in CASES if case.limit], ids=lambda case: case.name)
def test_the_providers_own_limits_become_receipts(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        for count, (seconds, state) in enumerate(case.limit):
            rig.now.passes(seconds)
            assert (count, (await rig.carrier.post(rig.room, saying(case.purpose), f"key:{count}")).state) == (
                count,
                state,
            )
        assert len(rig.seen()) == sum(state == "sent" for _, state in case.limit)
        await rig.carrier.close()

    asyncio.run(story())


@each
@pytest.mark.req("S11")
def test_what_became_of_a_post_is_asked_and_not_guessed(case: Case) -> None:
    """After a lost answer the provider is asked; what was never made it does not know; a failed question is unknown."""

    async def story() -> None:
        rig = case.rig()
        rig.server.fault("lost")
        lost = await rig.carrier.post(rig.room, saying(case.purpose), "key:1")
        assert lost.state == "unknown"
        rig.now.passes(300)
        told = await rig.carrier.ask(rig.room, "key:1", lost.ref)
        assert told is not None and told.state == case.asks
        sent = await rig.carrier.post(rig.room, saying(case.purpose), "key:2")
        rig.now.passes(5)
        known = await rig.carrier.ask(rig.room, "key:2", sent.ref)
        assert known is not None and known.state == case.asks_known and known.ref == sent.ref
        rig.server.fault("5xx")
        failed = await rig.carrier.ask(rig.room, "key:2", sent.ref)
        assert failed is not None and failed.state == "unknown"
        assert len(rig.seen()) == 2
        await rig.carrier.close()

    asyncio.run(story())


@each
def test_a_post_that_never_was_is_not_found(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.server.fault("down")
        assert (await rig.carrier.post(rig.room, saying(case.purpose), "key")).state == "later"
        told = await rig.carrier.ask(rig.room, "key", None)
        assert (told.state if told else None) == case.asks_never
        await rig.carrier.close()

    asyncio.run(story())
