"""The composition root: one desk, put together from its rooms. What drives it (a thread, or a test's hand) is a Runner."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from config.declared import JOBS, REACTIONS, REVERSALS, TIMERS
from config.exporting import export_own_data
from config.media import fetch_media, mark_photo
from config.packs import DEFAULT, packs_of
from config.reports import report_work
from config.taking_down import take_down
from config.tidying import tidy_files
from core.dispatch import reasons
from core.house import House
from core.people.passes import Pages
from core.policies import Policies
from core.privacy import exporting
from core.privacy import files as stored_files
from core.privacy.guarding import guarded
from core.privacy.places import place_of
from core.pulse import Pulse
from core.recordings import taking_down
from core.reports.press import Press
from core.scans.codes import Codes
from core.store.database import Database
from core.store.files import FileStore
from core.store.intake import Delivery
from core.store.jobs import Finished, finish, set_aside
from core.store.leases import Leases
from core.store.model import Outbox
from core.store.numbers import RowIds
from core.store.outgoing import Outcome, settle, still_held
from core.store.pump import Hears, Item, Made, Pump
from core.store.shelf import StoreShelf
from core.store.turn import Cause, Turn
from core.store.waking import News
from core.store.working import Worker
from core.tickets import (
    attaching,
    marking,
)
from core.wording import Wording
from core.words import Accept, Channel, Clock, Cursor
from dialogue import photos, ranking
from dialogue.hearing import Hearing
from dialogue.transcribing.listening import Listens
from dialogue.understanding.engine import Remote
from dialogue.understanding.mind import Mind
from notifier.delivering import Deliverer, Pause
from notifier.outcomes import delivered, said_late
from notifier.photos.darkroom import Darkroom

CONFIG = Path(__file__).parent


class Runner(Protocol):
    """Makes the pump turn."""

    def kick(self) -> None:
        """Something was submitted."""
        ...


@dataclass
class Desk:
    """A desk that is put together. `watchers` hear of every commit that changed something."""

    database: Database
    house: House
    channels: Mapping[str, Channel]
    files: FileStore
    clock: Clock
    mind: Mind
    pump: Pump
    deliverer: Deliverer
    worker: Worker
    shelf: StoreShelf
    leases: Leases
    pulse: Pulse
    darkroom: Darkroom
    remote: Remote | None = None
    listens: Listens | None = None
    press: Press | None = None
    runner: Runner | None = None
    watchers: list[Callable[[], None]] = field(default_factory=list)

    def accept_for(self, name: str) -> Accept:
        """What a channel calls with its deliveries; returns once they are durable."""
        channel = self.channels[name]

        async def accept(deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
            await self._submit(Item(Delivery.read(channel, deliveries, cursor)))
            self.pulse.heard(name)

        return accept

    async def act(self, act: Callable[[Turn], Any], cause: Cause | None = None) -> Any:
        """Carry out a turn of its own (an action on a page); its result once it is durable. Raises what the turn raised."""
        return await self._submit(Item(act, cause or Cause(f"act:{secrets.token_hex(8)}")))

    def look(self, see: Callable[[Turn], Any]) -> Any:
        """What `see` finds; it can change nothing. Any thread."""
        with self.database.reading() as connection:
            return see(Turn(connection, self.house, self.clock(), Cause("look"), RowIds(), ""))

    def heard(self, news: News) -> None:
        """Another process has changed something; on the event loop."""
        for watch in self.watchers:
            watch()
        if news.more:
            self._kick()

    def report_outcome(self, outcome: Outcome) -> None:
        """Have the outcome of a message written down, without what follows from it if that fails; kept until it is."""
        cause = Cause(f"outbox:{outcome.id}")
        self._report(cause, lambda turn: delivered(turn, outcome), lambda turn: settle(turn, outcome), outcome.id)

    def report_job(self, finished: Finished) -> None:
        """Have the end of a job written down; kept until it is. A job whose end cannot be carried out is dead.

        One that is done again ends under another name, which is what its messages are kept by.
        """
        cause = Cause(f"job:{finished.id}:{finished.lease}")
        self._report(cause, lambda turn: finish(turn, finished), lambda turn: set_aside(turn, finished))

    def hand_out(self, made: Made) -> None:
        """After a commit, on the event loop: answer those who waited, hand out messages and jobs."""
        for done, result in made.answers:
            done(result)
        self.deliverer.take(made.messages)
        self.worker.take(made.jobs)
        if made.turns:
            for watch in self.watchers:
                watch()

    async def close(self) -> None:
        """Stop delivering and let go of the store; everything unfinished lies there."""
        await self.deliverer.close()
        await self.worker.close()
        if self.remote is not None:
            await self.remote.close()
        if self.listens is not None:
            await self.listens.close()
        await self.darkroom.close()
        for channel in self.channels.values():
            await channel.close()
        self.pump.close()
        self.database.close()

    def _report(
        self, cause: Cause, act: Callable[[Turn], Any], otherwise: Callable[[Turn], Any], message: int | None = None
    ) -> None:
        def done(result: Any) -> None:
            if isinstance(result, Exception):
                self.pump.submit(Item(otherwise, cause, again=True))
                self._kick()

        self.pump.submit(Item(act, cause, done, True, message))
        self._kick()

    async def _submit(self, item: Item) -> Any:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def done(result: Any) -> None:
            loop.call_soon_threadsafe(_settle, answered, result)

        self.pump.submit(Item(item.work, item.cause, done, item.again))
        self._kick()
        return await answered

    def _kick(self) -> None:
        if self.runner is not None:
            self.runner.kick()


def _settle(answered: asyncio.Future[Any], result: Any) -> None:
    if answered.done():
        return
    if isinstance(result, Exception):
        answered.set_exception(result)
    else:
        answered.set_result(result)


ChannelMaker = Callable[[StoreShelf, Callable[[str], Awaitable[bytes]], Clock], Channel]


def build(
    database: Database,
    policies: Policies,
    makers: Mapping[str, ChannelMaker],
    files: FileStore,
    clock: Clock,
    mind: Mind,
    *,
    staff_channels: frozenset[str] = frozenset({"wecom", "feishu"}),
    chance: Callable[[], str] = lambda: secrets.token_hex(16),
    pause: Pause = asyncio.sleep,
    holder: str | None = None,
    pages: Pages | None = None,
    codes: Codes | None = None,
    accounts: Mapping[str, str] | None = None,
    remote: Remote | None = None,
    listens: Listens | None = None,
    darkroom: Darkroom | None = None,
    press: Press | None = None,
    apart: Callable[[Callable[[], Any]], Awaitable[Any]] = asyncio.to_thread,
) -> Desk:
    """Put a desk together. `makers` make its channels, by name; `pages` is where staff find its pages, `codes` reads QR codes;
    `accounts` says from which account a carrier reaches numbers; `remote` is an engine elsewhere that ranks what customers say; `listens` finds out
    what is said in voice messages; `darkroom` is where photos are opened (one of its own, if none is given); `press` makes service reports (none are
    ordered without one); `apart` runs what takes long, or looks into the store, off the event loop."""
    holder = holder or secrets.token_hex(8)
    channels: dict[str, Channel] = {}
    cans: dict[str, Any] = {}
    if press is None:
        policies = replace(policies, reports=replace(policies.reports, enabled=False))
    house = _house(policies, chance, cans, accounts or {}, pages, codes)
    pulse = Pulse(clock)
    hearing = Hearing(mind, staff_channels, remote, pulse.ranked, listens is not None)
    hears = Hears(hearing.hear, hearing.sorry, hearing.prepare, said_late)
    pump = Pump(database, house, hears, clock, holder, lambda name: getattr(channels.get(name), "ready", True))
    desk: Desk

    async def act(do: Callable[[Turn], Any]) -> Any:
        return await desk.act(do)

    shelf, leases = StoreShelf(database, act, clock, holder), Leases(act, clock, holder, pause)
    for name, make in makers.items():
        channels[name] = make(shelf, files.read, clock)
        cans[name] = channels[name].can
    deliverer = Deliverer(
        channels,
        clock,
        lambda outcome: desk.report_outcome(outcome),
        pause,
        lambda: pump.holds_until,
        lambda: pump.membership.living,
        pulse.posted,
        lambda row: apart(partial(_still_held, database, row)),
    )
    darkroom = darkroom or Darkroom()
    fetches = fetch_media(channels, files, darkroom)
    work = {
        attaching.FETCH: fetches,
        photos.KEEP: fetches,
        marking.MARK: mark_photo(files, darkroom),
        exporting.EXPORT_JOB: export_own_data(lambda see: desk.look(see), files),
        stored_files.FILES_JOB: tidy_files(database, files),
        ranking.RANK: ranking.asking(remote),
    }
    if listens is not None:
        work[taking_down.TAKE_DOWN] = take_down(fetches, files, listens, pulse.listened)
    if press is not None:
        work |= report_work(lambda see: desk.look(see), files, press, apart)
    worker = Worker(work, lambda finished: desk.report_job(finished))
    desk = Desk(
        database,
        house,
        channels,
        files,
        clock,
        mind,
        pump,
        deliverer,
        worker,
        shelf,
        leases,
        pulse,
        darkroom,
        remote,
        listens,
        press,
    )
    return desk


def _house(
    policies: Policies,
    chance: Callable[[], str],
    cans: dict[str, Any],
    accounts: Mapping[str, str],
    pages: Pages | None,
    codes: Codes | None,
) -> House:
    """What every turn finds; `cans` fills as channels are made."""
    return House(
        policies,
        chance,
        Wording.load(),
        cans,
        accounts,
        reactions=REACTIONS,
        why=reasons.why,
        reversals=REVERSALS,
        timers=TIMERS,
        jobs=JOBS,
        pages=pages,
        codes=codes,
        place=place_of,
        guard=guarded,
    )


def _still_held(database: Database, row: Outbox) -> bool:
    with database.reading() as connection:
        return still_held(connection, row)


def lexicons_of(packs: Sequence[str]) -> list[Path]:
    """The folders of words: the desk's own and those of packs. Raises PackError."""
    return [CONFIG / "lexicon", *(pack.lexicon for pack in packs_of(packs))]


def load_mind(
    policies: Policies, cache: Path | None, packs: Sequence[str] = (DEFAULT,), engine: str = "embedded"
) -> Mind:
    """The mind with the training data and lexicons that ship with the desk, and those of these packs. Raises PackError,
    NotInstalled."""
    folders = [pack.folder for pack in packs_of(packs)]
    return Mind.load(CONFIG / "nlu", CONFIG / "lexicon", cache, str(policies.zone), folders, engine)
