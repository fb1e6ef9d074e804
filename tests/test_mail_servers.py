"""E-mail with real servers on loopback (pymap for IMAP, aiosmtpd for SMTP), and with those that are not what they say."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from imap_tools import MailBoxUnencrypted

from bots.mail import Mail, MailConfig
from core.words import FileRef, Room, Say
from tests.contract.mail_cases import MailRig
from tests.contract.rig import Inbox, MemoryShelf, Now, Running

DESK, USER, PASSWORD = "desk@desk.example", "demouser", "demopass"
ROOM = Room("email", DESK, "wang@example.com")
PDF = b"%PDF-1.4 report"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def imap() -> Iterator[int]:
    """A real IMAP server with four mails from before the desk; its port."""
    port = free_port()
    program = [str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    server = subprocess.Popen([*program, "--no-service", "admin", "dict", "--demo-data"], stderr=subprocess.DEVNULL)
    while server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
    yield port
    server.terminate()
    server.wait()


class Handed:
    """What an SMTP server does with what it gets: keeps it, or refuses as it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = self.refuses_us = ""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.refuses_us or "250 ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture
def smtp() -> Iterator[tuple[Handed, int]]:
    handler = Handed()
    server = Controller(
        handler, "127.0.0.1", free_port(), auth_require_tls=False, authenticator=_known, auth_required=True
    )
    server.start()
    yield handler, server.port
    server.stop()


def _known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)


async def _file(name: str) -> bytes:
    return {"pdf": PDF}[name]


def channel(imap: int = 1, smtp: int = 1, shelf: MemoryShelf | None = None, **more: Any) -> Mail:
    now = Now()
    given = {"imap": ("127.0.0.1", imap, "none"), "smtp": ("127.0.0.1", smtp, "none"), "password": PASSWORD, **more}
    made = Mail(MailConfig(DESK, USER, **given), shelf or MemoryShelf(now), lambda content: "", _file, now)
    made.every = 0.01
    return made


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_a_real_mailbox_is_read_from_now_on_once_and_left_as_it_was(imap: int) -> None:
    async def story() -> None:
        shelf = MemoryShelf(Now())
        inbox = Inbox(shelf)
        inbox.channel = reading = channel(imap, shelf=shelf)
        running = Running(reading, inbox.accept)
        await until(lambda: "cursor:email:desk@desk.example" in shelf._values)
        await asyncio.to_thread(put, imap, "三号机漏油")
        await until(lambda: inbox.messages)
        await running.stop()
        assert inbox.texts == ["报修\n三号机漏油"] and inbox.quarantine == []
        inbox.channel = again = channel(imap, shelf=shelf)
        running = Running(again, inbox.accept)
        await asyncio.to_thread(put, imap, "在东侧")
        await until(lambda: len(inbox.messages) > 1)
        await running.stop()
        assert inbox.texts == ["报修\n三号机漏油", "报修\n在东侧"]
        assert await asyncio.to_thread(unseen, imap) >= 2

    asyncio.run(story())


