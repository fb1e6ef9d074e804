"""`desk play`: plays dialogue scripts on a fresh desk and says, turn by turn, what people received and what became of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from sqlalchemy import select

from config.desk import load_mind
from config.expecting import check
from config.packs import PackError
from config.rehearsal import Reached, Rehearsal, packs_named, policies_of
from config.script import WORLD, Script, ScriptError, Step, read_script
from config.stage import account, group_id
from config.stories import stories
from config.understand import model_cache
from config.world import World
from core.escalation.episodes import episodes_of
from core.parts.requesting import parts_of
from core.reports.policy import COMPANY
from core.reports.press import Press
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import local
from core.words import SECOND, Micros, Room
from dialogue.understanding.mind import Mind
from notifier.carriers.desk_phone import DeskPhoneConfig

PAUSE = 10_000
"""Microseconds before the first turn at which the desk opens."""

PATIENT = DeskPhoneConfig(ring=600.0)
"""A script says when a key is pressed, not when the call is taken: until then its telephones ring (10 minutes at most)."""

_tickets = select(Ticket.table).order_by(Ticket.table.c.id)


def play_command(argv: list[str]) -> int:
    """The command line. Exit status 0 if every script could be played."""
    parser = argparse.ArgumentParser(prog="desk play", description="play dialogue scripts on a fresh desk")
    parser.add_argument("scripts", nargs="+", type=Path, metavar="SCRIPT.yaml")
    parser.add_argument("--json", action="store_true", help="one JSON object a turn")
    parser.add_argument(
        "--pack", action="append", metavar="PACK", help="an industry pack, by name or folder; repeatable"
    )
    parser.add_argument("--stories", action="store_true", help="ticket by ticket instead of turn by turn")
    parser.add_argument("--check", action="store_true", help="only say where it is not as the script expects")
    given = parser.parse_args(argv)
    shown = _json if given.json else stories if given.stories else _readable
    return judge(given.scripts, given.pack) if given.check else perform(given.scripts, given.pack, shown)


def perform(
    paths: Sequence[Path], packs: Sequence[str] | None, shown: Callable[[Script, list[dict[str, Any]]], str]
) -> int:
    """Play scripts and show what came of each. 1 if one could not be played."""
    worst = 0
    for played in Stage(packs).each(paths):
        if isinstance(played, Played):
            sys.stdout.write(shown(played.script, played.lines))
            sys.stdout.flush()
        else:
            print(f"desk play: {played}", file=sys.stderr)
            worst = 1
    return worst


def judge(paths: Sequence[Path], packs: Sequence[str] | None) -> int:
    """Play scripts and say where they do not come out as they expect. 1 if one does not, or could not be played."""
    good = 0
    stage = Stage(packs)
    for played in stage.each(paths):
        faults = check(played.script, played.lines) if isinstance(played, Played) else [played]
        good += not faults
        for fault in faults:
            print(f"{played.script.id}: {fault}" if isinstance(played, Played) else f"desk play: {fault}")
    print(f"{good}/{stage.played} ✓")
    return 0 if stage.played and good == stage.played else 1


@dataclass(frozen=True)
class Played:
    """A script that was played, and what each of its turns brought."""

    script: Script
    lines: list[dict[str, Any]]


@dataclass
class Stage:
    """Plays scripts one after the other, each on a desk of its own; what was learnt for a pack is kept."""

    packs: Sequence[str] | None = None
    played: int = 0
    _minds: dict[tuple[str, ...], Mind] = field(default_factory=dict)
    _folder: TemporaryDirectory[str] = field(default_factory=lambda: TemporaryDirectory(prefix="huiying-press-"))

    @cached_property
    def press(self) -> Press:
        """Makes the service reports of all scripts, with certificates that are gone with it."""
        from notifier.reports.press import local_press

        return local_press(Path(self._folder.name), COMPANY)

    def each(self, paths: Sequence[Path]) -> Iterator[Played | ScriptError | PackError]:
        """Every script as played, or why it could not be; base.yaml is none."""
        for path in paths:
            if path.name == WORLD:
                continue
            self.played += 1
            try:
                script = in_packs(read_script(path), self.packs)
                yield Played(script, asyncio.run(play(script, self._mind(script), self.press)))
            except (ScriptError, PackError) as error:
                yield error

    def _mind(self, script: Script) -> Mind:
        packs = packs_named(script.settings)
        if packs not in self._minds:
            self._minds[packs] = load_mind(policies_of(script.settings, script.zone), model_cache(), packs)
        return self._minds[packs]


def in_packs(script: Script, packs: Sequence[str] | None) -> Script:
    """The script on a desk with these packs; with those that its world names if there are none."""
    return replace(script, settings={**script.settings, "pack": list(packs)}) if packs else script


async def play(script: Script, mind: Mind, press: Press | None = None) -> list[dict[str, Any]]:
    """What each turn of a script brought, in order; `press` makes its service reports. Raises ScriptError."""
    policies = policies_of(script.settings, script.zone)
    policies = replace(policies, escalation=replace(policies.escalation, groups=groups_of(script)))
    opened = Rehearsal.open(script.steps[0].at - PAUSE, mind, policies, ringing=PATIENT, staged=True, press=press)
    async with opened as rehearsal:
        world = World(script, rehearsal)
        await world.set_up()
        return [line async for line in Performance(world).lines()]


def groups_of(script: Script) -> dict[str, tuple[str, ...]]:
    """Which groups of the script are those of escalation: that of the managers, and that of the engineers (技术组群)."""
    found: dict[str, tuple[str, ...]] = {}
    for name, row in script.groups.items():
        roles = {(script.people.get(member) or {}).get("role") for member in row.get("members") or ()}
        channel = row["channel"]
        room = str(Room(channel, account(channel) or "desk", group_id(channel, name), group=True))
        for role, called in (("manager", "managers"), ("engineer", "technical")):
            if roles == {role}:
                found[called] = (*found.get(called, ()), room)
    return found


class Performance:
    """One script being played."""

    def __init__(self, world: World):
        self.world, self.script, self.rehearsal = world, world.script, world.rehearsal
        self.saved: dict[str, str] = {}
        self._known: set[str] = set()
        self._shown: dict[tuple[str, str], dict[str, str]] = {}

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """What each turn brought, in order."""
        self._known = set(await self._tickets())
        for number, step in enumerate(self.script.steps):
            following = self.script.steps[number + 1] if number + 1 < len(self.script.steps) else None
            if step.clock:
                await self.rehearsal.pass_until(step.at)
                before: list[Reached] = []
            else:
                await self.rehearsal.pass_until(step.at)
                before = self.rehearsal.reached()
                await self._says(step)
            until = step.at + step.within
            if following is not None:
                until = min(until, following.at) if not step.parallel else step.at
            await self.rehearsal.pass_until(max(until, step.at))
            yield await self._line(number, step, [*before, *self.rehearsal.reached()])

    async def _says(self, step: Step) -> None:
        person = self.script.people.get(step.sender)
        if person is None:
            raise ScriptError(f"{self.script.id}: nobody is called {step.sender!r}")
        channel = step.channel or next(iter(person["channels"]))
        address = self.world.address(step.sender, channel)
        self.world.addresses.setdefault((channel, address), step.sender)
        repeat = step.msg_repeat or {"text": step.msg or "", "times": 1, "every_s": 0}
        kind = step.type or "text"
        for count in range(int(repeat["times"])):
            if count:
                await self.rehearsal.pass_until(self.rehearsal.clock.now + int(float(repeat["every_s"]) * SECOND))
            text = self._filled(str(repeat["text"]))
            await self.rehearsal.says(
                channel,
                address,
                "" if kind == "voice" else text,
                kind=kind,
                name=person.get("name"),
                file=self._file(step),
                words=text if kind == "voice" else None,
                token=self._shown.get((channel, address), {}).get(text) if kind == "press" else None,
                group=step.group,
                thread=step.thread,
            )

    def _file(self, step: Step) -> str | None:
        if not step.file:
            return None
        beside = self.script.folder / step.file
        return str(beside) if beside.is_file() else step.file

    def _filled(self, text: str) -> str:
        for name, number in self.saved.items():
            text = text.replace(f"${{{name}}}", number)
        return text

    async def _line(self, number: int, step: Step, reached: list[Reached]) -> dict[str, Any]:
        tickets = await self._tickets()
        created = [ticket for ticket in tickets if ticket not in self._known]
        self._known |= set(created)
        if step.save and created:
            self.saved[step.save] = created[0]
        return {
            "script": self.script.id,
            "turn": number,
            "at": self._iso(step.at),
            "sent": [self._sent(message) for message in reached],
            "asked": list(dict.fromkeys(slot for message in reached for slot in message.say.asks)),
            "created": created,
            "tickets": tickets,
        }

    def _sent(self, message: Reached) -> dict[str, Any]:
        self._shown[message.channel, message.who] = {b.label: b.token for b in message.say.buttons if b.token}
        say = message.say
        row: dict[str, Any] = {
            "to": message.who
            if message.group
            else self.world.addresses.get((message.channel, message.who), message.who),
            "via": message.channel,
            "kind": say.purpose,
            "at": self._iso(message.at),
            "text": message.text,
        }
        optional = {
            "buttons": list(message.buttons),
            "files": list(message.files),
            "also": list(say.also),
            "offers": list(say.offers),
            "mentions": [self.world.addresses.get((message.channel, who), who) for who in say.mentions],
            "thread": message.thread,
        }
        return row | {name: value for name, value in optional.items() if value}

    async def _tickets(self) -> dict[str, dict[str, Any]]:
        def read(turn: Turn) -> dict[str, dict[str, Any]]:
            tickets = turn.rows(Ticket, _tickets)
            numbers = {ticket.id: ticket.number for ticket in tickets}
            return {ticket.number: self._shown_ticket(turn, ticket, numbers) for ticket in tickets}

        return await self.rehearsal.desk.act(read)

    def _shown_ticket(self, turn: Turn, ticket: Ticket, numbers: dict[int, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "number": ticket.number,
            "status": ticket.status,
            "priority": ticket.priority,
            "customer": self._person(ticket.customer_id, ticket.room),
            "engineer": self.world.key_of(ticket.engineer_id),
            "channel": ticket.channel,
            "preferred_time": self._period(ticket.preferred_start, ticket.preferred_end),
            "appointment": self._period(ticket.appointment_start, ticket.appointment_end),
            "attachments": ticket.attachments,
            "rating_requested": ticket.rating_requested,
            "urge_count": ticket.urge_count,
            "escalated": bool(episodes_of(turn, ticket)),
            "acked": ticket.acked_at is not None,
            "linked_to": numbers.get(ticket.linked_to or 0),
            "parts": [
                {"code": part.code, "qty": part.qty, "eta": self._iso(part.eta)[:10] if part.eta else None}
                for part in parts_of(turn, ticket)
            ],
        }
        for name in (
            "device",
            "device_model",
            "serial_no",
            "fault_symptom",
            "error_code",
            "part_code",
            "delivery_constraint",
        ):
            value = getattr(ticket, name)
            fields[name] = value.split("、") if value and "、" in value else value
        for name in ("address", "phone", "description", "emotion", "summary", "rating", "thread"):
            fields[name] = getattr(ticket, name)
        for name in ("created_at", "assigned_at", "first_response_at", "done_at", "closed_at"):
            at = getattr(ticket, name)
            fields[name] = self._iso(at) if at else None
        return fields

    def _person(self, person_id: int, room: str) -> str | None:
        known = self.world.key_of(person_id)
        if known is None:
            place = Room.of(room)
            known = self.world.addresses.get((place.channel, place.id))
        return known

    def _period(self, start: Micros | None, end: Micros | None) -> list[str] | None:
        return [self._iso(start), self._iso(end or start)] if start else None

    def _iso(self, at: Micros) -> str:
        when = local(at, self.script.zone).replace(tzinfo=None)
        return when.isoformat(timespec="seconds" if when.microsecond == 0 else "milliseconds")


def _readable(script: Script, lines: list[dict[str, Any]]) -> str:
    return "".join(readable(line, script) for line in lines)


def _json(script: Script, lines: list[dict[str, Any]]) -> str:
    return "".join(orjson.dumps(line).decode() + "\n" for line in lines)


def readable(line: dict[str, Any], script: Script) -> str:
    """A turn as people read a conversation."""
    step = script.steps[line["turn"]]
    out = [f"\n{line['at']}"]
    if step.sender:
        said = step.msg or (step.msg_repeat or {}).get("text") or f"[{step.type} {step.file or ''}]"
        out.append(f"  {_name(script, step.sender)} ({step.channel or ''}): {said}")
    for message in line["sent"]:
        out.append(f"      → {_name(script, message['to'])} ({message['via']}, {message['kind']}) {message['at'][11:]}")
        out += [f"        {part}" for part in message["text"].splitlines()]
        out += [f"        [{label}]" for label in message.get("buttons", ())]
    out += [f"      + {number}" for number in line["created"]]
    return "\n".join(out) + "\n"


def _name(script: Script, key: str) -> str:
    return (script.people.get(key) or {}).get("name") or key
