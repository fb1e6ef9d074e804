"""The simulated world: a clock, platforms, people, and processes of the desk that are killed. A pure function of its seed."""

from __future__ import annotations

import hashlib
import heapq
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from config.running import IDLE
from core.escalation.alerts import TOLD
from core.policies import Policies
from core.store.database import Connection, Database
from core.words import HOUR, MINUTE, SECOND, Micros, Say
from dialogue.understanding.engine import Remote
from dialogue.understanding.mind import Mind
from tests.simulation.faulty import Fuse, Killed
from tests.simulation.people import Crowd
from tests.simulation.platforms import KIND, WINDOW, Call, Message, Platform, Pulling, Pushing
from tests.simulation.process import Process
from tests.simulation.telephones import Telephones
from tests.simulation.weather import Weather

START: Micros = 1772589600 * SECOND
"""Wednesday, 4 March 2026, 10:00 in Shanghai."""
REST = {1: 6 * HOUR, 2: 75 * MINUTE}
"""How long the world goes on, free of faults, after the last action: by the number of processes. Several show each other all
the time that they live, so that their hours take longer to pass."""
ONE_GOES = 5 * MINUTE
"""When, during this rest, all but one of the processes end in good order."""
AT_LAST = 10 * MINUTE
"""How much longer, at most, until nothing is under way."""
UNFINISHED = (
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'new') + (SELECT count(*) FROM job WHERE state IN ('waiting', 'leased')) "
    "+ (SELECT count(*) FROM outbox WHERE state = 'leased' OR (state = 'waiting' AND due_at <= {0})) "
    "+ (SELECT count(*) FROM timer WHERE state = 'waiting' AND due_at <= {0})"
)
ALARMS = (
    "SELECT episode.state, episode.why FROM outbox JOIN alert ON alert.outbox_id = outbox.id "
    "JOIN episode ON episode.id = alert.episode_id WHERE outbox.key = '{0}'"
)
"""What became of the alarms of which a message tells."""
MOST_ROUNDS = 200_000
"""Rounds after which a world that does not come to rest is given up."""


