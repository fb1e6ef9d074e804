"""Somebody comes in by a code (扫码): what it names is known from then on (S52, S58, S67, S104)."""

from __future__ import annotations

from core.people.linking import bind
from core.people.model import Person, Role
from core.scans.codes import Code, looks_like_token
from core.scans.history import tickets_of_device
from core.store.turn import Turn
from core.words import DAY, Inbound
from dialogue.heard import Heard

LASTS = DAY
"""How long the desk takes what somebody reports to be about what he scanned."""


def opened(heard: Heard) -> Code | None:
    """The code by which he came in, remembered until he reports. One that was forged or altered is none, and on record."""
    turn, text = heard.turn, heard.message.text.strip()
    if turn.house.codes is None or not looks_like_token(text):
        return None
    code = turn.house.codes.read(heard.person.entity, text)
    data = {"channel": heard.message.room.channel, "kind": code.kind if code else None}
    turn.record(
        "code.scanned" if code else "code.refused",
        entity=heard.person.entity,
        stream=f"person:{heard.person.id}",
        by=heard.person.id,
        data=data,
        private={"target": code.target if code else text},
    )
    heard.talk.scan = {"kind": code.kind, "target": code.target, "at": turn.now} if code else None
    return code


def scanned(heard: Heard) -> Code | None:
    """The code that he scanned lately and has reported nothing of yet."""
    found = heard.talk.scan
    return Code(found["kind"], found["target"]) if found and heard.turn.now - found["at"] <= LASTS else None


def device_known(heard: Heard, serial: str) -> dict[str, str]:
    """What is known of a device by its serial number: what it is, and its model."""
    known = {"serial_no": serial}
    for ticket in tickets_of_device(heard.turn, heard.person.entity, serial):
        known |= {name: value for name in ("device", "device_model") if (value := getattr(ticket, name))}
    return known


def device_called(known: dict[str, str]) -> str:
    """How a device is named in a sentence."""
    return " ".join(filter(None, (known.get("device"), known.get("device_model"), f"SN {known['serial_no']}")))


def customer_of(turn: Turn, entity: str, code: Code) -> Person | None:
    """The customer whom a code names."""
    person = turn.get(Person, int(code.target)) if code.kind == "customer" and code.target.isdecimal() else None
    known = person is not None and person.role == Role.CUSTOMER and person.active and person.entity == entity
    return person if known else None


def customer_by_code(turn: Turn, message: Inbound) -> Person | None:
    """The customer whose own code a stranger scanned, which proves who he is; from now on known by this chat (S67)."""
    entity, codes = turn.house.policies.entity, turn.house.codes
    if message.kind != "enter" or message.room.group or codes is None:
        return None
    code = codes.read(entity, message.text.strip())
    person = customer_of(turn, entity, code) if code else None
    if person is not None:
        bind(turn, person, message, proof="code")
    return person
