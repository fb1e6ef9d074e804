"""Feishu (飞书): messages, cards and files to people and groups, and what they answer or press; over its webhook, or a long
connection that needs no public address (S87)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import httpx
import orjson

from bots.apart import run_apart
from bots.doors import guarded
from bots.feishu_api import API_BASE, MOST_FILE, App, is_group
from bots.feishu_cards import MOST_BUTTONS, MOST_CARD, MOST_LABEL, MOST_TOKEN, message_of
from bots.feishu_payload import RECORD, challenge_of, event_in, happened, unsealed
from bots.payload import table
from bots.wire import Trouble
from core.words import (
    Accept,
    Answer,
    Can,
    Clock,
    Cursor,
    Files,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Unreadable,
)

CAN = Can(
    text=Size(20_000, "bytes"),  # a card holds 30 KB with everything around it
    card=True,
    buttons=MOST_BUTTONS,
    label=MOST_LABEL,
    token=MOST_TOKEN,
    file=MOST_FILE,
    edit=True,
    gap=0.2,
    rate=15.0,
    safe=True,
)
"""Five messages a second to one person or group, 1,000 a minute over all."""

_log = logging.getLogger("huiying.feishu")


@dataclass(frozen=True)
class FeishuConfig:
    """What the app needs. `encrypt_keys` are the valid Encrypt Keys of its webhook, two while rotating; without any, and without
    a long connection, the app only tells."""

    app_id: str
    app_secret: str = field(repr=False)
    encrypt_keys: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = API_BASE
    connection: Literal["webhook", "long"] = "webhook"


class Feishu:
    """The channel. A room is a person, Room("feishu", app id, "ou_…"), the same by his number, Room("feishu", app id,
    "mobile:+86…"), or a group, Room("feishu", app id, "oc_…", group=True). Several long connections share the events."""

    name = "feishu"
    single = False
    patience = 300.0
    """A long connection pings every two minutes."""
    unseal = staticmethod(unsealed)

    def __init__(
        self,
        config: FeishuConfig,
        shelf: Shelf,
        files: Files,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN
        self.sign: Micros | None = None
        self._config, self._files, self._clock = config, files, clock
        self._api = App(config.api_base, config.app_id, config.app_secret, shelf, transport)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """What somebody did, by an opened event; an event of another kind says nothing. Raises Unreadable."""
        said = happened(raw)
        return [Inbound(**said, raw=raw)] if said else []

    async def run(self, accept: Accept) -> None:
        """Holds the long connection until cancelled; returns at once where Feishu calls us. Raises Died."""
        if self._config.connection == "webhook":
            return

        async def take(deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
            await accept([await self._completed(event) for event in deliveries], cursor)

        app = {"app_id": self._config.app_id, "app_secret": self._config.app_secret, "domain": self._config.api_base}
        await run_apart("bots.feishu_stream", app, take, self._heard)

    def _heard(self) -> None:
        self.sign = self._clock()

    @guarded
    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks and opens a callback, and answers it once it is durable."""
        event = event_in(hook, self._config.encrypt_keys, self._clock())
        challenge = challenge_of(event)
        if challenge is None:
            await accept([await self._completed(event)])
        return Answer(200, orjson.dumps({"challenge": challenge} if challenge else {}), "application/json")

    async def _completed(self, event: bytes) -> bytes:
        """The event with the chat record that it only names; as it came, if that cannot be had."""
        try:
            said = (happened(event) if RECORD.encode() in event else None) or {}
            if said.get("forwarded"):
                return orjson.dumps(table(event) | {"record": await self._api.record(said["id"])})
        except (Trouble, Unreadable) as error:
            _log.warning("a chat record is kept without its messages: %s", error)
        return event

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message, then its file. A repetition under the same key within the hour is not shown again."""
        kind, content = message_of(say, is_group(room))
        if CAN.text.of(say.text) > CAN.text.most or len(orjson.dumps(content)) > MOST_CARD:
            return Receipt("refused", why="longer than 20,000 bytes, or 30 KB with its facts")
        refs: list[str] = []
        try:
            if say.text or say.title or say.facts or say.buttons:
                refs.append(await self._api.show(room, say, kind, content, key))
            if say.file:
                file = await self._api.put_up(say.file, self._files)
                refs.append(await self._api.show(room, Say(say.purpose), *file, f"{key}:file"))
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent", ref=refs[0]) if refs else Receipt("refused", why="nothing to send")

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        return await self._api.download(media.ref)

    async def close(self) -> None:
        await self._api.close()
