"""What DingTalk's robots and cards take, in its own numbers: the emulated platform refuses whatever goes beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from bots.emulated.dingtalk_directory import Answer, Refusal

MOST_PARAM = 15_000
"""Longest content of a message, bytes."""
MOST_USERS = 20
MOST_TRACK = 128
PLACES = ("title", "content", *(f"{name}{number}" for number in range(1, 6) for name in ("button", "token")))
"""The variables of the card template as the page in docs/channels/ has it made."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleImageMsg": ("photoURL",),
    "sampleFile": ("mediaId", "fileName", "fileType"),
}
"""What the content of a message must have, by its key."""


def message(asked: Answer) -> tuple[str, Mapping[str, str]]:
    """Key and content of a message. Raises Refusal for one that cannot be shown."""
    kind, param = str(asked.get("msgKey")), asked.get("msgParam")
    if kind not in NEEDED or not isinstance(param, str):
        raise refused("invalidParameter.msgKey", "msgKey or msgParam")
    if len(param.encode()) > MOST_PARAM:
        raise refused("invalidParameter.msgParam.tooLong", "msgParam is too long")
    content = orjson.loads(param)
    if not all(isinstance(content.get(name), str) and content[name].strip() for name in NEEDED[kind]):
        raise refused("invalidParameter.msgParam", "msgParam lacks something")
    return kind, content


def card(asked: Answer) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What people read on a card, and its buttons with what a press brings back. Raises Refusal."""
    data = asked.get("cardData")
    places = data.get("cardParamMap") if isinstance(data, dict) else None
    track = asked.get("outTrackId")
    if not isinstance(track, str) or not 0 < len(track) <= MOST_TRACK or asked.get("userIdType") != 1:
        raise refused("param.error", "outTrackId or userIdType")
    if not isinstance(places, dict) or set(places) - set(PLACES):
        raise refused("param.error", "the template has no such variable")
    if not all(isinstance(value, str) for value in places.values()):
        raise refused("param.error", "cardParamMap holds texts only")
    shown = "\n".join(filter(None, (places.get("title"), places.get("content", "").replace("  \n", "\n"))))
    buttons = tuple(
        (places[f"button{number}"], places.get(f"token{number}", ""))
        for number in range(1, 6)
        if places.get(f"button{number}")
    )
    if not shown and not buttons:
        raise refused("param.error", "an empty card")
    return shown, buttons


def space(asked: Answer, robot: str) -> tuple[str, bool, tuple[str, ...]]:
    """Where a card is delivered (person or group, whether a group), and whom it calls. Raises Refusal."""
    if asked.get("callbackType") != "STREAM":
        raise refused("param.error", "callbackType")
    sort, found, to = str(asked.get("openSpaceId", "")).removeprefix("dtv1.card//").partition(".")
    names = {"IM_GROUP": "imGroup", "IM_ROBOT": "imRobot"}
    deliver = asked.get(f"{names.get(sort)}OpenDeliverModel")
    if (
        not found
        or not isinstance(asked.get(f"{names.get(sort)}OpenSpaceModel"), dict)
        or not isinstance(deliver, dict)
    ):
        raise refused("param.error", "openSpaceId and its models")
    if deliver.get("robotCode") != robot:
        raise refused("resource.not.found", "robot not exist")
    return to, sort == "IM_GROUP", tuple(deliver.get("atUserIds") or ())


def refused(code: str, words: str, status: int = 400) -> Refusal:
    """A refusal as the newer API words it."""
    told: dict[str, Any] = {"code": code, "message": words, "requestid": "request000000"}
    return Refusal(told, status)
