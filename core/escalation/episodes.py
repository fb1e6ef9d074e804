"""An episode of escalation: it begins when a promise is broken, climbs its ladder, and ends by an entitled person's act or by work.

The policy is copied into it at the beginning, so that a change of settings moves no alarm under way. Every step is a timer;
taking it and setting the next are one turn.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.escalation.alerts import TOLD, alerts_of, take_step, withdraw
from core.escalation.model import RUNNING, Alert, Episode, EpisodeState
from core.escalation.policy import Ladder, Promise
from core.escalation.promises import Due
from core.escalation.telling import acknowledged
from core.people.model import Person
from core.store.model import Outbox, Timer
from core.store.outgoing import post
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside
from core.words import Micros, Room

STEP_TIMER = "escalation.step"
"""The next step of an episode that nobody has acknowledged."""

_episode = Episode.table.c
_of_ticket = select(Episode.table).where(_episode.ticket_id == bindparam("ticket_id")).order_by(_episode.id)
_open = _of_ticket.where(RUNNING)
_alerting = (
    select(_episode.ticket_id)
    .where(
        _episode.state == EpisodeState.OPEN,
        _episode.id == Alert.table.c.episode_id,
        Alert.table.c.person_id == bindparam("person_id"),
    )
    .distinct()
    .order_by(_episode.ticket_id)
)


def episodes_of(turn: Turn, ticket: Ticket) -> list[Episode]:
    """Every episode of a ticket, the first first."""
    return turn.rows(Episode, _of_ticket, ticket_id=ticket.id)


def open_episodes(turn: Turn, ticket: Ticket) -> list[Episode]:
    """Those that nobody has ended."""
    return turn.rows(Episode, _open, ticket_id=ticket.id)


def alarms_of(turn: Turn, person: Person) -> list[Ticket]:
    """Tickets with a running alarm in which this person was alerted, the first first."""
    found = turn.ask(_alerting, person_id=person.id)
    tickets = [turn.get(Ticket, ticket_id, lock=True) for (ticket_id,) in found]
    return [ticket for ticket in tickets if ticket is not None]


def begin(turn: Turn, ticket: Ticket, due: Due, told: set[int]) -> Episode:
    """A promise is broken: alert whom the ladder names first. `told` have heard of the ticket in this turn; they are not told
    twice, and whoever hears now is added."""
    ladder = turn.house.policies.escalation.ladder(due.promise)
    episode = turn.add(
        Episode(
            id=turn.new_id(),
            entity=ticket.entity,
            ticket_id=ticket.id,
            promise=due.promise,
            key=due.key,
            level=due.up,
            ladder=ladder.snapshot(),
            due_at=due.at,
            started_at=turn.now,
        )
    )
    _climb(turn, episode, ticket, told)
    return episode


def put_on_record(turn: Turn, ticket: Ticket, due: Due, why: str) -> Episode:
    """A promise is broken and climbs no ladder: "before" the desk knew of the ticket or in an alarm that runs, or TOLD
    otherwise. It will not be found broken a second time."""
    return turn.add(
        Episode(
            id=turn.new_id(),
            entity=ticket.entity,
            ticket_id=ticket.id,
            promise=due.promise,
            key=due.key,
            state=EpisodeState.ENDED,
            due_at=due.at,
            started_at=turn.now,
            ended_at=turn.now,
            why=why,
        )
    )


def next_step(turn: Turn, timer: Timer) -> None:
    """Nobody has acknowledged in time: the next step."""
    episode = turn.get(Episode, timer.data["episode"], lock=True)
    ticket = turn.get(Ticket, episode.ticket_id, lock=True) if episode else None
    if episode is not None and ticket is not None and episode.state == EpisodeState.OPEN:
        episode.step = timer.data["step"]
        _climb(turn, episode, ticket, set())


def hurry(turn: Turn, episode: Episode) -> None:
    """It is hopeless to wait for those alerted so far: the next step is taken at once."""
    moments = Ladder.of(episode.ladder).moments()
    if episode.state == EpisodeState.OPEN and episode.step + 1 < len(moments):
        _remind(turn, episode, episode.step + 1, turn.now)


def acknowledge(turn: Turn, episode: Episode, ticket: Ticket, by: Person, via: str) -> None:
    """An entitled person takes it: nobody else is alerted, and everybody who was hears who has it."""
    alerts = alerts_of(turn, episode)
    told = {alert.person_id for alert in alerts if alert.person_id not in (None, by.id)}
    _end(turn, episode, EpisodeState.ACKNOWLEDGED, "acknowledged", by)
    record_aside(turn, Happened.ACKNOWLEDGED, ticket, by, episode=episode.id, promise=episode.promise, via=via)
    for person_id in sorted(person_id for person_id in told if person_id is not None):
        person = turn.get(Person, person_id)
        if person is not None and person.active:
            tell(turn, person, acknowledged(turn, ticket, by, person.lang), subject=ticket.stream)
    for alert in alerts:
        sent = turn.get(Outbox, alert.outbox_id) if alert.person_id is None and alert.outbox_id else None
        if sent is not None:
            post(turn, Room.of(sent.room), acknowledged(turn, ticket, by, "zh"), subject=ticket.stream)


def end(turn: Turn, episode: Episode, why: str) -> None:
    """Work was done, or it has become pointless: nobody is alerted any more."""
    _end(turn, episode, EpisodeState.ENDED, why, None)


def _end(turn: Turn, episode: Episode, state: EpisodeState, why: str, by: Person | None) -> None:
    episode.state, episode.why, episode.ended_at = state, why, turn.now
    episode.ended_by = by.id if by else None
    turn.forget(STEP_TIMER, f"episode:{episode.id}")
    withdraw(turn, episode)


def _climb(turn: Turn, episode: Episode, ticket: Ticket, told: set[int]) -> None:
    """Take every step that is due at this moment of the ladder, and set the next."""
    moments = Ladder.of(episode.ladder).moments()
    at, heard = moments[episode.step][0], list[int]()
    while True:
        _, step = moments[episode.step]
        if not step.closed or not turn.house.policies.calendar.is_open(turn.now):
            heard += take_step(turn, episode, ticket, step, told if episode.promise != Promise.ALARM else set())
        if episode.step + 1 == len(moments) or moments[episode.step + 1][0] > at:
            break
        episode.step += 1
    told.update(heard)
    record_aside(
        turn, Happened.ESCALATED, ticket, None,
        episode=episode.id, promise=episode.promise, level=episode.level, step=episode.step, told=sorted(set(heard)),
    )  # fmt: skip
    if episode.step + 1 < len(moments):
        _remind(turn, episode, episode.step + 1, turn.now + moments[episode.step + 1][0] - at)
    elif at == 0:
        episode.state, episode.why, episode.ended_at = EpisodeState.ENDED, TOLD, turn.now


def _remind(turn: Turn, episode: Episode, step: int, due_at: Micros) -> None:
    subject = f"episode:{episode.id}"
    turn.remind(STEP_TIMER, subject, due_at, episode=str(step), data={"episode": episode.id, "step": step})


TIMERS = {STEP_TIMER: next_step}
"""Kind of timer → what happens when it is due."""
