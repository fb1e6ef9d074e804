"""All policies of the house in one value. `config` parses settings into it; nobody else makes one up."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from core.clocks.business_time import BusinessHours
from core.clocks.policy import ServiceLevel
from core.conversations.policy import ConversationPolicy
from core.dispatch.policy import DispatchPolicy
from core.rules.rule import Rule
from core.tickets.policy import TicketPolicy
from core.words import MINUTE, Micros


@dataclass(frozen=True)
class Policies:
    """What is promised, and within what bounds. `link_code`: how long a one-time code is valid, `pass_lasts`: a link to a page.
    `rules` are tried in order."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    entity: str = "main"
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    conversation: ConversationPolicy = field(default_factory=ConversationPolicy)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    business_hours: BusinessHours = field(default_factory=BusinessHours)
    dispatch: DispatchPolicy = field(default_factory=DispatchPolicy)
    rules: tuple[Rule, ...] = ()
    link_code: Micros = 30 * MINUTE
    pass_lasts: Micros = 30 * MINUTE
