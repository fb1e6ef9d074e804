"""All policies of the house in one value. `config` parses settings into it; nobody else makes one up."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from core.clocks.policy import ServiceLevel
from core.conversations.policy import ConversationPolicy
from core.tickets.policy import TicketPolicy
from core.words import MINUTE, Micros


@dataclass(frozen=True)
class Policies:
    """What is promised, and within what bounds. `link_code`: how long a one-time code is valid."""

    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    entity: str = "main"
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    conversation: ConversationPolicy = field(default_factory=ConversationPolicy)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    link_code: Micros = 30 * MINUTE
