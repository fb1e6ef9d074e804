"""What Feishu takes, in its own numbers: the emulated server refuses whatever goes beyond them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

TEXT = 150 * 1024
CARD = 30 * 1024
"""Longest request by type of message, bytes of its content."""

FILE, IMAGE = 30 * 1024 * 1024, 10 * 1024 * 1024
"""Largest upload, bytes."""

WRONG, TOO_LONG, NO_CARD, TOO_LARGE, EMPTY = 230001, 230025, 230099, 234006, 234010

_AT = re.compile(r'<at (?:user_)?id="?([^">]+)"?></at> ?')


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def checked(kind: Any, content: Any) -> dict[str, Any]:
    """The content of a message. Raises Refusal if it is of no known type, too long, or nothing that can be shown."""
    if kind not in ("text", "interactive", "file", "image") or not isinstance(content, str):
        raise Refusal(WRONG, "Your request contains an invalid request parameter.")
    if len(content.encode()) > (CARD if kind == "interactive" else TEXT):
        raise Refusal(TOO_LONG, "The length of the message content reaches its limit.")
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(WRONG, "content is not JSON")
    if kind == "text" and not (isinstance(found.get("text"), str) and found["text"].strip()):
        raise Refusal(WRONG, "text is empty")
    if kind == "interactive":
        card(found)
    return found


def shown_of(kind: str, content: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, Any], ...], tuple[str, ...]]:
    """What people read, their buttons with what a press brings back, or the address that opens, and who is called."""
    if kind == "text":
        return _AT.sub("", content["text"]), (), tuple(_AT.findall(content["text"]))
    lines, buttons, called = [], [], []
    if "header" in content:
        lines.append(content["header"]["title"]["content"])
    for element in content["elements"]:
        text = element.get("text", {})
        called += _AT.findall(text["content"]) if text.get("tag") == "lark_md" else []
        lines += [text["content"]] if text.get("tag") == "plain_text" else []
        lines += [field["text"]["content"] for field in element.get("fields", ())]
        buttons += [(action["text"]["content"], _brings(action)) for action in element.get("actions", ())]
    return "\n".join(lines), tuple(buttons), tuple(called)


def _brings(action: Mapping[str, Any]) -> Any:
    return action["url"] if "url" in action else action["value"]


def card(found: Mapping[str, Any]) -> None:
    """Raises Refusal for a card that cannot be shown."""
    elements = found.get("elements")
    if not isinstance(elements, list) or not (elements or "header" in found):
        raise Refusal(NO_CARD, "Failed to create card content")
    for element in elements:
        match element:
            case {"tag": "div", "text": {"tag": "plain_text", "content": str(text)}} if text:
                pass
            case {"tag": "div", "text": {"tag": "lark_md", "content": str(text)}} if text:
                pass
            case {"tag": "div", "fields": [*fields]} if fields:
                for field in fields:
                    _field(field)
            case {"tag": "action", "actions": [*actions]} if actions:
                for action in actions:
                    _button(action)
            case _:
                raise Refusal(NO_CARD, "Failed to create card content: element")


def _field(field: Any) -> None:
    match field:
        case {"is_short": bool(), "text": {"tag": "plain_text", "content": str(text)}} if text:
            return
    raise Refusal(NO_CARD, "Failed to create card content: field")


def _button(action: Any) -> None:
    match action:
        case {"tag": "button", "text": {"tag": "plain_text", "content": str(label)}, "url": str(url)}:
            good = bool(label) and url.startswith(("http://", "https://"))
        case {"tag": "button", "text": {"tag": "plain_text", "content": str(label)}, "value": {"token": str(token)}}:
            good = bool(label and token)
        case _:
            good = False
    if not good:
        raise Refusal(NO_CARD, "Failed to create card content: button")
