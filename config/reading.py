"""`desk read`: what a recorded platform delivery becomes, so that an adapter can be judged without a platform."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from config.channels import PLUGS
from core.words import Inbound, Unreadable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reader(Protocol):
    """The part of a channel that reads. Where deliveries come sealed, it also has `unseal(raw, settings) -> bytes`."""

    @staticmethod
    def read(raw: bytes) -> list[Inbound]: ...


OF_A_PERSON = ("id", "name", "phone")
OF_A_FILE = ("ref", "mime", "name", "size", "seconds", "words")
"""What a delivery tells of a file; the rest is found out later."""


def reader(channel: str) -> type[Reader]:
    """The class of a channel, imported when it is asked for. Raises KeyError if there is none of that name."""
    module, _, name = PLUGS[channel].channel.partition(":")
    return cast(type[Reader], getattr(import_module(module), name))


def read_command(argv: Sequence[str]) -> int:
    """`desk read CHANNEL [--set key=value]... [FILE...]`: one JSON line a message; the exit status, 1 if one is unreadable."""
    arguments = _arguments(argv)
    channel = reader(arguments.channel)
    settings = dict(arguments.set)
    status = 0
    for name, load in _deliveries(arguments.files):
        try:
            messages = _read(channel, load(), settings)
        except Exception as error:
            print(f"{name or 'desk read'}: {_one_line(error)}", file=sys.stderr)
            status = 1
            continue
        for message in messages:
            line = line_of(message) | ({"file": name} if name else {})
            sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.flush()
    return status


def line_of(message: Inbound) -> dict[str, Any]:
    """What `desk read` prints of a message."""
    return {
        "key": message.key,
        "at": (_EPOCH + timedelta(microseconds=message.at)).isoformat(),
        "kind": message.kind,
        "who": {name: getattr(message.who, name) for name in OF_A_PERSON},
        "room": str(message.room),
        "text": message.text,
        "media": [{name: getattr(media, name) for name in OF_A_FILE} for media in message.media],
        "about": message.about,
        "called": message.called,
    }


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="desk read", description="shows what a recorded platform delivery becomes")
    parser.add_argument("channel", choices=sorted(PLUGS), metavar="CHANNEL", help=", ".join(sorted(PLUGS)))
    parser.add_argument("--set", action="append", default=[], type=_setting, metavar="key=value")
    parser.add_argument("files", nargs="*", metavar="FILE", help="deliveries; without any, one on stdin")
    return parser.parse_intermixed_args(argv)


def _setting(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError("expected key=value")
    return name, value


def _deliveries(files: Sequence[str]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if not files:
        yield "", sys.stdin.buffer.read
    for name in files:
        yield name, Path(name).read_bytes


def _read(channel: type[Reader], raw: bytes, settings: Mapping[str, str]) -> list[Inbound]:
    unseal = getattr(channel, "unseal", None)
    return channel.read(unseal(raw, settings) if unseal else raw)


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    said = str(error) if isinstance(error, Unreadable) else f"cannot be read ({type(error).__name__}: {error})"
    return " ".join(said.split())
