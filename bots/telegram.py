"""Telegram: messages, files, places and contacts of people and groups, by polling or by webhook, and what is said to them.

Updates are read as they come, and never by the library's own classes, which refuse some that the platform itself gives as
examples. The platform keeps them until the poll after the one that brought them, or until the webhook is answered.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson

from bots.doors import same
from bots.payload import number, reader, seconds, table, text, unmarked, whole
from bots.wire import Action, Through, Trouble, Wire, complaint, content_of, fetching
from core.words import (
    Accept,
    Answer,
    Can,
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

API_BASE = "https://api.telegram.org"
MOST_TEXT = Size(4000)
"""Longest text: Telegram takes 4,096 characters, of which some are kept for bells and for what loses its meaning as markup."""
MOST_CAPTION = Size(1024)
"""Longest text under a file; what is longer goes before it."""
MOST_BUTTONS = 20
"""A keyboard takes 100; more than these nobody looks through."""
MOST_LABEL = Size(40)
"""Longest label that a telephone shows whole. Telegram names no limit."""
MOST_TOKEN = 64
"""Bytes of a button's token (callback_data)."""
MOST_FILE = 50 * 1024 * 1024
"""Largest file that a bot can send, bytes."""
MOST_FETCHED = 20 * 1024 * 1024
"""Largest file that a bot can fetch, and longest answer of any kind, bytes."""
GAP = 1.0
"""Seconds between two messages to a chat; a group takes 20 a minute besides, which it says itself."""
RATE = 30.0
POLL_SECONDS = 5
"""How long a poll waits for something to happen: less than the silence after which our wire gives up."""
PATIENCE = 60.0
SHARE = "发送我的手机号 · Send my number"
"""What the button says that shares the own number, in both languages."""
BELL = "\N{BELL}"
UNCHANGED = "message is not modified"
TOLD = re.compile(f"chat not found|user not found|peer_id_invalid|{UNCHANGED}", re.IGNORECASE)
"""Words of an error that say more than its kind."""
ACTIONS: Mapping[str, Action] = {
    "RetryAfter": "quota",
    "NetworkError": "busy",
    "TelegramError": "unsure",
    "Forbidden": "gone",
    "chat not found": "gone",
    "user not found": "gone",
    "peer_id_invalid": "gone",
}
"""What the library's errors ask for, by their names, or Telegram's words. BadRequest, which the library counts among the
NetworkErrors, InvalidToken and Conflict are refused."""
SECRET_HEADER = "x-telegram-bot-api-secret-token"

CAN = Can(
    text=MOST_TEXT,
    buttons=MOST_BUTTONS,
    label=MOST_LABEL,
    token=MOST_TOKEN,
    file=MOST_FILE,
    edit=True,
    gap=GAP,
    rate=RATE,
)

