"""Every ticket has one timer: the next promise about it that may be broken. It is set anew by whatever happens to the ticket."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.clocks.keeping import idle_target
from core.conversations.saying import tell
from core.escalation.alerts import alerts_of
from core.escalation.episodes import begin, end, episodes_of, open_episodes, put_on_record
from core.escalation.idling import list_idle
from core.escalation.model import Episode, EpisodeState
from core.escalation.policy import Promise
from core.escalation.promises import Due, Facts, promises
from core.escalation.targets import holder_of
from core.escalation.telling import said
from core.parts.requesting import waiting_parts
from core.people.model import Person
from core.store.model import Event, Timer, TimerState
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.tickets.recording import ticket_in
from core.words import Micros

WATCH_TIMER = "escalation.watch"
"""The next promise about a ticket."""
RED = (Promise.FUSE, Promise.RESOLUTION, Promise.RESPONSE, Promise.STUCK, Promise.SILENT)
"""Promises that put a ticket on red when they are broken (S12, S21, S87)."""

_timer = Timer.table.c
_waiting = select(Timer.table).where(
    _timer.subject == bindparam("subject"), _timer.kind == WATCH_TIMER, _timer.state == TimerState.WAITING
)


def watch(turn: Turn, event: Event) -> None:
    """Something happened to a ticket: what is promised about it now, and which alarms have become pointless."""
    ticket = ticket_in(turn, event)
    if _note_urgency(ticket, event) and event.kind != Happened.REPORTED and ticket.status != Status.UNASSIGNED:
        _tell_who_has_it(turn, begin(turn, ticket, Due(Promise.ALARM, str(event.at), turn.now), set()), ticket)
    found = promised(turn, ticket)
    _stand_red(turn, ticket, found)
    _end_pointless(turn, ticket, event, found)
    rearm(turn, ticket, found, begun_before=bool(event.data.get("imported")))


def alarm(turn: Turn, event: Event) -> None:
    """A P0 was announced: the first alarm (S10), also when a ticket has become one."""
    ticket = ticket_in(turn, event)
    if ticket.priority == Priority.P0:
        begin(turn, ticket, Due(Promise.ALARM, str(event.at), turn.now), set())


def promised(turn: Turn, ticket: Ticket) -> list[Due]:
    """All that is promised about the ticket now."""
    house = turn.house.policies
    return promises(ticket, _facts(turn, ticket), house.escalation, house.calendar)


def rearm(turn: Turn, ticket: Ticket, found: list[Due] | None = None, *, begun_before: bool = False) -> None:
    """Set the ticket's timer to the next promise that was not yet found broken. `begun_before`: what was broken before the desk
    knew of the ticket raises no alarm now."""
    found = promised(turn, ticket) if found is None else found
    if any(due.at <= turn.now for due in found):
        known = _known(turn, ticket)
        if begun_before:
            for due in found:
                if due.at <= turn.now and (due.promise, due.key) not in known:
                    put_on_record(turn, ticket, due, "before")
            found = [due for due in found if due.at > turn.now]
        found = [due for due in found if (due.promise, due.key) not in known]
    _set_timer(turn, ticket, min((due.at for due in found), default=None))


def look(turn: Turn, timer: Timer) -> None:
    """A promise may be broken: whatever is, raises its alarm, once. Who hears of several hears the weightiest."""
    ticket = turn.get(Ticket, timer.data["ticket"], lock=True)
    if ticket is None:
        return
    found = promised(turn, ticket)
    _stand_red(turn, ticket, found)
    known = _known(turn, ticket)
    told = _alerted(turn, ticket)
    for due in found:
        if due.at > turn.now or (due.promise, due.key) in known:
            continue
        if due.promise == Promise.IDLE:
            list_idle(turn, ticket, due)
        elif due.promise == Promise.FUSE and _fuse_is_on(turn, ticket):
            put_on_record(turn, ticket, due, "before")
        else:
            begin(turn, ticket, due, told)
    rearm(turn, ticket, found)


# ---- what is known


def _facts(turn: Turn, ticket: Ticket) -> Facts:
    customer = turn.get(Person, ticket.customer_id) if turn.house.policies.escalation.levels else None
    acked_at, level = _last_acknowledgement(turn, ticket)
    idle = idle_target(turn, ticket)
    return Facts(customer.level if customer else None, named_date(turn, ticket), acked_at, level, idle)


def named_date(turn: Turn, ticket: Ticket) -> Micros | None:
    """The date (ETA) that was named for what the ticket waits for: the visit, the parts, the end of a hold."""
    if ticket.status == Status.ON_HOLD:
        return ticket.hold_until
    if ticket.status == Status.WAITING_PART:
        dates = [part.eta for part in waiting_parts(turn, ticket)]
        return max((date for date in dates if date), default=None) if all(dates) else None
    if ticket.status in (Status.UNASSIGNED, Status.ACCEPTED):
        return ticket.appointment_start
    return None


def _last_acknowledgement(turn: Turn, ticket: Ticket) -> tuple[Micros | None, int]:
    """When a fuse of this P0 was acknowledged last, and at which level that was."""
    if ticket.priority != Priority.P0 or ticket.acked_at is None:
        return None, 0
    acked = [
        episode
        for episode in episodes_of(turn, ticket)
        if episode.promise == Promise.FUSE and episode.state == EpisodeState.ACKNOWLEDGED
    ]
    return (acked[-1].ended_at, acked[-1].level) if acked else (None, 0)


def _known(turn: Turn, ticket: Ticket) -> set[tuple[str, str]]:
    return {(episode.promise, episode.key) for episode in episodes_of(turn, ticket)}


def _fuse_is_on(turn: Turn, ticket: Ticket) -> bool:
    return any(episode.promise == Promise.FUSE for episode in open_episodes(turn, ticket))


def _alerted(turn: Turn, ticket: Ticket) -> set[int]:
    """Who has been alerted in alarms that still run: those are not told of lesser things besides."""
    found = [alert for episode in open_episodes(turn, ticket) if episode.promise == Promise.FUSE
             for alert in alerts_of(turn, episode)]  # fmt: skip
    return {alert.person_id for alert in found if alert.person_id is not None}


# ---- what changes


def _note_urgency(ticket: Ticket, event: Event) -> bool:
    """Whether it has become a P0 now."""
    was_urgent = ticket.urgent_at is not None
    if ticket.priority != Priority.P0:
        ticket.urgent_at = None
    elif not was_urgent:
        ticket.urgent_at = ticket.created_at if event.kind == Happened.REPORTED else event.at
    return ticket.urgent_at is not None and not was_urgent


def _tell_who_has_it(turn: Turn, episode: Episode, ticket: Ticket) -> None:
    """A ticket that somebody works on has become a P0: nobody announces it, so he hears of it here."""
    holder = holder_of(turn, ticket)
    if holder is not None:
        tell(turn, holder, said(turn, episode, ticket, "chat", holder), subject=ticket.stream, urgent=True)


def _stand_red(turn: Turn, ticket: Ticket, found: list[Due]) -> None:
    """The ticket stands red for the weightiest promise that is broken now."""
    broken = {due.promise for due in found if due.at <= turn.now}
    ticket.red = next((str(promise) for promise in RED if promise in broken), None)


def _end_pointless(turn: Turn, ticket: Ticket, event: Event, found: list[Due]) -> None:
    """An alarm ends when what it is about is no longer so: work was done, somebody accepted, the ticket is over."""
    broken = {(due.promise, due.key) for due in found if due.at <= turn.now}
    for episode in open_episodes(turn, ticket):
        over = (episode.promise, episode.key) not in broken
        if episode.promise == Promise.ALARM:
            taken = max(ticket.last_action_at or 0, ticket.assigned_at or 0) >= episode.started_at
            over = not ticket.is_open or ticket.priority != Priority.P0 or taken
        if over:
            end(turn, episode, str(event.kind))


def _set_timer(turn: Turn, ticket: Ticket, at: Micros | None) -> None:
    waiting = turn.first(Timer, _waiting, subject=ticket.stream)
    if waiting is not None:
        waiting.state = TimerState.WAITING if at is not None else TimerState.CANCELLED
        waiting.due_at = at if at is not None else waiting.due_at
    elif at is not None:
        turn.remind(WATCH_TIMER, ticket.stream, at, episode=str(turn.new_id()), data={"ticket": ticket.id})


WATCHED = tuple(
    kind
    for kind in Happened
    if kind
    not in (
        Happened.OPENED,
        Happened.OPENED_IDLE,
        Happened.ESCALATED,
        Happened.CALLED,
        Happened.ANNOUNCED,
        Happened.INQUIRED,
        Happened.KEPT_POSTED,
    )
)
"""Events after which promises may have changed: all but clicks and questions, and what the alarms themselves record."""
REACTIONS = {Happened.ANNOUNCED: (alarm,), **dict.fromkeys(WATCHED, (watch,))}
"""Event → what must follow in the same turn."""
TIMERS = {WATCH_TIMER: look}
"""Kind of timer → what happens when it is due."""
