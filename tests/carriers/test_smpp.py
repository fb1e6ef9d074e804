"""SMS over SMPP on this machine: our client against smpp34's server, which smpplib's client has found to be sound."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import smpplib.client
import smpplib.exceptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from core.words import Receipt, Room, Say, Unreadable
from notifier.carriers import smpp_pdu
from notifier.carriers.smpp import Smpp, SmppConfig
from tests.carriers.centre import HOST, Centre, centre, free_tcp_port
from tests.carriers.hand_clock import Core, HandClock, at_work, settle

NUMBER = "+8613800000001"
ROOM = Room("sms", "smpp", NUMBER)
THROTTLED, BAD_NUMBER, QUEUE_FULL, BAD_SOURCE = 0x58, 0x0B, 0x14, 0x0A
ALARM = Say("escalation", text="工单 GD-1001 没有人处理，回 1 认领")


def config(port: int) -> SmppConfig:
    return SmppConfig(HOST, port, "desk", "secret", source="1069", response=2)


@asynccontextmanager
async def desk(given: SmppConfig, clock: HandClock | None = None) -> AsyncIterator[tuple[Smpp, Core]]:
    """A carrier that is bound. Without a clock of the test's, pauses are short."""
    pause = clock.pause if clock else _short
    smpp = Smpp(given, clock or HandClock(), pause)
    async with at_work(smpp) as (core,):
        await core.until(lambda: smpp.bound)
        yield smpp, core


async def _short(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.05) if seconds < 20 else seconds)


def told(story: Callable[[Centre], Awaitable[None]]) -> None:
    async def with_centre() -> None:
        async with centre() as side:
            await story(side)

    asyncio.run(with_centre())


def test_the_centre_is_sound_says_an_independent_client() -> None:
    async def story(side: Centre) -> None:
        def other() -> list[str]:
            seen: list[str] = []
            client = smpplib.client.Client(HOST, side.port, allow_unknown_opt_params=True)
            client.set_message_sent_handler(lambda pdu: seen.append(pdu.message_id.decode()))
            client.set_message_received_handler(lambda pdu: seen.append(pdu.short_message.decode()))
            client.connect()
            client.bind_transceiver(system_id="other", password="secret")
            text = "你好".encode("utf-16-be")
            client.send_message(source_addr="1", destination_addr="2", short_message=text, data_coding=8)
            client.read_once()
            client.read_once()
            with contextlib.suppress(smpplib.exceptions.ConnectionError):
                client.unbind()
            client.disconnect()
            return seen

        asking = asyncio.create_task(asyncio.to_thread(other))
        await side.until("submitted")
        assert await side.bring("2", b"id:00000aa1 stat:DELIVRD", esm_class=4) == 0
        assert await asking == ["00000aa1", "id:00000aa1 stat:DELIVRD"]
        assert bytes.fromhex(side.submitted[0]["submitted"]).decode("utf-16-be") == "你好"

    told(story)


def test_an_sms_goes_out_and_the_reply_comes_in() -> None:
    async def story(side: Centre) -> None:
        async with desk(config(side.port)) as (smpp, core):
            receipt = await smpp.post(ROOM, ALARM, "k1")
            assert receipt == Receipt("sent", "smpp:00000aa1") == await smpp.ask(ROOM, "k1", None)
            (seen,) = side.submitted
            assert bytes.fromhex(seen["submitted"]).decode("utf-16-be") == ALARM.text
            assert (seen["source"], seen["to"], seen["ton"]) == ("1069", "8613800000001", 1)
            assert (seen["coding"], seen["receipt"], seen["esm"]) == (8, 1, 0)
            assert side.all("bound") == ["desk"]
            assert await side.bring("8613800000001", b"1", source_addr_ton=1) == 0
            assert await side.bring("13800000001", "好的".encode("utf-16-be"), data_coding=8) == 0
            first, second = core.heard.values()
            assert (first.kind, first.text, first.room, first.who.phone) == ("text", "1", ROOM, NUMBER)
            assert (second.text, second.room) == ("好的", ROOM)
            await smpp.close()
            await side.until("unbound")

    told(story)


@pytest.mark.parametrize(("long", "messages"), [("parts", 3), ("payload", 1)])
def test_a_long_text_arrives_whole(long: str, messages: int) -> None:
    async def story(side: Centre) -> None:
        text = "注塑机停机😀" * 25
        async with desk(replace(config(side.port), long=long)) as (smpp, _):
            receipt = await smpp.post(ROOM, Say("x", text=text), "k1")
            assert receipt.ref == f"smpp:{0xAA0 + messages:08x}"
            contents = [bytes.fromhex(seen["submitted"]) for seen in side.submitted]
            assert len(contents) == messages
            if long == "payload":
                assert side.submitted[0]["payload"] and contents[0].decode("utf-16-be") == text
                return
            heads = [content[:6] for content in contents]
            assert [head[:3] + head[4:] for head in heads] == [bytes([5, 0, 3, 3, n]) for n in (1, 2, 3)]
            assert len({head[3] for head in heads}) == 1 and all(len(content) <= 140 for content in contents)
            assert all(seen["esm"] == 0x40 for seen in side.submitted)
            assert "".join(content[6:].decode("utf-16-be") for content in contents) == text

    told(story)


