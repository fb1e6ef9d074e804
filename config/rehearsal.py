"""A rehearsal: a whole desk on a temporary database, emulated platforms around it, and a clock moved by hand."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import orjson
from sqlalchemy import bindparam, select

from bots.emulated.carrier import Carried, Carrier
from bots.emulated.platform import Seen
from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_service import Sent
from config import stage
from config.carriers import Telephony
from config.desk import Desk, build
from config.ear import Ear
from config.forms import forms_of
from config.packs import DEFAULT, rules_of
from config.phones import ACCOUNTS, USUAL, Phones, Ringing, number_at
from config.samples import content_of
from config.stage import Stage
from config.stepping import HandClock, StepRunner
from core.people.passes import Pages
from core.policies import Policies
from core.reports.press import Press
from core.scans.codes import Codes
from core.store.database import Database
from core.store.files import FileStore
from core.store.migrate import create
from core.store.model import Outbox
from core.words import HOUR, MINUTE, SECOND, Micros, Say
from dialogue.understanding.engine import Remote
from dialogue.understanding.mind import Mind
from notifier.carriers.desk_phone import DeskPhoneConfig
from notifier.photos.darkroom import LastingDarkroom

CARRIED = (
    "wecom_aibot",
    "wecom_webhook",
    "wechat_mp",
    "dingtalk",
    "feishu",
    "slack",
    "telegram",
    "webchat",
)
"""Channels that a plain carrier stands in for."""
PAGES = Pages("http://desk.example", b"key of rehearsals")
"""Where staff of a rehearsal would find the desk's pages."""
CODES = Codes(b"key of the rehearsal")
"""Makes and reads the QR codes of a rehearsal."""
DARKROOM = LastingDarkroom()
"""Where the photos of all rehearsals are opened."""


@dataclass(frozen=True)
class Reached:
    """A message that reached somebody: as the platform got it, and what the desk meant by it."""

    channel: str
    who: str
    group: bool
    thread: str | None
    at: Micros
    text: str
    buttons: tuple[str, ...]
    files: tuple[dict[str, Any], ...]
    say: Say


