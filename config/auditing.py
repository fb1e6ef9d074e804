"""The desk's audit key, and checkpoints made with it and kept a second time in files (S8, S35)."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.desk import Desk
from config.keys import derived_key
from core.store import checkpoints
from core.store.checkpoints import Checkpoint
from core.store.database import Database
from core.words import SECOND

log = logging.getLogger("huiying.audit")


class AuditKey:
    """The Ed25519 key that signs checkpoints, derived from the key of our pages: all processes of a desk have the same."""

    def __init__(self, web_key: str):
        self._private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(derived_key(web_key, "audit")))
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def pem(self) -> str:
        """The public key as other programs read it."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def holds(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the signature on a message is that of a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Checkpoints:
    """Makes checkpoints when they are due, and keeps all of them in a folder as well."""

    def __init__(self, desk: Desk, key: AuditKey, folder: Path):
        self._desk, self._key, self._folder = desk, key, folder
        self._kept: int | None = None

    async def tick(self) -> None:
        """Make those that are due, whichever process is quickest; add to the folder what it lacks."""
        try:
            while (draft := await asyncio.to_thread(self._draft)) is not None:
                made = await self._desk.act(
                    lambda turn, draft=draft: checkpoints.swear(turn, draft, self._key.public, self._key.sign)
                )
                if made is None or not draft.full:
                    break
            self._kept = await asyncio.to_thread(keep, self._desk.database, self._folder, self._kept)
        except Exception:
            log.exception("no checkpoint was made")

    def _draft(self) -> checkpoints.Draft | None:
        now = self._desk.clock()
        with self._desk.database.reading() as connection:
            return checkpoints.draft(connection, now) if checkpoints.due(connection, now) else None


def keep(database: Database, folder: Path, number: int | None = None) -> int:
    """Append the checkpoints after `number` (after the folder's last, if None), each a line of JSON, to a file for their
    month; the number of the last one."""
    if number is None:
        number = max((checkpoint.number for path in files(folder)[-1:] for checkpoint in kept(path)), default=0)
    with database.reading() as connection:
        for checkpoint in checkpoints.after(connection, number):
            folder.mkdir(parents=True, exist_ok=True)
            month = datetime.fromtimestamp(checkpoint.at // SECOND, UTC).strftime("%Y-%m")
            _append(folder / f"{month}.jsonl", orjson.dumps(checkpoint.__dict__, option=orjson.OPT_SORT_KEYS))
            number = checkpoint.number
    return number


def files(place: Path) -> list[Path]:
    """The files of checkpoints at a place, which is such a file or a folder of them; the oldest first."""
    return [place] if place.is_file() else sorted(place.glob("*.jsonl"))


def kept(path: Path) -> Iterator[Checkpoint]:
    """The checkpoints in a file. A line that was never finished is none."""
    with path.open("rb") as lines:
        for line in lines:
            try:
                yield Checkpoint(**orjson.loads(line))
            except (ValueError, TypeError):
                continue


def _append(path: Path, line: bytes) -> None:
    """A line of its own, on disk when this returns, even after one that was never finished."""
    with path.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
        unfinished = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * unfinished + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