@dataclass
class World:
    """One run."""

    seed: int
    folder: Path
    template: Path
    mind: Mind
    workers: int = 0
    elsewhere: Callable[[World], Remote] | None = None
    now: Micros = START
    turns: int = 0
    kills: int = 0
    problems: list[str] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    processes: list[Process | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = Random(self.seed)
        self.workers = self.workers or (2 if self.seed % 3 == 2 else 1)
        self.fate, self._order = Random(chance.random()), Random(chance.random())
        self.weather = Weather.of(chance, self.workers)
        self.shared = self.workers > 1
        self.idle = IDLE if self.shared else float(HOUR // SECOND)
        self.policies = Policies(zone=ZoneInfo("Asia/Shanghai"), escalation=self.weather.escalation)
        self.path = self.folder / f"desk-{self.seed}.db"
        self.url = f"sqlite:///{self.path}"
        shutil.copy(self.template, self.path)
        self._events: list[tuple[Micros, int, Callable[[], None]]] = []
        self._numbers, self._lives = count(), count(1)
        self._lived: dict[str, tuple[Micros, Micros | None]] = {}
        self._words: dict[str, str] | None = None
        self.kind = False
        self.platforms: dict[str, Platform] = {
            "wecom": Pushing(self, "wecom", safe=True),
            "kf": Pulling(self, "kf", safe=False, window=WINDOW),
            "web": Pushing(self, "web", safe=False),
            "voice": Telephones(self, "voice", safe=False),
            "sms": Telephones(self, "sms", safe=False),
        }
        self.phones = {name: one for name, one in self.platforms.items() if isinstance(one, Telephones)}
        for platform in self.platforms.values():
            platform.manners = self.weather.manners
        patient, urgent = self.workers == 1, self.weather.urgent
        self.crowd = Crowd(self, Random(chance.random()), self.weather.actions, patient=patient, urgent=urgent)
        self.eye: Connection = Database(self.url).connect(read_only=True)

    # ---- the run

    def run(self) -> World:
        """From the first word until everything has come to rest."""
        for place in range(self.workers):
            self.processes.append(None)
            self._start(place)
        for _ in range(self.weather.jumps):
            self.at(self.now + int(self.fate.uniform(0, 2) * HOUR), self._jump)
        self.crowd.begin()
        until: Micros | None = None
        for _ in range(MOST_ROUNDS):
            if self.crowd.done and not self.kind:
                self._be_kind()
                until = self.now + REST[self.workers]
            if not self._one_step(until):
                break
        else:
            self.problems.append("the world does not come to rest")
        return self

    def at(self, instant: Micros, do: Callable[[], None]) -> None:
        """Have something happen then."""
        heapq.heappush(self._events, (max(instant, self.now), next(self._numbers), do))

    def some_process(self) -> Process | None:
        """One that can be reached."""
        alive = [process for process in self.processes if process is not None]
        return self.fate.choice(alive) if alive else None

    def _one_step(self, until: Micros | None) -> bool:
        """Whatever is ready, or the next thing that will be; False when nothing happens until then."""
        ready = [
            place
            for place, process in enumerate(self.processes)
            if process is not None and process.stalled_until <= self.now and process.loop.busy
        ]
        if ready:
            self._one_round(self._order.choice(ready))
            return True
        times = [self._events[0][0]] if self._events else []
        times += [
            at for process in self.processes if process is not None and (at := self._awake_at(process)) is not None
        ]
        following = min(times, default=None)
        if following is None or (until is not None and following > until and self._is_over(until)):
            return False
        self.now = max(self.now, following)
        while self._events and self._events[0][0] <= self.now:
            heapq.heappop(self._events)[2]()
        return True

    def _is_over(self, until: Micros) -> bool:
        """Whether nothing is under way any more; what people have begun to do meanwhile is waited for a little."""
        return self.ask(UNFINISHED.format(self.now)) == [(0,)] or self.now > until + AT_LAST

    def _awake_at(self, process: Process) -> Micros | None:
        due_at = self.now if process.loop.busy else process.loop.next_due()
        return None if due_at is None else max(due_at, process.stalled_until)

    def _one_round(self, place: int) -> None:
        process = self.processes[place]
        assert process is not None
        if not self.kind and self.fate.random() < self.weather.stalls:
            process.stalled_until = self.now + int(self.fate.choice((5, 60, 400)) * self.fate.random() * SECOND)
            return
        try:
            process.one_round()
        except Killed:
            self._died(place)

    def _start(self, place: int) -> None:
        life = None
        if not self.kind:
            most = self.weather.longest_life
            life = int(10 ** self.fate.uniform(0, len(str(most)) - 1) * most / 10 ** (len(str(most)) - 1)) + 1
        refusals = 0.0 if self.kind else self.weather.refusals
        name = f"p{place}n{next(self._lives)}"
        self._lived[name] = (self.now, None)
        skew = int(self.weather.skew * self.fate.uniform(-1, 1))
        self.processes[place] = Process(self, name, Fuse(life, self.fate, refusals), skew)

    def _died(self, place: int) -> None:
        process = self.processes[place]
        assert process is not None
        process.bury()
        self._lived[process.name] = (self._lived[process.name][0], self.now)
        self.processes[place] = None
        self.kills += not process.left
        down = self.fate.choice((0.2, 2.0, 30.0)) * self.fate.random()
        if process.left:
            return  # nobody starts it again
        if not self.kind and self.fate.random() < 0.03:
            down = 7200.0
        self.at(self.now + int(down * SECOND), lambda: self._restart(place))

    def _restart(self, place: int) -> None:
        if self.processes[place] is None:
            self._start(place)

    def _jump(self) -> None:
        """The machine slept, or its clock was put right."""
        if not self.kind:
            self.now += int(self.fate.uniform(1, 180) * MINUTE)
            for process in self.processes:
                if process is not None:
                    process.skew = int(self.weather.skew * self.fate.uniform(-1, 1))

    def _be_kind(self) -> None:
        """From now on nothing goes wrong."""
        self.kind = True
        for platform in self.platforms.values():
            platform.manners = KIND
        for place, process in enumerate(self.processes):
            if process is None:
                self._start(place)
            else:
                process.fuse.soothe()
                process.stalled_until = 0
        self.at(self.now + ONE_GOES, self._let_go)

    def _let_go(self) -> None:
        """One process is enough for what is left."""
        for process in self.processes[1:]:
            if process is not None:
                process.leave()

    # ---- what is seen

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database, as anybody can see it who waits for commits."""
        return self.eye.raw.execute(sql).fetchall()

    def failed(self, process: Process, error: Exception) -> None:
        """A group was refused."""
        name = type(error).__name__
        self.errors[name] = self.errors.get(name, 0) + 1
        if name in ("Fenced", "OutOfDate"):
            process.fuse.blow()

    def reads(self, platform: Platform, who: str, say: Say) -> None:
        """Somebody was shown a message."""
        self.crowd.reads(who, say)

    def begins(self, provider: Telephones, call: Call) -> None:
        """A number is called, or written to, now: that must still be wanted."""
        self.checks_call(provider, call)
        if provider.name != "voice":
            return
        alarms = self.ask(ALARMS.format(call.key))
        if alarms and all(state != "open" and why != TOLD for state, why in alarms):
            self.problems.append(f"call {call.key} began after its alarm was {alarms[0][0]} ({alarms[0][1]})")

    def checks_call(self, platform: Platform, call: Call) -> None:
        """A message is on its way: it must stand in the database as leased to whoever sends it."""
        found = self.eye.raw.execute(
            "SELECT state, lease, due_at, expires_at FROM outbox WHERE key = ?", (call.key,)
        ).fetchone()
        if found is None:
            self.problems.append(f"message {call.key} was shown and never written")
            return
        state, lease, due_at, _ = found
        taken_back = state == "withdrawn" and not platform.can.once
        if (state if not taken_back else "leased", (lease or "").partition(".")[0]) != ("leased", call.process):
            self.problems.append(f"message {call.key} was begun by {call.process} while it was {state} by {lease}")
        elif self.shared and due_at <= call.begun:
            self.problems.append(f"message {call.key} was begun by {call.process} after its lease had ended")

    def was_alive(self, name: str, instant: Micros) -> bool:
        """Whether this process lived before and after this instant."""
        born, died = self._lived.get(name, (instant, instant))
        return born <= instant and (died is None or died > instant)

    def was_taken_before(self, platform: Platform, earlier: str, later: Message) -> bool:
        """Whether a message had been acknowledged when a later one was written."""
        taken = next(message.taken_at for message in platform.messages if message.id == earlier)
        return isinstance(platform, Pulling) or (taken is not None and taken < later.at)

    def words_of(self, key: str) -> str:
        """The text of a message."""
        if self._words is None:
            self._words = dict(self.ask("SELECT key, json_extract(say, '$.text') FROM outbox"))
        return self._words.get(key) or ""

    def digest(self) -> str:
        """All rows of all tables, and all that anybody was shown, in one number."""
        found = hashlib.sha256()
        for (table,) in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            found.update(repr((table, self.ask(f"SELECT * FROM {table} ORDER BY 1"))).encode())
        for platform in self.platforms.values():
            found.update(repr([shown for shown, _ in platform.shown]).encode())
        return found.hexdigest()

    def close(self) -> None:
        for process in self.processes:
            if process is not None:
                process.bury()
        self.eye.close()
        for path in self.folder.glob(f"{self.path.name}*"):
            path.unlink()
