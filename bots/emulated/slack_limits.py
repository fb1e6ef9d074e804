"""What Slack refuses to show: limits of blocks as its own SDK's models state them, and text as people see it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_TEXT = 40_000
MOST_BLOCKS = 50
MOST_SHOWN = 13_200
"""Characters in all blocks together."""
TEXTS = {"section": 3000, "header": 150, "field": 2000, "button": 75}
MOST_FIELDS, MOST_ELEMENTS = 10, 25
MOST_VALUE, MOST_URL, MOST_ACTION_ID = 2000, 3000, 255

_CONTROL = re.compile(r"<([@#!]?)([^|>]+)(?:\|([^>]*))?>")


class Refusal(Exception):
    """An error of the Web API, by its name. `after`: seconds for Retry-After."""

    def __init__(self, error: str, status: int = 200, after: int | None = None) -> None:
        super().__init__(error)
        self.status, self.after = status, after


def checked(asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The blocks of a message that Slack would take. Raises Refusal."""
    blocks = asked.get("blocks") or []
    if not asked.get("text") and not blocks:
        raise Refusal("no_text")
    if len(asked.get("text", "")) > MOST_TEXT:
        raise Refusal("msg_too_long")
    if len(blocks) > MOST_BLOCKS or sum(len(words) for block in blocks for words in texts_of(block)) > MOST_SHOWN:
        raise Refusal("msg_blocks_too_long")
    for block in blocks:
        _check(block)
    return blocks


def texts_of(block: Mapping[str, Any]) -> list[str]:
    """The texts of a block that are no buttons, as people see them."""
    parts = [part for part in (block.get("text"), *(block.get("fields") or ())) if part]
    return [seen(part["text"]) if part["type"] == "mrkdwn" else part["text"] for part in parts]


def buttons_of(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All buttons of a message."""
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def seen(marked: str) -> str:
    """Text as people see it: mentions by their sign, links with where they lead."""

    def shown(control: re.Match[str]) -> str:
        sort, target, label = control[1], control[2], control[3]
        return f"{sort}{target}" if sort else f"{label} ({target})" if label else target

    return html.unescape(_CONTROL.sub(shown, marked))


def typed(text: str) -> str:
    """Text as Slack delivers what somebody has typed."""
    return html.escape(text, quote=False)


def _check(block: Mapping[str, Any]) -> None:
    match block["type"]:
        case "header":
            _text(block["text"], "header", plain=True)
        case "section":
            if not (block.get("text") or block.get("fields")) or len(block.get("fields") or ()) > MOST_FIELDS:
                raise Refusal("invalid_blocks")
            for part in block.get("fields") or ():
                _text(part, "field")
            if block.get("text"):
                _text(block["text"], "section")
        case "actions":
            ids = [_button(button) for button in block["elements"]]
            if not 1 <= len(ids) <= MOST_ELEMENTS or len(set(ids)) != len(ids):
                raise Refusal("invalid_blocks")
        case _:
            raise Refusal("invalid_blocks")


def _text(part: Mapping[str, Any], place: str, *, plain: bool = False) -> None:
    if part["type"] not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        raise Refusal("invalid_blocks")
    if not 1 <= len(part["text"]) <= TEXTS[place]:
        raise Refusal("invalid_blocks")


def _button(button: Mapping[str, Any]) -> str:
    _text(button["text"], "button", plain=True)
    value, url, name = button.get("value") or "", button.get("url") or "", button["action_id"]
    if len(value) > MOST_VALUE or len(url) > MOST_URL or not 1 <= len(name) <= MOST_ACTION_ID:
        raise Refusal("invalid_blocks")
    return name
