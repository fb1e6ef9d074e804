"""What every door for platforms checks: freshness, signatures in constant time, and seals (AES-256-CBC)."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable, Sequence
from functools import wraps
from types import CoroutineType
from typing import Any, ParamSpec

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.words import SECOND, Answer, Hook, Micros

AES_BLOCK = 16

_Asked = ParamSpec("_Asked")
_log = logging.getLogger("huiying.doors")
_TIMESTAMP = re.compile(r"[0-9]{1,10}", re.ASCII)


class Shut(Exception):
    """A delivery that must not pass. `status` is what the caller hears; he is told nothing else."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def guarded(
    receive: Callable[_Asked, CoroutineType[Any, Any, Answer]],
) -> Callable[_Asked, CoroutineType[Any, Any, Answer]]:
    """Makes a channel's `receive`, which may raise Shut, answer what must not pass with its status and nothing else."""

    @wraps(receive)
    async def guarding(*asked: _Asked.args, **named: _Asked.kwargs) -> Answer:
        try:
            return await receive(*asked, **named)
        except Shut as shut:
            _log.info("a delivery was turned away: %s", shut)
            return Answer(shut.status)

    return guarding


def must_be_fresh(timestamp: str, now: Micros, within: Micros) -> None:
    """Raises Shut for a timestamp (seconds) that lies further from our clock, either way, or is none."""
    if not _TIMESTAMP.fullmatch(timestamp) or abs(int(timestamp) * SECOND - now) > within:
        raise Shut(403, "not fresh")


def same(expected: str, claimed: str) -> bool:
    """Whether a secret was told rightly; takes as long for a wrong one."""
    return hmac.compare_digest(expected.encode(), claimed.encode("utf-8", "replace"))


def must_be_signed(keys: Sequence[str], signed: bytes, claimed: str) -> None:
    """Raises Shut for a signature (HMAC-SHA256, hexadecimal) that was made with none of the keys."""
    if not any(same(hmac.digest(key.encode(), signed, "sha256").hex(), claimed) for key in keys):
        raise Shut(401, "not signed")


def single(hook: Hook, name: str) -> str:
    """The only value of a query parameter. Raises Shut."""
    values = [value for key, value in hook.query if key == name]
    if len(values) != 1 or not values[0]:
        raise Shut(400, f"{name} must stand once")
    return values[0]


def opened(cipher: bytes, key: bytes, iv: bytes, block: int = AES_BLOCK) -> bytes:
    """What was sealed with AES-256-CBC and padded (PKCS#7) to `block` bytes. Raises ValueError if the seal is not sound."""
    if not cipher or len(cipher) % AES_BLOCK:
        raise ValueError("cut short")
    opening = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    plain = opening.update(cipher) + opening.finalize()
    pad = plain[-1]
    if not 1 <= pad <= block or plain[-pad:] != bytes([pad]) * pad:
        raise ValueError("padding")
    return plain[:-pad]
