"""The words in which the desk orders documents: what is to stand in a report, who signs it, and what was found in one.

The press itself is a part of the notifier (`notifier/reports`); it is plain, slow code that is called outside any transaction, from
a thread. It knows no rows, and reads and writes nothing of the desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.words import Micros

Stroke = tuple[tuple[int, int], ...]
"""Points (x, y) of one line drawn with a finger, in thousandths of the width of the field; y grows downwards."""


class CannotPrint(Exception):
    """A document cannot be made or signed, and would not be the next time either; its words say why, for a log."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A part that was fitted: code, name, how many (0: nobody said), serial numbers of the old and the new one."""

    code: str
    name: str = ""
    qty: int = 1
    old_serial: str = ""
    new_serial: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo in the report: SHA-256 of the marked copy in the file store, and the words under it."""

    hash: str
    caption: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands in a service report, in its language; every value is text as people read it (S66, S100).

    `facts` are rows (label, value) by section, in order: customer, device, fault, work, times, service level. `labels` are the
    printed words by name. `check_url` stands in the QR code, `made_at` is the instant in its metadata.
    """

    lang: str
    number: str
    ticket: str
    company: str
    title: str
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    parts: tuple[Replaced, ...] = ()
    pictures: tuple[Picture, ...] = ()
    maintenance: str = ""
    engineer: str = ""
    agreement: str = ""
    check_url: str = ""
    made_at: Micros = 0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hand:
    """The customer's signature: under which name, when, and how. `strokes` is None for one given by one-time code.

    `document` is the SHA-256 of the sealed report, which the picture of the signature names, with name and time.
    `lines` are the words beside the picture, as people read them.
    """

    name: str
    at: Micros
    document: str
    strokes: tuple[Stroke, ...] | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundSignature:
    """A signature in a PDF: whose (company, customer), under which name, when, and whether it holds."""

    by: str
    name: str
    at: Micros | None
    intact: bool
    trusted: bool
    stamped: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a PDF says of itself. valid: all signatures hold, are ours, and nothing was added after them; altered: it has one of
    ours that does not hold, or was changed afterwards; unknown: no signature of ours, or no PDF."""

    verdict: Literal["valid", "altered", "unknown"]
    signatures: tuple[FoundSignature, ...] = ()
    why: str = ""


class Press(Protocol):
    """Makes documents (`notifier/reports`). Any thread; one document at a time per call."""

    def make(self, sheet: Sheet, photos: Mapping[str, bytes]) -> tuple[bytes, int]:
        """The report as a PDF, sealed by the company, with an empty field for the customer; and its pages. `photos`: JPEG by hash.
        Raises CannotPrint."""
        ...

    def sign(self, document: bytes, hand: Hand) -> bytes:
        """The same with the customer's signature as an increment: its first bytes are `document`. Raises CannotPrint."""
        ...

    def check(self, document: bytes) -> Checked:
        """What is to be thought of a PDF. Never raises."""
        ...

    def pictures(self, document: bytes) -> Sequence[bytes]:
        """Its pages as PNG, for a phone that shows no PDF. Raises CannotPrint."""
        ...
