"""What the staff ask to see: one ticket, their own list, the board, what is late, who is on duty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.clocks.lateness import late_by, what_is_late
from core.conversations.saying import answer
from core.people.duty import fallback_owner, in_role
from core.people.model import Role
from core.store.outgoing import post
from core.tickets.board import BOARD
from core.tickets.describing import card, what, who
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Priority, Status, Ticket
from core.tickets.queries import how_many, made_and_done_since, open_of_engineer, unaccepted
from core.wording import local
from core.words import HOUR, MINUTE, Micros, Room
from dialogue.heard import Heard
from dialogue.staff.on_call import rosters_told
from dialogue.staff.staying import stayed_in_short
from dialogue.understanding.words import Order

COLUMNS = (Status.UNASSIGNED, Status.ACCEPTED, Status.ON_SITE, Status.WAITING_PART, Status.ON_HOLD, Status.DONE)
"""States that the board in chat counts."""


def show(heard: Heard, ticket: Ticket, order: Order) -> str:
    """One ticket as a card, as far as the reader may see it."""
    must_be_entitled(heard.person, "read", ticket)
    say = card(heard.turn, ticket, heard.person, "ticket_card", ticket.number)
    reason = heard.turn.house.why(heard.turn, ticket, heard.lang)
    if reason:
        say = replace(say, facts=(*say.facts, (heard.say("staff.card.why"), reason)))
    post(heard.turn, Room.of(heard.talk.room), say, person_id=heard.person.id)
    return f"showed {ticket.number}"


def my_open(heard: Heard) -> str:
    """His open tickets, the most urgent first."""
    words, lang = heard.turn.house.wording, heard.lang
    lines = [
        words.text(
            lang,
            "staff.my_line",
            number=ticket.number,
            priority=ticket.priority,
            status=words.name(lang, "status", ticket.status),
            what=what(words, ticket, lang),
        )
        for ticket in open_of_engineer(heard.turn, heard.person)
    ]
    _say_list(heard, "my_list", "staff.my_list", lines, "staff.my_none")
    return "listed his own"


def board(heard: Heard) -> str:
    """How many tickets are in each state, and what today brought."""
    counts = how_many(heard.turn, heard.person.entity)
    words, lang, zone = heard.turn.house.wording, heard.lang, heard.turn.house.zone
    shown = "、".join(
        words.text(lang, "staff.board_count", status=words.name(lang, "status", status), count=counts.get(status, 0))
        for status in COLUMNS
    )
    midnight = local(heard.turn.now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    made, done = made_and_done_since(heard.turn, heard.person.entity, int(midnight.timestamp()) * 1_000_000)
    lines = [words.text(lang, "staff.board", counts=shown), words.text(lang, "staff.board_today", made=made, done=done)]
    if stayed := stayed_in_short(heard):
        lines.append(stayed)
    if urgent := unaccepted(heard.turn, heard.person.entity):
        lines += [words.text(lang, "staff.open_list"), *(_line(heard, ticket) for ticket in urgent[:10])]
    pages = heard.turn.house.pages
    link = pages.link(heard.turn, heard.person, BOARD) if pages else None
    answer(heard.turn, heard.talk, "board", "\n".join(lines), link=link)
    return "showed the board"


def overdue(heard: Heard) -> str:
    """What is late, nearly late, or urgent and not taken."""
    lines = []
    for ticket in what_is_late(heard.turn, heard.person.entity):
        lines.append(_line(heard, ticket, _lateness(heard, ticket)))
    _say_list(heard, "overdue_list", "staff.overdue", lines, "staff.overdue_none")
    return "listed what is late"


def on_call(heard: Heard) -> str:
    """Who is on duty, by the rosters, else by flags."""
    if rosters_told(heard):
        return "told who is on duty by the rosters"
    words, lang = heard.turn.house.wording, heard.lang
    people = [p for role in Role for p in in_role(heard.turn, heard.person.entity, role) if p.on_duty and p.is_staff]
    fallback = fallback_owner(heard.turn, heard.person.entity)
    lines = [words.text(lang, "staff.on_call_line", role=words.name(lang, "role", p.role), name=p.name) for p in people]
    _say_list(
        heard, "on_call_list", "staff.on_call", lines, "staff.on_call_none", name=fallback.name if fallback else ""
    )
    return "told who is on duty"


def _lateness(heard: Heard, ticket: Ticket) -> str:
    late = late_by(heard.turn, ticket)
    if late < 0 and ticket.priority == Priority.P0 and ticket.status == Status.UNASSIGNED:
        return heard.say("staff.not_taken")
    if late < 0:
        return heard.say("staff.soon", time=_span(heard, -late))
    return heard.say("staff.late", time=_span(heard, late))


def _span(heard: Heard, span: Micros) -> str:
    if span >= HOUR:
        return heard.say("staff.hours", hours=span // HOUR)
    return heard.say("staff.minutes", minutes=max(1, span // MINUTE))


def _line(heard: Heard, ticket: Ticket, late: str = "") -> str:
    words, lang = heard.turn.house.wording, heard.lang
    return words.text(
        lang,
        "staff.overdue_line",
        number=ticket.number,
        priority=ticket.priority,
        status=words.name(lang, "status", ticket.status),
        what=what(words, ticket, lang),
        name=who(heard.turn, ticket),
        late=late,
    )


def _say_list(heard: Heard, purpose: str, title: str, lines: Iterable[str], none: str, **facts: object) -> None:
    lines = list(lines)
    text = "\n".join([heard.say(title), *lines]) if lines else heard.say(none, **facts)
    answer(heard.turn, heard.talk, purpose, text)
