"""Parts by chat: the engineer needs one, purchasing names a date, the part is here."""

from __future__ import annotations

from datetime import date, datetime, time

from core.parts import requesting
from core.tickets.model import Ticket
from core.tickets.queries import digits_of
from core.words import SECOND
from dialogue.heard import Heard
from dialogue.understanding.words import Order


def need_part(heard: Heard, ticket: Ticket, order: Order) -> str:
    """换件."""
    parts = [(str(part["code"]), int(part.get("qty") or 1)) for part in order.args.get("parts") or ()]
    if not parts:
        heard.answer("error_hint", "staff.ask_part", number=digits_of(ticket.number))
        return "asked which part"
    requesting.need_part(heard.turn, ticket, heard.person, parts)
    named = "、".join(f"{code}×{qty}" for code, qty in parts)
    heard.answer("action_done", "staff.done_need_part", number=ticket.number, parts=named)
    return f"part for {ticket.number}"


def part_eta(heard: Heard, ticket: Ticket, order: Order) -> str:
    """定到货日期."""
    day = order.args.get("date")
    if not day:
        heard.answer("error_hint", "staff.ask_eta", number=digits_of(ticket.number))
        return "asked for the date"
    zone, words = heard.turn.house.zone, heard.turn.house.wording
    noon = datetime.combine(date.fromisoformat(str(day)[:10]), time(12), zone)
    eta = int(noon.timestamp()) * SECOND
    requesting.date_part(heard.turn, ticket, heard.person, eta, order.args.get("code"))
    when = words.day(heard.lang, eta, heard.turn.now, zone)
    heard.answer("action_done", "staff.done_eta", number=ticket.number, when=when)
    return f"date for {ticket.number}"


def part_arrived(heard: Heard, ticket: Ticket, order: Order) -> str:
    """到货."""
    requesting.part_arrived(heard.turn, ticket, heard.person, order.args.get("code"))
    heard.answer("action_done", "staff.done_part_arrived", number=ticket.number)
    return f"part here for {ticket.number}"
