"""Signed checkpoints over all event chains: a tail cut off, a chain removed or one written anew is found out (S8, S35).

A chain proves that nothing inside it was changed; only somebody outside can prove that its end is still there. Each
checkpoint names the head of every stream that grew since the one before, points back to that one, and is signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import orjson
from sqlalchemy import Text, bindparam, func, select
from sqlmodel import Field

from core.store.chain import START
from core.store.database import Connection
from core.store.model import Event
from core.store.rows import Row, stored
from core.store.turn import Turn
from core.words import HOUR, MINUTE, Micros

PERIOD = HOUR
"""A checkpoint is made when the last one is this old."""
MARGIN = 5 * MINUTE
"""A checkpoint covers events up to so long ago: younger ones may still lie in a transaction of another process."""
LOOK_BACK = 3 * HOUR
"""Before the last checkpoint's end streams are looked at once more: a row that came later than MARGIN, or was written by a
clock that had been set back, is covered by the next checkpoint."""
MOST_EVENTS = 100_000
"""Events that one checkpoint looks at; an older desk that makes its first ones gets several in a row."""
AT_ONCE = 400
"""Heads that are looked up by one statement."""

Sign = Callable[[bytes], bytes]
Holds = Callable[[str, bytes, bytes], bool]
"""Whether a signature (third) is that of a public key (hexadecimal, first) on a message (second)."""
Head = tuple[str, int, str]
"""A stream, the number of an event in it, and that event's hash."""


@stored("checkpoint")
class Checkpoint(Row):
    """What the desk swore to at an instant. Numbered without a gap; `key` is the public key in hexadecimal digits.

    `upto`: events recorded until then are covered. `digest` is the SHA-256 of number, at, upto, heads, prev and key;
    `signature` (hexadecimal digits) is on the digest's 64 letters.
    """

    number: int = Field(primary_key=True)
    at: Micros
    upto: Micros
    heads: list[Any] = Field(sa_type=Text)
    prev: str
    key: str
    digest: str
    signature: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What the next checkpoint will say, read outside any turn."""

    number: int
    upto: Micros
    heads: list[Head]
    prev: str
    full: bool
    """More waits behind it: the next one may follow at once."""


def due(connection: Connection, now: Micros) -> bool:
    """Whether it is time for a checkpoint."""
    last = connection.one(_last_made)
    return last is None or last[1] + PERIOD <= now


def draft(connection: Connection, now: Micros) -> Draft:
    """The heads of the streams that grew since the last checkpoint."""
    number, _, covered, prev = connection.one(_last_made) or (0, 0, 0, START)
    upto, since = max(now - MARGIN, covered), max(covered - LOOK_BACK, 0)
    cut = connection.one(_nth, since=since, upto=upto, skipped=MOST_EVENTS)
    if cut:
        since = covered
        cut = connection.one(_nth, since=since, upto=upto, skipped=MOST_EVENTS)
    upto = cut[0] if cut else upto
    heads = [(stream, seq, digest) for stream, seq, digest in connection.all(_heads, since=since, upto=upto)]
    return Draft(number + 1, upto, sorted(heads), prev, cut is not None)


def swear(turn: Turn, draft: Draft, key: str, sign: Sign) -> Checkpoint | None:
    """Keep the draft, signed; None if another process was quicker."""
    last = turn.connection.one(_last_made)
    if (last[0] if last else 0) != draft.number - 1:
        return None
    made = Checkpoint(
        number=draft.number,
        at=turn.now,
        upto=draft.upto,
        heads=list(draft.heads),
        prev=draft.prev,
        key=key,
        digest="",
        signature="",
    )
    made.digest = digest_of(made)
    made.signature = sign(made.digest.encode()).hex()
    return turn.add(made)


def digest_of(checkpoint: Checkpoint) -> str:
    """The SHA-256 of what a checkpoint says: compact JSON with sorted keys, so that anybody can compute it."""
    said = {name: getattr(checkpoint, name) for name in ("number", "at", "upto", "heads", "prev", "key")}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def after(connection: Connection, number: int) -> Iterator[Checkpoint]:
    """The checkpoints that come after this number, in their order, one at a time."""
    while found := connection.one(_next, number=number):
        checkpoint = Checkpoint.from_db(found)
        yield checkpoint
        number = checkpoint.number


Why = Literal["gap", "digest", "prev", "key", "signature", "gone", "changed", "lost", "forged"]
"""gap (a number is missing), digest, prev, key, signature, gone (an event that was sworn to), changed (it is another one now), lost (a checkpoint
that was kept elsewhere), forged (kept elsewhere it says something else)."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What a checkpoint proves to be wrong; with `stream` and `seq` where it is an event."""

    number: int
    why: Why
    stream: str = ""
    seq: int = 0


