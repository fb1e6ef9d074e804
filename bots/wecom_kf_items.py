"""What WeCom customer service delivers, item by item, in the desk's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from bots.wecom_api import loaded, moment, reason
from bots.wecom_gate import xml_fields
from core.words import Inbound, Kind, Media, Room, Unreadable, Who

MOST_KEY = 32
"""Longest message id of our own, bytes."""

_CUSTOMER = 3
"""Origin of what a customer wrote; 4 is the system, 5 a person at the service desk."""
_MEDIA: Mapping[str, tuple[Kind, str | None]] = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "file": ("file", None),
}
_LINES: Mapping[str, tuple[str, ...]] = {
    "link": ("title", "desc", "url"),
    "miniprogram": ("title",),
    "channels": ("nickname", "title"),
    "channels_shop_product": ("title", "product_id"),
    "channels_shop_order": ("product_titles", "order_id", "state"),
}
"""Cards that customers pass on, and what of them reads as text."""
_ENVELOPE = {"msgid", "external_userid", "origin"}
"""An item with none of these was said by nobody."""
_OURS = re.compile(rf"[0-9a-f]{{{MOST_KEY - 1}}}[0-9]")


def messages_in(raw: bytes) -> list[Inbound]:
    """The messages in one sync_msg item, or in a whole page; a callback says nothing. Raises Unreadable."""
    try:
        return _read(raw)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"not a message of customer service: {reason(error)}") from error


def failed_send(raw: bytes) -> tuple[str, int] | None:
    """Which post (by its Receipt's `ref`) WeCom could not deliver after all, and its reason (fail_type 0 to 13).

    None for any other item. Raises Unreadable.
    """
    try:
        item = loaded(raw)
        if item.get("msgtype") != "event" or item["event"]["event_type"] != "msg_send_fail":
            return None
        msgid, why = _text(item["event"]["fail_msgid"]), int(item["event"]["fail_type"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"not an item of customer service: {reason(error)}") from error
    return (msgid[:-1] + "0" if _OURS.fullmatch(msgid) else msgid), why


def _read(raw: bytes) -> list[Inbound]:
    if raw.lstrip().startswith(b"<"):
        xml_fields(raw)
        return []
    found = loaded(raw)
    if "Event" in found:
        return []
    return _page(found["msg_list"]) if "msg_list" in found else _item(found, raw)


def _page(items: list[dict[str, Any]]) -> list[Inbound]:
    """All messages of a page. An item that tells no time of its own came after the one before it."""
    messages, since = [], {}
    for item in items:
        since = {"send_time": item["send_time"]} if "send_time" in item else since
        messages += _item(since | item, orjson.dumps(item))
    return messages


def _item(item: dict[str, Any], raw: bytes) -> list[Inbound]:
    if item["msgtype"] == "event":
        return _event(item, item["event"], raw)
    if not _ENVELOPE & item.keys() or item["origin"] != _CUSTOMER:
        return []
    kind, text, media = _content(item["msgtype"], item)
    if kind is None:
        return []
    account, customer, msgid = (_text(item[name]) for name in ("open_kfid", "external_userid", "msgid"))
    return [
        Inbound(
            key=f"wecom_kf:{account}:{msgid}",
            at=moment(item["send_time"]),
            who=Who(customer),
            room=Room("wecom_kf", account, customer),
            kind=kind,
            text=text,
            media=media,
            press=_text(item["text"]["menu_id"]) if kind == "press" else None,
            id=msgid,
            raw=raw,
        )
    ]


def _content(message: str, item: Mapping[str, Any]) -> tuple[Kind | None, str, tuple[Media, ...]]:
    """Kind, text and media of a message. A place reads "latitude,longitude name address"."""
    if message == "text":
        return ("press" if item["text"].get("menu_id") else "text"), _text(item["text"]["content"]), ()
    if message in _MEDIA:
        kind, mime = _MEDIA[message]
        return kind, "", (Media(_text(item[message]["media_id"]), mime),)
    if message in _LINES:
        return "text", "\n".join(_text(item[message][line]) for line in _LINES[message] if line in item[message]), ()
    match message:
        case "location":
            place = item["location"]
            names = (place.get("name"), place.get("address"))
            return "place", " ".join([f"{place['latitude']},{place['longitude']}", *filter(None, names)]), ()
        case "business_card":
            return "contact", _text(item["business_card"]["userid"]), ()
        case "merged_msg":
            return "text", _record(item["merged_msg"]), ()
    return None, "", ()


def _record(merged: Mapping[str, Any]) -> str:
    """A chat record that a customer passes on, one line a message."""
    lines = [_text(merged["title"])]
    for part in merged["item"]:
        text = loaded(part["msg_content"].encode()).get("text", {}).get("content", f"[{part['msgtype']}]")
        lines.append(f"{part['sender_name']}：{text}")
    return "\n".join(lines)


def _event(item: Mapping[str, Any], event: Mapping[str, Any], raw: bytes) -> list[Inbound]:
    match event["event_type"]:
        case "enter_session":
            kind, number, text, about = "enter", item["msgid"], event.get("scene_param") or event.get("scene", ""), None
        case "user_recall_msg":
            kind, number, text, about = "recall", f"recall:{event['recall_msgid']}", "", _text(event["recall_msgid"])
        case _:
            return []
    account, customer = _text(event["open_kfid"]), _text(event["external_userid"])
    return [
        Inbound(
            key=f"wecom_kf:{account}:{number}",
            at=moment(item["send_time"]),
            who=Who(customer),
            room=Room("wecom_kf", account, customer),
            kind=kind,
            text=_text(text),
            about=about,
            id=item.get("msgid"),
            raw=raw,
        )
    ]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
