"""What people hear because something happened to a ticket, before they ask. Never a colleague's words or number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.conversations.saying import tell
from core.conversations.texting import brief
from core.parts.requesting import waiting_parts
from core.people.duty import fallback_owner, in_role
from core.people.model import Person, Role
from core.people.phones import without_numbers
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets import maintaining
from core.tickets.announcing import announce_p0_at_once
from core.tickets.describing import card, what, who
from core.tickets.duplicates import propose_merging
from core.tickets.events import Happened
from core.tickets.merging import reporters_of
from core.tickets.model import Ticket
from core.tickets.recording import ticket_in
from core.words import Button, Say

STARS = ("1", "2", "3", "4", "5")
"""Ratings offered on completion, in the order in which a typed number chooses them."""

MUTABLE = frozenset({"engineer_assigned", "engineer_arrived", maintaining.PURPOSE})
"""Kinds of notices that a customer may do without."""

# ---- to the customer, and to everybody else who told of the same fault


def tell_who_comes(turn: Turn, event: Event) -> None:
    """Who has his ticket, and when he comes if that is known (S98)."""
    ticket = ticket_in(turn, event)
    words, zone = turn.house.wording, turn.house.zone
    for person in concerned(turn, ticket):
        if ticket.appointment_start and ticket.appointment_start > turn.now:
            when = words.period(person.lang, ticket.appointment_start, ticket.appointment_end, turn.now, zone)
            following = words.text(person.lang, "customer.engineer_assigned_time", when=when)
            comes = brief(turn, person.lang, ticket.appointment_start)
        else:
            following = words.text(person.lang, "customer.engineer_assigned_next")
            comes = words.text(person.lang, "sms.soon")
        params = {"engineer": who(turn, ticket), "time": comes}
        key = "customer.engineer_assigned"
        _say(turn, ticket, person, "engineer_assigned", key, params=params, next=following)


def tell_he_is_there(turn: Turn, event: Event) -> None:
    """The engineer has arrived."""
    ticket = ticket_in(turn, event)
    for person in concerned(turn, ticket):
        _say(turn, ticket, person, "engineer_arrived", "customer.engineer_arrived")


def tell_it_waits_for_parts(turn: Turn, event: Event) -> None:
    """What it waits for, and until when once that is known (S16)."""
    ticket = ticket_in(turn, event)
    waiting = waiting_parts(turn, ticket) if event.data.get("parts", True) else []
    dates = [request.eta for request in waiting if request.eta]
    for person in concerned(turn, ticket) if waiting else ():
        if len(dates) == len(waiting):
            when = turn.house.wording.day(person.lang, max(dates), turn.now, turn.house.zone)
            _say(turn, ticket, person, "progress", "customer.part_dated", quiet=True, when=when)
        else:
            _say(turn, ticket, person, "progress", "customer.part_needed", quiet=True)


def tell_it_is_held(turn: Turn, event: Event) -> None:
    """Why work stops, and when it goes on."""
    ticket = ticket_in(turn, event)
    reason = without_numbers(words_of(turn, event).get("reason", ""))
    words, zone = turn.house.wording, turn.house.zone
    for person in concerned(turn, ticket):
        until = ""
        if ticket.hold_until:
            when = words.moment(person.lang, ticket.hold_until, turn.now, zone)
            until = words.text(person.lang, "customer.held_until", when=when)
        _say(turn, ticket, person, "progress", "customer.held", quiet=True, reason=reason, until=until)


def tell_new_time(turn: Turn, event: Event) -> None:
    """The time of the visit was set or moved: whoever did not do it hears so (S98)."""
    ticket = ticket_in(turn, event)
    words, zone = turn.house.wording, turn.house.zone
    start, end = event.data["start"], event.data["end"]
    also = ("correction",) if event.data.get("before") else ()
    for person in concerned(turn, ticket):
        if person.id != event.by:
            when = words.period(person.lang, start, end, turn.now, zone)
            comes, name = brief(turn, person.lang, start), who(turn, ticket)
            state = words.text(person.lang, "sms.moved", time=comes, name=name)
            params = {"state": state, "engineer": name, "time": comes}
            _say(turn, ticket, person, "progress", "customer.appointed", also=also, params=params, when=when)
    for engineer in _workers(turn, ticket):
        if engineer.id != event.by:
            when = words.period(engineer.lang, start, end, turn.now, zone)
            _say(turn, ticket, engineer, "rescheduled", "staff.rescheduled", when=when)


def tell_it_is_done(turn: Turn, event: Event) -> None:
    """The work is done: with which parts and when, when the next maintenance is due, what to say if it is not; and how good was
    it (S66)."""
    ticket = ticket_in(turn, event)
    ticket.rating_requested = True
    words, zone = turn.house.wording, turn.house.zone
    parts = "、".join(f"{code}×{qty}" if qty else code for code, qty in event.data["parts"])
    for person in concerned(turn, ticket):
        lang, lines = (
            person.lang,
            ["customer.done", "customer.done_parts", "customer.done_maintenance", "customer.done_ask"],
        )
        facts = {
            "number": ticket.number,
            "what": what(words, ticket, lang),
            "name": who(turn, ticket),
            "parts": parts,
            "replaced": words.moment(lang, event.at, turn.now, zone),
            "maintenance": words.day(lang, event.data["maintenance"], turn.now, zone),
        }
        text = "\n".join(words.text(lang, key, **facts) for key in lines if parts or key != "customer.done_parts")
        rates = person.id == ticket.customer_id
        labels = [(words.text(lang, f"customer.stars.{star}"), f"rate:{ticket.id}:{star}") for star in STARS if rates]
        buttons = tuple(Button(label, token) for label, token in labels)
        also = ("rating_request",) if rates else ()
        say = Say("done", text, also=also, buttons=buttons, params=(("number", ticket.number),))
        tell(turn, person, say, subject=ticket.stream)


def tell_price(turn: Turn, event: Event) -> None:
    """What it costs."""
    ticket = ticket_in(turn, event)
    for person in concerned(turn, ticket)[:1]:
        _say(turn, ticket, person, "price_answer", "customer.quoted", amount=event.data["amount"])


def tell_it_is_cancelled(turn: Turn, event: Event) -> None:
    """Everybody concerned hears that nobody needs to come."""
    ticket = ticket_in(turn, event)
    for person in [*concerned(turn, ticket), *_workers(turn, ticket)]:
        if person.id != event.by:
            side = "staff" if person.is_staff else "customer"
            _say(turn, ticket, person, "cancelled", f"{side}.cancelled")


def tell_they_are_merged(turn: Turn, event: Event) -> None:
    """Whoever told of the other ticket hears where it is handled now."""
    if "into" not in event.data:
        return
    ticket, into = ticket_in(turn, event), turn.get(Ticket, event.data["into"])
    customer = turn.get(Person, ticket.customer_id)
    if customer and into:
        _say(turn, into, customer, "dup_linked", "customer.merged", old=ticket.number)


# ---- to the staff


def tell_the_taker(turn: Turn, event: Event) -> None:
    """A ticket was given to somebody: he hears it with a card, and can say yes or no."""
    ticket = ticket_in(turn, event)
    taker, giver = turn.get(Person, event.data["to"]), turn.get(Person, event.by) if event.by else None
    if taker is None:
        return
    words, lang = turn.house.wording, taker.lang
    title = words.text(lang, "staff.given", number=ticket.number, name=giver.name if giver else "")
    buttons = (
        Button(words.name(lang, "verb", "accept"), f"accept:{ticket.number}"),
        Button(words.name(lang, "verb", "refuse"), f"refuse:{ticket.number}"),
    )
    say = card(turn, ticket, taker, "assigned", title)
    tell(turn, taker, replace(say, buttons=buttons), subject=ticket.stream)


def tell_the_giver(turn: Turn, event: Event) -> None:
    """Whoever handed a ticket over hears that it was taken, or that it was not."""
    ticket = ticket_in(turn, event)
    handed = turn.house.wording
    if event.kind == Happened.TRANSFER_REFUSED:
        giver = turn.get(Person, event.data["back_to"]) if event.data.get("back_to") else None
        refuser = turn.get(Person, event.by) if event.by else None
        if giver and refuser:
            text = handed.text(giver.lang, "staff.transfer_refused", number=ticket.number, name=refuser.name)
            tell(turn, giver, Say("assigned", text), subject=ticket.stream)
        return
    before = turn.before(ticket) or {}
    giver = turn.get(Person, before["owner_id"]) if before.get("owner_id") else None
    if giver and giver.id != ticket.owner_id:
        _say(turn, ticket, giver, "unassigned", "staff.taken_over")


def tell_purchasing(turn: Turn, event: Event) -> None:
    """Purchasing hears which part is needed, and never whose number it is for (S18, S19)."""
    ticket = ticket_in(turn, event)
    parts = "、".join(f"{code}×{qty}" for code, qty in event.data["parts"])
    for buyer in _role(turn, ticket, Role.PROCUREMENT) if parts else ():
        _say(turn, ticket, buyer, "part_request", "staff.part_request", parts=parts)


def tell_purchasing_to_stop(turn: Turn, event: Event) -> None:
    """Purchasing hears that a part is not waited for any more (S19)."""
    ticket = ticket_in(turn, event)
    codes = "、".join(event.data["codes"])
    for buyer in _role(turn, ticket, Role.PROCUREMENT):
        _say(turn, ticket, buyer, "cancelled", "staff.part_withdrawn", parts=codes)


def tell_engineer_of_part(turn: Turn, event: Event) -> None:
    """The engineer hears when his part comes, and that it is here."""
    ticket, engineer = ticket_in(turn, event), _engineer(turn, ticket_in(turn, event))
    if engineer is None or engineer.id == event.by:
        return
    codes = "、".join(event.data["codes"])
    if event.kind == Happened.PART_DATED:
        when = turn.house.wording.day(engineer.lang, event.data["eta"], turn.now, turn.house.zone)
        _say(turn, ticket, engineer, "part_eta", "staff.part_eta", codes=codes, when=when)
    else:
        _say(turn, ticket, engineer, "part_arrived", "staff.part_arrived", codes=codes)


def tell_engineer_reopened(turn: Turn, event: Event) -> None:
    """The engineer hears that it was not fixed."""
    ticket = ticket_in(turn, event)
    engineer = _engineer(turn, ticket)
    if engineer and engineer.id != event.by:
        _say(turn, ticket, engineer, "reopened", "staff.reopened", words=words_of(turn, event).get("words", ""))


def tell_engineer_urged(turn: Turn, event: Event) -> None:
    """The customer, or a manager, pushes: whoever has the ticket hears it."""
    ticket = ticket_in(turn, event)
    person = _engineer(turn, ticket) or fallback_owner(turn, ticket.entity)
    if person and person.id != event.by:
        _say(turn, ticket, person, "urged", "staff.urged", count=str(ticket.urge_count))


def tell_superior_to_support(turn: Turn, event: Event) -> None:
    """His superior hears that he asks for support, in his own words."""
    ticket, by = ticket_in(turn, event), turn.get(Person, event.by) if event.by else None
    superior = turn.get(Person, event.data["of"])
    if superior is None or by is None:
        return
    words, lang = turn.house.wording, superior.lang
    facts = {"name": by.name or "", "number": ticket.number, "what": what(words, ticket, lang)}
    text = words.text(lang, "staff.escalated", **facts, words=words_of(turn, event).get("words", ""))
    tell(turn, superior, Say("escalation", text), subject=ticket.stream, urgent=True)


def tell_superior_of_handovers(turn: Turn, event: Event) -> None:
    """Handed over too often: the superior of whoever answers for it hears so (S61)."""
    ticket = ticket_in(turn, event)
    most = turn.house.policies.tickets.most_handovers
    if ticket.handovers != most + 1:
        return
    owner = turn.get(Person, ticket.owner_id) if ticket.owner_id else None
    superior = turn.get(Person, owner.reports_to) if owner and owner.reports_to else fallback_owner(turn, ticket.entity)
    if superior:
        _say(turn, ticket, superior, "stuck_warning", "staff.handed_over_often", count=str(ticket.handovers))


def tell_superior_of_low_rating(turn: Turn, event: Event) -> None:
    """A bad verdict is for a manager to see (S53, S97)."""
    ticket = ticket_in(turn, event)
    if event.data["rating"] > turn.house.policies.satisfaction.low:
        return
    for manager in _role(turn, ticket, Role.MANAGER):
        _say(turn, ticket, manager, "angry_customer", "staff.low_rating", stars=str(event.data["rating"]))


# ---- who


def concerned(turn: Turn, ticket: Ticket) -> list[Person]:
    """The customer, and everybody else who told of the same fault (S51)."""
    ids = [ticket.customer_id, *(reporter.person_id for reporter in reporters_of(turn, ticket))]
    found = [turn.get(Person, person_id) for person_id in dict.fromkeys(ids)]
    return [person for person in found if person is not None]


def _engineer(turn: Turn, ticket: Ticket) -> Person | None:
    return turn.get(Person, ticket.engineer_id) if ticket.engineer_id else None


def _workers(turn: Turn, ticket: Ticket) -> list[Person]:
    """Who has it, and during a hand-over who may have it next."""
    found = [
        turn.get(Person, person_id) for person_id in dict.fromkeys((ticket.owner_id, ticket.engineer_id)) if person_id
    ]
    return [person for person in found if person is not None]


def _role(turn: Turn, ticket: Ticket, role: Role) -> list[Person]:
    return in_role(turn, ticket.entity, role)


def _say(
    turn: Turn,
    ticket: Ticket,
    person: Person,
    purpose: str,
    key: str,
    *,
    also: tuple[str, ...] = (),
    buttons: tuple[Button, ...] = (),
    params: Mapping[str, str] | None = None,
    quiet: bool = False,
    **facts: Any,
) -> None:
    """`params` name what an SMS would say; what is `quiet` waits for the morning, if it is for a customer."""
    if purpose in MUTABLE and purpose in person.muted:
        return
    words, lang = turn.house.wording, person.lang
    text = words.text(
        lang, key, number=ticket.number, what=what(words, ticket, lang), **{"name": who(turn, ticket), **facts}
    )
    named = (("number", ticket.number), *params.items()) if params else ()
    say = Say(purpose, text, also=also, buttons=buttons, params=named)
    tell(turn, person, say, subject=ticket.stream, quiet=quiet and not person.is_staff)


REACTIONS = {
    Happened.REPORTED: (announce_p0_at_once, propose_merging),
    Happened.SUPPLEMENTED: (announce_p0_at_once,),
    Happened.PRIORITY_SET: (announce_p0_at_once,),
    Happened.ACCEPTED: (tell_who_comes, tell_the_giver),
    Happened.ARRIVED: (tell_he_is_there,),
    Happened.TRANSFERRED: (tell_the_taker, tell_superior_of_handovers),
    Happened.TRANSFER_REFUSED: (tell_the_giver,),
    Happened.HELD: (tell_it_is_held,),
    Happened.APPOINTED: (tell_new_time,),
    Happened.PART_NEEDED: (tell_purchasing, tell_it_waits_for_parts),
    Happened.PART_DATED: (tell_it_waits_for_parts, tell_engineer_of_part),
    Happened.PART_ARRIVED: (tell_engineer_of_part,),
    Happened.PART_WITHDRAWN: (tell_purchasing_to_stop,),
    Happened.QUOTED: (tell_price,),
    Happened.COMPLETED: (tell_it_is_done,),
    Happened.REOPENED: (tell_engineer_reopened,),
    Happened.CANCELLED: (tell_it_is_cancelled,),
    Happened.MERGED: (tell_they_are_merged,),
    Happened.URGED: (tell_engineer_urged,),
    Happened.SUPPORT_ASKED: (tell_superior_to_support,),
    Happened.RATED: (tell_superior_of_low_rating,),
}
"""Event → what must follow in the same turn."""