def breaches(
    connection: Connection, trusted: Iterable[str], holds: Holds, count: Callable[[], None] = lambda: None
) -> Iterator[Breach]:
    """Everything in which the checkpoints and the chains disagree; `trusted` are the public keys that may have signed."""
    keys, number, prev = frozenset(trusted), 0, START
    for checkpoint in after(connection, 0):
        if checkpoint.number != number + 1:
            yield Breach(number + 1, "gap")
        elif checkpoint.prev != prev:
            yield Breach(checkpoint.number, "prev")
        number, prev = checkpoint.number, checkpoint.digest
        yield from unsound(checkpoint, keys, holds)
        yield from missing(connection, checkpoint)
        count()


def unsound(checkpoint: Checkpoint, keys: frozenset[str], holds: Holds) -> Iterator[Breach]:
    """What is wrong with a checkpoint in itself."""
    if digest_of(checkpoint) != checkpoint.digest:
        yield Breach(checkpoint.number, "digest")
    if checkpoint.key not in keys:
        yield Breach(checkpoint.number, "key")
    elif not holds(checkpoint.key, checkpoint.digest.encode(), _bytes(checkpoint.signature)):
        yield Breach(checkpoint.number, "signature")


def missing(connection: Connection, checkpoint: Checkpoint) -> Iterator[Breach]:
    """The events to which a checkpoint swears that are not there, or not the same."""
    heads = iter(checkpoint.heads)
    while some := list(islice(heads, AT_ONCE)):
        there = _hashes(connection, [(stream, seq) for stream, seq, _ in some])
        for stream, seq, digest in some:
            found = there.get((stream, seq))
            if found != digest:
                yield Breach(checkpoint.number, "gone" if found is None else "changed", stream, seq)


def _hashes(connection: Connection, places: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The hashes of events by stream and number; many at once, since each question costs a round trip."""
    pair = "(?, ?)" if connection.kind == "sqlite" else "(%s::text, %s::bigint)"
    asked = (
        f"WITH place (stream, seq) AS (VALUES {', '.join([pair] * len(places))}) SELECT e.stream, e.seq, e.hash "
        "FROM place CROSS JOIN event e WHERE e.stream = place.stream AND e.seq = place.seq"
    )
    found = connection.raw.execute(asked, [value for place in places for value in place])
    return {(stream, seq): digest for stream, seq, digest in found.fetchall()}


def uncovered(connection: Connection) -> int:
    """How many events were recorded after the last checkpoint's end."""
    last = connection.one(_last_made)
    found = connection.one(_later, since=last[2] if last else 0)
    return found[0] if found else 0


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


_made, _event = Checkpoint.table.c, Event.table.c
_last_made = select(_made.number, _made.at, _made.upto, _made.digest).order_by(_made.number.desc()).limit(1)
_next = select(Checkpoint.table).where(_made.number > bindparam("number")).order_by(_made.number).limit(1)
_in_window = (_event.recorded_at > bindparam("since"), _event.recorded_at <= bindparam("upto"))
_nth = select(_event.recorded_at).where(*_in_window).order_by(_event.recorded_at).limit(1).offset(bindparam("skipped"))
_grown = select(_event.stream, func.max(_event.seq).label("seq")).where(*_in_window).group_by(_event.stream).subquery()
_heads = select(_event.stream, _event.seq, _event.hash).join(
    _grown, (_grown.c.stream == _event.stream) & (_grown.c.seq == _event.seq)
)
_later = select(func.count()).where(_event.recorded_at > bindparam("since"))
