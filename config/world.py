"""Sets a script's world up on a rehearsal desk: its people with their chats, and the tickets that already exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from config.phones import ACCOUNTS, number_at
from config.rehearsal import Rehearsal
from config.script import Script
from config.stage import Stage
from core.parts.model import PartRequest, PartState
from core.people.linking import bind
from core.people.model import Person, Role
from core.store.turn import Cause, Turn
from core.tickets.completing import CLOSE_TIMER
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.tickets.queries import digits_of
from core.tickets.recording import record
from core.words import HOUR, Inbound, Room, Who

TEXT_FIELDS = ("device", "device_model", "serial_no", "fault_symptom", "error_code", "part_code", "address", "phone", "description",
               "emotion", "summary", "thread")  # fmt: skip

INSTANTS = ("first_response_at", "done_at", "closed_at")
COUNTS = ("rating", "urge_count", "attachments")
UNNAMED_PART = "?"
"""Code of a part that a script leaves open."""


@dataclass
class World:
    """Who is who: keys of the script, ids of the desk, addresses on the platforms."""

    script: Script
    rehearsal: Rehearsal
    ids: dict[str, int] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    addresses: dict[tuple[str, str], str] = field(default_factory=dict)

    async def set_up(self) -> None:
        """People and tickets as they stand when the first turn begins."""
        if self.rehearsal.stage is not None:
            self._introduce(self.rehearsal.stage)
        await self.rehearsal.desk.act(self._people, Cause("setup:people"))
        for number, row in enumerate(self.script.tickets):
            await self.rehearsal.desk.act(
                lambda turn, row=row: self._ticket(turn, row), Cause(f"setup:ticket:{number}")
            )
        await self.rehearsal.runner.settle()
        self.rehearsal.reached()

    def key_of(self, person_id: int | None) -> str | None:
        """The script's key of a person; one whom the desk met in the script is found by his address."""
        return self.keys.get(person_id) if person_id is not None else None

    def account(self, channel: str) -> str:
        """The account of ours that people speak to on a channel."""
        return self.rehearsal.account(channel)

    def address(self, key: str, channel: str) -> str:
        """Where a person is on a channel: his number is enough for a telephone."""
        row = self.script.people[key]
        named = (row.get("channels") or {}).get(channel)
        if channel in ACCOUNTS:
            return number_at(str(named or row.get("phone") or key))
        return self.rehearsal.address(channel, str(named or key))

    def _introduce(self, stage: Stage) -> None:
        """People and groups as the platforms know them."""
        for key, row in self.script.people.items():
            for channel in row.get("channels") or {}:
                if channel in stage.stands:
                    stage.introduce(channel, self.address(key, channel), row.get("name"))
        for name, row in self.script.groups.items():
            if row["channel"] in stage.stands:
                members = [self.address(member, row["channel"]) for member in row.get("members") or ()]
                stage.gather(row["channel"], name, members)

    def _people(self, turn: Turn) -> None:
        for key, row in self.script.people.items():
            for channel in row.get("channels") or {}:
                self.addresses[channel, self.address(key, channel)] = key
            for channel in ACCOUNTS if row.get("phone") else ():
                self.addresses.setdefault((channel, self.address(key, channel)), key)
            if row.get("known", True) is not False:
                self._person(turn, key, row)
        for key, row in self.script.people.items():
            superior = self.ids.get(row.get("reports_to") or "")
            if superior and key in self.ids:
                person = turn.get(Person, self.ids[key])
                assert person is not None
                person.reports_to = superior

    def _person(self, turn: Turn, key: str, row: dict[str, Any]) -> None:
        on_call = {
            name for named in self.script.on_call.values() for name in ([named] if isinstance(named, str) else named)
        }
        person = turn.add(
            Person(
                id=turn.new_id(),
                entity=turn.house.policies.entity,
                role=Role(row.get("role", "customer")),
                name=row.get("name"),
                aliases=row.get("aliases") or [],
                phone=row.get("phone"),
                level=row.get("level"),
                lang="en" if (row.get("name") or "").isascii() and row.get("name") else "zh",
                on_duty=key in on_call,
            )
        )
        self.ids[key], self.keys[person.id] = person.id, key
        for channel in reversed(list(row.get("channels") or {})):
            address = self.address(key, channel)
            room = Room(channel, self.account(channel), address)
            bind(turn, person, Inbound(f"setup:{room}", turn.now, Who(address), room, "enter"), proof="setup")

    def _ticket(self, turn: Turn, row: dict[str, Any]) -> None:
        script, customer_key = self.script, row["customer"]
        customer = turn.get(Person, self.ids[customer_key])
        assert customer is not None
        created = script.instant(row["created_at"]) if "created_at" in row else None
        assigned = script.instant(row["assigned_at"]) if "assigned_at" in row else None
        created = created or assigned or script.steps[0].at - HOUR
        channels = script.people[customer_key].get("channels") or {}
        channel = row.get("channel") or next(iter(channels))
        address = self.address(customer_key, channel)
        status = Status(row.get("status", "unassigned"))
        engineer = self.ids.get(row.get("engineer") or "")
        ticket = turn.add(
            Ticket(
                id=turn.new_id(),
                entity=customer.entity,
                number=row["number"],
                status=status,
                priority=Priority(row.get("priority", "P2")),
                customer_id=customer.id,
                engineer_id=engineer,
                owner_id=engineer if status != Status.UNASSIGNED else None,
                channel=channel,
                room=str(Room(channel, self.account(channel), address)),
                created_at=created,
                updated_at=created,
                assigned_at=assigned or (created if engineer else None),
                arrived_at=created if status == Status.ON_SITE else None,
                announced=row.get("priority", "P2"),
                **{name: row[name] for name in (*TEXT_FIELDS, *COUNTS) if row.get(name)},
                **self._times(row),
            )
        )
        ticket.phone = ticket.phone or customer.phone
        self._number_after(turn, ticket)
        self._parts(turn, ticket, row)
        if status == Status.DONE:
            ticket.done_at, ticket.rating_requested = ticket.done_at or created, True
            closes = ticket.done_at + turn.house.policies.tickets.closing
            turn.remind(CLOSE_TIMER, ticket.stream, closes, episode="0", data={"ticket": ticket.id})
        facts = {"created": created, "priority": ticket.priority, "status": ticket.status, "until": ticket.hold_until}
        facts |= {"responded": ticket.first_response_at}
        record(turn, Happened.REPORTED, ticket, customer, number=ticket.number, imported=True, **facts)
        if channel == "wecom_kf":
            self.rehearsal.wecom.remember(address, customer.name or "", created)

    def _parts(self, turn: Turn, ticket: Ticket, row: dict[str, Any]) -> None:
        """What the ticket waits for: a ticket that waits for a part has at least one."""
        unnamed = [{"code": ticket.part_code or UNNAMED_PART}] if ticket.status == Status.WAITING_PART else []
        for part in row.get("parts") or unnamed:
            eta = self.script.instant(f"{part['eta']}T12:00:00") if part.get("eta") else None
            turn.add(
                PartRequest(
                    id=turn.new_id(),
                    entity=ticket.entity,
                    ticket_id=ticket.id,
                    code=part["code"],
                    qty=int(part.get("qty", 1)),
                    state=PartState.DATED if eta else PartState.REQUESTED,
                    requested_by=ticket.engineer_id or ticket.customer_id,
                    requested_at=ticket.created_at,
                    eta=eta,
                )
            )

    def _times(self, row: dict[str, Any]) -> dict[str, Any]:
        times = {name: self.script.instant(row[name]) for name in INSTANTS if row.get(name)}
        for name, field_name in (("appointment", "appointment"), ("preferred_time", "preferred")):
            if row.get(name):
                start, end = row[name]
                times |= {
                    f"{field_name}_start": self.script.instant(start),
                    f"{field_name}_end": self.script.instant(end),
                }
        return times

    def _number_after(self, turn: Turn, ticket: Ticket) -> None:
        """New tickets get numbers after those that exist."""
        number = int(digits_of(ticket.number))
        name, first = f"ticket:{ticket.entity}", turn.house.policies.tickets.first_number
        while turn.next_number(name, first) < number:
            pass
