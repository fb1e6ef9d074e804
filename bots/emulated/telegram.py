"""Telegram's Bot API at its wire format, with people and groups: polling, webhook, messages, files, keyboards, limits.

server = TelegramServer(clock)
server.person(50021, "王女士")
channel = Telegram(TelegramConfig(server.token, server.name), files, clock, httpx.ASGITransport(app=server))
server.join(channel, accept)
await server.says("50021", "空调漏水")

Whoever joins a channel that polls keeps its `run` going; an act returns once the offset has passed it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import orjson

from bots.emulated.asgi import body_of, lifespan, parameters_of
from bots.emulated.platform import Seen
from bots.emulated.telegram_limits import Refused, checked_entities, checked_keys, checked_text
from core.words import MINUTE, SECOND, Accept, Clock, Hook, Micros

IN_A_SECOND = 6
"""Messages to one chat in a second, before it is too many: short bursts are let through."""
IN_A_GROUP = 20
"""Messages to one group in a minute."""
TRIES = 4
"""How often an update is brought to a webhook, at once: a test does not wait."""
LONGEST_WAIT = 20.0
"""Seconds that an act waits until the channel has taken it."""
BEAT = 0.002

Fault = int | str


class TelegramServer:
    """One bot with the people and groups who know it. `sent` is what they see; `answers` are the statuses of the webhook."""

    token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    name = "huiying_bot"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self.answers: list[int] = []
        self.calls: Counter[str] = Counter()
        self.calmed: list[str] = []
        self.keyboards: dict[str, Mapping[str, Any]] = {}
        self.webhook: dict[str, Any] = {}
        self.blocked: set[str] = set()
        self.moved: dict[str, int] = {}
        self.confirmed = 0
        self.waiting: deque[dict[str, Any]] = deque()
        self.bot = {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": "回应",
            "username": self.name,
        }
        self._people: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, dict[str, Any]] = {}
        self._files: dict[str, bytes] = {}
        self._messages: dict[str, dict[str, Any]] = {}
        self._numbers: Counter[str] = Counter()
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._faults: deque[Fault] = deque()
        self._cut = False
        self._update = 10_000
        self._joined: tuple[Any, Accept] | None = None

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel from now on, as its settings ask: by its webhook, or by its polls."""
        self._joined = channel, accept

    def person(self, number: int | str, name: str) -> None:
        """Somebody who has opened a chat with the bot."""
        self._people[str(number)] = {"id": int(number), "is_bot": False, "first_name": name, "language_code": "zh-hans"}

    def group(self, number: int | str, title: str, *, forum: bool = False) -> None:
        """A group that the bot is in."""
        chat = {"id": int(number), "title": title, "type": "supergroup" if str(number).startswith("-100") else "group"}
        self._groups[str(number)] = chat | ({"is_forum": True} if forum else {})

    def fault(self, *faults: Fault) -> None:
        """What goes wrong with the next posts: an HTTP status, "down", "odd" (no JSON), or "lost" (shown, but not answered)."""
        self._faults.extend(faults)

    def cut(self) -> None:
        """The connection of the poll that waits now, or of the next one, breaks."""
        self._cut = True

    def moves(self, old: str, new: int) -> None:
        """A group becomes a supergroup."""
        self.group(new, self._groups.pop(old)["title"])
        self.moved[old] = new

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        """Somebody writes to the bot, or in a group; `about` is the message that he answers."""
        entities = (
            [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
        )
        more: dict[str, Any] = {"entities": entities} if entities else {}
        if about:
            more["reply_to_message"] = self._messages[about]
        if thread:
            more |= {"message_thread_id": int(thread), "is_topic_message": True}
        return await self._message(who, group, {"text": text, **more})

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        """Somebody sends a picture, a voice, a video or a document."""
        file = {"file_id": self._keep(content), "file_unique_id": f"u{len(self._files)}", "file_size": len(content)}
        caption = {"caption": words} if words else {}
        if mime == "image/jpeg":
            small = file | {"file_id": self._keep(content[:3]), "width": 90, "height": 67, "file_size": 3}
            return await self._message(who, group, {"photo": [small, file | {"width": 1280, "height": 960}], **caption})
        if mime == "audio/ogg":
            return await self._message(who, group, {"voice": file | {"duration": 3, "mime_type": mime}})
        kind = "video" if mime.startswith("video/") else "document"
        return await self._message(who, group, {kind: file | {"file_name": name, "mime_type": mime}, **caption})

    async def shows(self, who: str, **content: Any) -> str:
        """Somebody sends anything else, as the API writes it: a location, a venue, a contact."""
        return await self._message(who, None, content)

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Somebody presses a button of a message that he was shown."""
        message = self._messages[ref]
        rows = message["reply_markup"]["inline_keyboard"]
        data = next(button["callback_data"] for row in rows for button in row if button["text"] == label)
        pressed = {"id": f"4382{self._update}", "from": self._people[who], "chat_instance": "-82", "data": data}
        await self.deliver({"callback_query": pressed | {"message": message}})

    async def edits(self, who: str, ref: str, text: str) -> None:
        """Somebody changes a message of his."""
        edited = self._messages[ref] | {"text": text, "edit_date": self.clock() // SECOND}
        await self.deliver({"edited_message": edited})

    async def recalls(self, who: str, ref: str) -> None:
        """Somebody deletes a message of his: bots are not told."""
        self._messages.pop(ref)

    async def blocks(self, who: str) -> None:
        """Somebody stops the bot."""
        self.blocked.add(who)
        change = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked", "until_date": 0}}
        change |= {"chat": self._chat(who, None), "from": self._people[who], "date": self.clock() // SECOND}
        await self.deliver({"my_chat_member": change})

    # ------------------------------------------------------------ updates

    def hook(self, update: Mapping[str, Any]) -> Hook:
        """The call of the webhook that carries an update."""
        self._update += 1
        body = orjson.dumps({"update_id": self._update, **update})
        return self.signed(body)

    def signed(self, body: bytes) -> Hook:
        """A call of the webhook with our secret."""
        secret = str(self.webhook.get("secret_token", ""))
        return Hook("POST", {"content-type": "application/json", "x-telegram-bot-api-secret-token": secret}, [], body)

    def message(self, who: str, group: str | None, content: Mapping[str, Any]) -> dict[str, Any]:
        """A message of a person, as it is written in an update."""
        chat = self._chat(who, group)
        self._numbers[str(chat["id"])] += 1
        number, ref = self._numbers[str(chat["id"])], f"{chat['id']}:{self._numbers[str(chat['id'])]}"
        message = {
            "message_id": number,
            "from": self._people[who],
            "chat": chat,
            "date": self.clock() // SECOND,
            **content,
        }
        self._messages[ref] = message
        return message

    async def _message(self, who: str, group: str | None, content: Mapping[str, Any]) -> str:
        message = self.message(who, group, content)
        await self.deliver({"message": message})
        return f"{message['chat']['id']}:{message['message_id']}"

    async def deliver(self, update: Mapping[str, Any]) -> None:
        """An update of any content, until the channel has taken it."""
        if self.webhook.get("url"):
            await self._call_back(self.hook(update))
            return
        self._update += 1
        self.waiting.append({"update_id": self._update, **update})
        number = self._update
        await _until(lambda: not self._joined or self.waiting_from() > number, LONGEST_WAIT)

    def waiting_from(self) -> int:
        """The number of the first update that is not confirmed."""
        return self.waiting[0]["update_id"] if self.waiting else self._update + 1

    async def _call_back(self, hook: Hook) -> None:
        for _ in range(TRIES if self._joined else 0):
            channel, accept = self._joined  # pyright: ignore[reportGeneralTypeIssues]
            try:
                status = (await channel.receive(hook, accept)).status
            except OSError:
                status = 500
            self.answers.append(status)
            if status == 200:
                self.confirmed += 1
                return

    def _chat(self, who: str, group: str | None) -> dict[str, Any]:
        if group:
            return self._groups[group]
        return {"id": int(who), "first_name": self._people[who]["first_name"], "type": "private"}

    def _keep(self, content: bytes) -> str:
        name = f"AgADBAAD{len(self._files):04d}"
        self._files[name] = content
        return name

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer = await self._answered(scope["path"], headers.get("content-type", ""), await body_of(receive))
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": answer})

    async def _answered(self, path: str, kind: str, body: bytes) -> tuple[int, bytes]:
        _, *place, what = path.split("/")
        if path.startswith(f"/file/bot{self.token}/"):
            name = what.removesuffix(".bin")
            return (200, self._files[name]) if name in self._files else _refusal(Refused(404, "Not Found"))
        if place != [f"bot{self.token}"]:
            return _refusal(Refused(401 if place else 404, "Unauthorized" if place else "Not Found"))
        self.calls[what] += 1
        shown = what in ("sendMessage", "sendDocument", "editMessageText")
        fault = self._faults.popleft() if self._faults and shown else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault == "odd":
            return 200, b"<html>OK</html>"
        try:
            if isinstance(fault, int):
                raise Refused(fault, "emulated", {"retry_after": 7} if fault == 429 else {})
            result = await self._result(what, parameters_of(kind, body))
        except Refused as refused:
            return _refusal(refused)
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, orjson.dumps({"ok": True, "result": result})

    async def _result(self, method: str, asked: Mapping[str, Any]) -> Any:
        match method:
            case "getMe":
                return self.bot
            case "getUpdates":
                return await self._polled(asked)
            case "setWebhook":
                self.webhook = dict(asked)
                return True
            case "deleteWebhook":
                self.webhook = {}
                return True
            case "answerCallbackQuery":
                if not str(asked.get("callback_query_id", "")).startswith("4382"):
                    raise Refused(
                        400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
                    )
                self.calmed.append(str(asked["callback_query_id"]))
                return True
            case "getFile":
                file = str(asked.get("file_id"))
                if file not in self._files:
                    raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
                return {"file_id": file, "file_unique_id": "u", "file_path": f"photos/{file}.bin"}
            case "sendMessage" | "sendDocument":
                return self._sent(asked)
            case "editMessageText":
                return self._changed(asked)
        raise Refused(404, "Not Found")

    async def _polled(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.webhook.get("url"):
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        offset = int(asked.get("offset") or 0)
        while self.waiting and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()
            self.confirmed += 1
        await _until(lambda: bool(self.waiting) or self._cut, float(asked.get("timeout") or 0))
        if self._cut:
            self._cut = False
            raise httpx.ReadError("the connection was cut")
        return list(self.waiting)[: int(asked.get("limit") or 100)]

    def _sent(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._known(str(asked.get("chat_id")))
        self._must_be_slow(str(chat["id"]), chat["type"] != "private")
        text, keys = checked_text(asked), checked_keys(asked)
        mentions = checked_entities(asked, text)
        self._numbers[str(chat["id"])] += 1
        number = self._numbers[str(chat["id"])]
        ref = f"{chat['id']}:{number}"
        thread = asked.get("message_thread_id")
        message = {"message_id": number, "from": self.bot, "chat": chat, "date": self.clock() // SECOND, "text": text}
        if "inline_keyboard" in keys:
            message["reply_markup"] = keys
        if "keyboard" in keys:
            self.keyboards[str(chat["id"])] = keys
        self._messages[ref] = message
        group, topic = chat["type"] != "private", str(thread) if thread else None
        file, name = asked.get("document"), str(asked.get("document name", "")) or None
        seen = Seen(self.clock(), str(chat["id"]), text, ref, group, topic, _buttons(keys), file, name, mentions)
        self.sent.append(seen)
        return message

    def _changed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._known(str(asked.get("chat_id")))
        ref = f"{chat['id']}:{asked.get('message_id')}"
        message, place = self._messages.get(ref), next((n for n, seen in enumerate(self.sent) if seen.ref == ref), None)
        if message is None or place is None:
            raise Refused(400, "Bad Request: message to edit not found")
        text, keys = checked_text(asked), checked_keys(asked)
        if (text, keys) == (message["text"], message.get("reply_markup", {})):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
            )
        message.pop("reply_markup", None)
        message |= {"text": text, **({"reply_markup": keys} if keys else {})}
        self.sent[place] = replace(self.sent[place], text=text, buttons=_buttons(keys))
        return message

    def _known(self, chat: str) -> dict[str, Any]:
        if chat in self.moved:
            moved = {"migrate_to_chat_id": self.moved[chat]}
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat not in self._people and chat not in self._groups:
            raise Refused(400, "Bad Request: chat not found")
        return self._groups.get(chat) or self._chat(chat, None)

    def _must_be_slow(self, chat: str, group: bool) -> None:
        recent, now = self._recent[chat], self.clock()
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        this_second = sum(at > now - SECOND for at in recent)
        if this_second >= IN_A_SECOND or (group and len(recent) >= IN_A_GROUP):
            raise Refused(429, "Too Many Requests: retry after 3", {"retry_after": 3})
        recent.append(now)


async def _until(happened: Callable[[], bool], seconds: float) -> None:
    """Wait for something, but no longer."""
    for _ in range(round(seconds / BEAT)):
        if happened():
            return
        await asyncio.sleep(BEAT)


def _refusal(refused: Refused) -> tuple[int, bytes]:
    told = {"ok": False, "error_code": refused.status, "description": str(refused)}
    return refused.status, orjson.dumps(told | ({"parameters": refused.parameters} if refused.parameters else {}))


def _buttons(keys: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    rows = keys.get("inline_keyboard", ())
    return tuple((button["text"], button.get("callback_data", button.get("url"))) for row in rows for button in row)
