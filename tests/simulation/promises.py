"""What people may rely on, whatever went wrong on the way: every line of `broken` is a promise that was not kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import orjson

from core.words import Micros
from tests import history
from tests.simulation.alarms import broken_alarms
from tests.simulation.world import World

ENDS = {"ticket.completed": "done", "ticket.cancelled": "cancelled"}
"""How a ticket ends → the kind of message by which all who told of it hear so."""
REASONS = ("sent", "held", "unclear", "dead")
"""How a message may stand when all is over: it was shown, or everybody can see why not."""


def broken(world: World) -> Iterator[str]:
    """Every broken promise of a world that has come to rest."""
    yield from world.problems
    shown = [one for platform in world.platforms.values() for one, _ in platform.shown]
    yield from history.faults(world.eye, shown=shown, now=world.now - world.weather.skew)
    told = Told(world)
    yield from _taken(world)
    yield from _answered(world, told)
    yield from _took_from_the_living(world)
    yield from _heard_in_order(world)
    yield from _reports(world, told)
    yield from _ends(world, told)
    yield from _undone(world, told)
    yield from _offered(world)
    yield from _photos(world)
    yield from broken_alarms(world)


class Told:
    """What the desk wanted people to hear, by cause, and when they were first shown it."""

    def __init__(self, world: World):
        self.rows: dict[str, list[tuple[str, str, int | None, str, str]]] = defaultdict(list)
        self._newest: dict[tuple[int | None, str | None], str] = {}
        self._subject: dict[str, str | None] = {}
        for key, room, person, purpose, state, say, subject in world.ask(
            "SELECT key, room, person_id, purpose, state, say, subject FROM outbox ORDER BY id"
        ):
            self._newest[person, subject], self._subject[key] = key, subject
            also = orjson.loads(say).get("also", ())
            for kind in (purpose, *also):
                self.rows[key.rpartition(".")[0]].append((key, room, person, kind, state))
        self.shown: dict[str, Micros] = {}
        for platform in world.platforms.values():
            for one, _ in platform.shown:
                self.shown.setdefault(one.key, one.at)

    def of(self, cause: str) -> list[tuple[str, str, int | None, str, str]]:
        """(key, room, person, kind, state) of each message that this cause led to."""
        return self.rows.get(cause, [])

    def by(self, cause: str, person: int, kind: str) -> bool:
        """Whether this cause let this person hear something of this kind, or everybody can see why not."""
        return any(
            (row[2], row[3]) == (person, kind) and (row[4] in (*REASONS, "withdrawn") or self._stale(row))
            for row in self.of(cause)
        )

    def _stale(self, row: tuple[str, str, int | None, str, str]) -> bool:
        """Whether it was held, and later news on the same subject went in its stead."""
        key, _, person, _, state = row
        subject = self._subject[key]
        return state == "expired" and subject is not None and self._newest[person, subject] != key


def _taken(world: World) -> Iterator[str]:
    """Whatever a platform need not send again is known to the desk, once; what nobody could read lies in quarantine."""
    known = Counter(bytes(raw) for (raw,) in world.ask("SELECT raw FROM inbox"))
    forgotten = {name for (name,) in world.ask("SELECT name FROM history WHERE sort = 'inbox' AND after IS NULL")}
    unread = {bytes(raw) for (raw,) in world.ask("SELECT raw FROM quarantine")}
    for platform in world.platforms.values():
        for message in platform.messages:
            if not message.readable:
                if message.raw not in unread:
                    yield f"delivery {message.id} could not be read, and was not kept"
            elif not known[message.raw] and f"{platform.name}:{message.id}" not in forgotten:
                yield f"message {message.id} was taken and lost"
            elif known[message.raw] > 1:
                yield f"message {message.id} was taken {known[message.raw]} times for a new one"


def _answered(world: World, told: Told) -> Iterator[str]:
    """Whoever commands something hears what came of it, in his own room and once; a mere 收到 asks for no answer."""
    for ident, key, room, outcome in world.ask(
        "SELECT id, key, room, outcome FROM inbox WHERE channel = 'wecom' AND state = 'done' AND NOT "
        "(outcome = 'nothing to do' AND json_extract(said, '$.text') = '收到') ORDER BY id"
    ):
        if not any(row[1] == room for row in told.of(f"inbox:{ident}")):
            yield f"{key} came to '{outcome}', and its sender heard nothing"
    verbs = "SELECT cause, stream, kind, count(*) FROM event WHERE cause LIKE 'inbox:%' "
    verbs += "GROUP BY 1, 2, 3, CASE WHEN kind = 'ticket.acknowledged' THEN data END HAVING count(*) > 1"
    for cause, stream, kind, count in world.ask(verbs):
        yield f"{cause} led {count} times to {kind} on {stream}"
    notes = world.ask(
        "SELECT json_extract(data, '$.text'), count(*) FROM event_private WHERE json_extract(data, '$.text') LIKE '第%次检查%' "
        "GROUP BY 1 HAVING count(*) > 1"
    )
    for text, count in notes:
        yield f"the note {text} was written down {count} times"


def _took_from_the_living(world: World) -> Iterator[str]:
    """Nobody decides about a message or a job while another process holds it, unless that one was taken for dead in time; he
    may take a message back."""
    buried: dict[str, Micros] = {}
    wrong = 2 * world.weather.skew
    for name, until, now, process in world.ask(
        "SELECT name, until, now, process FROM history WHERE sort = 'process' ORDER BY seq"
    ):
        buried.setdefault(name, now)
        if name != process and now < until - wrong:
            yield f"{process} took {name} for dead {(until - now) / 1e6:.0f} s too early"
    for name, lease, until, now, process in world.ask(
        "SELECT name, lease, until, now, process FROM history WHERE sort IN ('outbox', 'job') AND before = 'leased' "
        "AND after <> 'withdrawn' ORDER BY seq"
    ):
        holder = (lease or "").partition(".")[0]
        alive = world.was_alive(holder, now) and now < buried.get(holder, now + 1)
        if holder != process and now < until - wrong and alive:
            yield f"{process} decided about {name} while it was leased to {holder} for {(until - now) / 1e6:.0f} s more"


def _heard_in_order(world: World) -> Iterator[str]:
    """What somebody says after his last message was taken is heard after it."""
    heard = {
        name: seq
        for seq, name in world.ask("SELECT seq, name FROM history WHERE sort = 'inbox' AND after = 'done' ORDER BY seq")
    }
    for platform in world.platforms.values():
        last: dict[str, tuple[str, int]] = {}
        for message in platform.messages:
            place = heard.get(f"{platform.name}:{message.id}")
            if place is None:
                continue
            before = last.get(message.who)
            if before and before[1] > place and world.was_taken_before(platform, before[0], message):
                yield f"{message.id} of {message.who} was heard before {before[0]}"
            last[message.who] = (message.id, place)


def _reports(world: World, told: Told) -> Iterator[str]:
    """Whoever reported a fault has a ticket of it, and hears its number."""
    for number, cause, room, customer in world.ask(
        "SELECT ticket.number, event.cause, ticket.room, ticket.customer_id FROM ticket "
        "JOIN event ON event.stream = 'ticket:' || ticket.id AND event.kind = 'ticket.reported' ORDER BY ticket.id"
    ):
        said = [
            row
            for cause_, rows in told.rows.items()
            for row in rows
            if row[1] == room and row[3] == "ack_created" and number in world.words_of(row[0])
        ]
        if not said:
            yield f"customer {customer} never heard of {number}, made by {cause}"
        elif all(row[4] not in REASONS for row in said):
            yield f"customer {customer} was to hear of {number}, but the message is {said[0][4]}"
    untold = "SELECT id FROM ticket EXCEPT SELECT CAST(substr(stream, 8) AS INTEGER) FROM event WHERE kind = 'ticket.reported'"
    for (ident,) in world.ask(untold):
        yield f"ticket {ident} exists, and nobody reported it"


def _events(world: World) -> list[tuple[str, str, str, int | None, dict[str, Any]]]:
    found = world.ask("SELECT stream, kind, cause, by, data FROM event WHERE stream LIKE 'ticket:%' ORDER BY rowid")
    return [(stream, kind, cause, by, orjson.loads(data)) for stream, kind, cause, by, data in found]


def _ends(world: World, told: Told) -> Iterator[str]:
    """After a merging, everybody who told of the fault hears of its end: reckoned from the events alone."""
    concerned: dict[str, set[int]] = {
        f"ticket:{ident}": {customer} for ident, customer in world.ask("SELECT id, customer_id FROM ticket")
    }
    joined: dict[tuple[str, str], set[int]] = {}
    for stream, kind, cause, _, data in _events(world):
        if kind == "ticket.merged" and "other" in data:
            new = concerned[f"ticket:{data['other']}"] - concerned[stream]
            joined[stream, cause] = new
            concerned[stream] |= new
        elif kind == "ticket.undone":
            concerned[stream] -= joined.pop((stream, data["cause"]), set())
        elif kind in ENDS:
            for person in sorted(concerned[stream]):
                if not told.by(cause, person, ENDS[kind]):
                    yield f"{stream} is {ENDS[kind]} by {cause}, and person {person}, who told of it, was not told"


def _undone(world: World, told: Told) -> Iterator[str]:
    """What was taken back is shown to nobody any more, or put right."""
    for stream, kind, cause, by, data in _events(world):
        if kind != "ticket.undone":
            continue
        corrected = {row[2] for row in told.of(cause) if row[3] == "correction"}
        for key, _, person, purpose, _ in told.of(data["cause"]):
            if person not in (by, None) and key in told.shown and person not in corrected:
                yield f"{data['cause']} on {stream} was taken back; person {person} was shown {purpose} {key} uncorrected"


def _photos(world: World) -> Iterator[str]:
    """A photo is fetched, or it says why not."""
    for ident, ticket in world.ask(
        "SELECT id, ticket_id FROM attachment WHERE hash IS NULL AND error IS NULL ORDER BY id"
    ):
        yield f"photo {ident} of ticket {ticket} was never fetched, and nobody knows why"


def _offered(world: World) -> Iterator[str]:
    """A ticket that nobody has accepted waits for somebody's answer, or lies with whoever answers for such tickets."""
    waiting = {
        (subject, orjson.loads(data)["offer"])
        for subject, data in world.ask("SELECT subject, data FROM timer WHERE kind = 'offer' AND state = 'waiting'")
    }
    open_offers = {
        (ticket, taker): ident
        for ident, ticket, taker in world.ask(
            "SELECT id, ticket_id, taker_id FROM handover WHERE answered_at IS NULL ORDER BY id"
        )
    }
    left = {stream for (stream,) in world.ask("SELECT stream FROM event WHERE kind = 'ticket.left_to_fallback'")}
    for ident, number, engineer, announced in world.ask(
        "SELECT id, number, engineer_id, announced FROM ticket WHERE status = 'unassigned' AND owner_id IS NULL "
        "AND duplicate_of IS NULL ORDER BY id"
    ):
        stream = f"ticket:{ident}"
        if engineer is None and not announced and stream not in left:
            yield f"{number} was never announced"
        elif engineer is None and stream not in left:
            yield f"{number} was offered to nobody and left to nobody"
        elif engineer is not None and (stream, open_offers.get((ident, engineer))) not in waiting:
            yield f"{number} is offered to {engineer}, and nothing happens if he does not answer"
