"""What is wrong about personal data: sent abroad without leave, asked for and not met, kept past its term. A part of `desk doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from config.carrier_troubles import in_use
from config.channels import PLUGS
from config.policies import guarded
from config.settings import Settings
from config.troubles import Trouble
from core.privacy.sweeping import LAST
from core.store.database import Connection
from core.wording import local
from core.words import DAY, Micros

CARRIERS_ABROAD = frozenset({"twilio"})
"""Carriers whose servers are abroad: numbers and words go there, or nothing does."""
MODEL = "llm"
"""What `privacy.abroad` calls the language model of `[understanding]`."""
UNSWEPT = 3 * DAY
"""A desk that has not swept for so long keeps what it should not."""


def abroad(settings: Settings) -> Iterator[Trouble]:
    """Personal data would leave the country and nobody has allowed it (PIPL Art. 38): a channel goes without, a carrier cannot."""
    given = settings.privacy
    for name in sorted({*given.abroad, *given.stored_abroad} - {*PLUGS, *CARRIERS_ABROAD, MODEL}):
        yield Trouble("privacy_no_such_place", values={"name": name})
    for provider in sorted({provider for provider, _ in in_use(settings)} & CARRIERS_ABROAD - set(given.abroad)):
        yield Trouble("privacy_carrier_abroad", values={"name": provider})
    if settings.understanding.engine == MODEL and MODEL in set(given.stored_abroad) - set(given.abroad):
        yield Trouble("privacy_model_abroad", values={"name": MODEL})
    for name in sorted(guarded(settings)):
        yield Trouble("privacy_guarded", "warning", {"name": name})


def kept(connection: Connection, now: Micros, zone: ZoneInfo) -> Iterator[Trouble]:
    """Requests that are overdue, and when the last sweep was."""
    late = connection.raw.execute(
        f"SELECT count(*) FROM privacy_request WHERE (state = 'open' OR state = 'erasing') AND due_at < {now:d}"
    ).fetchone()[0]
    if late:
        yield Trouble("privacy_late", "warning", {"count": late})
    swept = connection.raw.execute(f"SELECT value FROM shelf WHERE name = '{LAST}'").fetchone()
    if swept and now - int(swept[0]) > UNSWEPT:
        yield Trouble("privacy_unswept", "warning", {"at": f"{local(int(swept[0]), zone):%Y-%m-%d %H:%M}"})
    elif swept:
        yield Trouble("privacy_swept", "ok", {"at": f"{local(int(swept[0]), zone):%Y-%m-%d %H:%M}"})
