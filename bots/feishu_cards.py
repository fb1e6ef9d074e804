"""What the desk says, in Feishu's words: plain text, or a card where there is a title, a fact, a button or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bots.payload import unmarked, whole, with_link
from core.words import Button, Say, Size

MOST_CARD = 30 * 1024
"""Longest card, bytes."""
MOST_BUTTONS = 10
MOST_LABEL = Size(40)
MOST_TOKEN = 400
"""Bytes of a button's token; Feishu names no limit but that of the card."""
SHORT = 20
"""Characters of a fact that may share its line with another."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def message_of(say: Say, group: bool) -> tuple[str, dict[str, Any]]:
    """Type and content of a message without its file; `group` says whether it goes to one. What replaces a card is a card."""
    called = [person for person in say.mentions if _ID.fullmatch(person)]
    if say.title or say.facts or say.buttons or say.link or say.replaces:
        return "interactive", whole(_card(say, called, group))
    calls = "".join(f'<at user_id="{person}"></at> ' for person in called)
    return "text", whole({"text": calls + unmarked(say.text)})


def _card(say: Say, called: list[str], group: bool) -> dict[str, Any]:
    """A card that may be shown anew in place: only one that all see alike can be."""
    card: dict[str, Any] = {"config": {"wide_screen_mode": True, "update_multi": True}}
    if say.title:
        card["header"] = {"title": _plain(say.title)}
    return card | {"elements": list(_elements(say, called, group))}


def _elements(say: Say, called: list[str], group: bool) -> Iterator[dict[str, Any]]:
    if called:
        calls = " ".join(f"<at id={person}></at>" for person in called)
        yield {"tag": "div", "text": {"tag": "lark_md", "content": calls}}
    if say.text:
        yield {"tag": "div", "text": _plain(say.text)}
    if say.facts:
        facts = [{"is_short": len(value) < SHORT, "text": _plain(f"{label}\n{value}")} for label, value in say.facts]
        yield {"tag": "div", "fields": facts}
    buttons = with_link(say)
    if buttons:
        yield {"tag": "action", "actions": [_button(button, group) for button in buttons]}


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _button(button: Button, group: bool) -> dict[str, Any]:
    """What a press brings back says besides its token whether it was pressed in a group: Feishu does not."""
    shown = {"tag": "button", "text": _plain(button.label), "type": "default"}
    if button.url:
        return {**shown, "url": button.url}
    return {**shown, "value": {"token": button.token, "group": group}}
