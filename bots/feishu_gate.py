"""The gate before the desk for Feishu's callbacks: nothing passes that is not fresh, signed and sealed with our Encrypt Key.

A replayed callback passes while it is fresh: its inbox key makes it harmless.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from core.words import MINUTE, SECOND, Hook, Micros, Unreadable

MOST_BODY = 1024 * 1024
"""Longest callback body, bytes: a text of 150 KB, sealed, in JSON."""
FRESH = 15 * MINUTE
"""How far a callback's timestamp may lie from our clock, either way. Feishu repeats after 15 s, 5 min, 1 h and 6 h; whether a
repetition is signed anew is not documented, so that the first two must pass in either case."""
MOST_KEYS = 2
"""Encrypt Keys that are valid at once, so that one can be changed without a gap."""
AES_BLOCK = 16

_TIMESTAMP = re.compile(r"[0-9]{1,10}", re.ASCII)


class Shut(Exception):
    """A callback that must not pass. `status` is what the caller hears; he is told nothing else."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Gate:
    """Checks and opens callbacks with one or two Encrypt Keys. Raises ValueError for none or more."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not 1 <= len(keys) <= MOST_KEYS or not all(keys):
            raise ValueError("one or two Encrypt Keys are needed")
        self._keys = tuple(keys)

    def open(self, hook: Hook, now: Micros) -> bytes:
        """The event that was sealed. The platform's first call (url_verification) bears no signature: that it is sealed with our
        key is its proof, and it asks for nothing but its own words. Raises Shut."""
        if len(hook.body) > MOST_BODY:
            raise Shut(400, "too large")
        key, event = self._unsealed(hook.body)
        if challenge_of(event) is None:
            _check(hook, key, now)
        return event

    def _unsealed(self, body: bytes) -> tuple[str, bytes]:
        sealed = _sealed(body)
        if sealed is None:
            raise Shut(403, "nothing sealed")
        for key in self._keys:
            try:
                return key, unseal(sealed, key)
            except ValueError:
                continue
        raise Shut(403, "seal")


def _check(hook: Hook, key: str, now: Micros) -> None:
    names = ("x-lark-request-timestamp", "x-lark-request-nonce", "x-lark-signature")
    timestamp, nonce, claimed = (hook.headers.get(name, "") for name in names)
    if not _TIMESTAMP.fullmatch(timestamp) or abs(int(timestamp) * SECOND - now) > FRESH:
        raise Shut(403, "not fresh")
    expected = signature(timestamp, nonce, key, hook.body)
    if not hmac.compare_digest(expected.encode(), claimed.encode("utf-8", "replace")):
        raise Shut(403, "signature")


def challenge_of(event: bytes) -> str | None:
    """What Feishu wants to hear again when the address is saved; None if the event is another."""
    try:
        found = orjson.loads(event)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or found.get("type") != "url_verification":
        return None
    challenge = found.get("challenge")
    return challenge if isinstance(challenge, str) else None


def signature(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """What Feishu signs a callback with: SHA-256 over timestamp, nonce, Encrypt Key and the body as it stands on the wire."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode("utf-8", "replace") + body).hexdigest()


def unseal(sealed: str, key: str) -> bytes:
    """The text that was sealed: AES-256-CBC under the SHA-256 of the key, the first block its IV. Raises ValueError."""
    cipher = base64.b64decode(sealed, validate=True)
    if len(cipher) < 2 * AES_BLOCK or len(cipher) % AES_BLOCK:
        raise ValueError("cut short")
    mode = modes.CBC(cipher[:AES_BLOCK])
    opening = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), mode).decryptor()
    padding = PKCS7(8 * AES_BLOCK).unpadder()
    plain = padding.update(opening.update(cipher[AES_BLOCK:]) + opening.finalize()) + padding.finalize()
    plain.decode("utf-8")
    return plain


def unsealed(raw: bytes, settings: Mapping[str, str]) -> bytes:
    """A recorded callback opened with `encrypt_key` from the settings; plain ones pass as they are. Raises Unreadable."""
    sealed = _sealed(raw)
    if sealed is None:
        return raw
    if "encrypt_key" not in settings:
        raise Unreadable("the delivery is encrypted; it needs --set encrypt_key=…")
    try:
        return unseal(sealed, settings["encrypt_key"])
    except ValueError as error:
        raise Unreadable(f"the delivery cannot be opened with this encrypt_key: {error}") from error


def _sealed(body: bytes) -> str | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    sealed = found.get("encrypt") if isinstance(found, dict) else None
    return sealed if isinstance(sealed, str) else None
