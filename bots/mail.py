"""E-mail (电子邮件): what comes into a mailbox is heard, what the desk says goes out by SMTP; a reply is about what it answers."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as AS_SENT
from email.utils import formataddr, formatdate
from imaplib import Internaldate2tuple
from socket import SHUT_RDWR

import orjson
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPResponseException
from imap_tools.mailbox import MailBox, MailBoxStartTls, MailBoxUnencrypted

from bots.mail_text import ADDRESS, UNPROVEN, bounced, files, ids, is_automatic, opened, read_words, sender
from bots.payload import reader, seconds, table, text, unmarked
from bots.stored import name_of, stored
from bots.wire import Action, busy, complaint
from core.words import (
    DAY,
    SECOND,
    Accept,
    Answer,
    Can,
    Clock,
    Cursor,
    Files,
    Hook,
    Inbound,
    Kind,
    Media,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Who,
)

CAN = Can(text=Size(50_000), file=10_000_000, gap=1.0, rate=1.0)
POLL_SECONDS = 10.0
"""How often the mailbox is looked into: often enough, and no connection waits for a word that a router has lost."""
ANSWER_SECONDS = 20.0
"""Longest silence of a server."""
MOST_MAIL = 20 * 1024 * 1024
"""So much of a mail is read, bytes."""
BOXES = {"implicit": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
Server = tuple[str, int, str]
"""Host, port, and how it is encrypted: one of BOXES, none on this machine only."""
SEND_SECONDS = 60.0
"""Longest time for handing over one mail."""
LOOK_BACK = 7 * DAY
"""How old a mail may be that is read once more after its mailbox was numbered anew; what is known is not heard twice."""
MOST_SUBJECT = 60
"""Longest subject, characters."""
KINDS: dict[str, Kind] = {"image": "image", "audio": "voice"}
LATER: dict[str, Action] = dict.fromkeys(("421", "450", "451", "452", "454"), "quota")
NOBODY: dict[str, Action] = {**LATER, "550": "gone", "551": "gone", "553": "gone"}
"""What a server's refusal of a recipient means, where it names no reason of policy (5.7.x)."""


@dataclass(frozen=True)
class MailConfig:
    """One mailbox, and the server by which it sends. `authserv` is the name of our own mail server, whose word on whether a
    sender is who he says counts; without it nobody is."""

    address: str
    user: str
    password: str = field(repr=False)
    imap: Server
    smtp: Server
    folder: str = "INBOX"
    name: str = ""
    authserv: str | None = None


