"""SMPP 3.4 on the wire: the few PDUs that a sender of SMS needs, and how text is packed. Pure functions."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x09, 0x04, 0x05, 0x06, 0x15
GENERIC_NACK, RESPONSE = 0x80000000, 0x80000000
OK, TEMPORARY_ERROR, UNKNOWN_COMMAND = 0x00, 0x64, 0x03
MESSAGE_PAYLOAD, RECEIPTED_MESSAGE_ID, MESSAGE_STATE = 0x0424, 0x001E, 0x0427
SORT, RECEIPT, INTERMEDIATE, HEADED = 0x3C, 0x04, 0x20, 0x40
"""esm_class: of what sort it is; a delivery receipt, final or not; a text that begins with a user data header."""
DEFAULT_ALPHABET, LATIN, UCS2 = 0x00, 0x03, 0x08
INTERNATIONAL, ALPHANUMERIC, ISDN = 1, 5, 1

HEAD = struct.Struct("!IIII")
MOST_PDU = 128 * 1024
"""Longest PDU that we take, bytes."""
MOST_SHORT: dict[int, int] = {DEFAULT_ALPHABET: 160, UCS2: 140}
"""Longest text in one message, bytes as submitted."""
MOST_PART: dict[int, int] = {DEFAULT_ALPHABET: 153, UCS2: 134}
"""The same for a part of a longer one, behind its header of six bytes."""
SAME_EVERYWHERE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r!\"#%&'()*+,-./:;<=>?")
"""Characters that have the same code in ASCII and in GSM 03.38; all other text goes as UCS-2."""


class BadPdu(ValueError):
    """What came is no PDU; nothing that follows on this connection can be trusted."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """Header and body."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def encode(self) -> bytes:
        """As it goes on the wire."""
        return HEAD.pack(HEAD.size + len(self.body), self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class Part:
    """What one submit_sm carries."""

    content: bytes
    coding: int
    esm_class: int = 0


@dataclass(frozen=True, slots=True)
class Deliver:
    """What a deliver_sm brings: an SMS from a handset, or a receipt."""

    source: str
    source_ton: int
    destination: str
    esm_class: int
    coding: int
    content: bytes
    tlvs: dict[int, bytes]

    @property
    def is_receipt(self) -> bool:
        """Whether it tells what became of one of our messages."""
        return self.esm_class & SORT in (RECEIPT, INTERMEDIATE)

    @property
    def text(self) -> str:
        """The text, without a user data header."""
        content = self.content
        if self.esm_class & HEADED and content:
            content = content[content[0] + 1 :]
        if self.coding == UCS2:
            return content.decode("utf-16-be", "replace")
        return content.decode("latin-1" if self.coding == LATIN else "ascii", "replace")


def length(head: bytes) -> int:
    """How many bytes follow a header. Raises BadPdu."""
    size = HEAD.unpack(head)[0]
    if not HEAD.size <= size <= MOST_PDU:
        raise BadPdu(f"{size} bytes")
    return size - HEAD.size


def decode(head: bytes, body: bytes) -> Pdu:
    """A PDU from its two parts."""
    _, command, status, sequence = HEAD.unpack(head)
    return Pdu(command, status, sequence, body)


def bind(sequence: int, system_id: str, password: str, system_type: str) -> Pdu:
    """We want to send and to receive. Raises ValueError for names that do not fit."""
    body = _string(system_id, 15) + _string(password, 8) + _string(system_type, 12) + bytes([0x34, 0, 0]) + b"\0"
    return Pdu(BIND_TRANSCEIVER, OK, sequence, body)


def submit(sequence: int, source: str, destination: str, part: Part, receipt: bool) -> Pdu:
    """A message, or a part of one. `source` is a number or a name, `destination` digits without plus. Raises ValueError."""
    kind, plan = (ALPHANUMERIC, 0) if source and not source.isdecimal() else (0, 0)
    if source.startswith("+"):
        source, kind, plan = source[1:], INTERNATIONAL, ISDN
    short, tlv = part.content, b""
    if len(short) > 254:
        short, tlv = b"", struct.pack("!HH", MESSAGE_PAYLOAD, len(part.content)) + part.content
    addresses = bytes([kind, plan]) + _string(source, 20) + bytes([INTERNATIONAL, ISDN]) + _string(destination, 20)
    settings = bytes([part.esm_class, 0, 0, 0, 0, int(receipt), 0, part.coding, 0, len(short)])
    return Pdu(SUBMIT_SM, OK, sequence, b"\0" + addresses + settings + short + tlv)


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp; empty if there is none."""
    return body.partition(b"\0")[0].decode("ascii", "replace")


def deliver(body: bytes) -> Deliver:
    """The content of a deliver_sm. Raises BadPdu."""
    try:
        _, rest = _take(body)
        source_ton, rest = rest[0], rest[2:]
        source, rest = _take(rest)
        destination, rest = _take(rest[2:])
        esm_class, rest = rest[0], rest[3:]
        _, rest = _take(rest)
        _, rest = _take(rest)
        coding, size, rest = rest[2], rest[4], rest[5:]
        if len(rest) < size:
            raise BadPdu("cut short")
        tlvs = _tlvs(rest[size:])
        content = rest[:size] or tlvs.get(MESSAGE_PAYLOAD, b"")
        return Deliver(source, source_ton, destination, esm_class, coding, content, tlvs)
    except (IndexError, struct.error) as error:
        raise BadPdu(f"no deliver_sm: {type(error).__name__}") from None


def pack(text: str, number: int, long: Literal["parts", "payload"]) -> Sequence[Part]:
    """A text as messages: one, or parts that the handset joins, named by `number` (0–255); or one of any length."""
    coding, encoding = (DEFAULT_ALPHABET, "ascii") if set(text) <= SAME_EVERYWHERE else (UCS2, "utf-16-be")
    content = text.encode(encoding, "replace")
    if len(content) <= MOST_SHORT[coding] or long == "payload":
        return [Part(content, coding)]
    pieces = _cut(text, MOST_PART[coding] // (2 if coding == UCS2 else 1))
    heads = [bytes([5, 0, 3, number, len(pieces), count + 1]) for count in range(len(pieces))]
    packed = [piece.encode(encoding, "replace") for piece in pieces]
    return [Part(head + piece, coding, HEADED) for head, piece in zip(heads, packed, strict=True)]


def receipt(found: Deliver) -> tuple[str, str, str]:
    """Of a delivery receipt: the message's id, its state (DELIVRD, UNDELIV …), the carrier's error code. Raises BadPdu."""
    words = dict(_words(found.text))
    name = found.tlvs.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("ascii", "replace") or words.get("id", "")
    number = found.tlvs.get(MESSAGE_STATE, b"")
    state = words.get("stat", "").upper() or (STATES.get(number[0], "UNKNOWN") if number else "")
    if not name or not state:
        raise BadPdu("a receipt without id or state")
    return name, state, words.get("err", "")


STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}


def _words(text: str) -> list[tuple[str, str]]:
    found = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if name.lower() == "text":
            break
        if colon:
            found.append((name.lower(), value))
    return found


def _cut(text: str, most: int) -> list[str]:
    """In pieces of at most so many UTF-16 units; no character is cut in two."""
    pieces, piece, used = [], "", 0
    for character in text:
        cost = 2 if ord(character) > 0xFFFF else 1
        if used + cost > most:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + cost
    return [*pieces, piece]


def _string(text: str, most: int) -> bytes:
    raw = text.encode("ascii", "strict")
    if len(raw) > most or b"\0" in raw:
        raise ValueError(f"longer than {most} bytes")
    return raw + b"\0"


def _take(body: bytes) -> tuple[str, bytes]:
    end = body.find(b"\0")
    if end < 0:
        raise BadPdu("a string has no end")
    return body[:end].decode("ascii", "replace"), body[end + 1 :]


def _tlvs(body: bytes) -> dict[int, bytes]:
    found = {}
    while body:
        tag, size = struct.unpack_from("!HH", body)
        if len(body) < 4 + size:
            raise BadPdu("a parameter is cut short")
        found[tag], body = body[4 : 4 + size], body[4 + size :]
    return found
