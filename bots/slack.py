"""Slack, for staff: messages, files, commands and buttons by Socket Mode or HTTP; cards, files and mentions out."""

from __future__ import annotations

import asyncio
import html
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import orjson

from bots.doors import guarded, must_be_fresh, must_be_signed
from bots.payload import OPEN, UNTIMED, decimal_seconds, reader, table, text, with_link
from bots.wire import Action, Trouble, Wire, complaint, content_of, told_to_wait
from core.words import (
    MINUTE,
    Accept,
    Answer,
    Button,
    Can,
    CannotFetch,
    Clock,
    FileRef,
    Files,
    Hook,
    Inbound,
    Kind,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)

CAN = Can(
    text=Size(3000),  # of a section; a message without blocks would take 40,000
    card=True,
    buttons=24,  # of one row, and one more for the link
    label=Size(75),
    token=2000,
    file=20 * 1024 * 1024,  # Slack takes 1 GB; here it is held in memory
    edit=True,
    gap=1.0,
    rate=5.0,  # the whole workspace's limit is some hundred a minute and not published
)
FACTS = 10
"""Most fields of a section."""
MOST_TITLE = 150
"""Longest text of a header, characters."""
FRESH = 5 * MINUTE
"""How far the time of a signature may lie from ours."""
PING_SECONDS = 10.0
"""Seconds between two pings on the socket. It counts as cut when four were not answered."""
ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("ratelimited", "rate_limited", "message_limit_exceeded"), "quota"),
    **dict.fromkeys(("fatal_error", "internal_error", "request_timeout"), "unsure"),
    **dict.fromkeys(("channel_not_found", "is_archived", "user_not_found", "users_not_found"), "gone"),
    **dict.fromkeys(("user_disabled", "user_not_visible", "cannot_dm_bot"), "gone"),
    "service_unavailable": "busy",
}
"""What Slack's errors ask for. All others need a person: a token not valid, a scope missing, a channel without the bot."""
SAID = (None, "file_share", "thread_broadcast", "me_message")
"""Subtypes of messages that people wrote; all others are Slack's own, another bot's, or tell of one of these."""
KINDS: Mapping[str, Kind] = {"image": "image", "audio": "voice"}
"""Kinds of files by the first half of their media type."""
_CHALLENGE = re.compile(rb'\{[^{}]*"challenge"\s*:\s*"(\w+)"[^{}]*\}')
_MARK = re.compile(r"<([@#!]?)([^|>]+)(?:\|([^>]*))?>")


