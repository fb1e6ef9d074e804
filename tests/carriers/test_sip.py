"""Real calls over SIP on this machine: our stack calls SIPp, an independent one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.words import CallEnd, Room, Say
from notifier.carriers.sip import Sip, SipConfig
from tests import not_run
from tests.carriers.far_phone import HOST, FarPhone, Sipp, chirp, free_port, places, sipp
from tests.carriers.hand_clock import Core, HandClock, at_work

PROMPT, LONG, THANKS = chirp(400, 2400, 1.0), chirp(300, 2900, 1.75), chirp(2600, 600, 0.3)
"""LONG does not fit at once into what the stack buffers (32 KiB, two seconds)."""
ALARM = Say("escalation", text="GD-1001", params=(("number", "GD-1001"),))
KEYS = Path("/usr/share/sip-tester/dtmf_2833_1.pcap")
CONFIG = SipConfig(interface=HOST, listen=f"{HOST}:0", ring=4, plays=2, gap=0.2, talk=20)


async def prompt(say: Say) -> bytes:
    return (LONG if say.purpose == "long" else PROMPT).astype("<i2").tobytes()


async def thanks() -> bytes:
    return THANKS.astype("<i2").tobytes()


@asynccontextmanager
async def desk(config: SipConfig = CONFIG) -> AsyncIterator[tuple[Sip, Core]]:
    """A carrier whose dialler is at work."""
    sip = Sip(config, prompt, HandClock(), thanks, pause=lambda seconds: asyncio.sleep(0.05))
    async with at_work(sip) as (core,):
        await core.until(lambda: sip.dialler)
        yield sip, core


def room(far: Sipp) -> Room:
    return Room("voice", "sip", far.address)


@pytest.mark.prove
@pytest.mark.req("S11")
def test_answered_and_the_key_pressed_by_sipp(needs: Callable[[str], str], tmp_path: Path) -> None:
    program = needs("sipp")
    if os.geteuid() != 0 or not KEYS.exists():
        not_run.not_run("SIPp plays recorded keys only as root")

    async def story() -> None:
        async with desk() as (sip, core), sipp(program, tmp_path, "answers_and_presses", pcap=KEYS) as far:
            receipt = await sip.post(room(far), ALARM, "k1")
            assert (receipt.state, receipt.ref) == ("sent", "sip:k1")
            await core.until(core.ends)
            assert core.presses(receipt.ref) == ["1"] and core.ends(receipt.ref) == [CallEnd.ANSWERED]
            assert [fact.room for fact in core.heard.values()] == [room(far)] * 2
            assert await far.content()

    asyncio.run(story())


@pytest.mark.req("S11")
def test_the_prompt_is_heard_twice_and_nobody_presses(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        phone = FarPhone()
        async with desk() as (sip, core), sipp(needs("sipp"), tmp_path, "answers", rtp_port=phone.port) as far:
            await sip.post(room(far), replace(ALARM, purpose="long"), "k1")
            await core.until(core.ends)
            first, second = places(phone.heard(), LONG)
            assert 0.3 < first < 0.8 and 2.35 <= second - first < 3.2
            assert places(phone.heard(), THANKS) == []
            assert core.ends() == [CallEnd.ANSWERED] and core.presses() == []
            assert await far.content()
        phone.close()

    asyncio.run(story())


@pytest.mark.req("S11")
def test_a_key_cuts_the_prompt_short(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        phone = FarPhone()
        async with (
            desk(replace(CONFIG, plays=3, gap=3)) as (sip, core),
            sipp(needs("sipp"), tmp_path, "answers", rtp_port=phone.port) as far,
        ):
            await sip.post(room(far), ALARM, "k1")
            await core.until(lambda: phone.seconds > 0.9)
            phone.press("5")
            await core.until(lambda: core.presses() == ["5"])
            await core.until(lambda: places(phone.heard(), PROMPT))
            await core.until(lambda: phone.seconds > 2.8)
            phone.press("1")
            await core.until(core.ends)
            assert core.presses() == ["5", "1"] and core.ends() == [CallEnd.ANSWERED]
            (whole,) = places(phone.heard(), PROMPT)
            assert 1.0 < whole < 1.9, "the first was cut off, the second began anew"
            (thanked,) = places(phone.heard(), THANKS)
            assert thanked > whole + 1.0
            assert await far.content()
        phone.close()

    asyncio.run(story())


REFUSALS = {
    "486 Busy Here": CallEnd.BUSY,
    "603 Decline": CallEnd.DECLINED,
    "404 Not Found": CallEnd.INVALID,
    "503 Service Unavailable": CallEnd.UNREACHABLE,
}


def test_calls_that_are_not_answered(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        async with desk() as (sip, core):
            for status, end in REFUSALS.items():
                async with sipp(needs("sipp"), tmp_path, "refuses", status=status) as far:
                    receipt = await sip.post(room(far), ALARM, status)
                    assert receipt.state == "sent"
                    await core.until(lambda ref=receipt.ref: core.ends(ref), 2)
                    assert core.ends(receipt.ref) == [end] and core.presses() == []
                    assert await far.content()

    asyncio.run(story())


def test_a_hundred_refusals_at_once_are_all_heard(needs: Callable[[str], str], tmp_path: Path) -> None:
    """On one machine the final answer may be there before our stack has said which call it dialled."""

    async def story() -> None:
        async with desk() as (sip, core), sipp(needs("sipp"), tmp_path, "refuses", 100, status="486 Busy Here") as far:
            for number in range(100):
                receipt = await sip.post(room(far), ALARM, f"k{number}")
                await core.until(lambda ref=receipt.ref: core.ends(ref), 3)
            assert core.ends() == [CallEnd.BUSY] * 100

    asyncio.run(story())


def test_nobody_answers(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            desk(replace(CONFIG, ring=1)) as (sip, core),
            sipp(needs("sipp"), tmp_path, "rings_for_ever") as far,
        ):
            await sip.post(room(far), ALARM, "k1")
            await sip.post(Room("voice", "sip", f"sip:far@{HOST}:{free_port()}"), ALARM, "k2")
            await core.until(lambda: len(core.ends()) == 2)
            assert (core.ends("sip:k1"), core.ends("sip:k2")) == ([CallEnd.NO_ANSWER], [CallEnd.UNREACHABLE])
            assert await far.content(), "the ringing was cancelled"

    asyncio.run(story())


@pytest.mark.req("S11")
def test_hanging_up_is_no_key(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        async with desk() as (sip, core), sipp(needs("sipp"), tmp_path, "answers_and_hangs_up") as far:
            await sip.post(room(far), ALARM, "k1")
            await core.until(core.ends)
            assert core.ends() == [CallEnd.ANSWERED] and core.presses() == []
            assert await far.content()

    asyncio.run(story())


@pytest.mark.req("S11")
def test_three_calls_at_once_and_a_fourth_waits_for_a_line(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        program, phones = needs("sipp"), [FarPhone() for _ in range(3)]
        async with AsyncExitStack() as stack:
            sip, core = await stack.enter_async_context(desk(replace(CONFIG, lines=3)))
            sides = [
                await stack.enter_async_context(sipp(program, tmp_path, "answers", rtp_port=phone.port))
                for phone in phones
            ]
            posts = [sip.post(room(far), ALARM, f"k{number}") for number, far in enumerate(sides)]
            assert [receipt.state for receipt in await asyncio.gather(*posts)] == ["sent"] * 3
            again = await sip.post(room(sides[0]), ALARM, "k9")
            assert again.state == "later"
            await core.until(lambda: all(phone.seconds > 0.5 for phone in phones))
            for phone in phones:
                phone.press("1")
            await core.until(lambda: len(core.ends()) == 3)
            assert [core.presses(f"sip:k{number}") for number in range(3)] == [["1"]] * 3
            assert all([await far.content() for far in sides])
        for phone in phones:
            phone.close()

    asyncio.run(story())


@pytest.mark.req("S11")
def test_the_dialler_is_killed_in_a_call(needs: Callable[[str], str], tmp_path: Path) -> None:
    """Nobody knows what came of the call: that is told, it is not called again, and the next call goes through."""

    async def story() -> None:
        program, phone = needs("sipp"), FarPhone()
        async with (
            desk(replace(CONFIG, gap=5)) as (sip, core),
            sipp(program, tmp_path, "answers", 5, rtp_port=phone.port) as far,
            sipp(program, tmp_path, "refuses", status="486 Busy Here") as other,
        ):
            first = await sip.post(room(far), ALARM, "k1")
            await core.until(lambda: phone.seconds > 0.2)
            killed = sip.dialler
            assert killed
            os.kill(killed, signal.SIGSTOP)
            posting = asyncio.create_task(sip.post(room(far), ALARM, "k2"))
            await asyncio.sleep(0.1)
            os.kill(killed, signal.SIGKILL)
            assert (await posting).state == "unknown"
            await core.until(lambda: len(core.ends()) == 2)
            assert core.ends() == [CallEnd.FAILED] * 2
            assert all(b"unknown: the dialler died" in fact.raw for fact in core.heard.values())
            assert (await sip.post(room(far), ALARM, "k3")).state == "later"
            await core.until(lambda: sip.dialler)
            assert sip.dialler != killed
            assert await sip.ask(room(far), "k1", first.ref) == first == await sip.post(room(far), ALARM, "k1")
            doubtful = await sip.ask(room(far), "k2", None)
            assert doubtful and doubtful.state == "unknown"
            assert (await sip.post(room(far), ALARM, "k2")).state == "unknown"
            await sip.post(room(other), ALARM, "k4")
            await core.until(lambda: core.ends("sip:k4"))
            assert core.ends("sip:k4") == [CallEnd.BUSY] and len(core.ends()) == 3
        phone.close()

    asyncio.run(story())


def test_closing_hangs_up(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        phone = FarPhone()
        async with sipp(needs("sipp"), tmp_path, "answers", rtp_port=phone.port) as far:
            async with desk() as (sip, core):
                await sip.post(room(far), ALARM, "k1")
                await core.until(lambda: phone.seconds > 0.2)
            assert await far.content(), "a BYE came"
        phone.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("password", "end"), [("right", CallEnd.ANSWERED), ("wrong", CallEnd.FAILED)], ids=["right", "wrong"]
)
def test_a_trunk_that_wants_a_password(
    needs: Callable[[str], str], tmp_path: Path, password: str, end: CallEnd
) -> None:
    async def story() -> None:
        phone = FarPhone()
        config = replace(CONFIG, auth_user="trunk", password=password, plays=1, gap=0.1)
        async with (
            desk(config) as (sip, core),
            sipp(
                needs("sipp"),
                tmp_path,
                "wants_a_password",
                rtp_port=phone.port,
                trunk_user="trunk",
                trunk_password="right",
            ) as far,
        ):
            await sip.post(room(far), ALARM, "k1")
            await core.until(core.ends)
            assert core.ends() == [end]
            assert await far.content()
        phone.close()

    asyncio.run(story())


def test_it_registers_where_that_is_wanted(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        async with sipp(needs("sipp"), tmp_path, "registers", trunk_user="desk", trunk_password="right") as far:
            domain = far.address.partition("@")[2]
            async with desk(replace(CONFIG, domain=domain, password="right", register=60)):
                assert await far.content()

    asyncio.run(story())


def test_nobody_calls_the_desk() -> None:
    async def story() -> None:
        port = free_port()
        async with desk(replace(CONFIG, listen=f"{HOST}:{port}")):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
                caller.bind((HOST, 0))
                caller.settimeout(3)
                mine = f"{HOST}:{caller.getsockname()[1]}"
                sdp = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
                lines = (
                    f"INVITE sip:desk@{HOST}:{port} SIP/2.0",
                    f"Via: SIP/2.0/UDP {mine};branch=z9hG4bK1",
                    f"From: <sip:stranger@{mine}>;tag=1",
                    f"To: <sip:desk@{HOST}:{port}>",
                    "Call-ID: stranger",
                    "CSeq: 1 INVITE",
                    f"Contact: <sip:stranger@{mine}>",
                    "Max-Forwards: 70",
                    "Content-Type: application/sdp",
                    f"Content-Length: {len(sdp)}",
                )
                await asyncio.to_thread(caller.sendto, ("\r\n".join(lines) + "\r\n\r\n" + sdp).encode(), (HOST, port))
                answer = 100
                while answer < 200:
                    packet = await asyncio.to_thread(caller.recv, 4096)
                    answer = int(packet.split()[1])
                assert 400 <= answer < 700

    asyncio.run(story())


def test_a_dialler_that_cannot_start_is_tried_again_and_posts_wait() -> None:
    async def story() -> None:
        clock = HandClock()
        sip = Sip(replace(CONFIG, transport="udp", interface=HOST, user="a b"), prompt, clock, pause=clock.pause)
        async with at_work(sip) as (core,):
            receipt = await sip.post(Room("voice", "sip", f"sip:x@{HOST}"), ALARM, "k1")
            assert receipt.state == "later" and receipt.after
            doubtful = await sip.ask(Room("voice", "sip", f"sip:x@{HOST}"), "k1", None)
            assert doubtful and doubtful.state == "unknown", "an earlier life may have dialled it"
            await core.until(lambda: clock.waiting)
            waited = clock.waiting
            await clock.passes(0.5)
            await core.until(lambda: clock.waiting)
            assert clock.waiting[0] - clock.at > waited[0] - clock.at, "each time longer"
            assert sip.dialler is None and core.heard == {}

    asyncio.run(story())


def test_refused_before_anything_is_dialled() -> None:
    async def story() -> None:
        sip = Sip(CONFIG, prompt, HandClock())
        receipt = await sip.post(Room("voice", "sip", "+8613800000001"), ALARM, "k1")
        assert receipt.state == "refused" and receipt.why

    asyncio.run(story())


def test_the_command_that_rings_a_phone(needs: Callable[[str], str], tmp_path: Path) -> None:
    async def story() -> None:
        phone = FarPhone()
        async with sipp(needs("sipp"), tmp_path, "answers", rtp_port=phone.port) as far:
            command = (sys.executable, "-m", "notifier.carriers.ring", far.address, "--interface", HOST)
            program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            for _ in range(1000):
                if phone.seconds > 0.5:
                    break
                await asyncio.sleep(0.01)
            phone.press("1")
            said, _ = await program.communicate()
            assert (said.decode().split("\n"), program.returncode) == (["sent", "key 1", "over: answered", ""], 0)
            assert await far.content()
        phone.close()

    asyncio.run(story())
