"""How WeCom seals and signs callbacks, written from its documentation alone, so that the desk's gate is not its own judge."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PADDED_TO = 32
"""Bytes to which a message is padded (PKCS#7)."""


def seal(message: bytes, aes_key: str, receiver: str, random16: bytes) -> str:
    """A message as it stands in <Encrypt>: random bytes, length, message and receiver, padded, AES-256-CBC, Base64."""
    content = random16 + len(message).to_bytes(4, "big") + message + receiver.encode()
    pad = PADDED_TO - len(content) % PADDED_TO
    return seal_padded(content + bytes([pad]) * pad, aes_key)


def seal_padded(content: bytes, aes_key: str) -> str:
    """Bytes of a whole number of blocks, encrypted as they are. For tests of a broken padding."""
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(content) + encryptor.finalize()).decode()


def unseal(sealed: str, aes_key: str) -> tuple[bytes, str]:
    """Message and receiver of a sealed text."""
    decryptor = _cipher(aes_key).decryptor()
    content = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    content = content[16 : len(content) - content[-1]]
    length = int.from_bytes(content[:4], "big")
    return content[4 : 4 + length], content[4 + length :].decode()


def sign(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """msg_signature of a callback."""
    digest = hashlib.sha1()
    for part in sorted([token, timestamp, nonce, sealed]):
        digest.update(part.encode())
    return digest.hexdigest()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
