"""Slack at its wire format, with the people of a workspace: Web API, Events API over HTTP, Socket Mode, files, limits.

slack = SlackServer(clock)
slack.person("U0LIU", "刘志远")
channel = Slack(SlackConfig(slack.bot_token, signing_secrets=(slack.signing_secret,)), files, clock, httpx.ASGITransport(app=slack))
slack.join(channel, accept)
await slack.says("U0LIU", "我来处理")

Served by uvicorn (`base` is then its own address) it also holds the socket, on which all is delivered if no channel has joined.
What is not acknowledged is delivered again, as Slack does, but at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.slack_limits import buttons_of, typed
from bots.emulated.slack_web import Workspace
from core.words import SECOND, Accept, Answer, Clock, Hook

TRIES = 4
"""How often a delivery is tried in all."""
ACK_SECONDS = 0.5
"""Longest wait for an acknowledgement on the socket; Slack's own is 3 s."""
LINK_SECONDS = 15.0
"""Longest wait for a socket."""

_log = logging.getLogger(__name__)

Callback = Callable[[Hook], Awaitable[Answer]]


class SlackServer(Workspace):
    """A workspace whose people write to the bot. `answers` are the statuses that HTTP deliveries were answered with, `acked` how
    many were acknowledged on the socket."""

    bot_name = "回应"
    signing_secret = "slack-signing-secret-0001"

    def __init__(self, clock: Clock, base: str = "https://slack.com", files: str = "https://files.slack.com") -> None:
        super().__init__(clock, base, files)
        self.answers: list[int] = []
        self.acked = 0
        self.said: dict[str, tuple[str, str]] = {}
        self._hook: Callback | None = None
        self._link: Callable[[Any], Awaitable[None]] | None = None
        self._linked = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[None]] = {}

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel by HTTP from now on. Without one, all is delivered on the socket."""
        self._hook = lambda hook: channel.receive(hook, accept)

    async def drop(self) -> None:
        """The socket is closed, by this side."""
        if self._link is not None:
            await self._link({"type": "websocket.close", "code": 1001})
            self._unlink()

    async def renews(self) -> None:
        """The socket is to be replaced, as it is every few hours."""
        await self._frame({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "applink-1"}})

    async def babbles(self, *frames: str) -> None:
        """Frames that mean nothing."""
        await asyncio.wait_for(self._linked.wait(), LINK_SECONDS)
        for frame in frames:
            await self._send_text(frame)

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        """Somebody writes to the bot, or in a channel, where "@回应" calls it; `thread` is a ts, `about` a message whose thread he
        answers in. The message's id."""
        thread = thread or (about.partition(":")[2] if about else None)
        return await self._writes(who, group, {"text": typed(text), **({"thread_ts": thread} if thread else {})})

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        """Somebody shares a file. Words are its caption, or, of a clip that he spoke, what Slack has written down."""
        number, clip = f"F{self.next():08d}", mime.startswith("audio/")
        path = f"/files-pri/{self.team_id}-{number}/download/{name}"
        self.stored[path] = content, mime, name
        file = {"id": number, "name": name, "mimetype": mime, "size": len(content), "mode": "hosted"}
        file["url_private_download"] = f"{self.files_base}{path}"
        if clip:
            heard = {"status": "complete", "locale": "zh-CN", "preview": {"content": words, "has_more": False}}
            file |= {"subtype": "slack_audio", "duration_ms": 3200} | ({"transcription": heard} if words else {})
        text = "" if clip else typed(words or "")
        return await self._writes(who, group, {"subtype": "file_share", "text": text, "files": [file]})

    async def passes_on(self, who: str, text: str, author: str, words: str) -> str:
        """Somebody shares another's message with the bot."""
        shared = {"is_share": True, "is_msg_unfurl": True, "author_name": author, "text": typed(words), "ts": "1.2"}
        return await self._writes(who, None, {"text": typed(text), "attachments": [shared]})

    async def edits(self, who: str, ref: str, text: str) -> None:
        """Somebody changes what he wrote."""
        channel, ts = ref.split(":")
        before = {"type": "message", "user": who, "text": self.said[ref][1], "ts": ts}
        self.said[ref] = who, typed(text)
        now = {**before, "text": typed(text), "edited": {"user": who, "ts": self.stamp()}}
        await self._event(
            {**self._inner(channel), "subtype": "message_changed", "message": now, "previous_message": before}
        )

    async def recalls(self, who: str, ref: str) -> None:
        """Somebody deletes what he wrote."""
        channel, ts = ref.split(":")
        before = {"type": "message", "user": who, "text": self.said.pop(ref)[1], "ts": ts}
        gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": before}
        await self._event({**self._inner(channel), **gone})

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Somebody presses a button of a message."""
        channel, ts = ref.split(":")
        button = next(one for one in buttons_of(self.posted[ref]["blocks"]) if one["text"]["text"] == label)
        thread = self.posted[ref].get("thread_ts")
        box = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
        await self._interactive(
            {
                "type": "block_actions",
                "user": {"id": who, "username": self.people[who][0], "team_id": self.team_id},
                "api_app_id": self.app_id,
                "container": box | ({"thread_ts": thread} if thread else {}),
                "trigger_id": self._trigger(),
                "team": {"id": self.team_id},
                "channel": {"id": channel, "name": "directmessage" if channel.startswith("D") else "desk"},
                "actions": [{**button, "block_id": "b", "action_ts": self.stamp()}],
            }
        )

    async def commands(self, who: str, command: str, text: str, *, group: str | None = None) -> None:
        """Somebody types a command."""
        form = {
            "team_id": self.team_id,
            "channel_id": group or self.direct(who),
            "user_id": who,
            "user_name": self.people[who][0],
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "trigger_id": self._trigger(),
        }
        await self._deliver("slash_commands", form, urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def opens(self, who: str) -> None:
        """Somebody opens his chat with the bot."""
        await self._event({"type": "app_home_opened", "user": who, "channel": self.direct(who), "tab": "messages"})

    async def reacts(self, who: str, reaction: str) -> None:
        """Somebody puts a sign under a message."""
        await self._event({"type": "reaction_added", "user": who, "reaction": reaction, "item": {"type": "message"}})

    async def moves(self, who: str, group: str, *, leaving: bool = False) -> None:
        """Somebody comes into a channel, or leaves it."""
        sort = "member_left_channel" if leaving else "member_joined_channel"
        await self._event({"type": sort, "user": who, "channel": group, "channel_type": "C"})

    # ------------------------------------------------------------ deliveries

    async def _writes(self, who: str, group: str | None, said: Mapping[str, Any]) -> str:
        channel = group or self.direct(who)
        mention = f"@{self.bot_name}"
        text = said["text"].replace(mention, f"<@{self.bot_user}>") if group else said["text"]
        event = {**self._inner(channel), **said, "text": text, "user": who}
        self.said[f"{channel}:{event['ts']}"] = who, text
        await self._event(event)
        if group and mention in said["text"]:
            await self._event({**event, "type": "app_mention"})
        return f"{channel}:{event['ts']}"

    def _inner(self, channel: str) -> dict[str, Any]:
        ts, sort = self.stamp(), "im" if channel.startswith("D") else "channel"
        return {"type": "message", "channel": channel, "channel_type": sort, "ts": ts, "event_ts": ts}

    async def _event(self, event: Mapping[str, Any]) -> None:
        payload = self.event(event)
        await self._deliver("events_api", payload, orjson.dumps(payload), "application/json")

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event in what the Events API puts around it."""
        bot = {"team_id": self.team_id, "user_id": self.bot_user, "is_bot": True, "is_enterprise_install": False}
        return {
            "team_id": self.team_id,
            "api_app_id": self.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self.next():08d}",
            "event_time": self.clock() // SECOND,
            "authorizations": [bot],
        }

    async def _interactive(self, payload: Mapping[str, Any]) -> None:
        form = urlencode({"payload": orjson.dumps(payload).decode()}).encode()
        await self._deliver("interactive", payload, form, "application/x-www-form-urlencoded")

    async def _deliver(self, sort: str, payload: Any, body: bytes, mime: str) -> None:
        for attempt in range(TRIES):
            if self._hook is None and await self._by_socket(sort, payload, attempt):
                return
            if self._hook is not None and await self._by_http(body, mime, attempt):
                return

    async def _by_http(self, body: bytes, mime: str, attempt: int) -> bool:
        retry = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": "http_error"} if attempt else {}
        hook = self.signed(body, mime)
        try:
            assert self._hook is not None
            status = (await self._hook(Hook("POST", {**hook.headers, **retry}, [], body))).status
        except Exception:
            _log.warning("a delivery failed", exc_info=True)
            status = 500
        self.answers.append(status)
        return status == 200

    def signed(self, body: bytes, mime: str = "application/json") -> Hook:
        """The request that carries a delivery."""
        stamp = str(self.clock() // SECOND)
        signed = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        headers = {"content-type": mime, "x-slack-request-timestamp": stamp}
        return Hook("POST", {**headers, "x-slack-signature": f"v0={signed.hexdigest()}"}, [], body)

    async def _by_socket(self, sort: str, payload: Any, attempt: int) -> bool:
        await asyncio.wait_for(self._linked.wait(), LINK_SECONDS)
        envelope = f"envelope-{self.next()}"
        heard = self._waiting[envelope] = asyncio.get_running_loop().create_future()
        frame = {"envelope_id": envelope, "payload": payload, "type": sort, "accepts_response_payload": False}
        if attempt:
            frame |= {"retry_attempt": attempt, "retry_reason": "timeout"}
        await self._frame(frame)
        try:
            await asyncio.wait_for(heard, ACK_SECONDS)
        except TimeoutError:
            return False
        finally:
            del self._waiting[envelope]
        self.acked += 1
        return True

    async def _frame(self, frame: Mapping[str, Any]) -> None:
        await self._send_text(orjson.dumps(frame).decode())

    async def _send_text(self, text: str) -> None:
        if self._link is not None:
            await self._link({"type": "websocket.send", "text": text})

    # ------------------------------------------------------------ ASGI

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._hold(dict(parse_qsl(scope["query_string"].decode())), receive, send)
        else:
            await self._serve(scope, await body_of(receive), send)

    async def _hold(self, query: Mapping[str, str], receive: Any, send: Any) -> None:
        """A socket: a ticket opens one, once."""
        await receive()
        if query.get("ticket") not in self.tickets:
            await send({"type": "websocket.close", "code": 4401})
            return
        self.tickets.discard(query["ticket"])
        await send({"type": "websocket.accept"})
        self._link = send
        await self._frame({"type": "hello", "num_connections": 1, "connection_info": {"app_id": self.app_id}})
        self._linked.set()
        while (message := await receive())["type"] == "websocket.receive":
            heard = self._waiting.get(orjson.loads(message.get("text") or "{}").get("envelope_id", ""))
            if heard is not None and not heard.done():
                heard.set_result(None)
        if self._link is send:
            self._unlink()

    def _unlink(self) -> None:
        self._link = None
        self._linked.clear()

    async def _serve(self, scope: Mapping[str, Any], body: bytes, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        status, answer, mime, more = self.answered(scope["path"], query, headers, body)
        head = [(b"content-type", mime.encode()), (b"content-length", str(len(answer)).encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    def _trigger(self) -> str:
        return f"{self.next()}.{self.clock()}.trigger"