@dataclass
class Rehearsal:
    """A desk that is driven by hand."""

    desk: Desk
    clock: HandClock
    runner: StepRunner
    wecom: WeComServer
    carriers: Mapping[str, Carrier]
    phones: Phones
    ear: Ear
    stage: Stage | None = None
    _seen: dict[str, int] = field(default_factory=dict)
    _begun: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))
    _messages: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, start: Micros, mind: Mind, policies: Policies, *, url: str | None = None, tables: bool = True,
        ringing: DeskPhoneConfig = USUAL, carried: Telephony | None = None,
        remote: Remote | None = None, listening: bool = True, staged: bool = False, press: Press | None = None,
    ) -> AsyncIterator[Rehearsal]:  # fmt: skip
        """A rehearsal that begins at `start`, on an empty database (a temporary SQLite file unless `url` names one).

        `tables` makes the tables first; `ringing` says for how long telephones ring; `carried` are carriers in place of those telephones;
        `remote` is an engine elsewhere; `listening`: voice messages without words are listened to; `staged`: platforms are emulated at
        their wire format, each with the desk's own channel, as far as they have a Stand; `press` makes service reports.
        """
        with tempfile.TemporaryDirectory(prefix="huiying-") as folder:
            place = url or f"sqlite:///{folder}/desk.db"
            if tables:
                create(place)
            clock = HandClock(start)
            server = WeComServer(clock)
            own = Stage(clock) if staged else None
            plain = [name for name in CARRIED if own is None or name not in own.stands]
            carriers, phones = {name: Carrier(name, clock) for name in plain}, Phones(clock, ringing)
            makers: dict[str, Any] = {
                **{name: (lambda shelf, files, now, made=carrier: made) for name, carrier in carriers.items()},
                **(carried.makers if carried else phones.makers()),
                **_wecom_makers(server),
                **(own.makers() if own else {}),
            }
            ear, count = Ear(clock.sleep), iter(range(1, 1_000_000_000))
            desk = build(
                Database(place),
                policies,
                makers,
                FileStore(Path(folder) / "files"),
                clock,
                mind,
                chance=lambda: f"{next(count):032x}",
                pause=clock.sleep,
                holder="rehearsal",
                pages=PAGES,
                codes=CODES,
                accounts=carried.accounts if carried else ACCOUNTS,
                listens=ear if listening else None,
                darkroom=DARKROOM,
                press=press,
                apart=_at_once,
                remote=remote,
            )
            runner = StepRunner(desk, clock)
            server.app_hook = lambda hook: desk.channels["wecom"].receive(hook, desk.accept_for("wecom"))
            server.kf_hook = lambda hook: desk.channels["wecom_kf"].receive(hook, desk.accept_for("wecom_kf"))
            if own is not None:
                own.join(desk)
            if carried is None:
                phones.start(desk)
            try:
                yield cls(desk, clock, runner, server, carriers, phones, ear, own)
            finally:
                await phones.close()
                await desk.close()

    async def says(
        self, channel: str, who: str, text: str = "", *, kind: str = "text", name: str | None = None,
        file: str | None = None, words: str | None = None, token: str | None = None, group: str | None = None,
        thread: str | None = None,
    ) -> None:  # fmt: skip
        """Somebody does something on a platform; returns once the desk has it, and before it has acted."""
        if channel == "wecom_kf":
            await self._customer_does(who, kind, text or words or "", file, token)
        elif channel == "wecom":
            await self._member_does(who, kind, text or words or "", file, token)
        elif self.stage is not None and channel in self.stage.stands:
            given = content_of(file, kind, words or text) if kind in ("image", "file", "voice") else None
            await self.stage.acts(channel, who, kind, words or text, given, group=group, thread=thread)
        elif channel == "voice":
            await self.phones.press(number_at(who), text)
        elif channel == "sms":
            await self.phones.desk_phone.reply(number_at(who), text)
        else:
            await self._carried(channel, who, kind, text, name, file, words, token, group, thread)

    def account(self, channel: str) -> str:
        """The account of ours that people speak to on a channel."""
        known = {"wecom": str(self.wecom.agent_id), "wecom_kf": self.wecom.open_kfid, **ACCOUNTS}
        return known.get(channel) or (stage.account(channel) if self.stage else None) or "desk"

    def address(self, channel: str, name: str) -> str:
        """The id of whoever a story calls so, on a channel."""
        return stage.address(channel, name) if self.stage and channel in self.stage.stands else name

    async def pass_until(self, at: Micros) -> None:
        """Let time pass; what falls due happens."""
        await self.runner.pass_until(at)

    def reached(self) -> list[Reached]:
        """What has reached people since the last look, in the order in which it left."""
        found = self._from_wecom(self._new("wecom", self.wecom.sent))
        for name, carrier in self.carriers.items():
            found += [self._from_carrier(carried) for carried in self._new(name, carrier.sent)]
        for name, stand in self.stage.stands.items() if self.stage else ():
            found += self._from_stage(name, self._new(name, stand.platform.sent))
        found += [self._from_phone(rang) for rang in self._new("phones", self.phones.came)]
        return sorted(found, key=lambda message: message.at)

    # ---- in

    async def _customer_does(self, who: str, kind: str, text: str, file: str | None, token: str | None) -> None:
        server = self.wecom
        if kind == "text":
            number = await server.customer_says(who, text)
        elif kind == "press":
            number = await server.customer_presses(who, token or text, text)
        elif kind == "recall":
            number = self._messages.get(("wecom_kf", who), [""])[-1]
            await server.customer_recalls(who, number)
        elif kind == "sticker":
            number = ""
        else:
            number = await server.customer_sends(who, kind, *content_of(file, kind, text))
        self._messages.setdefault(("wecom_kf", who), []).append(number)
        channel: Any = self.desk.channels["wecom_kf"]
        await channel.pull(self.desk.accept_for("wecom_kf"))

    async def _member_does(self, who: str, kind: str, text: str, file: str | None, token: str | None) -> None:
        if kind == "text":
            await self.wecom.member_says(who, text)
        elif kind == "press":
            await self.wecom.member_taps(who, token or text)
        elif kind not in ("sticker", "recall"):
            await self.wecom.member_sends(who, kind, *content_of(file, kind, text))

    async def _carried(
        self, channel: str, who: str, kind: str, text: str, name: str | None, file: str | None, words: str | None,
        token: str | None, group: str | None, thread: str | None,
    ) -> None:  # fmt: skip
        carrier, media = self.carriers[channel], []
        if kind in ("image", "file", "voice"):
            content, mime, called = content_of(file, kind)
            ref = f"{channel}-file-{len(carrier.media)}"
            carrier.media[ref] = content
            media = [{"ref": ref, "mime": mime, "name": called, "size": len(content), "words": words or text or None}]
        said = "" if kind == "voice" else text
        mine = self._messages.setdefault((channel, who), [])
        about = mine[-1] if kind == "recall" and mine else None
        accept = self.desk.accept_for(channel)
        if kind == "sticker":
            return
        mine.append(
            await carrier.says(
                accept, who, name, kind, said, media=media, press=token, about=about, group=group, thread=thread
            )
        )

    # ---- out

    def _new(self, name: str, sent: list[Any]) -> list[Any]:
        start = self._seen.get(name, 0)
        self._seen[name] = len(sent)
        return sent[start:]

    def _from_wecom(self, shown: list[Sent]) -> list[Reached]:
        """What WeCom showed."""
        found: list[Reached] = []
        for parts, say in self._whole([(sent.channel, sent) for sent in shown]):
            sent = parts[-1]
            text = next((part.text for part in parts if part.text), "")
            files = tuple(
                self._described(part.file.name, part.file.mime, part.file.content) for part in parts if part.file
            )
            buttons = tuple(label for label, _ in sent.buttons)
            found.append(Reached(sent.channel, sent.to, False, None, sent.at, text, buttons, files, say))
        return found

    def _whole(self, shown: list[tuple[str, Any]]) -> Iterator[tuple[list[Any], Say]]:
        """Messages with what the desk meant by them. The parts in which one went are one: known by name is the last of them, or the
        first, whose name the others continue (wecom_kf.message_id). One that is still under way is seen when it is whole."""
        found: list[tuple[list[Any], Say]] = []
        for channel, part in shown:
            whole, say = self._begun[channel, part.to], self._meant(channel, part.ref)
            before = next((parts for parts, _ in reversed(found) if parts[-1].to == part.to), None)
            if say is None and before is not None and before[-1].ref[:-1] == part.ref[:-1]:
                before.append(part)
                continue
            whole.append(part)
            if say is not None:
                found.append(([*whole], say))
                whole.clear()
        unknown = [part.ref for whole in self._begun.values() for part in whole]
        assert not unknown or self.clock.sleeping, f"messages that are in no outbox: {unknown}"
        return iter(found)

    def _from_carrier(self, carried: Carried) -> Reached:
        say, room = carried.say, carried.room
        files = (self._described(say.file.name, say.file.mime, self.desk.files.get(say.file.hash)),) if say.file else ()
        text = "\n".join(part for part in (say.title, say.text) if part)
        buttons = tuple(button.label for button in say.buttons)
        return Reached(room.channel, room.id, room.group, room.thread, carried.at, text, buttons, files, say)

    def _from_stage(self, channel: str, messages: list[Seen]) -> list[Reached]:
        """The same of a staged platform."""
        assert self.stage is not None
        found: list[Reached] = []
        for parts, say in self._whole([(channel, seen) for seen in messages]):
            seen = parts[-1]
            text = "\n".join(part.text for part in parts if part.text)
            mime = say.file.mime if say.file else "application/octet-stream"
            files = tuple(self._described(part.name, mime, part.file) for part in parts if part.file)
            to = self.stage.group_named(channel, seen.to) if seen.group else seen.to
            labels = tuple(label for label, _ in seen.buttons)
            found.append(Reached(channel, to, seen.group, seen.thread, seen.at, text, labels, files, say))
        return found

    def _described(self, name: str | None, mime: str | None, content: bytes) -> dict[str, Any]:
        """A file as a script's expectations name it; of a PDF also whether it has signatures of ours that hold."""
        row: dict[str, Any] = {"name": name, "mime": mime, "bytes": len(content)}
        press = self.desk.press
        if press is None or not content.startswith(b"%PDF-"):
            return row
        return row | {"signed": _elsewhere(lambda: press.check(content)).verdict == "valid"}

    def _from_phone(self, rang: Ringing) -> Reached:
        with self.desk.database.reading() as connection:
            found = connection.one(_by_key, key=rang.key)
        assert found is not None, f"{rang.channel} got a message that is in no outbox: {rang.key}"
        say = Say.of(orjson.loads(found[0]))
        return Reached(rang.channel, rang.number, False, None, rang.at, say.text, (), (), say)

    def _meant(self, channel: str, ref: str) -> Say | None:
        """What the desk meant by a message that a platform got: by the id under which it was sent, if it is known."""
        with self.desk.database.reading() as connection:
            found = connection.one(_by_ref, channel=channel, ref=ref)
        return Say.of(orjson.loads(found[0])) if found else None


