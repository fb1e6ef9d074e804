"""A desk in this process whose platforms take everything at once and say nothing: what is measured is the desk and its store."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from benchmarks.past import PRESENT, customer_address, engineer_address
from benchmarks.plain_mind import PlainMind
from bots.emulated.wecom import WeComServer
from bots.wecom import WeCom, WeComConfig
from bots.wecom_kf import KfConfig, WeComKf
from config.desk import ChannelMaker, Desk, build
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.store.intake import Delivery
from core.store.model import Inbox, Outbox
from core.store.outgoing import Outcome
from core.store.pump import Item, Made
from core.words import SECOND, Accept, Micros, Receipt, Room, Say

MOST_CYCLES = 500
"""Groups after which a desk that still has something to do counts as broken."""


_failed = select(Inbox.table.c.error).where(Inbox.table.c.error.is_not(None)).limit(1)


class SilentApp(WeCom):
    """WeCom's app without WeCom behind it."""

    async def run(self, accept: Accept) -> None:
        """Nothing to pull."""

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        return Receipt("sent", ref=key)


class SilentKf(WeComKf):
    """Customer service without WeCom behind it."""

    async def run(self, accept: Accept) -> None:
        """Nothing to pull."""

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        return Receipt("sent", ref=key)


def silent_channels() -> dict[str, ChannelMaker]:
    """The two WeCom channels, with WeCom's limits on messages but no WeCom."""
    server = WeComServer
    app = WeComConfig(server.corp_id, server.agent_id, server.app.secret, ((server.app.token, server.app.aes_key),))
    kf = KfConfig(server.corp_id, server.kf.secret, ((server.kf.token, server.kf.aes_key),), (server.open_kfid,))
    return {
        "wecom": lambda shelf, files, clock: SilentApp(app, shelf, files, clock),
        "wecom_kf": lambda shelf, files, clock: SilentKf(kf, shelf, files, clock),
    }


@dataclass
class PresentClock:
    """Time goes on from the end of the past, and may be moved on."""

    started: float
    skipped: Micros = 0

    def __call__(self) -> Micros:
        return PRESENT + int((time.time() - self.started) * SECOND) + self.skipped


@dataclass(frozen=True)
class Said:
    """Somebody says something: his channel, his address there, his words."""

    sort: str
    channel: str
    address: str
    text: str

    def raw(self, number: int, at: Micros) -> bytes:
        """As WeCom delivers it."""
        server = WeComServer
        if self.channel == "wecom_kf":
            item = {"msgid": f"new{number}", "open_kfid": server.open_kfid, "external_userid": self.address}
            words = {"send_time": at // SECOND, "origin": 3, "msgtype": "text", "text": {"content": self.text}}
            return orjson.dumps(item | words)
        envelope = f"<ToUserName>{server.corp_id}</ToUserName><FromUserName>{self.address}</FromUserName>"
        words = f"<CreateTime>{at // SECOND}</CreateTime><MsgType>text</MsgType><Content>{self.text}</Content>"
        number_and_app = f"<MsgId>{number}</MsgId><AgentID>{server.agent_id}</AgentID>"
        return f"<xml>{envelope}{words}{number_and_app}</xml>".encode()


def by_customer(sort: str, customer: int, text: str) -> Said:
    return Said(sort, "wecom_kf", customer_address(customer), text)


def by_engineer(sort: str, engineer: int, text: str) -> Said:
    return Said(sort, "wecom", engineer_address(engineer), text)


class SilentDesk:
    """A desk that is turned by hand, each message delivered in the instant in which it is handed out."""

    def __init__(self, url: str, folder: Path, policies: Policies | None = None):
        self.clock = PresentClock(time.time())
        self.desk: Desk = build(
            Database(url),
            policies or Policies(),
            silent_channels(),
            FileStore(folder / "files"),
            self.clock,
            PlainMind(),
        )
        self._number = 0
        self.desk.pump.begin()
        gc.collect()
        gc.freeze()

    def hear(self, said: Sequence[Said]) -> float:
        """Take messages in together; seconds until the first answer to any of them was committed."""
        channels = self.desk.channels
        started = time.perf_counter()
        for one in said:
            self._number += 1
            raw = one.raw(self._number, self.clock())
            self.desk.pump.submit(Item(Delivery.read(channels[one.channel], [raw], None)))
        waited = 0.0
        for made in self._cycles():
            if not waited and any(row.room.endswith(said[0].address) for row in made.messages):
                waited = time.perf_counter() - started
        return waited

    def passes(self, micros: Micros) -> None:
        """Time goes on, and what falls due has its turn."""
        self.clock.skipped += micros
        for _ in self._cycles():
            pass

    def must_be_well(self) -> None:
        """Raises RuntimeError if a message could not be heard: what was measured would be its failure."""
        with self.desk.database.reading() as connection:
            failed = connection.one(_failed)
        if failed is not None:
            raise RuntimeError(f"a message could not be heard: {failed[0]}")

    def close(self) -> None:
        self.desk.pump.close()
        self.desk.database.close()
        gc.unfreeze()

    def _cycles(self) -> Any:
        """Groups until nothing is left to do now; what they hand out is delivered at once."""
        for _ in range(MOST_CYCLES):
            made: Made = self.desk.pump.cycle()
            yield made
            self._deliver(made.messages)
            if not made.anything and not self.desk.pump.pending:
                return
        raise RuntimeError("the desk does not come to rest")

    def _deliver(self, rows: Sequence[Outbox]) -> None:
        now = self.clock()
        report: Callable[[Outcome], None] = self.desk.report_outcome
        for row in rows:
            report(Outcome(row.id, row.lease or "", Receipt("sent", ref=row.key), now))