REFUSALS = {
    THROTTLED: ("later", 5.0),
    QUEUE_FULL: ("later", 10.0),
    BAD_NUMBER: ("gone", None),
    BAD_SOURCE: ("refused", None),
}


def test_the_centre_says_no() -> None:
    async def story(side: Centre) -> None:
        async with desk(config(side.port)) as (smpp, _):
            for answer, expected in REFUSALS.items():
                await side.answers_next(answer)
                receipt = await smpp.post(ROOM, ALARM, "k1")
                assert (receipt.state, receipt.after) == expected
                assert await smpp.ask(ROOM, "k1", None) is None
            assert (await smpp.post(ROOM, ALARM, "k1")).state == "sent" and len(side.submitted) == 5

    told(story)


def test_no_answer_is_unknown_until_it_comes_after_all() -> None:
    async def story(side: Centre) -> None:
        async with desk(replace(config(side.port), response=0.2)) as (smpp, core):
            await side.answers_next("silent")
            assert (await smpp.post(ROOM, ALARM, "k1")).state == "unknown"
            doubt = await smpp.ask(ROOM, "k1", None)
            assert doubt and doubt.state == "unknown"
            again = asyncio.create_task(smpp.post(ROOM, ALARM, "k1"))
            await settle()
            await side.until("submitted")
            side.order(answer_kept=True)
            assert await again == Receipt("sent", "smpp:00000aa1") == await smpp.ask(ROOM, "k1", None)
            assert len(side.submitted) == 1 and core.heard == {}

    told(story)


def test_delivery_receipts() -> None:
    """Only what says that the message never came is told; ids may come back in decimal."""

    async def story(side: Centre) -> None:
        async with desk(config(side.port)) as (smpp, core):
            refs = [(await smpp.post(ROOM, ALARM, f"k{number}")).ref or "" for number in range(2)]
            for content, esm_class in (
                (b"id:00000aa1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:see stat:UNDELIV", 4),
                (b"id:00000aa1 stat:ENROUTE", 0x20),
                (b"id:00000aa1 stat:ACCEPTD", 4),
            ):
                assert await side.bring("8613800000001", content, esm_class=esm_class) == 0
            assert core.late == {} == core.heard
            for content in (b"id:00000aa1 sub:001 dlvrd:000 stat:UNDELIV err:027 text:", b"id:2722 stat:EXPIRED"):
                for _ in range(2):
                    assert await side.bring("8613800000001", content, esm_class=4) == 0
            assert core.late == {
                refs[0]: Receipt("refused", refs[0], why="UNDELIV 027"),
                refs[1]: Receipt("refused", refs[1], why="EXPIRED"),
            }
            assert core.heard == {}

    told(story)


def test_a_receipt_for_any_part_speaks_of_the_whole() -> None:
    async def story(side: Centre) -> None:
        async with desk(config(side.port)) as (smpp, core):
            receipt = await smpp.post(ROOM, Say("x", text="长" * 100), "k1")
            await side.bring("8613800000001", b"id:00000aa1 stat:REJECTD err:1", esm_class=4)
            assert list(core.late) == [receipt.ref] == ["smpp:00000aa2"]

    told(story)


def test_what_could_not_be_stored_is_not_acknowledged_and_counts_once() -> None:
    async def story(side: Centre) -> None:
        async with desk(config(side.port)) as (_, core):
            core.failures = 1
            assert await side.bring("13800000001", b"1") == smpp_pdu.TEMPORARY_ERROR
            assert core.heard == {}
            assert await side.bring("13800000001", b"1") == 0
            assert len(core.heard) == 1
            assert await side.bring("13800000001", b"1") == 0
            assert len(core.heard) == 2, "the answer to the first is known to have been heard: this one is new"

    told(story)


def test_a_lost_connection_is_made_again() -> None:
    async def story() -> None:
        clock, port = HandClock(), free_tcp_port()
        async with centre(port) as first, desk(config(port), clock) as (smpp, core):
            await first.bring("13800000001", b"1")
            await first.answers_next("silent")
            waiting = asyncio.create_task(smpp.post(ROOM, ALARM, "k1"))
            await first.until("submitted")
            await first.close()
            assert (await waiting) == Receipt("unknown", why="the connection ended before the answer")
            assert (await smpp.post(ROOM, ALARM, "k2")).state == "later"
            await clock.passes(1)
            await core.until(lambda: clock.waiting)
            assert not smpp.bound and clock.waiting == [clock.at + 2_000_000], "each time longer"
            async with centre(port) as second:
                await clock.passes(2)
                await core.until(lambda: smpp.bound)
                assert (await smpp.post(ROOM, ALARM, "k2")).state == "sent"
                await second.bring("13800000001", b"1")
                assert len(core.heard) == 1, "repeated on another connection: the same SMS"
                await clock.passes(120)
                await second.bring("13800000001", b"1")
                assert len(core.heard) == 2

    asyncio.run(story())


