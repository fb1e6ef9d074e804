"""DingTalk's robot at its wire format, in the company of the emulated directory: messages, cards, files, and the stream.

server = DingTalkServer(clock)
server.member("sun01", "孙立军")
channel = DingTalk(DingTalkConfig(server.app_key, server.app_secret, server.robot_code), shelf, files, clock, httpx.ASGITransport(app=server))
server.join(channel, accept)
await server.says("sun01", "我来处理")

Served over a socket (it is an ASGI application with a WebSocket), it speaks the stream itself: `connections/open`, ticket,
frames, acknowledgements; what is not acknowledged within `repeats_after` seconds is brought again. Joined, it hands the same frames
to `accept`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import orjson

from bots.emulated.asgi import form_file
from bots.emulated.dingtalk_directory import Answer, DingTalkContacts, Refusal
from bots.emulated.dingtalk_limits import MOST_USERS, card, message, refused, space
from bots.emulated.platform import Seen
from core.words import MILLISECOND, SECOND, Accept, Clock

MESSAGES, PRESSES = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"
TRIES = 20
"""How often a delivery is brought in all."""
CONNECTED_WITHIN = 30.0
"""Seconds for which a delivery waits for a connection."""
FILES = {"image": "picture", "audio": "audio", "video": "video"}

_log = logging.getLogger(__name__)

Send = Callable[[Any], Awaitable[None]]


class DingTalkServer(DingTalkContacts):
    """One company whose app has a robot. `answers` are the codes that deliveries were acknowledged with, `acks` the frames that
    said so, `acknowledged` the numbers of those that are done; `lines` the open connections, each with the topics that it subscribed."""

    robot_code = "dingq1w2e3r4t5y6u7i8"
    corp = "ding9f50b15b"
    bot = "$:LWCP_v1:$robot"
    template = "8f2c1a70-desk.schema"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.sent: list[Seen] = []
        self.groups: dict[str, set[str]] = {}
        self.files: dict[str, bytes] = {}
        self.lines: dict[Send, set[str]] = {}
        self.answers: list[int] = []
        self.acks: list[Mapping[str, Any]] = []
        self.acknowledged: set[str] = set()
        self.repeats_after = 60.0
        self._headers: Mapping[str, str] = {}
        self._tickets: dict[str, set[str]] = {}
        self._acks: dict[str, asyncio.Event] = {}
        self._uploads: dict[str, tuple[str, bytes]] = {}
        self._accept: Accept | None = None

    # ------------------------------------------------------------ what a test can arrange

    def group(self, number: str, *members: str) -> None:
        """A group that the robot is in."""
        self.groups[number] = set(members)

    def join(self, channel: Any, accept: Accept) -> None:
        """Hand frames to the core in this process from now on, as its stream would."""
        self._accept = accept

    async def drop(self) -> None:
        """Cuts every connection."""
        for line in [*self.lines]:
            del self.lines[line]
            await line({"type": "websocket.close", "code": 1011})

    async def sends_away(self) -> None:
        """Asks whoever is connected to connect elsewhere, as DingTalk does before it restarts."""
        frame = self.frame("SYSTEM", "disconnect", {"reason": "restart"})
        for line in self.lines:
            await line({"type": "websocket.send", "text": orjson.dumps(frame).decode()})

    async def babbles(self, words: str) -> None:
        """Sends text that is no frame."""
        for line in self.lines:
            await line({"type": "websocket.send", "text": words})

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        """Somebody writes to the robot, or calls it in a group; the id of his message. `about`: a message that he answers."""
        part: dict[str, Any] = {"content": f" {text}" if group else text}
        quoted = next((seen for seen in self.sent if seen.ref == about), None)
        if about:
            content = {"text": quoted.text} if quoted else {}
            part |= {"isReplyMsg": True, "repliedMsg": {"msgId": about, "msgType": "text", "content": content}}
        key = {"originalProcessQueryKey": about} if quoted else {}
        return await self.message(who, "text", group=group, text=part, **key)

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        """Somebody sends a picture, a recording, a video or a file. `words`: what DingTalk heard in a recording."""
        code = f"mIof{self._next()}"
        self.files[code] = content
        kind = FILES.get(mime.partition("/")[0], "file")
        part = {"downloadCode": code} | ({"fileName": name} if kind == "file" else {})
        part |= {"recognition": words} if words and kind == "audio" else {}
        return await self.message(who, kind, group=group, content=part | ({"duration": "5"} if kind == "video" else {}))

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Somebody presses a button of a card."""
        seen = next(seen for seen in self.sent if seen.ref == ref)
        chosen = {"cardPrivateData": {"actionIds": ["button"], "params": {"token": dict(seen.buttons)[label]}}}
        data = {
            "extension": "{}",
            "corpId": self.corp,
            "spaceType": "im",
            "userIdType": 1,
            "type": "actionCallback",
            "userId": who,
            "content": orjson.dumps(chosen).decode(),
            "spaceId": seen.to,
            "outTrackId": ref,
        }
        await self.bring(self.frame("CALLBACK", PRESSES, data))

    async def recalls(self, who: str, ref: str) -> None:
        """DingTalk tells robots nothing of it."""

    async def message(self, who: str, kind: str, *, group: str | None = None, **parts: Any) -> str:
        """A message of any type; its id."""
        number, at = f"msg{self._next()}==", self.clock() // MILLISECOND
        data = {
            "conversationId": group or f"cid{who}=",
            "chatbotCorpId": self.corp,
            "chatbotUserId": self.bot,
            "msgId": number,
            "senderNick": self.employees[who].name if who in self.employees else who,
            "isAdmin": False,
            **({"senderStaffId": who} if who in self.employees else {}),
            "sessionWebhookExpiredTime": at + 90 * 60 * 1000,
            "createAt": at,
            "senderCorpId": self.corp,
            "conversationType": "2" if group else "1",
            "senderId": f"$:LWCP_v1:${who}",
            "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=0001",
            "robotCode": self.robot_code,
            "msgtype": kind,
            **({"isInAtList": True, "atUsers": [{"dingtalkId": self.bot}]} if group else {}),
            **parts,
        }
        await self.bring(self.frame("CALLBACK", MESSAGES, data))
        return number

    async def happens(self, event: str, data: Mapping[str, Any]) -> None:
        """An event that the app has subscribed."""
        frame = self.frame("EVENT", "*", data)
        frame["headers"] |= {
            "eventType": event,
            "eventId": f"e{self._next()}",
            "eventCorpId": self.corp,
            "eventBornTime": str(self.clock() // MILLISECOND),
            "eventUnifiedAppId": "app-0001",
        }
        await self.bring(frame)

    # ------------------------------------------------------------ the stream

    async def bring(self, frame: Mapping[str, Any]) -> None:
        """Delivers a frame, again and again until it is acknowledged with 200."""
        number, text = frame["headers"]["messageId"], orjson.dumps(frame)
        for _ in range(TRIES):
            if self._accept is not None:
                self.answers.append(await self._handed(self._accept, text))
                if self.answers[-1] == 200:
                    self.acknowledged.add(number)
                    return
                continue
            line = await self._line(frame["headers"]["topic"])
            done = self._acks.setdefault(number, asyncio.Event())
            await line({"type": "websocket.send", "text": text.decode()})
            try:
                async with asyncio.timeout(self.repeats_after):
                    await done.wait()
                return
            except TimeoutError:
                continue
        raise AssertionError(f"{number} was never acknowledged")

    async def _handed(self, accept: Accept, text: bytes) -> int:
        try:
            await accept([text])
        except Exception:
            _log.warning("a delivery failed", exc_info=True)
            return 500
        return 200

    async def _line(self, topic: str) -> Send:
        """A connection that has subscribed the topic."""
        async with asyncio.timeout(CONNECTED_WITHIN):
            while True:
                for line, topics in self.lines.items():
                    if topic in topics:
                        return line
                await asyncio.sleep(0.005)

    def frame(self, sort: str, topic: str, data: Mapping[str, Any]) -> dict[str, Any]:
        headers = {
            "appId": "app-0001",
            "connectionId": "connection-0001",
            "contentType": "application/json",
            "messageId": f"frame{self._next()}",
            "time": str(self.clock() // MILLISECOND),
            "topic": topic,
        }
        return {"specVersion": "1.0", "type": sort, "headers": headers, "data": orjson.dumps(data).decode()}

    async def _stream(self, query: str, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        topics = self._tickets.pop(dict(parse_qsl(query)).get("ticket", ""), None)
        await receive()
        if topics is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        self.lines[send] = topics
        try:
            while (heard := await receive())["type"] == "websocket.receive":
                self._heard(orjson.loads(heard["text"]))
        finally:
            self.lines.pop(send, None)

    def _heard(self, ack: Mapping[str, Any]) -> None:
        number = ack["headers"]["messageId"]
        self.acks.append(ack)
        if number in self._acks:
            self.answers.append(ack["code"])
            if ack["code"] == 200 and isinstance(orjson.loads(ack["data"]), dict):
                self.acknowledged.add(number)
                self._acks[number].set()

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._stream(scope["query_string"].decode(), receive, send)
            return
        headers = scope.get("headers", ())
        self._headers = {name.decode().lower(): value.decode() for name, value in headers}
        await super().__call__(scope, receive, send)

    def _answered(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if path.startswith("files/"):
            content = self.files.get(unquote(path.removeprefix("files/")))
            return (200, content) if content is not None else (404, b"")
        fault = self._faults[0] if self._faults and path.startswith(("v1.0/robot/", "v1.0/card/")) else None
        if fault not in ("lost", "stale", "quota", "bad", "gone", "flow"):
            return super()._answered(method, path, query, body)
        self._faults.popleft()
        match fault:
            case "lost":
                super()._answered(method, path, query, body)
                raise httpx.ReadTimeout("no answer")
            case "gone" | "flow":
                lists = {"invalidStaffIdList": ["gone"] * (fault == "gone")}
                return 200, orjson.dumps({**lists, "flowControlledStaffIdList": ["busy"] * (fault == "flow")})
            case "stale":
                refusal = refused("InvalidAuthentication", "不合法的access_token", 401)
            case "quota":
                refusal = refused("Forbidden.AccessDenied.QpsLimitForApi", "请求过于频繁", 403)
            case _:
                refusal = refused("invalidParameter", "emulated")
        return refusal.status, orjson.dumps(refusal.answer)

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        match method, path:
            case "POST", "v1.0/gateway/connections/open":
                return self._opened(orjson.loads(body))
            case "POST", "media/upload":
                return self._uploaded(query, body)
        if not path.startswith(("v1.0/robot/", "v1.0/card/")):
            return super()._answer(method, path, query, body)
        if self._tokens.get(self._headers.get("x-acs-dingtalk-access-token", ""), 0) <= self.clock():
            raise refused("InvalidAuthentication", "不合法的access_token", 401)
        asked = orjson.loads(body)
        match method, path:
            case "POST", "v1.0/robot/oToMessages/batchSend":
                return self._to_people(self._ours(asked))
            case "POST", "v1.0/robot/groupMessages/send":
                return self._to_group(self._ours(asked))
            case "POST", "v1.0/robot/messageFiles/download":
                return self._place_of(self._ours(asked))
            case "POST", "v1.0/card/instances/createAndDeliver":
                return self._new_card(asked)
            case "PUT", "v1.0/card/instances":
                return self._changed_card(asked)
        raise refused("InvalidAction.NotFound", "Specified api is not found", 404)

    def _opened(self, asked: Answer) -> Answer:
        if (asked.get("clientId"), asked.get("clientSecret")) != (self.app_key, self.app_secret):
            raise refused("authFailed", "clientId or clientSecret", 401)
        ticket = f"ticket{self._next()}"
        self._tickets[ticket] = {subscription["topic"] for subscription in asked["subscriptions"]}
        return {"endpoint": f"ws://{self._headers['host']}/connect", "ticket": ticket}

    def _uploaded(self, query: Mapping[str, str], body: bytes) -> Answer:
        if self._tokens.get(query.get("access_token", ""), 0) <= self.clock():
            raise Refusal({"errcode": 40014, "errmsg": "不合法的access_token"})
        name, _, content = form_file(self._headers.get("content-type", ""), body)
        if query.get("type") not in ("image", "file") or not name or not content:
            raise Refusal({"errcode": 40004, "errmsg": "无效的媒体文件类型"})
        number = f"@lAD{self._next()}"
        self._uploads[number] = name, content
        return {"errcode": 0, "errmsg": "ok", "media_id": number, "type": query["type"]}

    def _ours(self, asked: Answer) -> Answer:
        if asked.get("robotCode") != self.robot_code:
            raise refused("resource.not.found", "robot not exist")
        return asked

    def _to_people(self, asked: Answer) -> Answer:
        people = asked.get("userIds")
        if not isinstance(people, list) or not 0 < len(people) <= MOST_USERS:
            raise refused("invalidParameter.userIds", "userIds")
        known, key = [person for person in people if person in self.employees], ""
        for person in known:
            key = self._show(person, False, asked)
        lost = [person for person in people if person not in self.employees]
        return {"processQueryKey": key, "flowControlledStaffIdList": [], "invalidStaffIdList": lost}

    def _to_group(self, asked: Answer) -> Answer:
        number = str(asked.get("openConversationId"))
        if number not in self.groups:
            raise refused("invalidParameter.openConversationId", "robot is not in this conversation")
        return {"processQueryKey": self._show(number, True, asked)}

    def _show(self, to: str, group: bool, asked: Answer) -> str:
        kind, content = message(asked)
        key = f"key{self._next()}="
        seen = Seen(self.clock(), to, content.get("content", ""), key, group)
        if kind != "sampleText":
            number = content.get("mediaId") or content["photoURL"]
            if number not in self._uploads:
                raise refused("invalidParameter.msgParam", "no such media")
            seen = replace(seen, name=self._uploads[number][0], file=self._uploads[number][1])
        self.sent.append(seen)
        return key

    def _place_of(self, asked: Answer) -> Answer:
        code = str(asked.get("downloadCode"))
        if code not in self.files:
            raise refused("invalidParameter.downloadCode", "downloadCode")
        return {"downloadUrl": f"http://{self._headers['host']}/files/{code}"}

    def _new_card(self, asked: Answer) -> Answer:
        if asked.get("cardTemplateId") != self.template:
            raise refused("param.error", "no such template")
        track, (text, buttons) = str(asked.get("outTrackId")), card(asked)
        to, group, calls = space(asked, self.robot_code)
        delivered = to in (self.groups if group else self.employees)
        if delivered and all(seen.ref != track for seen in self.sent):
            self.sent.append(Seen(self.clock(), to, text, track, group, buttons=buttons, mentions=calls))
        told = {"spaceId": to, "spaceType": "IM_GROUP" if group else "IM_ROBOT", "success": delivered}
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [told]}}

    def _changed_card(self, asked: Answer) -> Answer:
        text, buttons = card(asked)
        for place, seen in enumerate(self.sent):
            if seen.ref == asked["outTrackId"]:
                self.sent[place] = replace(seen, text=text, buttons=buttons)
                return {"success": True, "result": True}
        raise refused("param.error", "no such card")

    def _next(self) -> int:
        self._number += 1
        return self._number


def window(who: str, text: str, number: str) -> dict[str, Any]:
    """What comes with the event that a customer wrote in a service window."""
    return {
        "toUser": "U4n9RT",
        "msgType": "text",
        "fromUser": who,
        "createTime": 1_772_596_800 * SECOND // MILLISECOND,
        "msgId": number,
        "senderNick": who,
        "content": text,
    }
