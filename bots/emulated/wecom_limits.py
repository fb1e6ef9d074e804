"""What WeCom takes, in its own numbers: the emulated server refuses whatever goes beyond them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TEXT = 2048
MARKDOWN = 2048
CARD_TITLE = 128
CARD_DESCRIPTION = 512
CARD_URL = 2048
MENU_HEAD = 1024
MENU_TAIL = 1024
MENU_ITEMS = 10
MENU_ID = 128
MENU_LABEL = 128
MENU_URL = 2048
MENU_LINK = 1024
RECEIVERS = 1000
"""Most members in one message."""
UPLOADS = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
"""Largest upload by type, bytes."""
SMALLEST_UPLOAD = 6
MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}")
"""A message id given by the sender."""

EMPTY, TOO_LONG, WRONG, NO_MEDIA, TYPE, ITEMS, ITEM = 44004, 45002, 40058, 40007, 40008, 95008, 95009


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def check(body: Mapping[str, Any], types: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    """Raises Refusal if a message is of no known type, too long, empty, or names a file that does not lie here."""
    kind = str(body.get("msgtype"))
    if kind not in types or not isinstance(body.get(kind), Mapping):
        raise Refusal(TYPE, "invalid message type")
    types[kind](body[kind], media)


def _text(text: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    words(text.get("content"), TEXT)


def _markdown(text: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    words(text.get("content"), MARKDOWN)


def _card(card: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    words(card.get("title"), CARD_TITLE)
    words(card.get("description"), CARD_DESCRIPTION)
    words(card.get("url"), CARD_URL)


def _file(part: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    if part.get("media_id") not in media:
        raise Refusal(NO_MEDIA, "invalid media_id")


def _menu(menu: Mapping[str, Any], media: Mapping[str, Any]) -> None:
    for name, most in (("head_content", MENU_HEAD), ("tail_content", MENU_TAIL)):
        if name in menu:
            words(menu[name], most)
    items = menu.get("list")
    if not isinstance(items, list) or not 1 <= len(items) <= MENU_ITEMS:
        raise Refusal(ITEMS, "invalid number of menu items")
    for item in items:
        match item:
            case {"type": "click", "click": {"id": token, "content": label}}:
                words(token, MENU_ID)
                words(label, MENU_LABEL)
            case {"type": "view", "view": {"url": url, "content": label}}:
                words(url, MENU_URL)
                words(label, MENU_LINK)
            case _:
                raise Refusal(ITEM, "invalid menu item")


def words(value: Any, most: int) -> None:
    """Raises Refusal for anything but text of 1 to `most` bytes."""
    if not isinstance(value, str):
        raise Refusal(WRONG, "invalid request parameter. Warning: wrong json format.")
    if not value:
        raise Refusal(EMPTY, "content is empty")
    if len(value.encode()) > most:
        raise Refusal(TOO_LONG, "content size out of limit")


def check_upload(kind: str, name: str, content: bytes) -> None:
    """Raises Refusal if a file is of no known type, has no name, or is too large or too small."""
    if kind not in UPLOADS:
        raise Refusal(40004, "invalid media type")
    if not name:
        raise Refusal(41005, "missing media data")
    if not SMALLEST_UPLOAD <= len(content) <= UPLOADS[kind]:
        raise Refusal(40006, "invalid file size")


_FILES = dict.fromkeys(("image", "voice", "video", "file"), _file)
APP_TYPES = {"text": _text, "markdown": _markdown, "textcard": _card, **_FILES}
"""What message/send takes of all that it could."""
KF_TYPES = {"text": _text, "msgmenu": _menu, **_FILES}
"""What kf/send_msg takes of all that it could."""
