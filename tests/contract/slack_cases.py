"""Slack under the contract, called by HTTP, and holding a socket to a server on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import uvicorn

from bots.emulated.slack import SlackServer
from bots.slack import Slack, SlackConfig
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Running, Sample, Shown

FAULTS = {
    "quota": "ratelimited",
    "gone": "user_disabled",
    "bad": "invalid_blocks",
    "lost": "lost",
    "down": "down",
    "busy": "5xx",
}
FILES = {"pdf": b"%PDF-1.4 report", "large": b"x" * (20 * 1024 * 1024 + 1)}
TS, CHANNEL = "1772596800.000000", "C0TECH"
"""Noon of the rig's clock as a ts."""


async def stored(name: str) -> bytes:
    """The file store of the tests."""
    return FILES[name]


class SlackRig:
    """The channel as Slack calls it, and one engineer."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = SlackServer(self.now)
        self.server.person("U0LIU", "刘志远")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        config = SlackConfig(self.server.bot_token, signing_secrets=(self.server.signing_secret,))
        self.channel = Slack(config, stored, self.now, Watched(self.server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("slack", self.server.app_id, "U0LIU")
        self.secrets = (self.server.bot_token, self.server.app_token, self.server.signing_secret)
        self.server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.says("U0LIU", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("U0LIU", content, mime, "现场.jpg")

    def hook(self, text: str) -> Hook:
        return self.server.signed(message(text=text))

    def garbage(self) -> Hook:
        return self.server.signed(b'{"type": :event_callback')

    def handshake(self) -> tuple[Hook, bytes]:
        asked = orjson.dumps(
            {"token": "Jhj5dZrVaK7ZwHHjRyZW", "challenge": "3eZbrw1aBm2rZgRN", "type": "url_verification"}
        )
        return self.server.signed(asked), b"3eZbrw1aBm2rZgRN"

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        """Plain messages as they stand on the wire, escaped, since it is there that a link would be one."""
        shown = []
        for sent in self.server.sent:
            posted = self.server.posted.get(sent.ref, {})
            text = posted["text"] if posted and not posted["blocks"] else sent.text
            shown.append(Shown(sent.to, text, tuple((label, str(token)) for label, token in sent.buttons), sent.file))
        return shown

    def statuses(self) -> list[int]:
        return self.server.answers

    async def close(self) -> None:
        await self.channel.close()


class Watched(httpx.ASGITransport):
    """The way to the emulated server, noting who was called."""

    def __init__(self, server: SlackServer, hosts: list[str]) -> None:
        super().__init__(app=server)
        self._hosts = hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._hosts.append(request.url.host)
        return await super().handle_async_request(request)


class SocketRig(SlackRig):
    """The channel with an app token, in front of a server that listens on a port of this machine."""

    def __init__(self) -> None:
        super().__init__()
        listening = socket.create_server(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.server = SlackServer(self.now, base, base)
        self.server.person("U0LIU", "刘志远")
        self.http = uvicorn.Server(uvicorn.Config(self.server, log_level="critical", timeout_graceful_shutdown=1))
        self._serving = asyncio.ensure_future(self.http.serve([listening]))
        self._running: Running | None = None
        config = SlackConfig(self.server.bot_token, self.server.app_token, (), f"{base}/api", base)
        self.channel = Slack(config, stored, self.now)
        self.inbox.channel = self.channel

    def begin(self) -> None:
        """Keep the channel running from now on."""
        self._running = self._running or Running(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        self.begin()
        await self.server.says("U0LIU", text)

    async def sends(self, content: bytes, mime: str) -> None:
        self.begin()
        await self.server.sends("U0LIU", content, mime, "photo.jpg")

    def acknowledged(self) -> int:
        return self.server.acked

    async def babbles(self) -> None:
        self.begin()
        holo = orjson.dumps({"envelope_id": "e0", "type": "events_api", "payload": {"type": "holo"}}).decode()
        await self.server.babbles("", "no JSON", "{broken", '{"type": "holo"}', holo)

    async def drop(self) -> None:
        await self.server.drop()

    async def close(self) -> None:
        if self._running is not None:
            await self._running.stop()
        await self.channel.close()
        self.http.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving


# ---------------------------------------------------------------- deliveries


def event(number: str = "Ev1", **inner: Any) -> bytes:
    """An event of the Events API."""
    bot = {"team_id": "T1", "user_id": "U0BOT", "is_bot": True}
    outer = {
        "team_id": "T1",
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": number,
        "event_time": 1772596800,
    }
    return orjson.dumps({**outer, "event": inner, "authorizations": [bot]})


def message(ts: str = TS, channel: str = "D0LIU", **said: Any) -> bytes:
    """A message that somebody wrote."""
    plain = {"type": "message", "user": "U0LIU", "text": "", "ts": ts, "channel": channel, "event_ts": ts}
    return event(**(plain | said))


def changed(ts: str, was: dict[str, Any], **how: Any) -> bytes:
    """A message that is another now, or none any more."""
    before = {"type": "message", "user": "U0LIU", "text": "旧的", "ts": "1772596700.000200", **was}
    return event(type="message", channel="D0LIU", ts=ts, event_ts=ts, previous_message=before, **how)


def press(trigger: str, channel: str = "D0LIU", box: str = "message", **action: Any) -> bytes:
    """A button, as it is posted: JSON in a form."""
    button = {"type": "button", "action_id": "b0", "text": {"type": "plain_text", "text": "接单"}, "action_ts": TS}
    payload = {
        "type": "block_actions",
        "user": {"id": "U0LIU", "username": "liu"},
        "api_app_id": "A1",
        "container": {"type": box, "message_ts": "1772596000.000100", "channel_id": channel},
        "trigger_id": trigger,
        "channel": {"id": channel},
        "actions": [{**button, **action}],
    }
    return urlencode({"payload": orjson.dumps(payload).decode()}).encode()


def command(trigger: str, text: str, channel: str = "D0LIU") -> bytes:
    """A command, as it is posted."""
    said = {"api_app_id": "A1", "user_id": "U0LIU", "user_name": "liu", "command": "/desk", "text": text}
    return urlencode({**said, "channel_id": channel, "trigger_id": trigger}).encode()


def clip(**file: Any) -> dict[str, Any]:
    """A file that was spoken."""
    return {"id": "F1", "subtype": "slack_audio", "url_private_download": "https://files.slack.com/c", **file}


def _becomes(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    room = Room("slack", "A1", "U0LIU")
    told = {"kind": kind, "key": f"slack:A1:{key}", "text": text, "who": Who("U0LIU"), "room": room, "at": NOON}
    return told | more


def _at(number: int) -> str:
    """The ts of a message of that number."""
    return f"1772596800.{number:06d}"


def _said(number: int, kind: str, text: str = "", channel: str = "D0LIU", **more: Any) -> dict[str, Any]:
    return _becomes(kind, f"{channel}:{_at(number)}", text, id=f"{channel}:{_at(number)}", at=NOON + number, **more)


GROUP = Room("slack", "A1", CHANNEL, group=True)
THREAD = Room("slack", "A1", CHANNEL, "1772590000.000100", group=True)
PHOTO = {
    "id": "F0",
    "name": "a.png",
    "mimetype": "image/png",
    "size": 9,
    "url_private": "https://files.slack.com/a.png",
}
HEARD = {"status": "complete", "preview": {"content": "漏油了", "has_more": False}}
SHARED = {"is_share": True, "author_name": "王女士", "text": "三号机漏油", "files": [PHOTO]}
CLIP = "https://files.slack.com/c"

SAMPLES = [
    Sample(message(_at(1), text="接单 GD-1001 &amp; &lt;看&gt;"), _said(1, "text", "接单 GD-1001 & <看>", called=True)),
    Sample(
        message(
            _at(2), CHANNEL, text="<@U0BOT> 问 <@U0TOM|tom> <#C9|ops> <https://a.example|手册> <mailto:a@b.c|a@b.c>"
        ),
        _said(2, "text", "问 @tom #ops 手册 https://a.example a@b.c", CHANNEL, room=GROUP, called=True),
    ),
    Sample(message(_at(3), CHANNEL, text="午饭"), _said(3, "text", "午饭", CHANNEL, room=GROUP, called=False)),
    Sample(
        message(_at(4), CHANNEL, text="好了", thread_ts="1772590000.000100", parent_user_id="U0BOT"),
        _said(4, "text", "好了", CHANNEL, room=THREAD, called=True, about=f"{CHANNEL}:1772590000.000100"),
    ),
    Sample(
        message(_at(5), subtype="thread_broadcast", text="是", thread_ts="1772590000.000100", root={"text": "漏油?"}),
        _said(5, "text", "是", about="D0LIU:1772590000.000100", quoted="漏油?"),
    ),
    Sample(
        message(_at(6), subtype="file_share", text="看图", files=[PHOTO]),
        _said(6, "image", "看图", media=(Media("https://files.slack.com/a.png", "image/png", "a.png", 9),)),
    ),
    Sample(
        message(
            _at(7), subtype="file_share", files=[clip(mimetype="audio/webm", duration_ms=2500, transcription=HEARD)]
        ),
        _said(7, "voice", media=(Media(CLIP, "audio/webm", seconds=2.5, words="漏油了"),)),
    ),
    Sample(
        message(_at(8), subtype="file_share", files=[clip(mimetype="", filetype="", name="audio_message.m4a")]),
        _said(8, "voice", media=(Media(CLIP, "audio/mp4", "audio_message.m4a"),)),
    ),
    Sample(
        message(
            _at(9), subtype="file_share", files=[clip(mimetype="video/mp4", transcription={"status": "processing"})]
        ),
        _said(9, "voice", media=(Media(CLIP, "audio/mp4"),)),
    ),
    Sample(
        message(_at(10), subtype="file_share", files=[{"id": "F9", "file_access": "check_file_info"}]),
        _said(10, "file", media=(Media("F9"),)),
    ),
    Sample(
        message(_at(11), text="客户发的", attachments=[SHARED, {"text": "a preview", "from_url": "https://x"}]),
        _said(
            11,
            "image",
            "客户发的\n王女士：三号机漏油",
            forwarded=True,
            media=(Media("https://files.slack.com/a.png", "image/png", "a.png", 9),),
        ),
    ),
    Sample(
        changed(
            _at(12), {}, subtype="message_changed", message={"user": "U0LIU", "text": "新的", "ts": "1772596700.000200"}
        ),
        _becomes("edit", f"D0LIU:1772596700.000200:{_at(12)}", "新的", about="D0LIU:1772596700.000200", at=NOON + 12),
    ),
    Sample(
        changed(_at(13), {}, subtype="message_deleted", deleted_ts="1772596700.000200"),
        _becomes("recall", f"D0LIU:1772596700.000200:{_at(13)}", about="D0LIU:1772596700.000200", at=NOON + 13),
    ),
    Sample(
        changed(_at(14), {}, subtype="message_changed", message={"subtype": "tombstone", "text": "This was deleted."}),
        _becomes("recall", f"D0LIU:1772596700.000200:{_at(14)}", about="D0LIU:1772596700.000200", at=NOON + 14),
    ),
    Sample(
        changed(_at(15), {}, subtype="message_changed", message={"text": "旧的", "attachments": [{"text": "preview"}]}),
        None,
    ),
    Sample(
        press("9.1.t", value="accept:1"),
        _becomes(
            "press", "9.1.t:b0", "接单", press="accept:1", about="D0LIU:1772596000.000100", who=Who("U0LIU", "liu")
        ),
    ),
    Sample(
        press("9.2.t", CHANNEL, value="ack:2"),
        _becomes("press", "9.2.t:b0", "接单", press="ack:2", room=GROUP, who=Who("U0LIU", "liu")),
    ),
    Sample(press("9.3.t", url="https://desk.example"), None),
    Sample(press("9.4.t", box="view", value="x"), None),
    Sample(
        command("8.1.t", "接单 GD-1001"),
        {"kind": "command", "key": "slack:A1:8.1.t", "text": "接单 GD-1001", "room": Room("slack", "A1", "U0LIU")},
    ),
    Sample(command("8.2.t", "", CHANNEL), {"kind": "command", "text": "/desk", "room": GROUP, "called": True}),
    Sample(
        event("Ev2", type="app_home_opened", user="U0LIU", channel="D0LIU", tab="messages"), _becomes("enter", "Ev2")
    ),
    Sample(event("Ev3", type="app_home_opened", user="U0LIU", channel="D0LIU", tab="home"), None),
    Sample(
        event("Ev4", type="member_joined_channel", user="U0LIU", channel=CHANNEL),
        _becomes("enter", "Ev4", room=GROUP, called=False),
    ),
    Sample(
        event("Ev5", type="member_left_channel", user="U0LIU", channel=CHANNEL),
        _becomes("leave", "Ev5", room=GROUP, called=False),
    ),
    Sample(event("Ev6", type="reaction_added", user="U0LIU", reaction="eyes"), None),
    Sample(orjson.dumps({"type": "view_submission", "user": {"id": "U0LIU"}, "view": {"id": "V1"}}), None),
    Sample(orjson.dumps({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1518467820}), None),
]

OWN = [
    message(_at(30), bot_id="B1", text="我是机器人"),
    message(_at(31), user="U0BOT", text="我也是"),
    event(type="message", subtype="bot_message", bot_id="B1", text="我也是", ts=_at(32), channel="C1"),
    changed(_at(33), {"bot_id": "B1"}, subtype="message_changed", message={"bot_id": "B1", "text": "换了"}),
    changed(_at(34), {"bot_id": "B1"}, subtype="message_deleted", deleted_ts="1772596700.000200"),
    event("Ev9", type="member_joined_channel", user="U0BOT", channel=CHANNEL),
]

HTTP = Case(
    name="slack",
    channel=lambda: Slack,
    samples=SAMPLES,
    own=OWN,
    folder="slack",
    rig=SlackRig,
    sdk=frozenset({"slack_bolt", "slack_sdk"}),
    faults=frozenset(FAULTS),
    unsendable=("large", "not in the store"),
    recorded=(
        "evt_*",
        "act_*",
        "cmd_*",
        "ws_*",
        "voice_clip_event*",
        "java_view*",
        "java_file*",
        "java_app*",
    ),
)
SOCKET = replace(
    HTTP, rig=SocketRig, called=False, connected=True, recorded=(), faults=frozenset(FAULTS) - {"lost", "down"}
)

CASES = (HTTP, SOCKET)