_by_ref = select(Outbox.table.c.say).where(
    Outbox.table.c.channel == bindparam("channel"), Outbox.table.c.ref == bindparam("ref")
)
_by_key = select(Outbox.table.c.say).where(Outbox.table.c.key == bindparam("key"))


async def _at_once(work: Callable[[], Any]) -> Any:
    """Nothing happens meanwhile: in a rehearsal, time stands still."""
    return _elsewhere(work)


def _elsewhere(work: Callable[[], Any]) -> Any:
    """What work finds in a thread of its own, as it expects to run, while this one waits."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def _wecom_makers(server: WeComServer) -> dict[str, Any]:
    from bots.wecom import WeCom, WeComConfig
    from bots.wecom_kf import KfConfig, WeComKf

    app = WeComConfig(server.corp_id, server.agent_id, server.app.secret, ((server.app.token, server.app.aes_key),))
    kf = KfConfig(server.corp_id, server.kf.secret, ((server.kf.token, server.kf.aes_key),), (server.open_kfid,))
    return {
        "wecom": lambda shelf, files, now: WeCom(app, shelf, files, now, httpx.ASGITransport(server)),
        "wecom_kf": lambda shelf, files, now: WeComKf(kf, shelf, files, now, httpx.ASGITransport(server)),
    }


def packs_named(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The packs that a script's world asks for (`pack`: a name or a list)."""
    named = settings.get("pack") or DEFAULT
    return (named,) if isinstance(named, str) else tuple(map(str, named))


def policies_of(settings: Mapping[str, Any], zone: ZoneInfo) -> Policies:
    """The policies that a script's world asks for."""
    plain = Policies(zone=zone)
    sla = settings.get("sla") or {}
    level = plain.service_level
    return replace(
        plain,
        rules=rules_of(packs_named(settings)),
        forms=forms_of(packs_named(settings)),
        tickets=replace(
            plain.tickets,
            number_format=settings.get("ticket_no_format", plain.tickets.number_format),
            summary_min=settings.get("min_summary_chars", plain.tickets.summary_min),
        ),
        conversation=replace(
            plain.conversation,
            burst_quiet=int(float(settings.get("burst_quiet_s", 8)) * SECOND),
            burst_window=int(float(settings.get("burst_window_s", 20)) * SECOND),
        ),
        service_level=replace(
            level,
            p0_first_response=int((sla.get("P0") or {}).get("first_response_min", 60)) * MINUTE,
            p0_alert=int((sla.get("P0") or {}).get("alert_within_s", 15)) * SECOND,
            p1_first_response=int((sla.get("P1") or {}).get("first_response_h", 2)) * HOUR,
            p2_first_response=int((sla.get("P2") or {}).get("first_response_h", 24)) * HOUR,
        ),
    )
