"""The connection is cut inside COMMIT, and nobody knows whether it holds: it is found out, and neither lost nor done twice."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from benchmarks.plain_mind import QUESTION, REPORT
from tests.faults.living import Eye, Time, living
from tests.faults.people import People
from tests.faults.servers import Verdict, wire

DELIVERED, FIRED, SETTLED = b"INSERT INTO inbox", b"fired_at=", b"sent_at="
"""What a transaction says that stores a delivery, fires a timer, or writes down what became of an answer."""


@pytest.mark.req("S35")
@pytest.mark.parametrize("verdict", ["before", "after"])
@pytest.mark.parametrize("which", [DELIVERED, FIRED, SETTLED], ids=["delivery", "timer", "outcome"])
def test_one_commit_is_cut(desk_on_postgres: str, which: bytes, verdict: str) -> None:
    """王女士 reports a leak. Whichever of the commits on the way is cut, she is answered within seconds, and once."""
    asyncio.run(_one(desk_on_postgres, which, cast(Verdict, verdict)))


async def _one(url: str, which: bytes, verdict: Verdict) -> None:
    clock = Time()
    people, eye = People("webchat", clock), Eye(url, clock)
    left = [1]

    def decide(said: bytes) -> Verdict:
        if which in said and left:
            left.pop()
            return verdict
        return "pass"

    with wire(url, decide) as cut:
        async with living(cut.url, people, clock) as one:
            await people.brings([one.door], "wang", REPORT)
            await eye.rest(5)
        assert cut.cut == 1
    assert eye.broken(people) == []
    assert people.heard_by("wang") == ["ack_created"]
    eye.close()


@pytest.mark.req("S35")
def test_every_third_commit_is_cut(desk_on_postgres: str) -> None:
    """A bad line for a whole morning: twenty-eight customers report and ask, every third commit is cut, before it was heard of or
    after it was done."""
    asyncio.run(_many(desk_on_postgres))


async def _many(url: str) -> None:
    clock = Time()
    people, eye = People("webchat", clock), Eye(url, clock)
    asked = [0]

    def decide(said: bytes) -> Verdict:
        asked[0] += 1
        return "pass" if asked[0] % 3 else "before" if asked[0] % 2 else "after"

    async def writes(number: int) -> None:
        await people.brings([one.door], f"customer {number}", REPORT)
        await people.brings([one.door], f"customer {number}", QUESTION)

    with wire(url, decide) as cut:
        async with living(cut.url, people, clock) as one:
            for fours in range(7):
                await asyncio.gather(*(writes(4 * fours + number) for number in range(4)))
            await eye.rest()
        assert cut.cut > 7
    assert eye.broken(people) == []
    assert eye.one("SELECT count(*) FROM ticket") == 28
    eye.close()
