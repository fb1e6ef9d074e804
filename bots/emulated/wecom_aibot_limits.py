"""What WeCom's bots take, in the platform's own numbers: the emulated server refuses whatever goes beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT = 20_480
TITLE, ON_CARD = 36, 112
BUTTONS, LABEL, KEY = 6, 10, 1024
"""A card: characters of its title and text, buttons, characters and bytes of each."""
TASK = 128
CHUNKS, CHUNK = 100, 512 * 1024
UPLOADS = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
TYPE, EMPTY, TOO_LONG, WRONG = 40008, 44004, 45002, 40058

Shown = tuple[str, tuple[tuple[str, str], ...], tuple[str, str, bytes] | None]


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, message: str = "emulated") -> None:
        super().__init__(message)
        self.code = code


def shown_of(body: Mapping[str, Any], uploads: Mapping[str, tuple[str, str, bytes]]) -> Shown:
    """What people read, can press, and can open. Raises Refusal for what cannot be shown; plain text is of no known type."""
    if body.get("chat_type", 0) not in (0, 1, 2):
        raise Refusal(WRONG, "invalid chat_type")
    match body:
        case {"msgtype": "markdown", "markdown": {"content": str(text)}}:
            return _within(text, len(text.encode()), TEXT), (), None
        case {"msgtype": "template_card", "template_card": dict(card)}:
            return _card(card)
        case {"msgtype": ("file" | "image") as kind} if body.get(kind, {}).get("media_id") in uploads:
            file = uploads[body[kind]["media_id"]]
            if file[0] != kind:
                raise Refusal(TYPE, "uploaded as another type")
            return "", (), file
    raise Refusal(TYPE, "invalid message type")


def check_upload(asked: Mapping[str, Any]) -> None:
    """Raises Refusal if a file is of no known type, too large or small, or comes in too many pieces."""
    size, pieces = asked["total_size"], asked["total_chunks"]
    if not 5 <= size <= UPLOADS.get(asked["type"], 0) or not asked["filename"]:
        raise Refusal(40006, "invalid file size")
    if not 1 <= pieces <= CHUNKS or size > pieces * CHUNK:
        raise Refusal(WRONG, "invalid number of chunks")


def _card(card: Mapping[str, Any]) -> Shown:
    match card:
        case {
            "card_type": "button_interaction",
            "main_title": {"title": str(title)},
            "button_list": [*found],
            "task_id": task,
        }:
            buttons = tuple((str(button["text"]), str(button["key"])) for button in found)
        case _:
            raise Refusal(WRONG, "invalid template_card")
    if not 1 <= len(buttons) <= BUTTONS or not 1 <= len(str(task).encode()) <= TASK:
        raise Refusal(WRONG, "invalid button_list or task_id")
    for label, key in buttons:
        _within(label, len(label), LABEL)
        _within(key, len(key.encode()), KEY)
    text = card.get("sub_title_text", "")
    lines = [_within(title, len(title), TITLE), *([_within(text, len(text), ON_CARD)] if text else [])]
    return "\n".join(lines), buttons, None


def _within(text: str, size: int, most: int) -> str:
    if not text:
        raise Refusal(EMPTY, "content is empty")
    if size > most:
        raise Refusal(TOO_LONG, "content size out of limit")
    return text
