"""What Telegram refuses of a message: its limits, each checked as the platform counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MOST_BUTTONS = 100
MOST_DATA = 64
"""Bytes of callback_data."""
MOST_ENTITIES = 100


class Refused(Exception):
    """A call that Telegram answers with `ok` false; `parameters` say what would help."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status, self.parameters = status, parameters or {}


def checked_text(asked: Mapping[str, Any]) -> str:
    """The text of a message, or the caption of a file. Raises Refused."""
    if "document" in asked:
        caption = asked.get("caption", "")
        if not isinstance(asked["document"], bytes) or not asked["document"]:
            raise Refused(400, "Bad Request: file must be non-empty")
        if len(caption) > LONGEST_CAPTION:
            raise Refused(400, "Bad Request: message caption is too long")
        return caption
    text = asked.get("text", "")
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(text) > LONGEST_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    if "parse_mode" in asked and text.count("<") != text.count(">"):
        raise Refused(400, "Bad Request: can't parse entities")
    return text


def checked_keys(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The keyboard of a message. Raises Refused."""
    keys = asked.get("reply_markup") or {}
    if not isinstance(keys, dict):
        raise Refused(400, "Bad Request: object expected as reply markup")
    buttons = [button for row in keys.get("inline_keyboard", ()) for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise Refused(400, "Bad Request: inline keyboard button text is empty")
        if "url" not in button and not 1 <= len(str(button.get("callback_data", "")).encode()) <= MOST_DATA:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return keys


def checked_entities(asked: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Who is mentioned, by his number; places are counted in UTF-16. Raises Refused."""
    entities, length = asked.get("entities") or (), len(text.encode("utf-16-le")) // 2
    if len(entities) > MOST_ENTITIES or any(one["offset"] + one["length"] > length for one in entities):
        raise Refused(400, "Bad Request: ENTITY_BOUNDS_INVALID")
    return tuple(str(one["user"]["id"]) for one in entities if one["type"] == "text_mention")
