"""What every turn can reach besides rows: the house rules, laid down once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.people.passes import Pages
from core.policies import Policies
from core.scans.codes import Codes
from core.wording import Wording
from core.words import Can, Room, Say

if TYPE_CHECKING:
    from core.store.model import Event, Job, Timer
    from core.store.turn import Turn
    from core.tickets.model import Ticket

Reaction = Callable[["Turn", "Event"], None]


@dataclass(frozen=True)
class JobKind:
    """A kind of long work: how often it may be tried, and the turns in which it ends."""

    done: Callable[[Turn, Job], None]
    failed: Callable[[Turn, Job], None]
    attempts: int = 5


@dataclass(frozen=True)
class House:
    """Policies, wording, channel limits, and what follows from what.

    `reactions` are carried out in the turn that records an event of their kind, `reversals` when it is taken back; `timers` and `jobs` say what a due timer
    or a finished job of a kind does; `chance` gives 32 hexadecimal digits that nobody can guess;
    `accounts` names, by channel, the account from which telephone numbers are reached (SMS, voice);
    `why` says in a language why a ticket was given to whom it was given; `pages` is None where no public address is known;
    `codes` reads the tokens of QR codes, and is None where there is no key to them; `place` says where a turn happens, as events keep it,
    `guard` takes out of a message (to a room, to a person, on a subject) what may not leave the country.
    """

    policies: Policies
    chance: Callable[[], str]
    wording: Wording
    cans: Mapping[str, Can] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    reactions: Mapping[str, Sequence[Reaction]] = field(default_factory=dict)
    why: Callable[[Turn, Ticket, str], str] = lambda turn, ticket, lang: ""
    reversals: Mapping[str, Sequence[Reaction]] = field(default_factory=dict)
    timers: Mapping[str, Callable[[Turn, Timer], None]] = field(default_factory=dict)
    jobs: Mapping[str, JobKind] = field(default_factory=dict)
    pages: Pages | None = None
    codes: Codes | None = None
    place: Callable[[Turn], str | None] = lambda turn: turn.cause.via
    guard: Callable[[Turn, Say, Room, int | None, str | None], Say] = lambda turn, say, room, person_id, subject: say

    @property
    def zone(self) -> ZoneInfo:
        return self.policies.zone
