"""Generic webhook (通用接口): any other system speaks with the desk by signed JSON, both ways, as Standard Webhooks has it.

A 400 hotline tells by it who called (S97). What partners send and hear is written down in docs/channels/webhook.md.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import httpx
import orjson

from bots.doors import Shut, guarded, must_be_fresh, same, single
from bots.payload import reader, seconds, table, text, whole
from bots.stored import name_of, stored
from bots.wire import Action, Trouble, Wire, complaint, told_to_wait
from core.words import (
    MINUTE,
    SECOND,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Files,
    Hook,
    Inbound,
    Kind,
    Media,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)

FRESH = 5 * MINUTE
"""How far a delivery's time may lie from ours, as the standard advises."""
MOST_BODY = 8 * 1024 * 1024
"""Largest delivery, bytes: a file of 5 MB in base64, with words around it."""
MOST_FILE = 5_000_000
"""Largest file within a message, either way, bytes."""
MOST_FETCHED = 20_000_000
"""Largest file that is fetched from a partner, bytes."""
MOST_TEXT = Size(20_000)
KEY_SIZES = range(24, 65)
"""Bytes of a key, as the standard wants them."""
PREFIX = "whsec_"
"""Begins a key in writing."""

CAN = Can(text=MOST_TEXT, card=True, buttons=20, label=Size(60), token=400, file=MOST_FILE, edit=True, rate=20.0)

KINDS = frozenset(get_args(Kind)) - {"call", "call_log"}
"""What a message of a partner may be; calls come in a log of their own."""
FILES = frozenset({"voice", "image", "file"})
ACTIONS: Mapping[str, Action] = {"408": "busy", "410": "gone", "425": "busy"}
"""HTTP statuses that mean more than that the message is refused; 429 and 5xx are everybody's."""
TAKEN = 409
"""The partner has had this webhook-id before: it was shown."""

_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_FILE_FIELDS = ("mime", "name", "size", "seconds", "words")


@dataclass(frozen=True)
class Partner:
    """A system that speaks with us. `keys`: two while rotating; `url`: where it listens (None: it only tells us).

    `deduplicates`: it shows what has the same webhook-id once; `proves_phones`: its numbers come from a carrier and not from
    a form; `media_hosts`: where its files may be fetched from, host or host:port.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    url: str | None = None
    deduplicates: bool = False
    proves_phones: bool = False
    media_hosts: frozenset[str] = frozenset()


class Webhook:
    """The channel of all partners. A room is a person or a group at one of them: Room("webhook", partner, id)."""

    name = "webhook"

    def __init__(
        self,
        partners: Mapping[str, Partner],
        put: Callable[[bytes], str],
        files: Files,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        safe = all(partner.deduplicates for partner in partners.values() if partner.url)
        self.can = replace(CAN, safe=safe)
        self.most_body = MOST_BODY
        self._partners, self._put, self._files, self._clock = partners, put, files, clock
        self._wire = Wire(transport)

    @staticmethod
    @reader("a partner")
    def read(raw: bytes) -> list[Inbound]:
        """The message or call in a delivery as `receive` wrote it: partner, id, sent_at, proves_phones, said. Raises
        Unreadable."""
        found = table(raw)
        said, partner, number = found["said"], text(found["partner"]), text(found["id"])
        what = {"message": _message, "call_log": _call}.get(said["type"])
        told = what(partner, said) if what else None
        if told is None:
            return []
        who = told["who"] if found["proves_phones"] is True else replace(told["who"], phone=None)
        at = seconds(said.get("at") or found["sent_at"])
        return [Inbound(key=f"webhook:{partner}:{number}", id=number, at=at, raw=raw, **told | {"who": who})]

    async def run(self, accept: Accept) -> None:
        """Returns at once: partners call us."""

    @guarded
    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks one delivery of ?partner=NAME and answers it once it is durable."""
        if hook.method == "GET":
            return Answer()
        name, number = self._checked(hook)
        said = await self._kept(hook.body)
        sent_at = int(hook.headers["webhook-timestamp"])
        proves = self._partners[name].proves_phones
        envelope = {"partner": name, "id": number, "sent_at": sent_at, "proves_phones": proves, "said": said}
        await accept([orjson.dumps(envelope)])
        return Answer(200, b"{}", "application/json")

    def _checked(self, hook: Hook) -> tuple[str, str]:
        """Which partner sent it, and under which number. Raises Shut."""
        name, number = single(hook, "partner"), hook.headers.get("webhook-id", "")
        timestamp, signatures = hook.headers.get("webhook-timestamp", ""), hook.headers.get("webhook-signature", "")
        must_be_fresh(timestamp, self._clock(), FRESH)
        if not _NUMBER.fullmatch(number):
            raise Shut(400, "no webhook-id")
        expected = signed(self._partners[name].keys, number, timestamp, hook.body) if name in self._partners else []
        if not any(same(ours, theirs) for ours in expected for theirs in signatures.split(" ")[:8]):
            raise Shut(403, "signature")
        return name, number

    async def _kept(self, body: bytes) -> Any:
        """What a partner says, its files put into the store; what cannot be taken apart stays as it came."""
        try:
            said = table(body)
            files = [await self._put_away(file) for file in said.get("media", ())]
        except (ValueError, TypeError, AttributeError, KeyError):
            return body.decode("utf-8", "replace")
        return said | {"media": files}

    async def _put_away(self, file: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: file[name] for name in _FILE_FIELDS if name in file}
        if "data" not in file:
            return given | {"url": file["url"]}
        content = base64.b64decode(file["data"], validate=True)
        return given | {"hash": await asyncio.to_thread(self._put, content), "size": len(content)}

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message under a webhook-id that is always the same for its key."""
        partner = self._partners.get(room.account)
        if partner is None or partner.url is None:
            return Receipt("refused", why="this partner has no address")
        number, timestamp = number_of(key), str(self._clock() // SECOND)
        try:
            body = orjson.dumps(whole(await self._shown(room, say)))
            seal = " ".join(signed(partner.keys, number, timestamp, body))
            headers = {"webhook-id": number, "webhook-timestamp": timestamp, "webhook-signature": seal}
            reply = await self._wire.post(partner.url, body, headers)
        except (KeyError, ValueError):
            return Receipt(
                "refused", why="longer than 20,000 characters, or a file that is not in the store or too large"
            )
        except Trouble as trouble:
            return trouble.receipt
        if 200 <= reply.status < 300 or reply.status == TAKEN:
            return Receipt("sent", ref=number)
        after = told_to_wait(reply.headers.get("retry-after"))
        return complaint(f"partner {room.account}", str(reply.status), ACTIONS, reply.status, after).receipt

    async def _shown(self, room: Room, say: Say) -> dict[str, Any]:
        """A message as partners get it. Raises KeyError, ValueError."""
        buttons = [{"label": button.label, "token": button.token, "url": button.url} for button in say.buttons]
        if CAN.text.of(say.text) > CAN.text.most or len(buttons) > CAN.buttons:
            raise ValueError("longer than allowed")
        shown: dict[str, Any] = {
            "type": "message",
            "room": {"id": room.id, "thread": room.thread, "group": room.group},
            **{name: getattr(say, name) for name in ("purpose", "text", "title", "link", "replaces", "reply")},
            "facts": [list(fact) for fact in say.facts],
            "mentions": list(say.mentions),
            "buttons": buttons,
        }
        if say.file:
            content = await self._files(say.file.hash)
            if not 0 < len(content) <= MOST_FILE:
                raise ValueError("larger than allowed")
            data = base64.b64encode(content).decode()
            shown["file"] = {"name": say.file.name, "mime": say.file.mime, "data": data}
        return shown

    async def fetch(self, media: Media) -> bytes:
        """A file that a partner sent, or that lies on one of its hosts. Raises CannotFetch, Trouble if it may be had later."""
        if _HASH.fullmatch(media.ref):
            return await stored(self._files, media.ref)
        name, _, url = media.ref.partition(":")
        partner = self._partners.get(name)
        if partner is None or not lies_on(url, partner.media_hosts):
            raise CannotFetch("not a file of a partner")
        return (await self._wire.file(url, MOST_FETCHED, {})).body

    async def close(self) -> None:
        await self._wire.close()


def key_of(secret: str) -> bytes:
    """The key that is written whsec_BASE64. Raises ValueError for any other."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if not secret.startswith(PREFIX) or len(key) not in KEY_SIZES:
        raise ValueError("a key is written whsec_ and 24 to 64 bytes in base64")
    return key


