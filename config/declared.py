"""What each subject of the house declares, put together: what follows from an event, from a timer, from the end of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.clocks import beginning, keeping
from core.conversations import quiet
from core.dispatch import offering
from core.escalation import episodes, watching
from core.forms import following, telling
from core.house import JobKind, Reaction
from core.insight import monthly, telling_inquiries
from core.insight import photos as first_photos
from core.parts import requesting, shipping, swapping
from core.people import reaching
from core.privacy import erasing, exporting, sweeping
from core.privacy import files as stored_files
from core.recordings import taking_down
from core.reports import ordering, signing, voiding
from core.rosters import attending
from core.rules import applying
from core.satisfaction import surveying
from core.satisfaction import telling as satisfaction
from core.tickets import (
    announcing,
    attaching,
    cards,
    closing,
    completing,
    handing_over,
    maintaining,
    marking,
    merging,
    notices,
    opening,
    silence,
)
from dialogue import photos, ranking
from dialogue.customer import burst


def _together(*declared: Mapping[Any, tuple[Reaction, ...]]) -> dict[str, tuple[Reaction, ...]]:
    """What each subject declares, by event; reactions to one event follow in the order of the subjects."""
    kinds = dict.fromkeys(kind for one in declared for kind in one)
    return {kind: tuple(reaction for one in declared for reaction in one.get(kind, ())) for kind in kinds}


REPORTS: tuple[monthly.Report, ...] = (
    satisfaction.MONTHLY,
    satisfaction.QUARTERLY,
    telling_inquiries.MONTHLY,
    telling_inquiries.QUARTERLY,
    first_photos.MONTHLY,
)
"""What managers hear of on the first of a month."""
TIMERS = {
    **burst.TIMERS,
    **opening.TIMERS,
    **cards.TIMERS,
    **offering.TIMERS,
    **maintaining.TIMERS,
    **marking.TIMERS,
    **beginning.TIMERS,
    **watching.TIMERS,
    **attending.TIMERS,
    **episodes.TIMERS,
    **quiet.TIMERS,
    **silence.TIMERS,
    **erasing.TIMERS,
    **sweeping.TIMERS,
    **taking_down.TIMERS,
    **surveying.TIMERS,
    **monthly.timers(REPORTS),
    completing.CLOSE_TIMER: closing.close_when_due,
}
"""Kind of timer → what happens when it is due."""
REACTIONS = _together(
    keeping.REACTIONS,
    applying.REACTIONS,
    telling.REACTIONS,
    following.REACTIONS,
    notices.REACTIONS,
    announcing.REACTIONS,
    offering.REACTIONS,
    requesting.REACTIONS,
    shipping.REACTIONS,
    maintaining.REACTIONS,
    reaching.REACTIONS,
    watching.REACTIONS,
    attending.REACTIONS,
    cards.REACTIONS,
    voiding.REACTIONS,
    ordering.REACTIONS,
    silence.REACTIONS,
)
"""Kind of event → what follows in the same turn."""
REVERSALS = _together(
    requesting.REVERSALS,
    swapping.REVERSALS,
    shipping.REVERSALS,
    completing.REVERSALS,
    maintaining.REVERSALS,
    handing_over.REVERSALS,
    merging.REVERSALS,
    offering.REVERSALS,
    following.REVERSALS,
    voiding.REVERSALS,
)
"""Event → what its taking back takes back besides."""
JOBS = {
    attaching.FETCH: JobKind(attaching.fetched, attaching.not_fetched),
    **marking.JOBS,
    taking_down.TAKE_DOWN: JobKind(taking_down.taken_down, taking_down.not_taken_down, taking_down.ATTEMPTS),
    **ordering.JOBS,
    **signing.JOBS,
    **ranking.JOBS,
    **photos.JOBS,
    **exporting.JOBS,
    **stored_files.JOBS,
}
"""Kind of job → the turns in which it ends."""
