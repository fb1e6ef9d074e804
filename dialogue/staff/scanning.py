"""A member of the staff scans a code, or asks for a device by its serial number: its whole life, and a repair begins (S52, S104)."""

from __future__ import annotations

import re
from typing import cast

from core.conversations.saying import answer, ask_which
from core.people.linking import direct_room
from core.people.model import Person
from core.scans.history import history_lines, tickets_of_device
from core.tickets.accepting import accept
from core.tickets.announcing import announce
from core.tickets.entitled import MAY
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import Told, report
from core.words import Room
from dialogue.heard import Heard
from dialogue.scanning import customer_of, device_called, device_known, opened, scanned

REPAIR = "repair"
"""Token of the button: make a ticket for the device that I scanned."""

_ASKED = re.compile(
    r"(?:\bS/?N|序列号|机身号|机号|serial(?:\s+n(?:o\.?|umber))?)\s*[:：#]?\s*(?P<serial>[A-Za-z0-9][A-Za-z0-9./_-]{2,})\s*的?\s*"
    r"(?:全部|所有|历史|维修|服务|工单)*(?:记录|历史|履历|档案|history|records?|tickets)"
    r"|(?:history|records?|tickets)\s+(?:of|for)\s+(?:S/?N|serial(?:\s+n(?:o\.?|umber))?)\s*[:#]?\s*(?P<named>[A-Za-z0-9][A-Za-z0-9./_-]{2,})",
    re.IGNORECASE,
)


def entered(heard: Heard) -> str | None:
    """He scanned a code; None if he came in by any other way."""
    code = opened(heard)
    if code is None or code.kind == "team":
        return None
    if code.kind == "device":
        return _show(heard, code.target)
    customer = customer_of(heard.turn, heard.person.entity, code)
    tickets = list(reversed(tickets_of_customer(heard.turn, customer))) if customer else []
    lines = history_lines(heard.turn, tickets, heard.person, heard.lang)
    title = heard.say("scan.of_customer", name=(customer.name if customer else None) or "")
    answer(heard.turn, heard.talk, "device_history", "\n".join([title, *lines]))
    return "showed a customer's tickets"


def history_asked(heard: Heard) -> str | None:
    """SN 12345 的记录: every ticket of the device; None if he asks for something else."""
    found = _ASKED.search(heard.text)
    return _show(heard, found["serial"] or found["named"]) if found else None


def repair(heard: Heard, token: str) -> str:
    """扫码启动维修: a ticket for the device that he scanned, which he has at once if he may. Raises Refused."""
    code, turn = scanned(heard), heard.turn
    if code is None or code.kind != "device":
        heard.answer("error_hint", "scan.scan_gone")
        return "nothing scanned"
    tickets = tickets_of_device(turn, heard.person.entity, code.target)
    if any(ticket.is_open for ticket in tickets):
        return _show(heard, code.target)
    customer = cast(Person, turn.get(Person, tickets[-1].customer_id)) if tickets else heard.person
    known = device_known(heard, code.target) | ({"address": tickets[-1].address} if tickets else {})
    ticket = report(turn, customer, direct_room(turn, customer) or Room.of(heard.talk.room), Told(fields=known))
    heard.talk.scan, heard.talk.last_ticket = None, ticket.id
    mine = heard.person.role in MAY["accept"]
    if mine:
        accept(turn, ticket, heard.person)
    else:
        announce(turn, ticket)
    key = "scan.repair_started" if mine else "scan.repair_reported"
    heard.answer("action_done", key, number=ticket.number, device=device_called(device_known(heard, code.target)))
    return f"made {ticket.number}"


def _show(heard: Heard, serial: str) -> str:
    """The device's tickets, the oldest first, as far as he may see them; where none is open, a repair can begin."""
    turn, person = heard.turn, heard.person
    tickets = tickets_of_device(turn, person.entity, serial)
    lines = history_lines(turn, tickets, person, heard.lang)
    device = device_called(device_known(heard, serial))
    text = "\n".join([heard.say("scan.history" if lines else "scan.history_none", device=device), *lines])
    free = not any(ticket.is_open for ticket in tickets)
    if free and scanned(heard) and not heard.message.room.group:
        ask_which(turn, heard.talk, "device_history", text, [(heard.say("scan.repair"), REPAIR)])
    else:
        answer(turn, heard.talk, "device_history", text)
    return f"showed {len(lines)} tickets of a device"