def signed(keys: Collection[bytes], number: str, timestamp: str, body: bytes) -> list[str]:
    """The signatures of a delivery, one for each key."""
    content = f"{number}.{timestamp}.".encode() + body
    return ["v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]


def number_of(key: str) -> str:
    """The webhook-id of what is posted with `key`."""
    return "hy_" + name_of(key.encode())[:40]


def lies_on(url: str, hosts: Collection[str]) -> bool:
    """Whether a file lies on one of these hosts, and can be fetched from it without being overheard."""
    try:
        place = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    return place.scheme == "https" and not place.userinfo and place.netloc.decode() in hosts


def _message(partner: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """What somebody said to a partner's system; None if that was a machine."""
    speaker, place, kind = said["from"], said.get("room") or {}, said["kind"]
    if speaker.get("bot"):
        return None
    person, files = text(speaker["id"]), tuple(_files(partner, said.get("media", ())))
    needed = {
        "press": said.get("press"),
        "edit": said.get("about"),
        "recall": said.get("about"),
        "text": said.get("text"),
    }
    if kind not in KINDS or bool(files) != (kind in FILES) or not needed.get(kind, True):
        raise ValueError("not a whole message")
    group = place.get("group", False) is True
    optional = {name: text(said[name]) for name in ("text", "press", "about", "quoted") if said.get(name)}
    return {
        "who": Who(person, speaker.get("name"), speaker.get("phone")),
        "room": Room("webhook", partner, text(place.get("id", person)), place.get("thread"), group),
        "kind": kind,
        "media": files,
        "called": not group or said.get("called", False) is True,
        "forwarded": said.get("forwarded", False) is True,
        **optional,
    }


def _call(partner: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A phone call that an agent took, or made (`called` is False): his note, else what was said, and the recording."""
    caller, note, words = text(said["caller"]), said.get("note"), said.get("transcript")
    if said["direction"] not in ("in", "out"):
        raise ValueError("a call is taken or made")
    recording = tuple(_files(partner, said.get("media", ())))
    return {
        "who": Who(caller, said.get("name"), caller),
        "room": Room("webhook", partner, caller),
        "kind": "call_log",
        "text": text(note or words or ""),
        "media": recording,
        "called": said["direction"] == "in",
    }


def _files(partner: str, files: Any) -> Iterator[Media]:
    for file in files:
        ref = text(file["hash"]) if "hash" in file else f"{partner}:{text(file['url'])}"
        yield Media(ref, **{name: file.get(name) for name in _FILE_FIELDS})
