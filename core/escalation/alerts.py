"""Alerting people: by every route that a step names, by the next one where a route fails; what became of each is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, select

from core.conversations.saying import mentioning, tell
from core.escalation.model import Alert, Episode, EpisodeState
from core.escalation.policy import TOGETHER, Promise, Step
from core.escalation.targets import duty_manager, groups_meant, holder_of, people_meant
from core.escalation.telling import SPOKEN, said
from core.people.leaving import is_left
from core.people.model import Person
from core.people.reaching import reach, room_on, routes_of
from core.store.model import Outbox, OutboxState
from core.store.outgoing import post, withdraw_row
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside
from core.words import CallEnd, Room, Say

PURPOSES = frozenset({"escalation", "p0_alert", "overdue", "stuck_warning"})
"""Kinds of messages that alert somebody."""
LOST = frozenset({OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.UNCLEAR, OutboxState.HELD})
"""States of a message that will not reach anybody in time."""
HOPELESS = frozenset({CallEnd.INVALID, CallEnd.UNREACHABLE, CallEnd.THROTTLED, CallEnd.FAILED, CallEnd.DECLINED})
"""Ends of a call after which the same person is not waited for."""
UNHEARD = HOPELESS | {CallEnd.BUSY, CallEnd.NO_ANSWER}
"""Ends of a call in which nobody heard anything: he is told by another route too."""
TOLD = "told"
"""Why an episode is over that had nothing more to do than to tell somebody."""

_alert = Alert.table.c
_by_message = select(Alert.table).where(_alert.outbox_id == bindparam("outbox_id")).order_by(_alert.id)
_of_episode = select(Alert.table).where(_alert.episode_id == bindparam("episode_id")).order_by(_alert.id)


def take_step(turn: Turn, episode: Episode, ticket: Ticket, step: Step, told: set[int]) -> list[int]:
    """Alert everybody whom the step means and who has not been `told` in this turn; their ids."""
    people = [person for person in people_meant(turn, ticket, step, episode.level) if person.id not in told]
    for person in people:
        for route in _routes(turn, person, step.routes, told=episode.promise == Promise.ALARM):
            _alert_by(turn, episode, ticket, person, route)
    for room in groups_meant(turn, step):
        _alert_group(turn, episode, ticket, Room.of(room))
    return [person.id for person in people]


def alerts_of(turn: Turn, episode: Episode) -> list[Alert]:
    """Everybody who was alerted in an episode, by which route, and what became of it; the first first."""
    return turn.rows(Alert, _of_episode, episode_id=episode.id)


def alerts_by(turn: Turn, row: Outbox) -> list[Alert]:
    """The alerts that a message was: several where an SMS told of several tickets."""
    return turn.rows(Alert, _by_message, outbox_id=row.id)


def settled(turn: Turn, row: Outbox) -> None:
    """A message's outcome was written down: an alert that will reach nobody goes on by the next route."""
    if row.purpose not in PURPOSES or row.state not in LOST:
        return
    for alert in alerts_by(turn, row):
        if alert.end is None:
            _ended(turn, alert, row.error or str(row.state))
            try_next_route(turn, alert)


def tell_instead(turn: Turn, row: Outbox) -> bool:
    """The group that an alert was for is gone: the manager on duty hears it. Whether there is one."""
    manager = duty_manager(turn, turn.house.policies.entity) if row.purpose in PURPOSES else None
    if manager is None:
        return False
    say = replace(Say.of(row.say), mentions=())
    return bool(tell(turn, manager, say, subject=row.subject, urgent=True))


def call_ended(turn: Turn, alert: Alert, end: str) -> bool:
    """A call is over: on record with how (S11). Whether it is hopeless to wait for this person."""
    if alert.end is not None:
        return False
    _ended(turn, alert, end)
    ticket = turn.get(Ticket, alert.ticket_id)
    if ticket is not None:
        record_aside(turn, Happened.CALLED, ticket, None, to=alert.person_id, end=end, episode=alert.episode_id)
    if end in UNHEARD:
        try_next_route(turn, alert)
    return end in HOPELESS