def test_a_centre_that_shows_no_life_is_left() -> None:
    """Also: a centre that refuses the password, one that sends rubbish, one that hangs up."""

    async def story() -> None:
        behaviours = [b"rubbish that is long enough to be a header", _bind_answer(0x0E), None, _bind_answer(0)]
        enquiries = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            behaviour = behaviours.pop(0) if behaviours else b""
            await reader.readexactly(16)
            if behaviour:
                writer.write(behaviour)
                await reader.read(len(b"desk\0secret\0\0") + 4)
                enquiries.append(await reader.read(16))
            if behaviours:
                writer.close()

        clock = HandClock()
        server = await asyncio.start_server(serve, HOST, 0)
        smpp = Smpp(replace(config(server.sockets[0].getsockname()[1]), response=0.2), clock, clock.pause)
        async with at_work(smpp) as (core,):
            for wait in (1, 2, 5):
                await core.until(lambda: clock.waiting)
                assert not smpp.bound
                await clock.passes(wait)
            await core.until(lambda: smpp.bound and clock.waiting)
            await clock.passes(30)
            await core.until(lambda: not smpp.bound)
            assert enquiries[-1] == struct.pack("!IIII", 16, smpp_pdu.ENQUIRE_LINK, 0, 2)
        server.close()

    asyncio.run(story())


def _bind_answer(status: int) -> bytes:
    return struct.pack("!IIII", 21, 0x80000009, status, 1) + b"smsc\0"


def test_over_tls_to_a_centre_that_proves_its_name(tmp_path: Path) -> None:
    async def story(side: Centre) -> None:
        certificate = _certificate(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

        async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, side.port)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

        server = await asyncio.start_server(through, HOST, 0, ssl=context)
        given = replace(config(server.sockets[0].getsockname()[1]), tls=True)
        async with desk(replace(given, ca=certificate)) as (smpp, _):
            assert (await smpp.post(ROOM, ALARM, "k1")).state == "sent"
        stranger = Smpp(given, HandClock(), _short)
        async with at_work(stranger):
            await asyncio.sleep(0.3)
            assert not stranger.bound, "its certificate is signed by nobody whom we know"
        server.close()

    told(story)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            writer.write(data)
    writer.close()


def _certificate(folder: Path) -> Path:
    """For 127.0.0.1, signed by itself; with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "centre.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_refused_before_anything_is_sent() -> None:
    async def story() -> None:
        smpp = Smpp(config(1), HandClock())
        assert (await smpp.post(replace(ROOM, id="王工"), ALARM, "k1")).state == "gone"
        assert (await smpp.post(ROOM, Say("x", text="长" * 501), "k1")).state == "refused"
        assert (await smpp.post(ROOM, ALARM, "k1")).state == "later"
        assert await smpp.ask(ROOM, "k1", None) is None
        await smpp.close()

    asyncio.run(story())


def test_settings_that_do_not_fit() -> None:
    for wrong in ({"password": "longer than 8"}, {"system_id": "王"}, {"source": "a name that is too long for it"}):
        with pytest.raises(ValueError, match=r"longer|ascii"):
            replace(config(1), **wrong)
    assert "secret" not in repr(config(1))


@given(st.text(max_size=500), st.sampled_from(["parts", "payload"]))
def test_any_text_is_packed_whole(text: str, long: str) -> None:
    parts = smpp_pdu.pack(text, 7, "parts" if long == "parts" else "payload")
    assert len({part.coding for part in parts}) == 1
    whole = b"".join(part.content[6:] if part.esm_class else part.content for part in parts)
    encoding = "utf-16-be" if parts[0].coding == smpp_pdu.UCS2 else "ascii"
    assert whole.decode(encoding) == text.encode(encoding, "replace").decode(encoding)
    if long == "parts":
        assert all(len(part.content) <= (140 if encoding == "utf-16-be" else 160) for part in parts)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_deliver_sm_or_none(body: bytes) -> None:
    try:
        found = smpp_pdu.deliver(body)
    except smpp_pdu.BadPdu:
        return
    assert isinstance(found.text, str)


def test_what_is_unreadable_is_kept_and_said_to_be() -> None:
    async def story() -> None:
        answers: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\x34\0\0\0")
            writer.write(_bind_answer(0) + struct.pack("!IIII", 19, smpp_pdu.DELIVER_SM, 0, 7) + b"\1\2\3")
            answers.append(await reader.readexactly(17))
            await reader.readexactly(16)
            writer.close()

        server = await asyncio.start_server(serve, HOST, 0)
        async with desk(config(server.sockets[0].getsockname()[1])) as (_, core):
            await core.until(lambda: answers)
            (kept,) = core.quarantine
            assert b"010203" in kept and struct.unpack("!IIII", answers[0][:16])[1:] == (0x80000005, 0, 7)
        server.close()
        for raw in (kept, b"", b"[]", b'{"provider":"smpp","at":1}', b'{"provider":"sim","at":1,"text":"x"}'):
            for reads in (Smpp.read, Smpp.late):
                with pytest.raises(Unreadable):
                    reads(raw)

    asyncio.run(story())