class Mail:
    """The channel. A room is an address: Room("email", our address, "wang@example.com"); one that is only claimed begins with
    "unproven:", so that whoever writes from there is not the person who is known by the address."""

    name = "email"
    single, patience, every = True, 300.0, POLL_SECONDS

    def __init__(
        self, config: MailConfig, shelf: Shelf, put: Callable[[bytes], str], files: Files, clock: Clock
    ) -> None:
        self.can, self.sign = CAN, None
        self._config, self._shelf, self._put, self._files, self._clock = config, shelf, put, files, clock

    @staticmethod
    @reader("e-mail")
    def read(raw: bytes) -> list[Inbound]:
        """The message in a mail as `run` hands it over: account, authserv, received, mail. What machines write, and what we
        do, says nothing. Raises Unreadable."""
        found = table(raw)
        content = base64.b64decode(text(found["mail"]), validate=True)
        account, at, mail = text(found["account"]), seconds(found["received"]), opened(content)
        if is_automatic(mail) or mail.from_.lower() == account:
            return []
        (who, name), (words, quoted, forwarded) = sender(mail, found["authserv"]), read_words(mail)
        media = tuple(Media(name_of(f.payload), f.content_type, f.filename or None, f.size) for f in files(mail))
        number = [*ids(mail, "message-id"), name_of(content)][0]
        return [
            Inbound(
                key=f"email:{account}:{number}",
                at=at,
                who=Who(who, name, proven=not who.startswith(UNPROVEN)),
                room=Room("email", account, who),
                kind=KINDS.get((media[0].mime or "").partition("/")[0], "file") if media else "text",
                text=words,
                media=media,
                about=[*ids(mail, "in-reply-to"), *ids(mail, "references")[::-1], None][0],
                id=number,
                raw=raw,
                quoted=quoted or None,
                forwarded=forwarded,
            )
        ]

    @staticmethod
    @reader("e-mail")
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """Which of our mails came back. None for any other mail. Raises Unreadable."""
        number, status = bounced(opened(base64.b64decode(text(table(raw)["mail"]), validate=True))) or ("", "")
        told = Receipt("gone" if status.startswith(("5.1.", "5.2.1")) else "refused", why=f"came back: {status}")
        return (number, told) if number else None

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody calls us."""
        return Answer(404)

    async def run(self, accept: Accept) -> None:
        """Hands over what comes into the mailbox, until cancelled. Raises whatever its server or `accept` refuse with."""
        box = Box(self._config.imap, (self._config.user, self._config.password), self._config.folder)
        try:
            await asyncio.to_thread(box.open)
            while True:
                await self._pull(box, accept)
                self.sign = self._clock()
                await asyncio.sleep(self.every)
        finally:
            box.stop()

    async def _pull(self, box: Box, accept: Accept) -> None:
        """What has come since we looked. The first time that is nothing: what lies there was not written to a desk."""
        name, since = (
            f"{self.name}:{self._config.address}",
            formatdate((self._clock() - LOOK_BACK) / SECOND).split()[1:4],
        )
        validity, known, last = (await self._shelf.get(f"cursor:{name}") or "").partition(":")
        criteria = f"UID {int(last or 0) + 1}:*" if validity == box.validity else f"SINCE {'-'.join(since)}"
        numbers = await asyncio.to_thread(box.numbers, criteria if known else "UID *")
        if not known:
            return await accept([], Cursor(name, f"{box.validity}:{max(numbers, default=0)}"))
        for number in (one for one in numbers if validity != box.validity or one > int(last)):
            found = await asyncio.to_thread(box.mail, number)
            await accept([await self._delivery(*found)] if found else [], Cursor(name, f"{box.validity}:{number}"))

    async def _delivery(self, received: int, mail: bytes) -> bytes:
        """A mail with what the channel knows of it; its files are in the store before anybody hears of them. What cannot be taken
        apart is for the quarantine; a store that refuses is not."""
        with suppress(AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
            for file in files(opened(mail)):
                await asyncio.to_thread(self._put, file.payload)
        return orjson.dumps(
            {
                "account": self._config.address,
                "authserv": self._config.authserv,
                "received": received,
                "mail": base64.b64encode(mail).decode(),
            }
        )

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message. SMTP knows no repetition: what was handed over and not answered may have arrived."""
        handed, config = False, self._config
        try:
            mail = await self._composed(room.id.removeprefix(UNPROVEN), say, key)
            host, port, tls = config.smtp
            async with (
                asyncio.timeout(SEND_SECONDS),
                SMTP(
                    hostname=host,
                    port=port,
                    username=config.user,
                    password=config.password,
                    timeout=ANSWER_SECONDS,
                    use_tls=tls == "implicit",
                    start_tls=tls == "starttls",
                ) as server,
            ):
                await server.mail(config.address)
                await server.rcpt(str(mail["To"]))
                handed = True
                await server.data(mail.as_bytes())
        except (KeyError, ValueError) as error:
            return Receipt("refused", why=f"cannot be sent as a mail ({type(error).__name__})")
        except SMTPResponseException as error:
            meant = NOBODY if isinstance(error, SMTPRecipientRefused) and "5.7." not in error.message else LATER
            return complaint("SMTP", str(error.code), meant).receipt
        except (OSError, SMTPException):
            return Receipt("unknown", why="no answer") if handed else busy("no connection")
        return Receipt("sent", ref=str(mail["Message-ID"]).strip("<>"))

    async def _composed(self, to: str, say: Say, key: str) -> EmailMessage:
        """A mail of a message that was fitted. Raises KeyError, ValueError."""
        if not ADDRESS.fullmatch(to) or CAN.text.of(say.text) > CAN.text.most:
            raise ValueError("no address, or too long")
        mail, first = EmailMessage(AS_SENT), say.title or say.text or (say.file.name if say.file else "")
        heads = {
            "From": formataddr((self._config.name, self._config.address)),
            "To": to,
            "Subject": " ".join(first.split("\n")[0].split())[:MOST_SUBJECT],
            "Message-ID": f"<{name_of(key.encode())[:40]}@{self._config.address.rpartition('@')[2]}>",
            "Date": formatdate(self._clock() / SECOND),
            "Auto-Submitted": "auto-generated",
            **({"In-Reply-To": f"<{say.reply}>", "References": f"<{say.reply}>"} if say.reply else {}),
        }
        for name, value in heads.items():
            mail[name] = value
        mail.set_content(unmarked("\n".join(filter(None, (say.text, say.link)))) + "\n")
        if say.file:
            content, (sort, _, kind) = await self._files(say.file.hash), say.file.mime.partition("/")
            if len(content) > CAN.file:
                raise ValueError("too large")
            mail.add_attachment(content, maintype=sort, subtype=kind, filename=say.file.name)
        return mail

    async def fetch(self, media: Media) -> bytes:
        """A file that came with a mail; it is in the store already. Raises CannotFetch."""
        return await stored(self._files, media.ref)

    async def close(self) -> None:
        """Nothing is held."""


