"""What an emulated Feishu shows in the name of its app's bot: messages, answers, cards shown anew, files; and what it refuses."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from bots.emulated.asgi import form_file
from bots.emulated.feishu_limits import EMPTY, FILE, IMAGE, TOO_LARGE, WRONG, Refusal, checked, shown_of
from bots.emulated.platform import Seen
from core.words import HOUR, SECOND, Clock, Micros

UUID_LASTS = HOUR
A_SECOND = 5
"""Messages to one person or group in a second."""
CHAT = "oc_p2p_"
"""Begins the id of somebody's chat with the bot."""


class Shown:
    """The bot's messages as people see them. `people` and `groups` are those whom it reaches; `chats` says where a message stands,
    `replied` which one it answers."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self.people: dict[str, tuple[str, str]] = {}
        self.groups: dict[str, set[str]] = {}
        self.chats: dict[str, str] = {}
        self.replied: dict[str, str] = {}
        self._numbers = count(1)
        self._cards: set[str] = set()
        self._uuids: dict[tuple[str, str], tuple[Micros, str]] = {}
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._uploads: dict[str, tuple[bytes, str]] = {}

    def number(self) -> int:
        """One that was never given before."""
        return next(self._numbers)

    def send(self, sort: str, asked: Mapping[str, Any]) -> str:
        to = str(asked.get("receive_id"))
        if sort not in ("open_id", "chat_id"):
            raise Refusal(WRONG, "Your request contains an invalid request parameter.")
        if sort == "chat_id" and to not in self.groups:
            raise Refusal(230002, "The bot can not be outside the group.")
        if sort == "open_id" and to not in self.people:
            raise Refusal(230013, "Bot has NO availability to this user.")
        return self._show(to, asked)

    def reply(self, about: str, asked: Mapping[str, Any]) -> str:
        if about not in self.chats:
            raise Refusal(230011, "The message is recalled.")
        chat = self.chats[about]
        number = self._show(chat if chat in self.groups else chat.removeprefix(CHAT), asked)
        self.replied[number] = about
        return number

    def _show(self, to: str, asked: Mapping[str, Any]) -> str:
        kind, uuid = str(asked.get("msg_type")), str(asked.get("uuid", ""))
        content = checked(kind, asked.get("content"))
        if len(uuid) > 50:
            raise Refusal(WRONG, "uuid is too long")
        at, shown = self._uuids.get((to, uuid), (0, ""))
        if uuid and shown and self.clock() - at < UUID_LASTS:
            return shown
        self._must_be_slow(to)
        number = f"om_{self.number()}"
        self._uuids[to, uuid] = self.clock(), number
        self.chats[number] = to if to in self.groups else chat_with(to)
        seen = Seen(self.clock(), to, "", number, to in self.groups)
        self.sent.append(
            self._with_file(seen, content) if kind in ("file", "image") else _with_words(seen, kind, content)
        )
        if kind == "interactive":
            self._cards.add(number)
        return number

    def _with_file(self, seen: Seen, content: Mapping[str, Any]) -> Seen:
        key = content.get("file_key") or content.get("image_key")
        if key not in self._uploads:
            raise Refusal(WRONG, "no such key")
        content_of, name = self._uploads[key]
        return replace(seen, file=content_of, name=name)

    def show_anew(self, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Only a card that all see alike can be shown anew."""
        if number not in self._cards:
            raise Refusal(WRONG, "This message is NOT a card.")
        content = checked("interactive", asked.get("content"))
        if content.get("config", {}).get("update_multi") is not True:
            raise Refusal(230099, "Failed to update card: not shared")
        self._must_be_slow(number)
        place = next(place for place, seen in enumerate(self.sent) if seen.ref == number)
        self.sent[place] = _with_words(self.sent[place], "interactive", content)
        return {}

    def upload(self, sort: str, content_type: str, body: bytes) -> dict[str, str]:
        name, _, content = form_file(content_type, body, sort.removesuffix("s"))
        if not content:
            raise Refusal(EMPTY, "File's size can't be 0.")
        if len(content) > (FILE if sort == "files" else IMAGE):
            raise Refusal(TOO_LARGE, "The file size exceed the max value.")
        key = f"{sort}_v3_{self.number()}"
        self._uploads[key] = content, name
        return {f"{sort.removesuffix('s')}_key": key}

    def _must_be_slow(self, to: str) -> None:
        recent = self._recent[to]
        while recent and recent[0] <= self.clock() - SECOND:
            recent.popleft()
        if len(recent) >= A_SECOND:
            raise Refusal(230020, "This operation triggers the frequency limit.")
        recent.append(self.clock())


def chat_with(who: str) -> str:
    return CHAT + who


def _with_words(seen: Seen, kind: str, content: Mapping[str, Any]) -> Seen:
    text, buttons, called = shown_of(kind, content)
    return replace(seen, text=text, buttons=buttons, mentions=called)
