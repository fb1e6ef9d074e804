"""The settings as the core's policies: units become microseconds, nothing is decided here."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from config.channels import PLUGS
from config.forms import forms_of
from config.holidays import public_holidays, with_exceptions, years_with
from config.packs import rules_of
from config.settings import WEEKDAYS, Settings
from core.clocks.calendar import Calendar
from core.conversations.policy import ConversationPolicy
from core.dispatch.policy import DispatchPolicy
from core.people.policy import ReachingPolicy
from core.policies import Policies
from core.rosters.policy import RosterPolicy
from core.satisfaction.policy import SatisfactionPolicy
from core.tickets.policy import TicketPolicy
from core.words import DAY, HOUR, MINUTE, SECOND


def policies(settings: Settings) -> Policies:
    """What this desk promises, and within what bounds."""
    talk = settings.conversation
    return Policies(
        zone=ZoneInfo(settings.timezone),
        entity=settings.entity,
        tickets=TicketPolicy(
            number_format=settings.ticket_number_format,
            summary_min=settings.summary_min_chars,
            closing=settings.closing_after_h * HOUR,
            open_watch=settings.open_watch_min * MINUTE,
            stayed=settings.stayed_after_h * HOUR,
            effective_inquiry=settings.effective_inquiry_h * HOUR,
        ),
        silence=settings.silence.policy(),
        conversation=ConversationPolicy(
            burst_quiet=round(talk.burst_quiet_s * SECOND),
            burst_window=round(talk.burst_window_s * SECOND),
            draft=talk.draft_minutes * MINUTE,
            voice_notice=round(settings.voice.notice_s * SECOND),
            voice_wait=round(settings.voice.wait_s * SECOND),
            voice_correction=settings.voice.correction_min * MINUTE,
            form_questions=talk.form_questions,
        ),
        service_level=settings.service_level.policy(),
        calendar=calendar(settings),
        dispatch=DispatchPolicy(
            offer=settings.dispatch.offer_min * MINUTE,
            offer_p0=settings.dispatch.offer_p0_min * MINUTE,
        ),
        reaching=reaching(settings),
        escalation=settings.escalation.policy(),
        rosters=RosterPolicy(
            hole_ahead=settings.rosters.hole_ahead_h * HOUR,
            hole_again=settings.rosters.hole_again_h * HOUR,
        ),
        satisfaction=SatisfactionPolicy(
            low=settings.satisfaction.low_stars,
            first_time=settings.satisfaction.first_time_days * DAY,
            surveys=settings.satisfaction.surveys,
        ),
        privacy=settings.privacy.policy(ZoneInfo(settings.timezone), guarded(settings)),
        reports=settings.report.policy(),
        rules=rules_of(settings.pack),
        forms=forms_of(settings.pack),
        link_code=settings.one_time_code_minutes * MINUTE,
        guest_lasts=settings.guest_hours * HOUR,
    )


def guarded(settings: Settings) -> frozenset[str]:
    """The channels in use to which no personal data may go: kept abroad, and not allowed by `privacy.abroad`."""
    outside = {name for name, plug in PLUGS.items() if plug.abroad} | set(settings.privacy.stored_abroad)
    in_use = {name for name, given in settings.channels if given.enabled}
    return frozenset((outside & in_use) - set(settings.privacy.abroad))


def reaching(settings: Settings) -> ReachingPolicy:
    """How often numbers are used, and when customers are left in peace; what is simulated costs nothing."""
    quiet, used = settings.quiet_hours, {"sms": settings.carriers.sms, "voice": settings.carriers.voice}
    free = {name for name, provider in used.items() if provider == "desk"}
    return settings.limits.policy((quiet.start, quiet.end), free)


def calendar(settings: Settings) -> Calendar:
    """When the house is open."""
    hours, zone = settings.working_hours, ZoneInfo(settings.timezone)
    week = tuple(hours.shifts if day in hours.days else () for day in WEEKDAYS)
    days, years = public_holidays(hours.holidays, week)
    known = years_with(years, hours.closed_days)
    return Calendar(week, with_exceptions(days, hours.closed_days, hours.open_days, week), known, zone)
