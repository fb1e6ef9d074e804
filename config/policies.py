"""The settings as the core's policies: units become microseconds, nothing is decided here."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from config.packs import rules_of
from config.settings import Settings
from core.clocks.policy import ServiceLevel
from core.conversations.policy import ConversationPolicy
from core.policies import Policies
from core.tickets.policy import TicketPolicy
from core.words import HOUR, MINUTE, SECOND


def policies(settings: Settings) -> Policies:
    """What this desk promises, and within what bounds."""
    talk, level = settings.conversation, settings.service_level
    return Policies(
        zone=ZoneInfo(settings.timezone),
        entity=settings.entity,
        tickets=TicketPolicy(
            number_format=settings.ticket_number_format,
            summary_min=settings.summary_min_chars,
            closing=settings.closing_after_h * HOUR,
            open_watch=settings.open_watch_min * MINUTE,
        ),
        conversation=ConversationPolicy(
            burst_quiet=round(talk.burst_quiet_s * SECOND),
            burst_window=round(talk.burst_window_s * SECOND),
            draft=talk.draft_minutes * MINUTE,
        ),
        service_level=ServiceLevel(
            p0_first_response=level.p0_first_response_min * MINUTE,
            p1_first_response=level.p1_first_response_h * HOUR,
            p2_first_response=level.p2_first_response_h * HOUR,
            p0_alert=level.p0_alert_within_s * SECOND,
        ),
        rules=rules_of(),
        link_code=settings.one_time_code_minutes * MINUTE,
    )