def put(port: int, text: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "wang@example.com", "报修"
    mail.set_content(text)
    with MailBoxUnencrypted("127.0.0.1", port, 5).login(USER, PASSWORD) as box:
        box.append(mail.as_bytes(), "INBOX")


def unseen(port: int) -> int:
    with MailBoxUnencrypted("127.0.0.1", port, 5).login(USER, PASSWORD) as box:
        return len(box.uids("UNSEEN"))


def test_a_mailbox_that_was_numbered_anew_loses_no_mail_and_tells_none_twice() -> None:
    async def story() -> None:
        rig = MailRig()
        await rig.says("第一封")
        rig.server.writes("wang@example.com", "第二封", Subject="Re: x")
        rig.server.validity += 1
        rig.server.drop()
        await until(lambda: len(rig.inbox.messages) == 2)
        await until(lambda: rig.shelf._values["cursor:email:desk@desk.example"][0] == f"{rig.server.validity}:2")
        assert rig.inbox.texts == ["第一封", "第二封"]
        await rig.close()

    asyncio.run(story())


def test_a_file_that_could_not_be_stored_comes_again_with_its_mail() -> None:
    async def story() -> None:
        rig = MailRig()
        await rig.says("第一封")
        put, tries = rig.channel._put, []

        def full(content: bytes) -> str:
            tries.append(content)
            if len(tries) == 1:
                raise OSError("disk full")
            return put(content)

        rig.channel._put = full
        await rig.sends(b"\xff\xd8\xff photo", "image/jpeg")
        *_, message = rig.inbox.messages.values()
        assert await rig.channel.fetch(message.media[0]) == b"\xff\xd8\xff photo" and len(tries) == 2
        await rig.close()

    asyncio.run(story())


def test_a_range_that_ends_in_a_star_names_the_last_mail_again_and_it_is_not_fetched_again() -> None:
    """UID 3:* names mail 2 where that is the last one: every look would hand it over anew."""

    async def story() -> None:
        rig = MailRig()
        await rig.says("第一封")
        looks = rig.server.looks
        await until(lambda: rig.server.looks > looks + 3)
        assert [command for command in rig.server.commands if command.startswith("FETCH")][1:] == []
        assert rig.inbox.calls == 2
        await rig.close()

    asyncio.run(story())


def test_a_mail_arrives_as_it_was_said_and_its_words_make_no_head(smtp: tuple[Handed, int]) -> None:
    handler, port = smtp
    words = "已受理 GD-1001\nBcc: evil@example.com\r\n.\r\nMAIL FROM: x\n..两点"
    file = FileRef("pdf", "服务报告.pdf", "application/pdf", len(PDF))

    async def story() -> None:
        sending = channel(smtp=port, name="回应")
        say = Say("ack_created", text=words, title="工单\r\nBcc: evil@example.com", file=file, reply="m1@example.com")
        receipt = await sending.post(ROOM, say, "key")
        assert receipt.state == "sent"
        (mail,) = handler.mails
        assert (mail["Message-ID"], mail["In-Reply-To"]) == (f"<{receipt.ref}>", "<m1@example.com>")
        assert mail["Bcc"] is None and mail["To"] == "wang@example.com" and mail["Auto-Submitted"] == "auto-generated"
        assert str(mail["Subject"]) == "工单" and "回应" in str(mail["From"])
        body = mail.get_body(("plain",))
        assert body is not None and body.get_content().replace("\r\n", "\n").strip() == words.replace("\r\n", "\n")
        (attached,) = mail.iter_attachments()
        assert (attached.get_filename(), attached.get_content()) == ("服务报告.pdf", PDF)
        assert (await sending.post(ROOM, Say("note", text="x"), "other")).ref != receipt.ref

    asyncio.run(story())


@pytest.mark.parametrize(
    "to", ["wang@example.com\r\nBcc: x@evil.example", "a b@example.com", "nobody", "王@example.com", ""]
)
def test_what_is_no_address_is_sent_nothing(smtp: tuple[Handed, int], to: str) -> None:
    handler, port = smtp
    receipt = asyncio.run(channel(smtp=port).post(Room("email", DESK, to), Say("note", text="x"), "key"))
    assert receipt.state == "refused" and handler.mails == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.1.1 no such user", "gone"),
        ("551 not here", "gone"),
        ("553 mailbox name", "gone"),
        ("550 5.7.1 relaying denied", "refused"),
        ("554 5.7.1 spam", "refused"),
        ("450 4.2.0 greylisted", "later"),
        ("452 4.2.2 full", "later"),
    ],
)
def test_what_a_server_says_of_a_recipient_leads_to_the_right_step(
    smtp: tuple[Handed, int], answer: str, state: str
) -> None:
    handler, port = smtp
    handler.refuses = answer
    assert asyncio.run(channel(smtp=port).post(ROOM, Say("note", text="x"), "key")).state == state


def test_a_server_that_does_not_take_our_own_address_says_nothing_of_the_recipient(smtp: tuple[Handed, int]) -> None:
    handler, port = smtp
    handler.refuses_us = "553 Mail from must equal authorized user"
    assert asyncio.run(channel(smtp=port).post(ROOM, Say("note", text="x"), "key")).state == "refused"


def test_a_wrong_password_is_refused_and_not_told(smtp: tuple[Handed, int]) -> None:
    receipt = asyncio.run(channel(smtp=smtp[1], password="secret-wrong").post(ROOM, Say("note", text="x"), "key"))
    assert receipt.state == "refused" and "secret-wrong" not in str(receipt)
    assert "secret-wrong" not in repr(MailConfig(DESK, USER, "secret-wrong", ("h", 1, "none"), ("h", 1, "none")))


@pytest.fixture
def forged(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of nobody's, and its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]),
    )
    begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(begun).not_valid_after(begun + datetime.timedelta(days=9))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, secret


@pytest.mark.req("S8")
def test_a_mail_server_with_a_certificate_of_nobodys_is_told_no_password(forged: tuple[Path, Path]) -> None:
    """imaplib, and whatever stands on it, checks no certificate unless it is given a context that does."""
    told: list[bytes] = []

    async def story() -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*forged)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"* OK ready\r\n")
            told.append(await reader.read(100))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        place = ("localhost", port, "implicit")
        reading = Mail(
            MailConfig(DESK, USER, PASSWORD, place, place), MemoryShelf(Now()), lambda content: "", _file, Now()
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            await reading.run(Inbox(MemoryShelf(Now())).accept)
        assert (await reading.post(ROOM, Say("note", text="x"), "key")).state == "later"
        server.close()

    asyncio.run(story())
    assert b"".join(told) == b""
