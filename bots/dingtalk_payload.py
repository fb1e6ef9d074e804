"""What DingTalk delivers, read: messages to the robot, presses on its cards, and what customers write in a service window (服务窗).

A delivery is a frame of the stream, or what stands in it; a press without its frame tells neither its time nor its number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from bots.payload import milliseconds, reader, table, text
from core.words import Inbound, Kind, Media, Room, Who

WINDOW = "isw_user_msg_received"
"""The event that a customer wrote in a service window."""
FILES: Mapping[str, tuple[Kind, str | None]] = {
    "picture": ("image", "image/jpeg"),
    "audio": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "file": ("file", None),
}
"""Messages that are a file: their kind, and its type as far as DingTalk lets it be known."""


@reader("DingTalk")
def read_delivery(raw: bytes) -> list[Inbound]:
    """The message in a delivery; an event that is not for us says nothing. Raises Unreadable."""
    found = table(raw)
    frame = found.get("headers") or {}
    body = table(text(found["data"]).encode()) if frame else found
    if "eventType" in (frame or body):
        said = _event(frame or body, body if frame else body["data"])
    else:
        said = _press(frame, body) if "outTrackId" in body else _message(body)
    return [Inbound(**said, raw=raw)] if said else []


def _message(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """What somebody said to the robot; what is said in a group comes only if it calls the robot."""
    if text(body["senderId"]) == text(body["chatbotUserId"]):
        return None
    robot, number, group = text(body["robotCode"]), text(body["msgId"]), text(body["conversationType"]) == "2"
    person, content = text(body.get("senderStaffId") or body["senderId"]), _object(body.get("content"))
    return {
        "key": f"dingtalk:{robot}:{number}",
        "at": milliseconds(body["createAt"]),
        "who": Who(person, body.get("senderNick") or None),
        "room": Room("dingtalk", robot, text(body["conversationId"]) if group else person, group=group),
        "id": number,
        "forwarded": str(body.get("isForwardMsg")) == "1",
        **_answered(body, _object(body.get("text")) or content),
        **_said(text(body["msgtype"]), body, content),
    }


def _said(kind: str, body: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says. One that robots cannot receive says of which type it was, so that the desk asks for something else."""
    match kind:
        case "text":
            return {"kind": "text", "text": text(body["text"]["content"]).strip()}
        case "richText":
            return _rich(content["richText"])
        case "chatRecord":
            return _record(content["chatRecord"])
        case _ if kind in FILES:
            return {"kind": FILES[kind][0], "media": (_file(content, FILES[kind][1]),)}
    return {"kind": "text", "text": f"[{kind}]"}


def _rich(items: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Words and pictures. HarmonyOS repeats the call of the robot as the first of the words."""
    words = [text(item["text"]) for item in items if "text" in item]
    calls = len(words) > 1 and words[0].lstrip().startswith("@") and len(words[0].split()) == 1
    return _with_pictures("".join(words[calls:]).strip(), items)


def _record(record: Any) -> dict[str, Any]:
    """A chat record that somebody passes on: a line a message, and its pictures."""
    parts = orjson.loads(record) if isinstance(record, str) else record
    return _with_pictures("\n".join(map(_line, parts)), parts) | {"forwarded": True}


def _line(part: Mapping[str, Any]) -> str:
    words, name = part.get("content") or f"[{part.get('msgType', '')}]", part.get("senderNick")
    return f"{name}：{text(words)}" if name else text(words)


def _with_pictures(words: str, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    media = tuple(_file(part, "image/jpeg") for part in parts if "downloadCode" in part)
    return {"kind": "image" if media else "text", "text": words, "media": media}


def _file(part: Mapping[str, Any], mime: str | None) -> Media:
    """A file, with the words that DingTalk heard in a voice; a video's seconds stand in a text."""
    seconds = float(part["duration"]) if mime == "video/mp4" and part.get("duration") else None
    code = text(part.get("downloadCode") or part["pictureDownloadCode"])
    return Media(code, mime, part.get("fileName"), seconds=seconds, words=part.get("recognition") or None)


def _answered(body: Mapping[str, Any], holder: Mapping[str, Any]) -> dict[str, Any]:
    """Which message is answered, and its words. One of ours goes by the key that DingTalk gave us for it."""
    replied = _object(holder.get("repliedMsg"))
    about, quoted = body.get("originalProcessQueryKey") or replied.get("msgId"), replied.get("content")
    words = quoted.get("text") if isinstance(quoted, dict) else quoted
    return {"about": about or body.get("originalMsgId") or None, "quoted": words or None}


def _press(frame: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A button of a card, whose number tells of which robot and in which group it is. DingTalk's tutorial has the parameters
    outside of cardPrivateData, frames have them inside."""
    chosen = table(text(body.get("content") or body["value"]).encode())
    params = _object(chosen.get("cardPrivateData")).get("params") or _object(chosen.get("params"))
    press, track, person = params.get("token") or params.get("action"), text(body["outTrackId"]), text(body["userId"])
    _, robot, group = (*track.split(":", 2), "", "")[:3]
    account, number = robot or text(body["corpId"]), hashlib.sha256(orjson.dumps(body)).hexdigest()
    return press and {
        "key": f"dingtalk:{account}:{text(frame['messageId']) if frame else number}",
        "at": milliseconds(frame["time"]) if frame else 0,
        "who": Who(person),
        "room": Room("dingtalk", account, group or person, group=bool(group)),
        "kind": "press",
        "press": text(press),
        "about": track,
    }


def _event(head: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a customer wrote in a service window, where a voice comes as text. Other events say nothing."""
    if head["eventType"] != WINDOW:
        return None
    account, person, number = text(head["eventUnifiedAppId"]), text(data["fromUser"]), text(data["msgId"])
    media = (Media(text(data["tmpPicUrl"]), "image/jpeg"),) if data["msgType"] == "image" else ()
    return {
        "key": f"dingtalk:{account}:{number}",
        "at": milliseconds(head["eventBornTime"]),
        "who": Who(person, data.get("senderNick") or None),
        "room": Room("dingtalk", account, person),
        "id": number,
        "kind": "image" if media else "text",
        "text": "" if media else text(data.get("content", "")),
        "media": media,
    }


def _object(value: Any) -> Mapping[str, Any]:
    """An object, which may stand as JSON in a text; nothing is an empty one. Raises ValueError, TypeError."""
    return table(value.encode()) if value and isinstance(value, str) else value or {}
