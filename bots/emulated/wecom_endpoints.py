"""The API side of the emulated WeCom server, an ASGI application: what it keeps, what it answers, and how it fails.

In process through httpx.ASGITransport(app=server), or served by uvicorn. It keeps the time that it is given and checks
tokens and limits with its own code.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import orjson

from bots.emulated.asgi import body_of, form_file, lifespan
from bots.emulated.wecom_cards import Cards, check_card
from bots.emulated.wecom_limits import APP_TYPES, RECEIVERS, Refusal, check, check_upload
from bots.emulated.wecom_service import HISTORY, Fault, Sent, Service, Stored
from core.words import MINUTE, SECOND, Clock, Micros

TOKEN_SECONDS = 7200
MEMBER_A_MINUTE = 30
"""Messages to one member in a minute; what goes beyond is swallowed without a word."""

Query = Mapping[str, str]


@dataclass(frozen=True)
class App:
    """An application as its administrator set it up."""

    secret: str
    token: str
    aes_key: str


class Endpoints(Service):
    """What the server answers, to members and to customers. Tests look at `sent`, `swallowed` and `calls`."""

    corp_id = "ww0a1b2c3d4e5f6071"
    agent_id = 1000002
    app = App("app-secret-0001", "appToken01", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
    kf = App("kf-secret-0002", "kfToken02", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg")

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.cards = Cards(clock)
        self.swallowed: list[Mapping[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self._tokens: dict[str, tuple[App, Micros]] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._shown: dict[str, deque[Micros]] = defaultdict(deque)
        self._repeats: dict[bytes, Micros] = {}

    # ------------------------------------------------------------ what a test can arrange

    def fault(self, path: str, *faults: Fault) -> None:
        """What goes wrong with the next calls of `path` (such as "kf/send_msg"), one after the other."""
        self._faults[path].extend(faults)

    def calm(self) -> None:
        """From now on nothing goes wrong any more."""
        self._faults.clear()

    def forget_tokens(self) -> None:
        """Every access token is invalid from now on, before its time."""
        self._tokens.clear()

    # ------------------------------------------------------------ ASGI

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body = await body_of(receive)
        path = scope["path"].removeprefix("/cgi-bin/")
        query = dict(parse_qsl(scope["query_string"].decode()))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        fault = self._faults[path].popleft() if self._faults[path] else None
        if fault == "down":
            raise httpx.ConnectError("emulated: no connection")
        status, mime, answer = (502, "text/html", b"Bad Gateway") if fault == "5xx" else (200, "", b"")
        if fault != "5xx":
            mime, answer = self._answer(path, query, headers, body, fault)
        start = [(b"content-type", mime.encode()), (b"content-length", str(len(answer)).encode())]
        if path == "media/get" and not mime.startswith("application/json;"):
            name = quote(self.media[query["media_id"]].name or "file")
            start.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
        await send({"type": "http.response.start", "status": status, "headers": start})
        if fault == "lost":
            raise httpx.ReadTimeout("emulated: no answer")
        await send({"type": "http.response.body", "body": answer})

    def _answer(
        self, path: str, query: Query, headers: Mapping[str, str], body: bytes, fault: Fault | None
    ) -> tuple[str, bytes]:
        """Media type and content of the answer to a call."""
        self.calls[path] += 1
        try:
            if isinstance(fault, int):
                raise Refusal(fault, "emulated fault")
            if path == "gettoken":
                return _json(self._gettoken(query))
            app = self._authorised(query)
            if path == "media/get":
                stored = self._stored(query)
                return stored.mime, stored.content
            if path == "media/upload":
                return _json(self._upload(query, headers, body))
            return _json(self._call(path, app, _object(body), fault))
        except Refusal as refusal:
            return _json({"errcode": refusal.code, "errmsg": f"{refusal.message}, hint: [0], from ip: 127.0.0.1"})

    def _call(self, path: str, app: App, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        owner, call = {
            "message/send": (self.app, self._message_send),
            "message/update_template_card": (self.app, self._update_card),
            "kf/send_msg": (self.kf, self._kf_send),
            "kf/send_msg_on_event": (self.kf, self._kf_send_on_event),
            "kf/sync_msg": (self.kf, self._sync),
            "kf/customer/batchget": (self.kf, self._batchget),
            "kf/account/list": (self.kf, self._account_list),
        }.get(path, (None, None))
        if call is None:
            raise Refusal(404, "no such interface")
        if app != owner:
            raise Refusal(48002, "api forbidden")
        return call(body, fault)

    # ------------------------------------------------------------ tokens

    def _gettoken(self, query: Query) -> dict[str, Any]:
        if query.get("corpid") != self.corp_id:
            raise Refusal(40013, "invalid corpid")
        app = next((app for app in (self.app, self.kf) if app.secret == query.get("corpsecret")), None)
        if app is None:
            raise Refusal(40001, "invalid credential")
        for token, (owner, until) in self._tokens.items():
            if owner == app and until > self.clock():
                return {"access_token": token, "expires_in": (until - self.clock()) // SECOND}
        token = f"accesstoken{self.number():06d}"
        self._tokens[token] = app, self.clock() + TOKEN_SECONDS * SECOND
        return {"access_token": token, "expires_in": TOKEN_SECONDS}

    def _authorised(self, query: Query) -> App:
        token = query.get("access_token")
        if not token:
            raise Refusal(41001, "access_token missing")
        if token not in self._tokens:
            raise Refusal(40014, "invalid access_token")
        app, until = self._tokens[token]
        if until <= self.clock():
            raise Refusal(42001, "access_token expired")
        return app

    # ------------------------------------------------------------ to members

    def _message_send(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        if body.get("agentid") != self.agent_id:
            raise Refusal(40056, "invalid agentid")
        receivers = str(body.get("touser", "")).split("|")
        if len(receivers) > RECEIVERS:
            raise Refusal(40032, "too many receivers")
        card = body.get("template_card")
        if body.get("msgtype") == "template_card":
            check_card(card, is_new=True)
        else:
            check(body, APP_TYPES, self.media)
        known = [receiver for receiver in receivers if receiver and receiver not in self.gone]
        if not known:
            raise Refusal(81013, "user & party & tag all invalid")
        invalid = receivers if fault == "partial" else [receiver for receiver in receivers if receiver in self.gone]
        msgid = f"appmsg{self.number():027d}"
        for receiver in known if fault != "partial" else ():
            if self._repeated(body) or self._flooded(receiver) or (card and self.cards.is_known(card)):
                self.swallowed.append(body)
            elif card:
                self._show_card(receiver, msgid, body)
            else:
                self._show("wecom", str(self.agent_id), receiver, msgid, body)
        code = {"response_code": self.sent[-1].code} if card and self.sent and self.sent[-1].msgid == msgid else {}
        return {"invaliduser": "|".join(invalid), "msgid": msgid, **code}

    def _show_card(self, to: str, msgid: str, body: Mapping[str, Any]) -> None:
        card, code = self.cards.show(msgid, to, body["template_card"]), self.cards.code_for(msgid)
        told = "wecom", str(self.agent_id), to, card.kind, card.text, card.buttons
        self.sent.append(Sent(self.clock(), *told, None, msgid, body, code))

    def _update_card(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        if body.get("agentid") != self.agent_id:
            raise Refusal(40056, "invalid agentid")
        msgid = self.cards.replace(body)
        card = self.cards.shown[msgid]
        place = next(place for place, sent in enumerate(self.sent) if sent.msgid == msgid)
        self.sent[place] = replace(self.sent[place], text=card.text, buttons=card.buttons)
        return {}

    def _repeated(self, body: Mapping[str, Any]) -> bool:
        if not body.get("enable_duplicate_check"):
            return False
        content, now = orjson.dumps(body), self.clock()
        last, self._repeats[content] = self._repeats.get(content), now
        return last is not None and now - last < int(body.get("duplicate_check_interval", 1800)) * SECOND

    def _flooded(self, receiver: str) -> bool:
        shown, now = self._shown[receiver], self.clock()
        while shown and now - shown[0] >= MINUTE:
            shown.popleft()
        if len(shown) >= MEMBER_A_MINUTE:
            return True
        shown.append(now)
        return False

    # ------------------------------------------------------------ files

    def _upload(self, query: Query, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        name, mime, content = form_file(headers.get("content-type", ""), body)
        kind = query.get("type", "")
        check_upload(kind, name, content)
        return {"type": kind, "media_id": self.put(content, mime, name), "created_at": str(self.clock() // SECOND)}

    def _stored(self, query: Query) -> Stored:
        stored = self.media.get(query.get("media_id", ""))
        if stored is None or self.clock() - stored.at > HISTORY:
            raise Refusal(40007, "invalid media_id")
        return stored


def _json(answer: Mapping[str, Any]) -> tuple[str, bytes]:
    return "application/json; charset=UTF-8", orjson.dumps({"errcode": 0, "errmsg": "ok", **answer})


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(47001, "data format error") from error
    if not isinstance(found, dict):
        raise Refusal(47001, "data format error")
    return found
