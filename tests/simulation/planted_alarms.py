"""Mistakes that somebody could make in escalation and telephony; the proof must find these too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import false, select

from config import desk as composition
from core.escalation import episodes, watching
from core.escalation.model import EpisodeState
from core.people import limits
from core.store.model import Outbox, Timer
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.words import Micros
from dialogue import telephone
from notifier import delivering
from tests.simulation.planted import Patch, Planted


def acknowledged_and_not_withdrawn(patch: Patch) -> None:
    """Somebody has taken the alarm, and calls that wait are made all the same."""
    patch.setattr(episodes, "withdraw", lambda turn, episode: None)


def no_last_look(patch: Patch) -> None:
    """A call that has been handed out is made, whatever has happened since."""
    patch.setattr(composition, "_still_held", lambda database, row: True)


def unknown_posted_again(patch: Patch) -> None:
    """The provider is not asked what became of a call whose outcome nobody knows."""

    async def nothing_known(channel: Any, row: Outbox) -> None:
        return None

    patch.setattr(delivering, "_reconciled", nothing_known)


def fired_promise_forgotten(patch: Patch) -> None:
    """That a fuse has gone off is known only until somebody takes it."""

    def known(turn: Turn, ticket: Ticket) -> set[tuple[str, str]]:
        return {
            (episode.promise, episode.key)
            for episode in episodes.episodes_of(turn, ticket)
            if episode.state == EpisodeState.OPEN
        }

    patch.setattr(watching, "_known", known)


def next_step_not_set(patch: Patch) -> None:
    """The first step of a ladder is taken, and nothing more."""
    patch.setattr(episodes, "_remind", lambda turn, episode, step, due_at: None)


def timer_never_earlier(patch: Patch) -> None:
    """A ticket's timer is put off by what happens, and never brought forward."""
    set_timer = watching._set_timer

    def put_off(turn: Turn, ticket: Ticket, at: Micros | None) -> None:
        waiting = turn.first(Timer, watching._waiting, subject=ticket.stream)
        set_timer(turn, ticket, max(at, waiting.due_at) if at is not None and waiting is not None else at)

    patch.setattr(watching, "_set_timer", put_off)


def limits_when_ordered_only(patch: Patch) -> None:
    """A number is spared from when a call was ordered, not from when it rang."""
    patch.setattr(limits, "note_attempt", lambda turn, row, at: None)
    patch.setattr("notifier.outcomes.note_attempt", lambda turn, row, at: None)


def early_key_dropped(patch: Patch) -> None:
    """A key that is pressed before the outcome of its call was written down belongs to no call."""
    patch.setattr(telephone, "_unanswered", select(Outbox.table).where(false()))


PLANTED_ALARMS = (
    Planted("acknowledged, and calls not withdrawn", acknowledged_and_not_withdrawn, "began after its alarm"),
    Planted("no last look before a call", no_last_look, "began after its alarm|while it was withdrawn"),
    Planted("unknown call simply posted again", unknown_posted_again, "was dialled"),
    Planted("a fuse that has gone off is forgotten", fired_promise_forgotten, "escalation.watch.* was parked"),
    Planted("next step of a ladder not set", next_step_not_set, "goes no further"),
    Planted("a ticket's timer never brought forward", timer_never_earlier, "did not go off|was called again"),
    Planted("limits counted from the order only", limits_when_ordered_only, "times within"),
    Planted("key before the call's outcome dropped", early_key_dropped, "no call of ours"),
)