FILES: Mapping[str, tuple[Kind, str]] = {
    "photo": ("image", "image/jpeg"),
    "voice": ("voice", "audio/ogg"),
    "audio": ("voice", "audio/mpeg"),
    "video": ("file", "video/mp4"),
    "video_note": ("file", "video/mp4"),
    "animation": ("file", "video/mp4"),
    "document": ("file", "application/octet-stream"),
}
"""Parts of a message that are files, the first that is there counts: their kind, and their type where Telegram does not tell."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class TelegramConfig:
    """What the bot needs. `name` is its username; with a `hook`, our address, and a `secret` Telegram calls us, else we poll."""

    token: str = field(repr=False)
    name: str
    api_base: str = API_BASE
    hook: str | None = None
    secret: str = field(default="", repr=False)


class Telegram:
    """The channel. A room is a person, Room("telegram", bot, "1111"), or a group, Room("telegram", bot, "-100…", topic, True);
    a message is named "chat:number", since Telegram counts in each chat anew."""

    name = "telegram"

    def __init__(
        self, config: TelegramConfig, files: Files, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        from telegram import Bot
        from telegram.request import HTTPXRequest

        warnings.filterwarnings("ignore", "Please use 'Bot.|Deprecated since")
        self._config, self._files, self._clock, self._wire = config, files, clock, Wire(transport)
        request = HTTPXRequest(httpx_kwargs={"transport": Through(self._wire, MOST_FETCHED)})
        self._bot = Bot(config.token, f"{config.api_base}/bot", request=request, get_updates_request=request)
        self.can, self.sign, self.single = CAN, None, config.hook is None
        self.patience = PATIENCE if self.single else None

    @staticmethod
    @reader("Telegram")
    def read(raw: bytes) -> list[Inbound]:
        """What an update says, alone or `_framed`; a bare message is read as well. Raises Unreadable."""
        frame = table(raw)
        update = frame.get("update", frame)
        update = {"update_id": 0, "message": update} if "message_id" in update else update
        bot = {"id": "", "name": "", "update": number(update["update_id"]), "at": "", **frame.get("bot", {})}
        told = [tell(bot, update[kind]) for kind, tell in HEARD.items() if kind in update]
        return [Inbound(raw=raw, **said) for said in told if said]

    async def run(self, accept: Accept) -> None:
        """Polls until cancelled, or tells Telegram to call us and returns. What already waits there is never thrown away."""
        updates, kinds = [], list(HEARD)
        if self._config.hook:
            await self._call(
                "setWebhook", url=self._config.hook, secret_token=self._config.secret, allowed_updates=kinds
            )
            return
        await self._call("deleteWebhook")
        while True:
            # An offset is used once: after an idle week Telegram counts anew, and an old one would skip what comes then.
            offset = max((update["update_id"] + 1 for update in updates), default=None)
            updates = await self._call("getUpdates", offset=offset, timeout=POLL_SECONDS, allowed_updates=kinds)
            self.sign, raws = self._clock(), [orjson.dumps(update) for update in updates]
            if raws:
                await accept([self._framed(raw) for raw in raws])
            for raw in raws:
                await self._calm(raw)

    async def _calm(self, update: bytes) -> None:
        """Let the button be still that somebody pressed; that it was heard does not hang on it."""
        with contextlib.suppress(Trouble, ValueError, LookupError, TypeError):
            await self._call("answerCallbackQuery", callback_query_id=table(update)["callback_query"]["id"])

    def _framed(self, update: bytes) -> bytes:
        """An update as it came, with what it does not tell: to which bot, and when."""
        bot = {"id": self._config.token.partition(":")[0], "name": self._config.name, "at": self._clock()}
        return b'{"bot":%b,"update":%b}' % (orjson.dumps(bot), update)

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """One update, answered once it is durable."""
        if self._config.hook is None:
            return Answer(404)
        if hook.method != "GET":
            if not hook.body or not same(self._config.secret, hook.headers.get(SECRET_HEADER, "")):
                return Answer(403)
            await accept([self._framed(hook.body)])
            await self._calm(hook.body)
        return Answer()

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message, or shows one of ours anew. Telegram knows no keys: a repetition would be seen twice."""
        sent: list[str] = []
        try:
            for method, given in await self._calls(room, say):
                sent.append(_ref(await self._call(method, **given)))
        except Trouble as trouble:
            if say.replaces and trouble.code == UNCHANGED:
                return Receipt("sent", ref=say.replaces)
            if say.replaces and trouble.code == "BadRequest":
                return await self.post(room, replace(say, replaces=None), key)
            return Receipt("unknown", why=f"half shown: {trouble.receipt.why}") if sent else trouble.receipt
        except (LookupError, TypeError):
            return Receipt("unknown", why="an unreadable answer")
        return Receipt("sent", ref=sent[-1])

    async def _calls(self, room: Room, say: Say) -> list[tuple[str, dict[str, Any]]]:
        """The calls that show a message: one, or two where its text is too long for a caption. Raises Trouble."""
        from telegram import InputFile

        words, bells = unmarked(say.text), _bells(room, say)
        if MOST_TEXT.of(say.text) > MOST_TEXT.most or not (words or say.file):
            raise Trouble(Receipt("refused", why=f"longer than {MOST_TEXT.most} characters, or nothing to send"))
        answered = (
            {"message_id": say.reply.rpartition(":")[2], "allow_sending_without_reply": True} if say.reply else None
        )
        to = {"chat_id": room.id, "message_thread_id": room.thread, "reply_parameters": answered}
        keys, text = {"reply_markup": _keys(room, say)}, {"text": BELL * len(bells) + words, "entities": bells}
        message = to | text | {"link_preview_options": {"is_disabled": True}}
        if say.file is None:
            shown = {"message_id": say.replaces.rpartition(":")[2]} if say.replaces else {}
            return [("editMessageText" if shown else "sendMessage", message | keys | shown)]
        file = to | keys | {"document": InputFile(await content_of(say.file, self._files, MOST_FILE), say.file.name)}
        if MOST_CAPTION.of(words) > MOST_CAPTION.most:
            return [("sendMessage", message), ("sendDocument", file)]
        return [("sendDocument", file | {"caption": words})]

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        with fetching():
            path = (await self._call("getFile", file_id=media.ref)).get("file_path")
            url = f"{self._config.api_base}/file/bot{self._config.token}/{path}"
            return (await self._wire.file(url, MOST_FETCHED, {})).body

    async def close(self) -> None:
        await self._wire.close()

    async def _call(self, method: str, **given: Any) -> Any:
        """The raw result of a method. A group that has become a supergroup is asked by its new id. Raises Trouble."""
        from telegram.error import ChatMigrated, TelegramError

        try:
            return await self._bot.do_api_request(method, api_kwargs=whole(given))
        except ChatMigrated as moved:
            return await self._call(method, **given | {"chat_id": moved.new_chat_id})
        except TelegramError as error:
            told, wait = TOLD.search(str(error)), getattr(error, "_retry_after", None)
            code = told[0].lower() if told else type(error).__name__
            trouble = complaint("Telegram", code, ACTIONS, after=wait and wait.total_seconds())
            raise (error.__cause__ if isinstance(error.__cause__, Trouble) else trouble) from error


