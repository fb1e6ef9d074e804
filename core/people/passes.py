"""Passes: signed, short-lived links that open one page for one person. They are sent into his own chat and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from core.refused import Refused
from core.words import SECOND, Micros

SIGNATURE = 18
"""Bytes of the signature that a link carries: 144 bits, for a page that is open for minutes."""
LONGEST = 200
"""Characters of a pass; anything longer is none."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may open what, until when. `subject` names the page: ticket:12."""

    person_id: int
    subject: str
    until: Micros


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
