"""The gate before the desk for WeCom's callbacks: nothing passes that is not fresh, signed and sealed by our own corporation.

Order of the checks: size, single-valued query, freshness, signature over the sealed text (constant time), opening of the
seal, receiver. A replayed callback passes: its inbox key makes it harmless, and a platform that repeats a delivery after
a failure repeats it in good faith.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

from bots.doors import AES_BLOCK, Shut, must_be_fresh, same, single
from core.words import MINUTE, Answer, Hook, Micros, Unreadable

MOST_BODY = 256 * 1024
"""Longest callback body, bytes. WeCom's own stay below 10 KB."""
FRESH = 5 * MINUTE
"""How far a callback's timestamp may lie from our clock, either way."""
MOST_KEYS = 2
"""Pairs of token and key that are valid at once, so that they can be rotated without a gap."""
MOST_DEPTH = 16
"""Deepest nesting of XML elements."""
BLOCK = 32
"""WeCom pads to 32 bytes (PKCS#7), not to the 16 of AES."""
RANDOM = 16
"""Random bytes before the message."""

_log = logging.getLogger(__name__)
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_SIGNED = ("msg_signature", "timestamp", "nonce")


class Seal:
    """One EncodingAESKey: opens what WeCom sealed with it. Raises ValueError for a key of the wrong form."""

    def __init__(self, aes_key: str) -> None:
        if not _AES_KEY.fullmatch(aes_key):
            raise ValueError("EncodingAESKey must be 43 letters and digits")
        from wechatpy.enterprise.crypto import PrpCrypto

        self._crypto = PrpCrypto(base64.b64decode(aes_key + "="))

    def open(self, sealed: str) -> tuple[bytes, str]:
        """The message and its receiver (the corporation's id). Raises ValueError if the seal is not sound."""
        cipher = base64.b64decode(sealed, validate=True)
        if len(cipher) < 2 * AES_BLOCK or len(cipher) % AES_BLOCK:
            raise ValueError("cut short")
        plain: bytes = self._crypto.cipher.decrypt(cipher)
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise ValueError("padding")
        content = plain[RANDOM:-pad]
        length = int.from_bytes(content[:4], "big")
        if len(content) < 4 + length:
            raise ValueError("length")
        message = content[4 : 4 + length]
        message.decode("utf-8")
        return message, content[4 + length :].decode("utf-8")


class Gate:
    """Checks and opens callbacks for one receiver, with up to two valid (token, EncodingAESKey) pairs."""

    def __init__(self, keys: Sequence[tuple[str, str]], receiver: str) -> None:
        if not 1 <= len(keys) <= MOST_KEYS:
            raise ValueError("one or two pairs of callback token and EncodingAESKey are needed")
        self._keys = [(token, Seal(aes_key)) for token, aes_key in keys]
        self._receiver = receiver

    def open(self, hook: Hook, now: Micros) -> bytes:
        """The message that was sealed: of the body, or for a GET of its `echostr`. Raises Shut."""
        if len(hook.body) > MOST_BODY:
            raise Shut(400, "too large")
        claimed, timestamp, nonce = (single(hook, name) for name in _SIGNED)
        must_be_fresh(timestamp, now, FRESH)
        sealed = single(hook, "echostr") if hook.method == "GET" else _sealed(hook.body)
        for token, seal in self._keys:
            if same(signature(token, timestamp, nonce, sealed), claimed):
                return self._unseal(seal, sealed)
        raise Shut(403, "signature")

    async def receive(self, hook: Hook, now: Micros, take: Callable[[bytes], Awaitable[None]]) -> Answer:
        """The answer to a callback, given after `take` has its message; a GET hears the text that it sent sealed."""
        try:
            message = self.open(hook, now)
        except Shut as shut:
            _log.info("a callback was turned away: %s", shut)
            return Answer(shut.status)
        if hook.method == "GET":
            return Answer(200, message)
        await take(message)
        return Answer()

    def _unseal(self, seal: Seal, sealed: str) -> bytes:
        try:
            message, receiver = seal.open(sealed)
        except ValueError as error:
            raise Shut(403, "seal") from error
        if not same(self._receiver, receiver):
            raise Shut(403, "receiver")
        return message


def unsealed(raw: bytes, settings: Mapping[str, str]) -> bytes:
    """A recorded callback opened with `aes_key` (and `corp_id`, if given) from the settings; plain ones pass as they are.

    Raises Unreadable.
    """
    try:
        sealed = xml_fields(raw).get("Encrypt")
    except ValueError:
        return raw
    if not sealed:
        return raw
    if "aes_key" not in settings:
        raise Unreadable("the delivery is encrypted; it needs --set aes_key=…")
    try:
        message, receiver = Seal(settings["aes_key"]).open(sealed)
    except ValueError as error:
        raise Unreadable(f"the delivery cannot be opened with this aes_key: {error}") from error
    if settings.get("corp_id", receiver) != receiver:
        raise Unreadable("the delivery is meant for another corporation")
    return message


def signature(token: str, *parts: str) -> str:
    """What WeCom signs a callback with: SHA-1 over token, timestamp, nonce and sealed text, sorted and joined."""
    return hashlib.sha1("".join(sorted((token, *parts))).encode("utf-8", "replace")).hexdigest()


def xml_fields(body: bytes) -> dict[str, str]:
    """The texts of a flat WeCom message by element name; of nested elements as "Outer/Inner".

    Safe on hostile input: UTF-8 only whatever is declared, no DTD, bounded depth, no element twice at the top
    (two parsers must not read two messages). Raises ValueError.
    """
    from defusedxml.ElementTree import ParseError, XMLParser

    reading = _Reading()
    parser = XMLParser(target=reading, encoding="utf-8", forbid_dtd=True)  # pyright: ignore[reportArgumentType]
    if b"\0" in body:
        raise ValueError("a wide encoding, which the parser would take for what it looks like")
    try:
        body.decode("utf-8")
        parser.feed(body)
        parser.close()
    except (ParseError, ExpatError) as error:
        raise ValueError("not XML") from error
    return reading.fields


class _Reading:
    """Collects the texts of elements as they are parsed, without a tree."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._text: list[str] = []
        self.fields: dict[str, str] = {}

    def start(self, tag: str, attributes: Any) -> None:
        self._path.append(tag)
        self._text = []
        if len(self._path) > MOST_DEPTH:
            raise ValueError("too deep")
        if len(self._path) == 1 and tag != "xml":
            raise ValueError("no <xml>")
        if len(self._path) == 2:
            if tag in self.fields:
                raise ValueError("an element stands twice")
            self.fields[tag] = ""

    def data(self, data: str) -> None:
        self._text.append(data)

    def end(self, tag: str) -> None:
        if len(self._path) > 1:
            self.fields["/".join(self._path[1:])] = "".join(self._text)
        self._path.pop()
        self._text = []

    def close(self) -> None: ...


def _sealed(body: bytes) -> str:
    try:
        sealed = xml_fields(body).get("Encrypt")
    except ValueError as error:
        raise Shut(403, "not XML") from error
    if not sealed:
        raise Shut(403, "nothing sealed")
    return sealed
