"""A mail server at the wire of IMAP and SMTP, on loopback, with the people who have a mailbox elsewhere.

server = MailServer(clock)
channel = Mail(MailConfig(server.address, server.address, server.password, server.imap, server.smtp, authserv=server.name), …)
server.writes("wang@example.com", "空压机不启动")
server.close()

It serves in threads of its own, since the channel reads its mailbox from a thread. It speaks the few commands that a reader and a
sender of mails need; what it does not know, it refuses.
"""

from __future__ import annotations

import base64
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import formatdate, make_msgid
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from bots.emulated.platform import Seen
from core.words import SECOND, Clock, Micros

FAULTS = {
    "quota": "452 4.3.1 too many",
    "gone": "550 5.1.1 no such user",
    "bad": "554 5.6.0 not wanted",
    "busy": "421 4.3.2 busy",
}
MOST_LINE = 998
"""Longest line of a mail, bytes (RFC 5322)."""


class MailServer:
    """One mailbox, `address`, with a password. `mails` are those in it: number (UID) → when it came, and its bytes."""

    name = "mx.desk.example"
    address = "desk@desk.example"
    password = "mail-password-0001"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.validity = 7
        self.mails: dict[int, tuple[Micros, bytes]] = {}
        self.sent: list[Seen] = []
        self.handed: list[EmailMessage] = []
        self.faults: deque[str] = deque()
        self.commands: list[str] = []
        self.looks = 0
        self._open: list[socket.socket] = []
        self._servers = [_serving(self, Imap), _serving(self, Smtp)]

    @property
    def imap(self) -> tuple[str, int, Any]:
        return "127.0.0.1", self._servers[0].server_address[1], "none"

    @property
    def smtp(self) -> tuple[str, int, Any]:
        return "127.0.0.1", self._servers[1].server_address[1], "none"

    def writes(self, who: str, text: str, *, proven: bool = True, **heads: str) -> str:
        """Somebody writes a mail; its message id."""
        mail = EmailMessage()
        mail["From"], mail["To"] = who, self.address
        mail["Message-ID"], mail["Date"] = make_msgid(domain="example.com"), formatdate(self.clock() / SECOND)
        for name, value in heads.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return self.comes(mail, proven=proven)

    def sends(self, who: str, content: bytes, mime: str, name: str, text: str = "") -> str:
        """Somebody sends a file."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = who, self.address, make_msgid(domain="example.com")
        mail.set_content(text)
        mail.add_attachment(content, *mime.split("/"), filename=name)
        return self.comes(mail)

    def comes(self, mail: EmailMessage, *, proven: bool = True) -> str:
        """A mail arrives, with the server's word on whether its sender's domain sent it; its message id."""
        domain = str(mail["From"]).rpartition("@")[2].strip("> ")
        found = f"dkim={'pass' if proven else 'fail'} header.d={domain}; dmarc={'pass' if proven else 'fail'} header.from={domain}"
        self.receives(
            f"Authentication-Results: {self.name}; {found}\r\n".encode()
            + mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        )
        return str(mail["Message-ID"]).strip("<> ")

    def receives(self, mail: bytes) -> int:
        """Bytes arrive, whatever they are; their number."""
        number = max(self.mails, default=0) + 1
        self.mails[number] = self.clock(), mail
        return number

    def drop(self) -> None:
        """Cut every connection."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self.drop()

    def joined(self, connection: socket.socket) -> None:
        self._open.append(connection)

    def delivered(self, to: str, content: bytes) -> None:
        """A mail was handed over: it is in its recipient's mailbox."""
        mail = message_from_bytes(content, policy=default)
        self.handed.append(mail)  # type: ignore[arg-type]
        text = mail.get_body(("plain",))  # type: ignore[attr-defined]
        files = [(part.get_content(), part.get_filename()) for part in mail.iter_attachments()]  # type: ignore[attr-defined]
        words = text.get_content().replace("\r\n", "\n").removesuffix("\n") if text else ""
        ref, (file, name) = str(mail["Message-ID"]).strip("<>"), files[0] if files else (None, None)
        self.sent.append(Seen(self.clock(), to, words, ref, file=file, name=name))


