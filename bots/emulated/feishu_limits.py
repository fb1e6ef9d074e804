"""What Feishu takes, in its own numbers: the emulated server refuses whatever goes beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

TEXT = 150 * 1024
CARD = 30 * 1024
"""Longest request by type of message, bytes of its content."""

WRONG, TOO_LONG, NO_CARD = 230001, 230025, 230099


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a message. Raises Refusal if it is of no known type, too long, or nothing that can be shown."""
    kind, content = asked.get("msg_type"), asked.get("content")
    if kind not in ("text", "interactive") or not isinstance(content, str):
        raise Refusal(WRONG, "Your request contains an invalid request parameter.")
    if len(content.encode()) > (TEXT if kind == "text" else CARD):
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
        _card(found)
    return found


def shown_of(kind: str, content: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """What people read, and their buttons with what a press brings back, or the address that opens."""
    if kind == "text":
        return content["text"], ()
    lines, buttons = [], []
    if "header" in content:
        lines.append(content["header"]["title"]["content"])
    for element in content["elements"]:
        lines += [element["text"]["content"]] if "text" in element else []
        lines += [field["text"]["content"] for field in element.get("fields", ())]
        buttons += [(action["text"]["content"], _brings(action)) for action in element.get("actions", ())]
    return "\n".join(lines), tuple(buttons)


def _brings(action: Mapping[str, Any]) -> Any:
    return action["url"] if "url" in action else action["value"]


def _card(card: Mapping[str, Any]) -> None:
    elements = card.get("elements")
    if not isinstance(elements, list) or not (elements or "header" in card):
        raise Refusal(NO_CARD, "Failed to create card content")
    for element in elements:
        match element:
            case {"tag": "div", "text": {"tag": "plain_text", "content": str(text)}} if text:
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
