"""Rules are applied: the team for a ticket, a priority that must not be lower, a word that always makes a ticket."""

from __future__ import annotations

from core.house import House
from core.people.model import Person
from core.rules.containing import holds
from core.rules.rule import Case, Rule
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record, ticket_in
from core.wording import local

BY_RULE = "rule"
RAISED = frozenset({"derived", BY_RULE})
"""Where a priority comes from that a rule may raise: what the desk concluded itself."""


def keyword_hit(house: House, text: str) -> str | None:
    """The word in the text that always makes a ticket (异响, 漏油 …), however unsure the understanding is (S81)."""
    words = (word for rule in house.policies.rules if rule.then.ticket for word in rule.when.words)
    return next((word for word in words if holds(text, word)), None)


def team_for(turn: Turn, ticket: Ticket) -> Rule | None:
    """The first rule that names a team for the ticket (来自公众号 → 夜班组, S58)."""
    return next((rule for rule in _applying(turn, ticket) if rule.then.team), None)


def raise_priority(turn: Turn, event: Event) -> None:
    """A ticket is at least as urgent as the rules ask; what a person decided stays."""
    ticket = ticket_in(turn, event)
    if ticket.priority_from not in RAISED:
        return
    asked = [(rule.then.priority, rule.name) for rule in _applying(turn, ticket) if rule.then.priority]
    highest, name = min(asked, default=(ticket.priority, ""))
    if highest < ticket.priority:
        before, ticket.priority, ticket.priority_from = ticket.priority, highest, BY_RULE
        record(turn, Happened.PRIORITY_SET, ticket, None, before=before, priority=highest, rule=name)


def _applying(turn: Turn, ticket: Ticket) -> list[Rule]:
    rules = turn.house.policies.rules
    case = _case(turn, ticket) if rules else None
    return [rule for rule in rules if case is not None and rule.when.holds(case)]


def _case(turn: Turn, ticket: Ticket) -> Case:
    customer = turn.get(Person, ticket.customer_id)
    said = (ticket.description, ticket.device, ticket.fault_symptom, ticket.error_code)
    return Case(
        channel=ticket.channel,
        text="\n".join(part for part in said if part),
        clock=local(ticket.created_at, turn.house.zone).time(),
        priority=ticket.priority,
        level=customer.level if customer else None,
    )


REACTIONS = {Happened.REPORTED: (raise_priority,), Happened.SUPPLEMENTED: (raise_priority,)}
"""Event → what must follow in the same turn, before anybody is told of the ticket."""
