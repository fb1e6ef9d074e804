"""The values that understanding hands to the rest of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Decision = Literal["accept", "clarify", "reject"]
Ranking = tuple[tuple[str, float], ...]

INTENTS = (
    "report_fault", "ask_progress", "urge", "ask_ticket_no", "supplement_info", "change_appointment", "cancel_ticket",
    "confirm", "deny", "rate_service", "complain", "human_handoff", "ask_price", "return_exchange", "greet", "thanks",
    "goodbye", "ask_faq", "out_of_scope",
)  # fmt: skip
"""Everything that a customer can want of the desk."""

ACTIONS = (
    "accept", "ack_only", "arrive", "note", "need_part", "part_eta", "part_arrived", "complete", "transfer", "escalate",
    "set_priority", "hold", "resume", "reschedule", "merge", "quote", "query", "list_my_open", "board", "overdue",
    "on_call", "urge_engineer", "release", "undo", "none",
)  # fmt: skip
"""Everything that a member of staff can ask of the desk."""

LIST_SLOTS = (
    "device", "device_model", "fault_symptom", "error_code", "part_code", "serial_no", "phone", "address",
    "delivery_constraint",
)  # fmt: skip
"""Slots that hold a list of strings; left out when nothing was said."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Something exact in a text: `raw` is `text[start:end]` (code points), `value` what it means."""

    entity: str
    start: int
    end: int
    value: Any
    raw: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a customer means. `slots` as in the contract; `ranking` best first; `engine` made the ranking."""

    text: str
    intent: str
    confidence: float
    ranking: Ranking
    decision: Decision
    entities: tuple[Entity, ...]
    slots: dict[str, Any]
    engine: str

    def first(self, entity: str) -> Any:
        """The value of the first entity of that name, or None."""
        return next((found.value for found in self.entities if found.entity == entity), None)


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Which ticket was meant. `form`: number, last, customer, multi, serial, phone or None; `id` digits without prefix."""

    form: str | None = None
    id: str | list[str] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a member of staff wants done. `also` holds what the same message asks for besides, in order."""

    text: str
    action: str
    ticket: TicketRef
    args: dict[str, Any]
    confidence: float
    also: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the desk knows of the speaker: ticket just spoken of, his open tickets, customers by name → number."""

    last_ticket: str | None = None
    my_open: tuple[str, ...] = ()
    customers: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Ranks the intents of a text, best first; confidences add up to 1."""

    name: str

    def rank(self, text: str) -> Ranking: ...
