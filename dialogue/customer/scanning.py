"""A customer comes in by a code: he need not say what it names, and sees what he reported before of it (S67, S104)."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import answer
from core.people.linking import bind
from core.scans.codes import Code
from core.scans.history import history_lines, tickets_of_device
from core.tickets.model import Ticket
from core.tickets.own import device_with, my_link
from core.tickets.own_page import maintenance_of
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import Told
from dialogue.customer.listing import MOST
from dialogue.heard import Heard
from dialogue.scanning import customer_of, device_called, device_known, opened, scanned


def entered(heard: Heard) -> str | None:
    """He scanned a code of ours; None if he came in by any other way."""
    code = opened(heard)
    if code is None:
        return None
    heard.talk.last_ticket = None
    return {"device": _device, "customer": _customer, "team": _team}[code.kind](heard, code)


def completed(heard: Heard, told: Told) -> Told:
    """What he tells of a fault, with what the code that he scanned tells besides. Where it stands is taken from his own
    tickets only: others may have had the same device elsewhere."""
    code = scanned(heard)
    if code is None:
        return told
    if code.kind == "team":
        return replace(told, team=code.target)
    known = device_known(heard, code.target) if code.kind == "device" else {}
    own = [ticket for ticket in tickets_of_customer(heard.turn, heard.person) if ticket.address]
    here = [ticket for ticket in own if code.kind == "customer" or _is_of(ticket, code.target)]
    address = here[0].address if here else heard.person.address if code.kind == "customer" else None
    return replace(told, fields={**known, **({"address": address} if address else {}), **told.fields})


def may_be_of(heard: Heard, ticket: Ticket) -> bool:
    """Whether what he says now may be about this ticket: not if he has just scanned another device."""
    code = scanned(heard)
    return code is None or code.kind != "device" or _is_of(ticket, code.target)


def _device(heard: Heard, code: Code) -> str:
    turn, person = heard.turn, heard.person
    tickets = tickets_of_device(turn, person.entity, code.target)
    own = [ticket for ticket in tickets if ticket.customer_id == person.id]
    still = next((ticket for ticket in reversed(own) if ticket.is_open), None)
    if still is not None:
        heard.talk.last_ticket, heard.talk.spoken_at = still.id, turn.now
    text = heard.say("scan.device", device=device_called(device_known(heard, code.target)))
    his = device_with(turn, person, code.target)
    told = [text, *_life(heard, own), *([maintenance_of(turn, his, heard.lang)] if his and his.maintenance_at else [])]
    link = my_link(turn, person, his) if his and not heard.message.room.group else None
    answer(turn, heard.talk, "smalltalk", "\n".join(told), link=link)
    return "scanned a device"


def _life(heard: Heard, own: list[Ticket]) -> list[str]:
    """His tickets of the device, the oldest first; of many the last ones, the page has all."""
    lines = history_lines(heard.turn, own, heard.person, heard.lang)
    if not lines:
        return []
    left = [heard.say("own.more", count=len(lines) - MOST)] if len(lines) > MOST else []
    return [heard.say("scan.device_history"), *lines[-MOST:], *left]


def _customer(heard: Heard, code: Code) -> str:
    """His own code. Whoever has reported nothing yet is from now on the one whom it names."""
    named = customer_of(heard.turn, heard.person.entity, code)
    if named is None or (named.id != heard.person.id and tickets_of_customer(heard.turn, heard.person)):
        heard.talk.scan = None
        heard.answer("smalltalk", "customer.greet")
        return "scanned another's code"
    if named.id != heard.person.id:
        bind(heard.turn, named, heard.message, proof="code")
        heard.talk.person_id = named.id
    key = "scan.customer" if named.name else "scan.customer_unnamed"
    heard.answer("smalltalk", key, **({"name": named.name} if named.name else {}))
    return "scanned his own code"


def _team(heard: Heard, code: Code) -> str:
    heard.answer("smalltalk", "scan.team", team=code.target)
    return "scanned a team"


def _is_of(ticket: Ticket, serial: str) -> bool:
    return serial.casefold() in (ticket.serial_no or "").casefold().split("、")
