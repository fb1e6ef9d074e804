"""修好了吗? 单号多少? 谁在管? Answered at once, from rows that the asker may see."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import answer, ask_which, left_to_say
from core.people.letting_in import hosts_of
from core.people.model import Person
from core.tickets.describing import customer_link_of, progress_line, what
from core.tickets.merging import merged_into, tickets_told_of
from core.tickets.model import Status, Ticket
from core.tickets.progress import Asked, Fact, as_file, photos_to_show, progress
from core.tickets.queries import by_number, full_number, tickets_of_customer
from core.tickets.sameness import other_device
from core.tickets.urging import urge
from core.words import Room
from dialogue.customer.inquiring import inquired
from dialogue.heard import Heard
from dialogue.proving import may_claim
from dialogue.quoting import quoted
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import says, sort_of

ABOUT = "about:"
"""Token of a choice: what he wants is about this ticket (about:INTENT:TICKET)."""
MOST_CHOICES = 8
AFTER_PICTURES = 2
"""Messages that the platform must still take besides pictures: the answer itself, and whatever is to be said after it."""


def tell(heard: Heard, meant: Understanding) -> str:
    """Where his ticket stands; asks which one if several may be meant."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = asked_about(heard, meant)
    inquired(heard, meant, tickets)
    if not tickets:
        return has_none(heard)
    if len(tickets) > 1 and says(heard.text, "all_of_them"):
        return show_all(heard, tickets)
    return show(heard, tickets[0]) if len(tickets) == 1 else ask_which_one(heard, tickets, "ask_progress")


def asked_of_parts(heard: Heard, meant: Understanding) -> str | None:
    """新件序列号多少? He asks about replaced parts of a ticket; None if he does not, or has none."""
    if not says(heard.text, "asks_of_parts") or not asked_about(heard, meant):
        return None
    return tell(heard, replace(meant, intent="ask_progress"))


def urged(heard: Heard, meant: Understanding) -> str:
    """He pushes: asks which one if several may be meant."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = [ticket for ticket in asked_about(heard, meant) if ticket.is_open]
    if not tickets:
        return tell(heard, meant)
    return push(heard, tickets[0]) if len(tickets) == 1 else ask_which_one(heard, tickets, "urge")


def tell_number(heard: Heard, meant: Understanding) -> str:
    """The number of his ticket, or his list."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = asked_about(heard, meant)
    inquired(heard, meant, tickets)
    if not tickets:
        return has_none(heard)
    if len(tickets) > 1:
        lines = [heard.say("customer.own_list"), *(_line(heard, ticket) for ticket in tickets)]
        answer(heard.turn, heard.talk, "own_list", "\n".join(lines), also=("ticket_no",))
        return "listed his own"
    [ticket] = tickets
    heard.talk.last_ticket = ticket.id
    heard.answer("ticket_no", "customer.ticket_no", number=ticket.number, what=named(heard, ticket))
    return "told number"


def show(heard: Heard, ticket: Ticket, said: str | None = None) -> str:
    """One ticket's progress: what he asks first, the link to its page, then the photos of the old part and the new one (S99).
    `said` are the words with which he asked, if they are not those of this message."""
    asked = _asked(heard, ticket)
    first = Fact(sort_of(heard.text if said is None else said, "progress_first") or Fact.STAGE)
    _answer(heard, asked, _told(heard, asked, first))
    return f"progress {ticket.number}"


def show_all(heard: Heard, tickets: list[Ticket]) -> str:
    """都到哪了: a line for each."""
    lines = [progress_line(heard.turn, ticket, heard.lang) for ticket in tickets[:MOST_CHOICES]]
    answer(heard.turn, heard.talk, "progress", "\n".join(lines))
    return "progress of all"


def push(heard: Heard, ticket: Ticket) -> str:
    """Counted, whoever has the ticket hears so, and he hears where it stands; a relative only hears that."""
    if not _is_concerned(heard, ticket):
        return show(heard, ticket)
    urge(heard.turn, ticket, heard.person)
    asked = _asked(heard, ticket)
    _answer(heard, asked, heard.say("customer.urged", state=_told(heard, asked, Fact.STAGE)))
    return f"urged {ticket.number}"


def _asked(heard: Heard, ticket: Ticket) -> Asked:
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    return Asked(heard.turn, ticket, heard.lang, concerned=_is_concerned(heard, ticket))


def _told(heard: Heard, asked: Asked, first: Fact) -> str:
    """All of it; where each word is paid for, one line."""
    if heard.message.room.channel in heard.turn.house.accounts:
        return progress_line(heard.turn, asked.ticket, asked.lang)
    return progress(asked, first)


