"""Passes: signed, short-lived links that open one page for one person. They are sent into his own chat and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.people.model import Person
from core.refused import Refused
from core.words import SECOND, Micros

if TYPE_CHECKING:
    from core.store.turn import Turn

SIGNATURE = 18
"""Bytes of the signature that a link carries: 144 bits, for a page that is open for minutes."""
LONGEST = 200
"""Characters of a pass; anything longer is none."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may open what, until when. `subject` names the page by its path: t/GD-2071, board."""

    person_id: int
    subject: str
    until: Micros


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the desk's own pages stand (`url`, without a slash at its end), and the key that signs passes to them.

    A pass is a bearer's: until its time is over, whoever holds the link reads what its person may read, under his name. That is
    why it is short-lived, opens one page, and lets nobody do anything there but what that page is for: fill in the ticket's
    form, sign one report.
    """

    url: str
    key: bytes = field(repr=False)

    def link(self, turn: Turn, person: Person, subject: str) -> str | None:
        """His own link to a page, good for `pass_lasts` from now (S83); None for whoever is not, or no longer, on the staff."""
        if not person.is_staff or not person.active:
            return None
        given = issue_pass(self.key, person.id, subject, turn.now + turn.house.policies.pass_lasts)
        return f"{self.url}/{quote(subject)}?p={given}"

    def customers_link(self, turn: Turn, person: Person, subject: str) -> str | None:
        """A customer's own link to a page, good for `customer_pass_lasts` from now; None for whoever is none, or no more.

        Pages of customers stand apart from those of the staff: c/GD-2071 a ticket, s/TOKEN a report to be signed, my all that is his.
        """
        if person.is_staff or not person.active:
            return None
        given = issue_pass(self.key, person.id, subject, turn.now + turn.house.policies.customer_pass_lasts)
        return f"{self.url}/{quote(subject)}?p={given}"

    def read(self, text: str, now: Micros) -> Pass:
        """The pass behind a link. Raises Refused: pass_wrong, pass_over."""
        return read_pass(self.key, text, now)


def issue_pass(key: bytes, person_id: int, subject: str, until: Micros) -> str:
    """The pass as it stands in a link."""
    said = f"{person_id}.{until // SECOND}.{subject}"
    return _text(_sign(key, said.encode())) + _text(said.encode())


def read_pass(key: bytes, text: str, now: Micros) -> Pass:
    """The pass behind a link. Raises Refused: pass_wrong (altered, foreign, not one), pass_over (too old)."""
    length = -(-SIGNATURE * 8 // 6)
    if not length < len(text) <= LONGEST or not text.isascii():
        raise Refused("pass_wrong")
    try:
        signature, said = _bytes(text[:length]), _bytes(text[length:])
    except ValueError:
        raise Refused("pass_wrong") from None
    if not hmac.compare_digest(signature, _sign(key, said)) or _text(signature) + _text(said) != text:
        raise Refused("pass_wrong")
    person, until, subject = said.decode().split(".", 2)
    if int(until) * SECOND <= now:
        raise Refused("pass_over")
    return Pass(int(person), subject, int(until) * SECOND)


def _sign(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, b"pass:" + said, hashlib.sha256).digest()[:SIGNATURE]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