# ---------------------------------------------------------------- going out


def _bells(room: Room, say: Say) -> list[dict[str, Any]]:
    """In a group a bell before the text for each person to be called."""
    called = [int(one) for one in say.mentions if room.group and one.isdigit()]
    return [{"type": "text_mention", "offset": 2 * n, "length": 2, "user": {"id": one}} for n, one in enumerate(called)]


def _keys(room: Room, say: Say) -> dict[str, Any] | None:
    """The buttons; where there are none and his number is asked for, one that shares it: Telegram proves that it is his own."""
    if say.buttons:
        return {
            "inline_keyboard": [
                [{"text": one.label, **({"url": one.url} if one.url else {"callback_data": one.token})}]
                for one in say.buttons
            ]
        }
    keyboard = {"keyboard": [[{"text": SHARE, "request_contact": True}]], "one_time_keyboard": True}
    return keyboard | {"resize_keyboard": True} if "phone" in say.asks and not room.group else None


# ---------------------------------------------------------------- coming in


def _message(bot: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a person says; bots, and what groups tell of themselves, say nothing. In a group it is for us if it is a command,
    names us, or answers us."""
    words = text(found.get("text", found.get("caption", "")))
    forwarded = "forward_date" in found or "forward_origin" in found
    command, named = None if forwarded else _command(bot, words), _named(bot)
    said = None if found["from"].get("is_bot") else _content(found, named.sub("", words).strip(), command)
    if said is None:
        return None
    answered, ref = found.get("reply_to_message", {}), _ref(found)
    if answered and "forum_topic_created" not in answered:
        said |= {"about": _ref(answered), "quoted": answered.get("text", answered.get("caption"))}
    ours = str(answered.get("from", {}).get("id", "")) == bot["id"] != ""
    return {
        "key": f"telegram:{bot['id']}:{ref}",
        "at": seconds(found["date"]),
        "who": _who(found),
        "room": _room(bot, found),
        "id": ref,
        "called": found["chat"]["type"] == "private" or ours or bool(command or named.search(words)),
        "forwarded": forwarded,
        **said,
    }


def _edit(bot: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any] | None:
    said, at = _message(bot, found), seconds(found.get("edit_date", found["date"]))
    return said and {
        **said,
        "kind": "edit",
        "id": None,
        "at": at,
        "about": said["id"],
        "key": f"{said['key']}:edit:{bot['update']}",
    }


def _press(bot: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any] | None:
    """A button under a message of ours. When it was pressed Telegram does not tell."""
    message = found.get("message")
    if message is None or "data" not in found:
        return None
    buttons = [button for row in message.get("reply_markup", {}).get("inline_keyboard", ()) for button in row]
    return {
        "key": f"telegram:{bot['id']}:press:{text(found['id'])}",
        "at": bot["at"] or seconds(message["date"]),
        "who": _who(found),
        "room": _room(bot, message),
        "kind": "press",
        "press": text(found["data"]),
        "text": next((text(one["text"]) for one in buttons if one.get("callback_data") == found["data"]), ""),
        "about": _ref(message),
    }


def _member(bot: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Somebody blocks the bot, takes it out of a group, or brings it into one."""
    was, now = (found[which]["status"] in ("kicked", "left") for which in ("old_chat_member", "new_chat_member"))
    who, room, key = _who(found), _room(bot, found), f"telegram:{bot['id']}:member:{bot['update']}"
    kind = "leave" if now and not was else "enter" if was and not now and room.group else None
    return kind and {"key": key, "at": seconds(found["date"]), "who": who, "room": room, "kind": kind}


HEARD = {"message": _message, "edited_message": _edit, "callback_query": _press, "my_chat_member": _member}
"""The kinds of update that we ask for, and what each says."""


def _content(found: Mapping[str, Any], words: str, command: re.Match[str] | None) -> dict[str, Any] | None:
    """Kind, text and file of a message. /start brings somebody in, with what stood in his link."""
    part = next((part for part in FILES if part in found), None)
    if part:
        kind, mime = FILES[part]
        file = max(found[part], key=lambda size: size["width"] * size["height"]) if part == "photo" else found[part]
        name, mime = file.get("file_name"), text(file.get("mime_type", mime))
        media = Media(text(file["file_id"]), mime, name, file.get("file_size"), file.get("duration"))
        return {"kind": "image" if mime.startswith("image/") else kind, "text": words, "media": (media,)}
    if "location" in found:
        venue, place = found.get("venue", {}), found["location"]
        names = filter(None, (venue.get("title"), venue.get("address")))
        return {"kind": "place", "text": " ".join([f"{place['latitude']},{place['longitude']}", *names])}
    if "contact" in found:
        return {"kind": "contact", "text": text(found["contact"]["phone_number"])}
    if command:
        kind, name = ("enter", "") if command[1] == "start" else ("command", command[1].replace("_", " "))
        return {"kind": kind, "text": f"{name} {command[3] or ''}".strip()}
    return {"kind": "text", "text": words} if "text" in found else None


def _command(bot: Mapping[str, Any], words: str) -> re.Match[str] | None:
    """The command that a text is, unless it names another bot."""
    found = _COMMAND.fullmatch(words)
    return found if found and bot["name"].lower() in ("", (found[2] or bot["name"]).lower()) else None


def _named(bot: Mapping[str, Any]) -> re.Pattern[str]:
    return re.compile(rf"@{re.escape(bot['name'])}(?!\w)" if bot["name"] else "(?!)", re.IGNORECASE)


def _who(found: Mapping[str, Any]) -> Who:
    """A person; with his number if he has shared his own."""
    who, contact = found["from"], found.get("contact", {})
    name = " ".join(filter(None, (who.get("first_name"), who.get("last_name"))))
    own = text(contact["phone_number"]) if contact.get("user_id") == who["id"] else ""
    return Who(number(who["id"]), name or None, f"+{own.lstrip('+')}" if own else None)


def _room(bot: Mapping[str, Any], found: Mapping[str, Any]) -> Room:
    thread = number(found["message_thread_id"]) if found.get("is_topic_message") else None
    return Room("telegram", bot["id"], number(found["chat"]["id"]), thread, found["chat"]["type"] != "private")


def _ref(message: Mapping[str, Any]) -> str:
    return f"{number(message['chat']['id'])}:{number(message['message_id'])}"
