"""All policies of the house in one value. `config` parses settings into it; nobody else makes one up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from core.clocks.calendar import Calendar
from core.clocks.policy import ServiceLevel
from core.conversations.policy import ConversationPolicy
from core.dispatch.policy import DispatchPolicy
from core.escalation.policy import EscalationPolicy
from core.forms.definition import Form
from core.people.policy import ReachingPolicy
from core.privacy.policy import PrivacyPolicy
from core.reports.policy import ReportPolicy
from core.rosters.policy import RosterPolicy
from core.rules.rule import Rule
from core.satisfaction.policy import SatisfactionPolicy
from core.tickets.policy import SilencePolicy, TicketPolicy
from core.words import HOUR, MINUTE, Micros


@dataclass(frozen=True)
class Policies:
    """What is promised, and within what bounds. The calendar keeps the time of `zone`.

    `link_code`: how long a one-time code is valid, `pass_lasts`: a link to a page, `customer_pass_lasts`: one for a
    customer. `guest_lasts`: how long a relative may ask whom a customer has let in.
    `rules` are tried in order, and so are `forms`: a ticket has the first that fits."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    entity: str = "main"
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    silence: SilencePolicy = field(default_factory=SilencePolicy)
    conversation: ConversationPolicy = field(default_factory=ConversationPolicy)
    service_level: ServiceLevel = field(default_factory=ServiceLevel)
    calendar: Calendar = field(default_factory=Calendar)
    dispatch: DispatchPolicy = field(default_factory=DispatchPolicy)
    reaching: ReachingPolicy = field(default_factory=ReachingPolicy)
    escalation: EscalationPolicy = field(default_factory=EscalationPolicy)
    rosters: RosterPolicy = field(default_factory=RosterPolicy)
    satisfaction: SatisfactionPolicy = field(default_factory=SatisfactionPolicy)
    privacy: PrivacyPolicy = field(default_factory=PrivacyPolicy)
    reports: ReportPolicy = field(default_factory=ReportPolicy)
    rules: tuple[Rule, ...] = ()
    forms: tuple[Form, ...] = ()
    link_code: Micros = 30 * MINUTE
    pass_lasts: Micros = 30 * MINUTE
    customer_pass_lasts: Micros = 72 * HOUR
    guest_lasts: Micros = 24 * HOUR

    def __post_init__(self) -> None:
        if self.calendar.zone != self.zone:
            object.__setattr__(self, "calendar", replace(self.calendar, zone=self.zone))