class Box:
    """One folder of a mailbox over IMAP, looked at without changing anything in it. `validity` names its numbering (UIDVALIDITY).

    It blocks, each call for a bounded time, and is used from a thread; `stop` may be called from any other.
    """

    def __init__(self, server: Server, who: tuple[str, str], folder: str) -> None:
        self._server, self._who, self._folder, self.validity = server, who, folder, ""

    def open(self) -> None:
        """Log in, and look into the folder. imaplib checks no certificate unless it is given a context that does; some Chinese
        providers show nothing to programs that do not say what they are (RFC 2971)."""
        host, port, tls = self._server
        checked = {} if tls == "none" else {"ssl_context": ssl.create_default_context()}
        self._box = BOXES[tls](host, port, ANSWER_SECONDS, **checked)
        self._box.login(*self._who, initial_folder=None)
        if b"ID" in self._box.client.capability()[1][0].upper().split():
            self._box.client.xatom("ID", '("name" "huiying")')
        self._box.folder.set(self._folder, readonly=True)
        self.validity = self._box.client.response("UIDVALIDITY")[1][0].decode()

    def numbers(self, criteria: str) -> list[int]:
        """The numbers (UIDs) of the mails that meet a SEARCH as the box is now, rising."""
        self._box.client.noop()
        return sorted(map(int, self._box.uids(criteria, charset=None)))

    def mail(self, number: int) -> tuple[int, bytes] | None:
        """When a mail was received (seconds since 1970), and as much of it as is read; None if it is gone."""
        answer = self._box.client.uid("FETCH", str(number), f"(INTERNALDATE BODY.PEEK[]<0.{MOST_MAIL}>)")[1]
        content = [piece[1] for piece in answer if isinstance(piece, tuple)]
        received = Internaldate2tuple(b" ".join(one[0] if isinstance(one, tuple) else one or b"" for one in answer))
        return (int(time.mktime(received) if received else time.time()), content[0]) if content else None

    def stop(self) -> None:
        """End the connection, whatever waits on it."""
        with suppress(OSError, AttributeError):
            self._box.client.sock.shutdown(SHUT_RDWR)