def _answer(heard: Heard, asked: Asked, text: str) -> None:
    """The answer with the link to his page; then, to him whose ticket it is and in no group, the newest photos: they bear where
    they were taken. The last message that the platform lets the desk send is not spent on one."""
    turn, room = heard.turn, Room.of(heard.talk.room)
    own = asked.ticket.customer_id == heard.person.id
    most, limit = left_to_say(turn, room) - AFTER_PICTURES, turn.house.cans[room.channel].file
    shown = photos_to_show(turn, asked.ticket) if own and not room.group else []
    files = [(side, file) for side, photo in shown if (file := as_file(asked, side, photo)).size <= limit]
    files = files[: max(most, 0)]
    if files:
        pictures = "customer.progress.pictures"
        text = f"{text}\n{asked.say(pictures if len(files) > 1 else f'customer.progress.picture_{files[0][0]}')}"
    link = customer_link_of(turn, asked.ticket, heard.person) if asked.concerned and not room.group else None
    answer(turn, heard.talk, "progress", text, link=link)
    for _, file in files:
        answer(turn, heard.talk, "progress", "", file=file)


def ask_which_one(heard: Heard, tickets: list[Ticket], intent: str) -> str:
    """Several tickets may be meant: he chooses, and what he wants is kept until he has chosen."""
    tickets = sorted(tickets, key=lambda ticket: ticket.id)[:MOST_CHOICES]
    heard.talk.question = {"slot": "which", "text": heard.text, "ticket": 0, "at": heard.turn.now}
    labels = [heard.say("customer.progress.choice", number=t.number, what=named(heard, t)) for t in tickets]
    choices = [(label, f"{ABOUT}{intent}:{ticket.id}") for label, ticket in zip(labels, tickets, strict=True)]
    text = heard.say("customer.which", intent=heard.say(f"customer.intent.{intent}"))
    ask_which(heard.turn, heard.talk, "ask_choice", text, choices)
    return "asked which"


def has_none(heard: Heard) -> str:
    """There is nothing open that he could mean."""
    heard.answer("progress", "customer.progress.none")
    return "no ticket"


def not_his(heard: Heard) -> str:
    """A choice that names a ticket of somebody else, or none."""
    heard.answer("cannot_find", "customer.cannot_find_any")
    return "not his"


def number_not_his(heard: Heard, meant: Understanding) -> str | None:
    """He named a number: if it is not his, he hears the same words whether it exists or not."""
    digits = meant.first("ticket_no")
    if digits is None or _numbered(heard, str(digits)) is not None:
        return None
    said = [heard.say("customer.cannot_find", number=full_number(heard.turn, str(digits)))]
    if may_claim(heard.turn) and not heard.message.room.group:
        said.append(heard.say("guest.hint"))
    answer(heard.turn, heard.talk, "cannot_find", "\n".join(said))
    return "cannot find"


def asked_about(heard: Heard, meant: Understanding) -> list[Ticket]:
    """The tickets that a question may be about: the one named, that of the message answered, those of the device named, those
    that live."""
    digits = meant.first("ticket_no")
    if digits is not None:
        ticket = _numbered(heard, str(digits))
        return [ticket] if ticket else []
    if (answered := quoted(heard)) is not None:
        return [merged_into(heard.turn, answered) or answered]
    turn, person = heard.turn, heard.person
    known = [*tickets_of_customer(turn, person), *tickets_told_of(turn, person), *_let_see(heard)]
    live = [ticket for ticket in known if ticket.is_open or ticket.status == Status.DONE]
    device = (meant.slots.get("device") or [None])[0]
    of_device = [ticket for ticket in live if device and ticket.device and not other_device(ticket.device, device)]
    live = of_device or live
    open_ones = [ticket for ticket in live if ticket.is_open] or live
    return sorted(open_ones, key=lambda ticket: ticket.id)


def may_ask_about(heard: Heard, ticket: Ticket | None) -> bool:
    """Whether it is his ticket, one of whose fault he told too, or one of a customer who lets him ask."""
    if ticket is None:
        return False
    return _is_concerned(heard, ticket) or any(seen.id == ticket.id for seen in _let_see(heard))


def may_be_shown(ticket: Ticket) -> bool:
    """Whether a relative may hear of it: it is open, or done and not closed yet."""
    return ticket.is_open or ticket.status == Status.DONE


def _is_concerned(heard: Heard, ticket: Ticket) -> bool:
    if ticket.customer_id == heard.person.id:
        return True
    return any(told.id == ticket.id for told in tickets_told_of(heard.turn, heard.person))


def _let_see(heard: Heard) -> list[Ticket]:
    """The open tickets of customers who let him ask here (S18)."""
    hosts = [heard.turn.get(Person, row.customer_id) for row in hosts_of(heard.turn, heard.person, heard.message.room)]
    tickets = [one for host in hosts if host is not None for one in tickets_of_customer(heard.turn, host)]
    return [ticket for ticket in tickets if may_be_shown(ticket)]


def named(heard: Heard, ticket: Ticket) -> str:
    """What the ticket is about, in his language."""
    return what(heard.turn.house.wording, ticket, heard.lang)


def _numbered(heard: Heard, digits: str) -> Ticket | None:
    """His ticket with these digits, or the one in which it is handled since they were merged."""
    ticket = by_number(heard.turn, heard.person.entity, full_number(heard.turn, digits))
    if ticket is None or not may_ask_about(heard, ticket):
        return None
    return merged_into(heard.turn, ticket) or ticket


def _line(heard: Heard, ticket: Ticket) -> str:
    status = heard.turn.house.wording.name(heard.lang, "status", ticket.status)
    return heard.say("customer.own_line", number=ticket.number, what=named(heard, ticket), status=status)