@dataclass(frozen=True)
class SlackConfig:
    """What the app needs. With `app_token` (xapp-…) events come by Socket Mode, with `signing_secrets` (two while rotating)
    by HTTP; with neither the app only tells."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = "https://slack.com/api"
    files_base: str = "https://files.slack.com"


class Slack:
    """The channel. A room is a person, Room("slack", app id, "U…"), or a channel, Room("slack", app id, "C…", group=True), with
    the ts of its first message as `thread`. A message's id and ref is "CHANNEL:TS": a ts alone is unique in its channel only."""

    name, can = "slack", CAN
    single, patience = False, 6 * PING_SECONDS
    sign: Micros | None = None

    def __init__(
        self, config: SlackConfig, files: Files, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._config, self._files, self._clock, self._wire = config, files, clock, Wire(transport)

    @staticmethod
    @reader("Slack")
    def read(raw: bytes) -> list[Inbound]:
        """What an event, a command or a press says, as it is posted or as the socket wraps it. Raises Unreadable."""
        return [Inbound(**said, raw=raw) for said in happened(opened(raw))]

    @guarded
    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks a request and answers it once it is durable, a retry like any other (why not by Bolt: docs/decisions.md)."""
        stamp, signature = (hook.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
        must_be_fresh(stamp, self._clock(), FRESH)
        must_be_signed(
            self._config.signing_secrets, b"v0:%b:%b" % (stamp.encode(), hook.body), signature.removeprefix("v0=")
        )
        if challenge := _CHALLENGE.fullmatch(hook.body.strip()):
            return Answer(200, challenge[1])
        await accept([hook.body])
        return Answer(200)

    async def run(self, accept: Accept) -> None:
        """Holds the socket until it is closed or answers no ping; returns at once without an app token. One that Slack has had
        replaced (its lock is held) is waited for. Raises ConnectionError, Trouble."""
        if self._config.app_token is None:
            return
        socket = self._socket(self._config.app_token, accept)
        try:
            socket.client.wss_uri = (await self._call("apps.connections.open", {}, self._config.app_token))["url"]
            await socket.connect_async()
            while socket.client.connect_operation_lock.locked() or await socket.client.is_connected():
                pong = socket.client.last_ping_pong_time
                await asyncio.sleep(PING_SECONDS / 50)
                self.sign = self.sign if socket.client.last_ping_pong_time == pong else self._clock()
        finally:
            await socket.close_async()
        raise ConnectionError("Slack's socket is closed, or answers no ping")

    def _socket(self, app_token: str, accept: Accept) -> Any:
        """Bolt's end of the socket. Everything is stored before Bolt authorizes or dispatches it, so that it acknowledges what is
        stored, and nothing else. It repairs no connection, since the run ends, and logs neither words nor tickets."""
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
        from slack_bolt.async_app import AsyncApp
        from slack_bolt.response import BoltResponse
        from slack_sdk.web.async_client import AsyncWebClient

        async def keep(body: dict[str, Any]) -> BoltResponse:
            self.sign = self._clock()
            await accept([orjson.dumps(body)])
            return BoltResponse(status=200)

        silent = logging.Logger("slack", logging.CRITICAL + 1)
        web = AsyncWebClient(self._config.bot_token, f"{self._config.api_base}/", logger=silent)
        app = AsyncApp(logger=silent, client=web, before_authorize=keep)
        socket = AsyncSocketModeHandler(app, app_token, logger=silent, ping_interval=PING_SECONDS)
        socket.client.default_auto_reconnect_enabled = False
        return socket

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody shared. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        if not media.ref.startswith(f"{self._config.files_base}/"):
            raise CannotFetch("not a file of Slack")
        reply = await self._wire.file(media.ref, CAN.file, {"authorization": f"Bearer {self._config.bot_token}"})
        if reply.headers.get("content-type", "").startswith("text/html") and media.mime != "text/html":
            raise CannotFetch("a page to sign in: the scope files:read is missing")
        return reply.body

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message. Slack knows no key of a repetition, so that an unknown outcome stays one."""
        ref, words = None, say.text or say.title or say.facts or say.buttons or say.link
        if CAN.text.of(say.text) > CAN.text.most or not (words or say.file):
            return Receipt("refused", why=f"longer than {CAN.text.most} characters, or nothing to send")
        try:
            file = await self._uploaded(say.file) if say.file else None
            ref = await self._shown(room, say) if words else None
            return Receipt("sent", await self._shared(room, file, ref) if file else ref)
        except Trouble as trouble:
            return Receipt("unknown", ref, why=f"shown without its file: {trouble}") if ref else trouble.receipt
        except (KeyError, TypeError) as error:
            return Receipt("unknown", ref, why=f"an answer without {error}")

    async def close(self) -> None:
        await self._wire.close()

    async def _shown(self, room: Room, say: Say) -> str:
        """The ref of a message that was posted, or shown anew in place. Raises Trouble, KeyError."""
        channel, _, ts = (say.replaces or "").partition(":")
        thread = room.thread or (say.reply or "").partition(":")[2]
        place = {"channel": room.id} | ({"thread_ts": thread} if room.group and thread else {})
        method, where = ("chat.update", {"channel": channel, "ts": ts}) if ts else ("chat.postMessage", place)
        shown = await self._call(method, message_of(say) | where)
        return f"{shown['channel']}:{shown['ts']}"

    async def _uploaded(self, file: FileRef) -> dict[str, str]:
        """A stored file that lies with Slack, where nobody sees it yet. Raises Trouble, KeyError."""
        content = await content_of(file, self._files, CAN.file)
        measures = urlencode({"filename": file.name, "length": len(content)})
        place = await self._call(f"files.getUploadURLExternal?{measures}", None)
        reply = await self._wire.upload(place["upload_url"], ("file", file.name, content, file.mime))
        if reply.status != 200:
            raise complaint("Slack", "", ACTIONS, reply.status)
        return {"id": place["file_id"], "title": file.name}

    async def _shared(self, room: Room, file: Mapping[str, str], ref: str | None) -> str:
        """The ref of the words under which a file now stands, or its own. It cannot be shared with a person, only with the
        direct chat, which has a number of its own. Raises Trouble, KeyError."""
        known = ref or (room.id if room.group else None)
        channel = known or (await self._call("conversations.open", {"users": room.id}))["channel"]["id"]
        thread = {"thread_ts": room.thread} if room.thread else {}
        await self._call(
            "files.completeUploadExternal", {"files": [file], "channel_id": channel.partition(":")[0], **thread}
        )
        return ref or file["id"]

    async def _call(self, method: str, asked: Mapping[str, Any] | None, token: str | None = None) -> dict[str, Any]:
        """The answer of a method of the Web API; without `asked` it is got. Raises Trouble."""
        url, bearer = (
            f"{self._config.api_base}/{method}",
            {"authorization": f"Bearer {token or self._config.bot_token}"},
        )
        reply = await (self._wire.get(url, CAN.file, bearer) if asked is None else self._wire.post(url, asked, bearer))
        said, after = reply.json(), told_to_wait(reply.headers.get("retry-after"))
        if not said.get("ok"):
            raise complaint("Slack", str(said.get("error", "")), ACTIONS, reply.status, after)
        return said


def message_of(say: Say) -> dict[str, Any]:
    """A message: its text, and blocks where there is more than text. What people wrote is escaped or stands as plain text, so
    that nothing in it becomes a link or calls anybody."""
    calls = " ".join(f"<@{person}>" for person in say.mentions)
    words = filter(None, (calls, *(html.escape(part or "", quote=False) for part in (say.title, say.text))))
    facts = [_plain(f"{label}\n{value}") for label, value in say.facts]
    buttons = [_button(number, button) for number, button in enumerate(with_link(say))]
    blocks = [
        *([{"type": "header", "text": _plain(say.title[:MOST_TITLE])}] if say.title else []),
        *([{"type": "section", "text": {"type": "mrkdwn", "text": calls}}] if calls else []),
        *([{"type": "section", "text": _plain(say.text)}] if say.text else []),
        *({"type": "section", "fields": facts[at : at + FACTS]} for at in range(0, len(facts), FACTS)),
        *([{"type": "actions", "elements": buttons}] if buttons else []),
    ]
    return {
        "text": "\n".join(words) or OPEN,
        "blocks": blocks if say.title or facts or buttons else [],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words, "emoji": False}


def _button(number: int, button: Button) -> dict[str, Any]:
    leads = {"url": button.url} if button.url else {"value": button.token}
    return leads | {"type": "button", "text": _plain(button.label), "action_id": f"b{number}"}


def opened(raw: bytes) -> dict[str, Any]:
    """The JSON or the form that was posted, or what is in an envelope. Raises ValueError, TypeError, KeyError."""
    if not raw.startswith(b"{"):
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
        return table(form["payload"].encode()) if "payload" in form else form
    return found["payload"] if "envelope_id" in (found := table(raw)) else found


def happened(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of each Inbound but `raw`. Raises KeyError, ValueError, TypeError, AttributeError for what cannot be read."""
    event = found["event"] if found.get("type") == "event_callback" else found
    sort = "command" if "command" in found else text(event["type"])
    read = READERS.get(f"{sort}/{event.get('subtype')}") or READERS.get(sort)
    return read(found, event) if read else iter(())


def _message(found: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Something that a person said. If he calls the bot in a channel in which it is, it comes as two events, with one key."""
    if event.get("subtype") in SAID and not _is_bots(found, event):
        bot, ts, thread = _bot(found), text(event["ts"]), text(event.get("thread_ts", event["ts"]))
        shared = [part for part in event.get("attachments") or () if part.get("is_share") or part.get("is_msg_unfurl")]
        media = tuple(_media(file) for part in (event, *shared) for file in part.get("files") or ())
        passed_on = (f"{part.get('author_name', '')}：{part['text']}" for part in shared if part.get("text"))
        said = _said(found, event, f"{event['channel']}:{ts}", ts, event["user"])
        called = f"<@{bot}>" in event["text"] or bot == event.get("parent_user_id", "") or event["type"] != "message"
        yield said | {
            "kind": KINDS.get((media[0].mime or "").partition("/")[0], "file") if media else "text",
            "text": "\n".join(filter(None, (_words(part, bot) for part in (event["text"], *passed_on)))),
            "media": media,
            "about": f"{event['channel']}:{thread}" if thread != ts else None,
            "called": called or not said["room"].group,
            "id": f"{event['channel']}:{ts}",
            "quoted": _words(event["root"]["text"], bot) if "root" in event else None,
            "forwarded": bool(shared),
        }


def _changed(found: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """New words of an old message, which keeps its ts, or its end: with answers it stands on as a tombstone. A preview that
    Slack puts under it changes nothing."""
    before, now = event["previous_message"], event.get("message") or {}
    gone = event["subtype"] == "message_deleted" or now.get("subtype") == "tombstone"
    words = "" if gone else text(now["text"])
    if before.get("subtype") in SAID and not _is_bots(found, before) and (gone or words != before["text"]):
        about = f"{event['channel']}:{text(before['ts'])}"
        said = _said(found, {**before, **event}, f"{about}:{text(event['ts'])}", event["ts"], before["user"])
        called = not said["room"].group or f"<@{_bot(found)}>" in words
        kind = "recall" if gone else "edit"
        yield said | {"kind": kind, "text": _words(words, _bot(found)), "about": about, "called": called}


def _moved(found: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Somebody has opened his chat with the bot (not its home page), or has come into or left a channel in which it is."""
    if not _is_bots(found, event) and event.get("tab", "messages") == "messages":
        yield _said(found, event, text(found["event_id"]), str(found["event_time"]), event["user"]) | {
            "kind": "leave" if event["type"] == "member_left_channel" else "enter",
            "called": event["type"] == "app_home_opened",
        }


def _command(found: Mapping[str, Any], _: Any) -> Iterator[dict[str, Any]]:
    """What follows the name of a command; the name alone where nothing does."""
    place, key = {"channel": found["channel_id"]}, text(found["trigger_id"])
    yield _said(found, place, key, None, found["user_id"], found.get("user_name")) | {
        "kind": "command",
        "text": _words(found["text"], None) or text(found["command"]),
    }


def _press(found: Mapping[str, Any], _: Any) -> Iterator[dict[str, Any]]:
    """A button of one of our messages. One that opens an address has no value, and what stands in a view is not ours."""
    box, action, who = found["container"], found["actions"][0], found["user"]
    if box["type"] == "message" and action.get("value"):
        key, number = f"{text(found['trigger_id'])}:{text(action['action_id'])}", text(box["channel_id"])
        yield _said(found, {**box, "channel": number}, key, action["action_ts"], who["id"], who.get("username")) | {
            "kind": "press",
            "press": text(action["value"]),
            "text": text(action["text"]["text"]),
            "about": f"{number}:{text(box['message_ts'])}",
        }


READERS = {
    **dict.fromkeys(("message", "app_mention"), _message),
    **dict.fromkeys(("message/message_changed", "message/message_deleted"), _changed),
    **dict.fromkeys(("app_home_opened", "member_joined_channel", "member_left_channel"), _moved),
    "command": _command,
    "block_actions": _press,
}
"""How each type of delivery is read, or type/subtype; all others say nothing."""


def _said(
    found: Mapping[str, Any], place: Mapping[str, Any], key: str, stamp: Any, who: Any, name: str | None = None
) -> dict[str, Any]:
    """Key, instant, speaker and room: the chat with him (the only ones whose numbers begin with a D), or the channel."""
    app, channel = text(found.get("api_app_id") or found.get("team_id", "")), text(place["channel"])
    chat, group = Room("slack", app, text(who)), Room("slack", app, channel, place.get("thread_ts"), group=True)
    at = UNTIMED if stamp is None else decimal_seconds(stamp)
    room = chat if channel.startswith("D") else group
    return {"key": f"slack:{app}:{key}", "at": at, "who": Who(chat.id, name or None), "room": room}


def _bot(found: Mapping[str, Any]) -> str | None:
    """The bot as a member of the workspace, where the event names it."""
    return next((one["user_id"] for one in found.get("authorizations") or () if one.get("is_bot")), None)


def _is_bots(found: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a bot, or our own, has done this. What was typed in one of Slack's own clients has a number from there."""
    return bool(event.get("bot_id")) or (event["user"] == _bot(found) and "client_msg_id" not in event)


def _words(marked: str, bot: str | None) -> str:
    """Text as people see it, without the mention by which the bot was called."""
    return html.unescape(_MARK.sub(_seen, marked.replace(f"<@{bot}>", ""))).strip()


def _seen(mark: re.Match[str]) -> str:
    """A mention or a link as people see it."""
    sort, target, label = mark[1], mark[2], mark[3] or ""
    if sort:
        return ("#" if sort == "#" else "@") + (label or target).lstrip("@#")
    return f"{label} {target}" if label and label not in target else label or target


def _media(file: Mapping[str, Any]) -> Media:
    """A file as it can be fetched; one that lies in another company's workspace has no address, and its number leads nowhere.
    A clip that was spoken in Slack may have no media type, or that of a video."""
    name, mime, heard = file.get("name") or "", file.get("mimetype") or "", file.get("transcription") or {}
    if file.get("subtype") == "slack_audio" and not mime.startswith("audio/"):
        mime = "audio/webm" if name.endswith(".webm") else "audio/mp4"
    ref, preview = file.get("url_private_download") or file.get("url_private"), heard.get("preview") or {}
    words = preview.get("content") if heard.get("status") == "complete" and not preview.get("has_more") else None
    return Media(
        ref=text(ref or file["id"]),
        mime=mime or None,
        name=name or None,
        size=file.get("size"),
        seconds=file["duration_ms"] / 1000 if "duration_ms" in file else None,
        words=words,
    )