def withdraw(turn: Turn, episode: Episode) -> None:
    """Nobody needs to be alerted any more: what has not begun does not begin."""
    for alert in alerts_of(turn, episode):
        row = turn.get(Outbox, alert.outbox_id, lock=True) if alert.outbox_id and alert.end is None else None
        if row is not None and row.state in (OutboxState.WAITING, OutboxState.HELD, OutboxState.LEASED):
            withdraw_row(turn, row)
            _ended(turn, alert, "withdrawn")


def try_next_route(turn: Turn, alert: Alert) -> None:
    """By another way to the same person, while the episode is open: the one that he likes best and that was not tried."""
    episode, ticket = turn.get(Episode, alert.episode_id), turn.get(Ticket, alert.ticket_id)
    person = turn.get(Person, alert.person_id) if alert.person_id else None
    if episode is None or ticket is None or person is None:
        return
    if episode.state != EpisodeState.OPEN and episode.why != TOLD:
        return
    tried = {
        other.route for other in alerts_of(turn, episode) if other.person_id == person.id and other.step == alert.step
    }
    if episode.promise == Promise.ALARM:
        tried.add("chat")
    policy = turn.house.policies.escalation
    for route in routes_of(turn, person, [route for route in policy.fallback if route not in tried]):
        if _alert_by(turn, episode, ticket, person, route):
            return


def _routes(turn: Turn, person: Person, wanted: Sequence[str], *, told: bool) -> list[str]:
    """The routes by which a step alerts somebody. Where none of them leads to him, any other, unless he was `told` when the
    ticket was announced."""
    known = routes_of(turn, person, wanted)
    chosen = [route for route in known if route in TOGETHER]
    if any(route not in TOGETHER for route in wanted):
        chosen = known[:1]
    if chosen or told:
        return chosen
    return routes_of(turn, person, turn.house.policies.escalation.fallback)[:1]


def _alert_by(turn: Turn, episode: Episode, ticket: Ticket, person: Person, route: str) -> bool:
    """Whether this route could be taken; if not, that is on record too."""
    say = said(turn, episode, ticket, route, person)
    if route in SPOKEN:
        row = reach(turn, person, say, route, subject=ticket.stream, urgent=True)
    else:
        room = room_on(turn, person, route)
        row = tell(turn, person, say, subject=ticket.stream, urgent=True, room=room)[0] if room else None
    alert = _add(turn, episode, ticket, route, person.id, row)
    if row is None:
        _ended(turn, alert, "no way")
    return row is not None


def _alert_group(turn: Turn, episode: Episode, ticket: Ticket, room: Room) -> None:
    """Alert a group, mentioning whoever holds the ticket; in place of one that the desk has left the manager on duty."""
    row, gone = None, is_left(turn, room)
    say = said(turn, episode, ticket, room.channel, None)
    manager = duty_manager(turn, ticket.entity) if gone else None
    if manager is not None:
        row = tell(turn, manager, say, subject=ticket.stream, urgent=True)[0]
    elif room.channel in turn.house.cans and not gone:
        say = mentioning(turn, say, room, holder_of(turn, ticket))
        row = post(turn, room, say, subject=ticket.stream, priority=0)[0]
    alert = _add(turn, episode, ticket, room.channel, None, row)
    if row is None:
        _ended(turn, alert, "the desk has left" if gone else "no channel")


def _add(turn: Turn, episode: Episode, ticket: Ticket, route: str, person_id: int | None, row: Outbox | None) -> Alert:
    return turn.add(
        Alert(
            id=turn.new_id(),
            episode_id=episode.id,
            ticket_id=ticket.id,
            step=episode.step,
            person_id=person_id,
            route=route,
            outbox_id=row.id if row else None,
            at=turn.now,
        )
    )


def _ended(turn: Turn, alert: Alert, end: str) -> None:
    alert.end, alert.ended_at = end, turn.now