class _Session(StreamRequestHandler):
    """One connection: lines in, lines out."""

    desk: MailServer

    def setup(self) -> None:
        super().setup()
        self.desk.joined(self.connection)

    def handle(self) -> None:
        with suppress(OSError):
            self.serve()

    def serve(self) -> None:
        raise NotImplementedError

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def lines(self) -> Any:
        while line := self.rfile.readline(65536):
            yield line.rstrip(b"\r\n")


class Imap(_Session):
    """IMAP4rev1, as much as a reader needs."""

    def serve(self) -> None:
        self.say("* OK ready")
        for line in self.lines():
            tag, _, rest = line.decode("utf-8", "replace").partition(" ")
            verb, _, rest = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _, rest = rest.partition(" ")
            self.desk.commands.append(f"{verb} {rest}")
            do: Callable[[str], str] | None = getattr(self, f"do_{verb.lower()}", None)
            self.say(f"{tag} {do(rest) if do else 'BAD unknown'}")
            if verb.upper() == "LOGOUT":
                return

    def do_capability(self, rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1 ID")
        return "OK done"

    def do_id(self, rest: str) -> str:
        self.say("* ID NIL")
        return "OK done"

    def do_login(self, rest: str) -> str:
        ours = f'"{self.desk.address}" "{self.desk.password}"'
        return "OK done" if rest == ours else "NO [AUTHENTICATIONFAILED] wrong"

    def do_examine(self, rest: str) -> str:
        self.say(f"* {len(self.desk.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.desk.validity}] valid")
        return "OK [READ-ONLY] done"

    def do_noop(self, rest: str) -> str:
        self.desk.looks += 1
        return "OK done"

    def do_search(self, rest: str) -> str:
        """UID n:* names the last mail even where the range begins behind it, as the standard has it."""
        known = sorted(self.desk.mails)
        asked = re.fullmatch(r"UID (\d+|\*)(:\*)?", rest)
        if asked and known:
            first = known[-1] if asked[1] == "*" else min(int(asked[1]), known[-1])
            known = [number for number in known if number >= first]
        self.say(" ".join(["* SEARCH", *map(str, known)]))
        return "OK done"

    def do_fetch(self, rest: str) -> str:
        number, most = re.findall(r"\d+", rest)[0], int(re.findall(r"\d+", rest)[-1])
        if int(number) in self.desk.mails:
            at, content = self.desk.mails[int(number)]
            when = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(at // SECOND))
            part = content[:most]
            self.wfile.write(f'* 1 FETCH (UID {number} INTERNALDATE "{when}" BODY[]<0> {{{len(part)}}}\r\n'.encode())
            self.say(part + b")")
        return "OK done"

    def do_logout(self, rest: str) -> str:
        self.say("* BYE")
        return "OK done"


class Smtp(_Session):
    """ESMTP, as much as a sender needs."""

    def serve(self) -> None:
        fault = self.desk.faults.popleft() if self.desk.faults else ""
        if fault == "down":
            return
        self.say("220 ready" if fault != "busy" else FAULTS[fault])
        to, known = "", False
        for line in self.lines():
            said = line.decode("ascii", "replace")
            verb = said.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                self.say("250-desk.example")
                self.say("250-8BITMIME")
                self.say("250 AUTH PLAIN")
            elif verb == "AUTH":
                known = base64.b64decode(said.split(" ")[-1]).decode().split("\0")[1:] == [
                    self.desk.address,
                    self.desk.password,
                ]
                self.say("235 ok" if known else "535 5.7.8 wrong")
            elif verb == "RCPT" and (not known or fault in ("gone", "quota")):
                self.say(FAULTS.get(fault, "530 5.7.0 who are you"))
            elif verb == "RCPT":
                to = said.partition("<")[2].partition(">")[0]
                self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                content = self._content()
                if fault == "bad" or any(len(one) > MOST_LINE for one in content.split(b"\r\n")):
                    self.say(FAULTS["bad"])
                    continue
                self.desk.delivered(to, content)
                if fault == "lost":
                    return
                self.say("250 2.0.0 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _content(self) -> bytes:
        lines = []
        for line in self.lines():
            if line == b".":
                break
            lines.append(line.removeprefix(b"."))
        return b"\r\n".join(lines)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def _serving(desk: MailServer, kind: type[_Session]) -> _Server:
    server = _Server(("127.0.0.1", 0), type(kind.__name__, (kind,), {"desk": desk}))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server
