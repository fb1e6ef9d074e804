"""What Feishu delivers: a sealed callback opened, and an event (schema 2.0) as what somebody did.

Nothing passes that is not fresh, signed and sealed with our Encrypt Key. A replayed callback passes while it is fresh: its inbox
key makes it harmless.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from bots.doors import AES_BLOCK, Shut, must_be_fresh, opened, same
from bots.payload import milliseconds, reader, table, text
from core.words import MINUTE, Hook, Kind, Media, Micros, Room, Unreadable, Who

FRESH = 15 * MINUTE
"""How far a callback's timestamp may lie from our clock, either way. Feishu repeats after 15 s, 5 min, 1 h and 6 h; whether a
repetition is signed anew is not documented, so that the first two must pass in either case."""

MEDIA: Mapping[str, tuple[Kind, str, str | None]] = {
    "image": ("image", "image_key", "image/jpeg"),
    "audio": ("voice", "file_key", "audio/ogg"),
    "media": ("file", "file_key", "video/mp4"),
    "file": ("file", "file_key", None),
}
"""Message types that carry a file: their kind, where its key stands, and its type as far as Feishu lets it be known."""
RECORD = "merge_forward"
"""Type of a message that passes a chat record on, of which it tells no word."""
READ = frozenset({"text", "post", "location", RECORD, *MEDIA})
"""Message types that say something; others (stickers, business cards, calendars …) are let be."""


# ---------------------------------------------------------------- opening


def event_in(hook: Hook, keys: Sequence[str], now: Micros) -> bytes:
    """The event that was sealed with one of our Encrypt Keys. The platform's first call (url_verification) bears no signature: that
    it is sealed with our key is its proof, and it asks for nothing but its own words. Raises Shut."""
    for key in keys:
        with suppress(KeyError, TypeError, ValueError):
            event = unseal(table(hook.body)["encrypt"], key)
            if challenge_of(event) is None:
                _must_be_signed(hook, key, now)
            return event
    raise Shut(403 if keys else 404, "seal")


def _must_be_signed(hook: Hook, key: str, now: Micros) -> None:
    """The signature: SHA-256 over timestamp, nonce, Encrypt Key and the body as it stands on the wire. Raises Shut."""
    timestamp, nonce = hook.headers.get("x-lark-request-timestamp", ""), hook.headers.get("x-lark-request-nonce", "")
    must_be_fresh(timestamp, now, FRESH)
    signed = f"{timestamp}{nonce}{key}".encode("utf-8", "replace") + hook.body
    if not same(hashlib.sha256(signed).hexdigest(), hook.headers.get("x-lark-signature", "")):
        raise Shut(403, "signature")


def challenge_of(event: bytes) -> str | None:
    """What Feishu wants to hear again when the address is saved; None if the event is another."""
    with suppress(TypeError, ValueError):
        found = table(event)
        return str(found.get("challenge", "")) if found.get("type") == "url_verification" else None


def unseal(sealed: str, key: str) -> bytes:
    """The text that was sealed: AES-256-CBC under the SHA-256 of the key, the first block its IV. Raises ValueError, TypeError."""
    cipher = base64.b64decode(sealed, validate=True)
    plain = opened(cipher[AES_BLOCK:], hashlib.sha256(key.encode()).digest(), cipher[:AES_BLOCK])
    plain.decode("utf-8")
    return plain


def unsealed(raw: bytes, settings: Mapping[str, str]) -> bytes:
    """A recorded callback opened with `encrypt_key` from the settings; plain ones pass as they are. Raises Unreadable."""
    if b'"encrypt"' not in raw:
        return raw
    try:
        return unseal(table(raw)["encrypt"], settings["encrypt_key"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("the delivery is encrypted; it opens with the right --set encrypt_key=…") from error


# ---------------------------------------------------------------- reading


@reader("Feishu")
def happened(raw: bytes) -> dict[str, Any] | None:
    """What an event means for us, without `raw`. One that is still sealed, and the platform's first call, say nothing. Raises
    Unreadable."""
    found = table(raw)
    if "encrypt" in found or found.get("type") == "url_verification":
        return None
    header, event = found["header"], found["event"]
    app, number, at = text(header["app_id"]), header["event_id"], header["create_time"]
    did = _did(header["event_type"], event, found.get("record", ()))
    if did is None:
        return None
    who, group = text(did.pop("who")), did.pop("group", None)
    room = Room("feishu", app, text(group), group=True) if group else Room("feishu", app, who)
    key = f"feishu:{app}:{text(did.pop('number', number))}"
    at = milliseconds(text(did.pop("at", at))[:13])  # some events write microseconds
    return {"key": key, "at": at, "who": Who(who), "room": room, **did}


def _did(sort: str, event: Mapping[str, Any], record: Iterable[Any]) -> dict[str, Any] | None:
    """What an event of this sort means: who did what, in which group, if not in his chat with the bot. Who takes a message back
    is not told, so that it is the chat's doing."""
    match sort:
        case "im.message.receive_v1":
            return _message(event["message"], event["sender"], record)
        case "card.action.trigger":
            return _press(event, event["context"])
        case "im.message.recalled_v1":
            chat, message = event["chat_id"], text(event["message_id"])
            return {"kind": "recall", "about": message, "who": chat, "group": chat, "number": f"recall:{message}"}
        case "application.bot.menu_v6":
            return {
                "kind": "press",
                "press": text(event["event_key"]),
                "who": event["operator"]["operator_id"]["open_id"],
            }
        case "im.chat.access_event.bot_p2p_chat_entered_v1":
            return {"kind": "enter", "who": event["operator_id"]["open_id"]}
        case "im.chat.member.bot.added_v1":
            return {"kind": "enter", "who": event["operator_id"]["open_id"], "group": event["chat_id"]}
        case "im.chat.member.bot.deleted_v1" | "im.chat.disbanded_v1":
            return {"kind": "leave", "who": event["operator_id"]["open_id"], "group": event["chat_id"]}
    return None


