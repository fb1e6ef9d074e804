"""The frames of Feishu's long connection (protobuf, pbbp2), written and read by hand: this emulator shares no code with the SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

CONTROL, DATA = 0, 1
"""Methods of a frame: ping and pong, or an event and its answer."""
_VARINT, _BYTES = 0, 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; its other fields (sequence, log ids, encodings) mean nothing here."""

    method: int
    service: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""


def written(frame: Frame) -> bytes:
    """The frame on the wire. Its required fields stand even if they are nothing."""
    numbers = ((1, 0), (2, 0), (3, frame.service), (4, frame.method))
    parts = [_varint(number << 3 | _VARINT) + _varint(value) for number, value in numbers]
    parts += [_long(5, _long(1, key.encode()) + _long(2, value.encode())) for key, value in frame.headers.items()]
    return b"".join([*parts, _long(8, frame.payload)])


def read(raw: bytes) -> Frame:
    """Raises ValueError, IndexError for what is no frame."""
    numbers: dict[int, int] = {}
    headers: dict[str, str] = {}
    payload = b""
    for number, value in _fields(raw):
        if isinstance(value, int):
            numbers[number] = value
        elif number == 5:
            pair = dict(_fields(value))
            headers[_text(pair[1])] = _text(pair[2])
        elif number == 8:
            payload = value
    return Frame(numbers[4], numbers[3], headers, payload)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _number(raw, at)
        value, at = _number(raw, at)
        if tag & 7 == _BYTES:
            yield tag >> 3, raw[at : at + value]
            at += value
        elif tag & 7 == _VARINT:
            yield tag >> 3, value
        else:
            raise ValueError("a field of no kind that these frames have")


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _long(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("text was expected")
    return value.decode()
