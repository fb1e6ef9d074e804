"""Codes (二维码): signed tokens that name a device, a customer or a team (S52, S58, S67, S104).

A token stands in a QR code and comes back as the text of an `enter`: up to 64 of A–Z a–z 0–9 _ -, which is what the narrowest
platform takes (a Telegram link; the scene of an official account). It holds no secret and lasts for ever, since it hangs on a machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

CodeKind = Literal["device", "customer", "team"]

LONGEST = 64
"""Characters of a token."""
MOST_TARGET = 35
"""Bytes of what a token can name."""
SIGNED = 12
"""Bytes of the signature: 96 bits, against guessing at a door that answers some messages a second."""

_SIGNATURE = SIGNED * 4 // 3
_TOKEN = re.compile(rf"[dct][A-Za-z0-9_-]{{2,{LONGEST - 1 - _SIGNATURE}}}[A-Za-z0-9_-]{{{_SIGNATURE}}}")
_KINDS = {kind[0]: kind for kind in get_args(CodeKind)}


@dataclass(frozen=True, slots=True)
class Code:
    """What a token names: a device by its serial number, a customer by his number at the desk, a team (班组) by its name."""

    kind: CodeKind
    target: str


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes and reads tokens. Those of one entity are none of another's."""

    key: bytes = field(repr=False)

    def token(self, entity: str, code: Code) -> str:
        """The token that names this. Raises ValueError for a target that is empty or longer than a token holds."""
        if not 0 < len(code.target.encode()) <= MOST_TARGET:
            raise ValueError(f"{code.target!r} does not fit into a code: 1 to {MOST_TARGET} bytes")
        said = code.kind[0] + _text(code.target.encode())
        return said + self._signature(entity, said)

    def read(self, entity: str, text: str) -> Code | None:
        """What a token of ours names; None for any other text, also for a token that was forged or altered."""
        if not looks_like_token(text):
            return None
        said, signature = text[:-_SIGNATURE], text[-_SIGNATURE:]
        if not hmac.compare_digest(self._signature(entity, said), signature):
            return None
        return Code(_KINDS[said[0]], _bytes(said[1:]).decode())

    def _signature(self, entity: str, said: str) -> str:
        signed = f"{entity}\n{said}".encode()
        return _text(hmac.digest(self.key, signed, hashlib.sha256)[:SIGNED])


def looks_like_token(text: str) -> bool:
    """Whether a text has a token's shape, whoever made it."""
    return _TOKEN.fullmatch(text) is not None


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
