"""Cards with buttons as the WeCom server keeps them: each can be replaced with a code, once and within 72 hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bots.emulated.wecom_limits import Refusal, words
from core.words import HOUR, Clock, Micros

CODE_LIVES = 72 * HOUR
TITLE, LINES, LABEL = 36, 160, 10
"""Characters that are shown whole: WeCom advises not to exceed them, and this server refuses what would be cut."""
BUTTONS = 6
KEY = 1024
URL = 2048
TASK = re.compile(r"[0-9A-Za-z_@-]{1,128}")
WRONG, NO_CODE = 40058, 41088
"""The second is of our own making: what the server answers to a code that was used or is too old is not known."""


@dataclass(frozen=True)
class Card:
    """A card as a member sees it now."""

    to: str
    task: str
    kind: str
    title: str
    lines: str
    buttons: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "\n".join(filter(None, (self.title, self.lines)))


@dataclass
class Cards:
    """All cards by their msgid."""

    clock: Clock
    shown: dict[str, Card] = field(default_factory=dict)
    codes: dict[str, tuple[str, Micros]] = field(default_factory=dict)
    _given: int = 0

    def is_known(self, card: Mapping[str, Any]) -> bool:
        """A card with this task_id was shown before: the call succeeds, and nobody sees anything."""
        return any(shown.task == card["task_id"] for shown in self.shown.values())

    def show(self, msgid: str, to: str, card: Mapping[str, Any]) -> Card:
        self.shown[msgid] = seen = Card(to, card["task_id"], *_face(card))
        return seen

    def code_for(self, msgid: str) -> str:
        """A new code with which the card can be replaced."""
        self._given += 1
        code = f"code{self._given:027d}"
        self.codes[code] = msgid, self.clock()
        return code

    def replace(self, body: Mapping[str, Any]) -> str:
        """Shows a card anew; its msgid. Raises Refusal."""
        check_card(body.get("template_card"), is_new=False)
        msgid, given = self.codes.pop(str(body.get("response_code")), ("", 0))
        if not msgid or self.clock() - given > CODE_LIVES:
            raise Refusal(NO_CODE, "invalid response_code")
        if body.get("userids") != [self.shown[msgid].to]:
            raise Refusal(WRONG, "invalid userids")
        kind, title, lines, buttons = _face(body["template_card"])
        self.shown[msgid] = replace(self.shown[msgid], kind=kind, title=title, lines=lines, buttons=buttons)
        return msgid


def _face(card: Mapping[str, Any]) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """What is seen of it. Buttons in whose place a text stands cannot be pressed."""
    listed = () if "replace_text" in card else card["button_list"]
    buttons = tuple((button["text"], button.get("key") or button["url"]) for button in listed)
    return card["card_type"], card["main_title"]["title"], card.get("sub_title_text", ""), buttons


def check_card(card: Any, *, is_new: bool) -> None:
    """Raises Refusal for a card that WeCom would not show, or not whole."""
    match card:
        case {"card_type": "button_interaction", "main_title": {"title": str(title)}, "button_list": list(buttons)}:
            _short(title, TITLE)
        case _:
            raise Refusal(WRONG, "invalid template card")
    for name, most in (("sub_title_text", LINES), ("replace_text", LABEL)):
        if name in card:
            _short(card[name], most)
    if is_new and not TASK.fullmatch(str(card.get("task_id", ""))):
        raise Refusal(WRONG, "invalid task_id")
    if not 1 <= len(buttons) <= BUTTONS:
        raise Refusal(WRONG, "invalid number of buttons")
    for button in buttons:
        _short(button.get("text"), LABEL)
        words(button.get("url"), URL) if button.get("type") == 1 else words(button.get("key"), KEY)
    keys = [button.get("key") for button in buttons if button.get("type") != 1]
    if len(set(keys)) != len(keys):
        raise Refusal(WRONG, "two buttons with one key")


def _short(value: Any, most: int) -> None:
    words(value, 4 * most)
    if len(value) > most:
        raise Refusal(WRONG, "would not be shown whole")
