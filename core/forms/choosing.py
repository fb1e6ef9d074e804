"""Which form is a ticket's: the one it has begun, else the first that fits it as it stands."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.forms.definition import Fits, Form
from core.forms.model import FormFilling
from core.people.model import Person
from core.rules.applying import team_for
from core.rules.containing import holds
from core.rules.rule import Case
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import local

_filling = select(FormFilling.table).where(FormFilling.table.c.ticket_id == bindparam("ticket_id"))


def filling_of(turn: Turn, ticket: Ticket) -> FormFilling | None:
    """How far its form has come; None if nothing of it was asked or answered yet."""
    return turn.first(FormFilling, _filling, ticket_id=ticket.id) if turn.house.policies.forms else None


def form_of(turn: Turn, ticket: Ticket) -> Form | None:
    """The form of a ticket. One that was begun stays, unless its pack no longer has it."""
    forms = turn.house.policies.forms
    if not forms:
        return None
    begun = filling_of(turn, ticket)
    known = form_called(turn, begun.form) if begun else None
    return known or next((form for form in forms if _fits(turn, ticket, form.fits)), None)


def form_called(turn: Turn, name: str) -> Form | None:
    """The form with this id."""
    return next((form for form in turn.house.policies.forms if form.id == name), None)


def fits_words(fits: Fits, text: str) -> bool:
    """Whether words alone, of a ticket that is told by a table, are of such a case."""
    groups = (fits.when.words, fits.lines, fits.devices, fits.faults)
    return all(_any(text, words) for words in groups if words)


def _fits(turn: Turn, ticket: Ticket, fits: Fits) -> bool:
    customer = turn.get(Person, ticket.customer_id)
    place = (
        ticket.description,
        ticket.device,
        ticket.address,
        *((customer.department, customer.company) if customer else ()),
    )
    device = (ticket.description, ticket.device, ticket.device_model, ticket.serial_no)
    fault = (ticket.description, ticket.fault_symptom, ticket.error_code)
    case = Case(
        channel=ticket.channel,
        text=_joined(*place, *device[1:], *fault[1:]),
        clock=local(ticket.created_at, turn.house.zone).time(),
        priority=ticket.priority,
        level=customer.level if customer else None,
    )
    return (
        fits.when.holds(case)
        and (not fits.lines or _any(_joined(*place), fits.lines))
        and (not fits.devices or _any(_joined(*device), fits.devices))
        and (not fits.faults or _any(_joined(*fault), fits.faults))
        and (not fits.teams or _of_team(turn, ticket, customer, fits.teams))
    )


def _of_team(turn: Turn, ticket: Ticket, customer: Person | None, teams: tuple[str, ...]) -> bool:
    rule = team_for(turn, ticket)
    own = customer.department if customer else None
    return _any(_joined(own, rule.then.team if rule else None), teams)


def _joined(*said: str | None) -> str:
    return "\n".join(part for part in said if part)


def _any(text: str, words: tuple[str, ...]) -> bool:
    return any(holds(text, word) for word in words)
