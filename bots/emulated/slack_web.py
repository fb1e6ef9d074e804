"""Slack's Web API over one workspace: its members and channels, what the bot has posted there, files, tokens, limits."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson

from bots.emulated.asgi import form_file
from bots.emulated.platform import Seen
from bots.emulated.slack_limits import Refusal, buttons_of, checked, seen, texts_of
from core.words import SECOND, Clock, Micros

A_SECOND = 10
"""Messages to one channel in a second, bursts included."""
SIGN_IN = b"<!DOCTYPE html><title>Sign in to Slack</title>"

Reply = tuple[int, bytes, str, list[tuple[bytes, bytes]]]
"""Status, body, media type, further headers."""


class Workspace:
    """One workspace in which an app with a bot is installed. `sent` is what people see of the bot, `posted` the same as it came."""

    app_id, team_id = "A0DESK", "T0PLANT"
    bot_user, bot_id = "U0DESK", "B0DESK"
    bot_token, app_token = "xoxb-slack-bot-0001", "xapp-slack-app-0001"

    def __init__(self, clock: Clock, base: str, files: str) -> None:
        self.clock, self.base, self.files_base = clock, base, files
        self.sent: list[Seen] = []
        self.posted: dict[str, Mapping[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.people: dict[str, tuple[str, str]] = {}
        self.channels: dict[str, set[str]] = {}
        self.stored: dict[str, tuple[bytes, str, str]] = {}
        self.tickets: set[str] = set()
        self._number = 0
        self._last: Micros = 0
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._faults: deque[str] = deque()

    def person(self, user: str, name: str, email: str = "") -> None:
        """A member of the workspace."""
        self.people[user] = name, email

    def channel(self, number: str, *members: str) -> None:
        """A channel that the bot was invited to."""
        self.channels[number] = set(members)

    def fault(self, *faults: str) -> None:
        """What goes wrong with the next calls: an error by its name, "down", "5xx", "odd", "hollow" (ok, and nothing
        else), or "lost" (done, but not answered)."""
        self._faults.extend(faults)

    def seen_by(self, name: str) -> list[Seen]:
        """What a person, or a channel, has been shown."""
        return [sent for sent in self.sent if sent.to == name]

    def direct(self, user: str) -> str:
        """The number of the chat between a member and the bot."""
        return f"D{user[1:]}"

    def stamp(self) -> str:
        """A ts: the clock's instant, or the next one after the last that was given."""
        self._last = at = max(self.clock(), self._last + 1)
        return f"{at // SECOND}.{at % SECOND:06d}"

    def next(self) -> int:
        """A number that nothing else has."""
        self._number += 1
        return self._number

    def answered(self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Reply:
        """What an HTTP request is answered with."""
        if path.startswith("/files-pri/"):
            return *self._file(path, headers), []
        self.calls[path.removeprefix("/api/")] += 1
        fault = self._faults.popleft() if self._faults else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault in ("5xx", "odd"):
            return (502 if fault == "5xx" else 200), b"<html>Bad Gateway</html>", "text/html", []
        if fault == "hollow":
            return 200, b'{"ok":true}', "application/json", []
        try:
            if fault and fault != "lost":
                raise Refusal(fault, *((429, 7) if fault == "ratelimited" else ()))
            answer = {"ok": True, **self._data(path.removeprefix("/api/"), query, headers, body)}
        except Refusal as refusal:
            wait = [(b"retry-after", str(refusal.after).encode())] if refusal.after else []
            return refusal.status, orjson.dumps({"ok": False, "error": str(refusal)}), "application/json", wait
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, orjson.dumps(answer), "application/json", []

    def _file(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        """A file; without the right token Slack shows a page to sign in, with status 200."""
        if headers.get("authorization") != f"Bearer {self.bot_token}":
            return 200, SIGN_IN, "text/html; charset=utf-8"
        content, mime, _ = self.stored.get(path, (b"", "", ""))
        return (200, content, mime) if content else (404, b"", "text/plain")

    def _data(self, method: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        if method.startswith("/upload/"):
            return self._uploaded(method, headers, body)
        token = self.app_token if method == "apps.connections.open" else self.bot_token
        asked = {**query, **_fields(headers.get("content-type", ""), body)}
        if (headers.get("authorization") or f"Bearer {asked.get('token')}") != f"Bearer {token}":
            raise Refusal("invalid_auth")
        match method:
            case "auth.test":
                return {"user_id": self.bot_user, "bot_id": self.bot_id, "team_id": self.team_id, "user": "desk"}
            case "apps.connections.open":
                return {"url": self._address()}
            case "conversations.open":
                return {"channel": {"id": self.direct(self._member(asked["users"]))}}
            case "chat.postMessage":
                return self._posted(asked)
            case "chat.update":
                return self._updated(asked)
            case "users.info":
                name, email = self.people[self._member(asked["user"])]
                return {"user": {"id": asked["user"], "real_name": name, "profile": {"email": email}}}
            case "files.getUploadURLExternal":
                return self._room_for(asked)
            case "files.completeUploadExternal":
                return self._shared(asked)
        raise Refusal("unknown_method")

    def _address(self) -> str:
        ticket = f"ticket-{self.next():032d}"
        self.tickets.add(ticket)
        return f"ws://{urlsplit(self.base).netloc}/link?ticket={ticket}&app_id={self.app_id}"

    def _member(self, user: str) -> str:
        if user not in self.people:
            raise Refusal("user_not_found")
        return user

    def _to(self, number: str) -> tuple[str, str]:
        """The channel that a number leads to, and who reads there."""
        if number.startswith("D"):
            number = f"U{number[1:]}"
        if number in self.people:
            return self.direct(number), number
        if number not in self.channels:
            raise Refusal("channel_not_found")
        return number, number

    def _posted(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        channel, to = self._to(asked["channel"])
        checked(asked)
        recent, now = self._recent[channel], self.clock()
        while recent and recent[0] <= now - SECOND:
            recent.popleft()
        if len(recent) >= A_SECOND:
            raise Refusal("ratelimited", 429, 1)
        recent.append(now)
        ts = self.stamp()
        self.posted[f"{channel}:{ts}"] = asked
        self.sent.append(self._shown(asked, to, f"{channel}:{ts}"))
        return {"channel": channel, "ts": ts, "message": {"text": asked["text"], "bot_id": self.bot_id, "ts": ts}}

    def _updated(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        ref = f"{asked['channel']}:{asked['ts']}"
        if ref not in self.posted:
            raise Refusal("message_not_found")
        checked(asked)
        at = next(at for at, sent in enumerate(self.sent) if sent.ref == ref)
        self.posted[ref] = {**self.posted[ref], **asked}
        self.sent[at] = self._shown(self.posted[ref], self.sent[at].to, ref)
        return {"channel": asked["channel"], "ts": asked["ts"], "text": asked["text"]}

    def _shown(self, asked: Mapping[str, Any], to: str, ref: str) -> Seen:
        blocks = asked.get("blocks") or []
        words = [text for block in blocks for text in texts_of(block)] if blocks else [seen(asked["text"])]
        buttons = tuple((one["text"]["text"], one.get("value") or one.get("url")) for one in buttons_of(blocks))
        calls = tuple(user for user in self.people if f"<@{user}>" in asked["text"])
        group, thread = to in self.channels, asked.get("thread_ts")
        return Seen(self.clock(), to, "\n".join(words), ref, group, thread, buttons, mentions=calls)

    def _room_for(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        number = f"F{self.next():08d}"
        self.stored[f"/upload/{number}"] = b"", asked["length"], asked["filename"]
        return {"upload_url": f"{self.base}/upload/{number}", "file_id": number}

    def _uploaded(self, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        mime = headers.get("content-type", "")
        content = form_file(mime, body, "file")[2] if mime.startswith("multipart/") else body
        _, length, name = self.stored[path]
        if len(content) != int(length):
            raise Refusal("upload_failed", 400)
        self.stored[path] = content, length, name
        return {}

    def _shared(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Uploaded files are shown. Only the number of a channel or of a direct chat will do, not that of a person."""
        if not str(asked["channel_id"]).startswith(("C", "D", "G")):
            raise Refusal("invalid_channel")
        _, to = self._to(asked["channel_id"])
        files = orjson.loads(asked["files"]) if isinstance(asked["files"], str) else asked["files"]
        for file in files:
            content, _, name = self.stored.pop(f"/upload/{file['id']}", (b"", "", ""))
            if not content:
                raise Refusal("file_not_found")
            group, thread = to in self.channels, asked.get("thread_ts")
            self.sent.append(Seen(self.clock(), to, "", file["id"], group, thread, file=content, name=name))
        return {"files": files}


def _fields(mime: str, body: bytes) -> Mapping[str, Any]:
    if mime.startswith("application/json"):
        return orjson.loads(body or b"{}")
    return dict(parse_qsl(body.decode())) if mime.startswith("application/x-www-form-urlencoded") else {}