def _message(message: Mapping[str, Any], sender: Mapping[str, Any], record: Iterable[Any]) -> dict[str, Any] | None:
    """What somebody said to the bot, or in a group that it is in."""
    if sender["sender_type"] != "user" or message["message_type"] not in READ:
        return None
    number, group = message["message_id"], message["chat_id"] if message["chat_type"] != "p2p" else None
    forwarded = message["message_type"] == RECORD
    said = _record(record, message["content"]) if forwarded else _said(message)
    return said | {
        "who": sender["sender_id"]["open_id"],
        "group": group,
        "number": number,
        "at": message["create_time"],
        "id": number,
        "about": message.get("parent_id") or None,
        "called": group is None or any(map(_may_be_bot, message.get("mentions") or ())),
        "forwarded": forwarded,
    }


def _said(message: Mapping[str, Any]) -> dict[str, Any]:
    kind, content, mentions = message["message_type"], orjson.loads(message["content"]), message.get("mentions") or ()
    match kind:
        case "text":
            return {"kind": "text", "text": _named(text(content["text"]), mentions)}
        case "post":
            parts = [part for line in content["content"] for part in [*line, {"tag": "text", "text": "\n"}]]
            words = "".join(text(part.get("user_id" if part["tag"] == "at" else "text", "")) for part in parts)
            pictures = [part["image_key"] for part in parts if part["tag"] == "img"]
            media = tuple(Media(f"{message['message_id']}/{text(key)}/image", "image/jpeg") for key in pictures)
            said = _named(f"{content.get('title', '')}\n{words}", mentions)
            return {"kind": "image" if media else "text", "text": said, "media": media}
        case "location":
            place = f"{content['latitude']},{content['longitude']} {content.get('name', '')}"
            return {"kind": "place", "text": place.strip()}
    sort, place, mime = MEDIA[kind]
    ref = f"{message['message_id']}/{text(content[place])}/{'image' if kind == 'image' else 'file'}"
    seconds = content["duration"] / 1000 if "duration" in content else None
    return {"kind": sort, "media": (Media(ref, mime, content.get("file_name"), seconds=seconds),)}


def _record(record: Iterable[Any], shown: Any) -> dict[str, Any]:
    """A chat record as one text, a line a message, of a file its name; what Feishu shows for it where it could not be fetched."""
    items = [{**item, "message_type": item["msg_type"], "content": item["body"]["content"]} for item in record]
    said = [_said(item) for item in items if item["msg_type"] in READ - {RECORD} and not item.get("deleted")]
    lines = [one["text"] if "text" in one else one["media"][0].name for one in said]
    return {"kind": "text", "text": "\n".join(filter(None, lines)) or text(shown)}


def _may_be_bot(mention: Mapping[str, Any]) -> bool:
    """Whether a mention calls a bot. One that does not tell its sort may: such events come to the bot that was called."""
    return mention.get("mentioned_type", "bot") == "bot"


def _named(words: str, mentions: Iterable[Mapping[str, Any]]) -> str:
    """The text with names for its mentions, and without the one by which the bot was called."""
    for mention in mentions:
        key, name = text(mention["key"]), text(mention["name"])
        calls = _may_be_bot(mention) and ("mentioned_type" in mention or words.lstrip().startswith(key))
        words = re.sub(re.escape(key) + r"(?!\d)", lambda _, shown="" if calls else f"@{name}": shown, words)
    return words.strip()


def _press(event: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any] | None:
    """A button of one of our cards. It may stand in a group, which the button itself says."""
    value = event["action"].get("value")
    if not isinstance(value, dict) or "token" not in value:
        return None
    return {
        "kind": "press",
        "press": text(value["token"]),
        "about": text(context["open_message_id"]),
        "who": event["operator"]["open_id"],
        "group": context["open_chat_id"] if value["group"] else None,
    }
