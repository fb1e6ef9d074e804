"""The API side of the emulated WeCom server, an ASGI application: what it keeps, what it answers, and how it fails.

In process through httpx.ASGITransport(app=server), or served by uvicorn. It keeps the time that it is given and checks
tokens and limits with its own code.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import orjson

from bots.emulated.asgi import body_of, form_file, lifespan
from bots.emulated.wecom_limits import APP_TYPES, KF_TYPES, MSGID, RECEIVERS, Refusal, check, check_upload
from core.words import DAY, HOUR, MINUTE, SECOND, Clock, Micros

TOKEN_SECONDS = 7200
HINT_TOKEN = 10 * MINUTE
HISTORY = 3 * DAY
"""How far sync_msg and media/get go back."""
WINDOW = 48 * HOUR
WINDOW_MESSAGES = 5
MEMBER_A_MINUTE = 30
"""Messages to one member in a minute; what goes beyond is swallowed without a word."""
PAGE = 1000

Fault = int | str
"""An error code, or "down" (no connection), "5xx", "lost" (done, but no answer comes), "partial" (some receivers are
invalid), "fail:N" (done, but an event msg_send_fail of type N follows)."""
Query = Mapping[str, str]


@dataclass(frozen=True)
class App:
    """An application as its administrator set it up."""

    secret: str
    token: str
    aes_key: str


@dataclass(frozen=True)
class Stored:
    """A file that lies with WeCom."""

    content: bytes = field(repr=False)
    mime: str
    name: str
    at: Micros


@dataclass(frozen=True)
class Sent:
    """A message as it reached a member ("wecom") or a customer ("wecom_kf"); `buttons` are (label, id or link)."""

    at: Micros
    channel: str
    account: str
    to: str
    kind: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    file: Stored | None
    msgid: str
    body: Mapping[str, Any] = field(repr=False)


class Endpoints:
    """What the server knows and answers. Tests look at `sent`, `swallowed` and `calls`."""

    corp_id = "ww0a1b2c3d4e5f6071"
    agent_id = 1000002
    open_kfid = "wkHuiYing0000000000000000000001"
    app = App("app-secret-0001", "appToken01", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
    kf = App("kf-secret-0002", "kfToken02", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Sent] = []
        self.swallowed: list[Mapping[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.media: dict[str, Stored] = {}
        self.gone: set[str] = set()
        self.human: set[str] = set()
        self.page = PAGE
        self.empty_pages = 0
        self._number = 0
        self._tokens: dict[str, tuple[App, Micros]] = {}
        self._hint_tokens: dict[str, tuple[str, Micros]] = {}
        self._items: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._customers: dict[str, str] = {}
        self._windows: dict[tuple[str, str], tuple[Micros, int]] = {}
        self._msgids: set[tuple[str, str]] = set()
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

    def remember(self, customer: str, name: str = "", wrote: Micros | None = None, account: str | None = None) -> None:
        """A customer of old; with `wrote`, he last wrote then and may be answered accordingly."""
        self._customers[customer] = name or self._customers.get(customer, "")
        if wrote is not None:
            self._windows[account or self.open_kfid, customer] = (wrote, WINDOW_MESSAGES)

    def put(self, content: bytes, mime: str, name: str = "") -> str:
        """Stores a file and returns its media id."""
        media_id = f"media{self.number():027d}"
        self.media[media_id] = Stored(content, mime, name, self.clock())
        return media_id

    def keep(self, account: str, customer: str, origin: int, content: Mapping[str, Any]) -> str:
        """Lays an item where sync_msg finds it, and returns its msgid."""
        msgid = f"kfmsg{self.number():027d}"
        who = {"open_kfid": account, "external_userid": customer} if origin != 4 else {}
        self._items[account].append(
            {"msgid": msgid, **who, "send_time": self.clock() // SECOND, "origin": origin, **content}
        )
        return msgid

    def hint_token(self, account: str) -> str:
        """A token for sync_msg, as callbacks carry it."""
        token = f"ENC{self.number():044d}"
        self._hint_tokens[token] = account, self.clock()
        return token

    def number(self) -> int:
        """The next number: ids are made of it."""
        self._number += 1
        return self._number

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
            "kf/send_msg": (self.kf, self._kf_send),
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
        check(body, APP_TYPES, self.media)
        known = [receiver for receiver in receivers if receiver and receiver not in self.gone]
        if not known:
            raise Refusal(81013, "user & party & tag all invalid")
        invalid = receivers if fault == "partial" else [receiver for receiver in receivers if receiver in self.gone]
        msgid = f"appmsg{self.number():027d}"
        for receiver in known if fault != "partial" else ():
            if self._repeated(body) or self._flooded(receiver):
                self.swallowed.append(body)
            else:
                self._show("wecom", str(self.agent_id), receiver, msgid, body)
        return {"invaliduser": "|".join(invalid), "msgid": msgid}

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

    # ------------------------------------------------------------ to and from customers

    def _kf_send(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        account, customer = str(body.get("open_kfid")), str(body.get("touser"))
        self._known_account(account)
        if customer not in self._customers or customer in self.gone:
            raise Refusal(40096, "invalid external userid")
        check(body, KF_TYPES, self.media)
        msgid = body.get("msgid") or f"kfsent{self.number():026d}"
        if not isinstance(msgid, str) or not MSGID.fullmatch(msgid):
            raise Refusal(40058, "invalid msgid")
        if (account, msgid) in self._msgids:
            raise Refusal(40058, "msgid repeated")
        if customer in self.human:
            raise Refusal(95018, "send msg session status invalid")
        wrote, left = self._windows.get((account, customer), (0, 0))
        if self.clock() - wrote > WINDOW:
            raise Refusal(95002, "send msg out of time limit")
        if not left:
            raise Refusal(95001, "send msg count limit")
        self._windows[account, customer] = wrote, left - 1
        self._msgids.add((account, msgid))
        if isinstance(fault, str) and fault.startswith("fail:"):
            told = {"event_type": "msg_send_fail", "open_kfid": account, "external_userid": customer}
            told |= {"fail_msgid": msgid, "fail_type": int(fault.removeprefix("fail:"))}
            self.keep(account, customer, 4, {"msgtype": "event", "event": told})
        else:
            self._show("wecom_kf", account, customer, msgid, body)
        return {"msgid": msgid}

    def _sync(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        account, token = str(body.get("open_kfid")), body.get("token")
        self._known_account(account)
        if token and self._hint_tokens.get(token, ("", 0))[0] != account:
            raise Refusal(95007, "invalid msg token")
        if token and self.clock() - self._hint_tokens[token][1] > HINT_TOKEN:
            raise Refusal(95007, "invalid msg token")
        if not 1 <= int(body.get("limit", PAGE)) <= PAGE:
            raise Refusal(40058, "invalid limit")
        items, cursor = self._items[account], body.get("cursor") or f"{account}#0"
        if not cursor.startswith(f"{account}#"):
            raise Refusal(40058, "invalid cursor")
        first = int(cursor.removeprefix(f"{account}#"))
        oldest = (self.clock() - HISTORY) // SECOND
        while first < len(items) and items[first]["send_time"] < oldest:
            first += 1
        if self.empty_pages and first < len(items):
            self.empty_pages -= 1
            return {"next_cursor": f"{account}#{first:03d}", "has_more": 1, "msg_list": []}
        page = items[first : first + min(self.page, int(body.get("limit", PAGE)))]
        last = first + len(page)
        return {"next_cursor": f"{account}#{last}", "has_more": int(last < len(items)), "msg_list": page}

    def _batchget(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        asked = body.get("external_userid_list") or []
        if len(asked) > 100:
            raise Refusal(40058, "too many customers")
        known = [{"external_userid": one, "nickname": self._customers[one]} for one in asked if one in self._customers]
        return {"customer_list": known, "invalid_external_userid": [one for one in asked if one not in self._customers]}

    def _account_list(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        accounts = sorted({self.open_kfid, *self._items})
        return {"account_list": [{"open_kfid": one, "name": "客服", "manage_privilege": True} for one in accounts]}

    def _known_account(self, account: str) -> None:
        if account != self.open_kfid and account not in self._items:
            raise Refusal(95000, "invalid open_kfid")

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

    def _show(self, channel: str, account: str, to: str, msgid: str, body: Mapping[str, Any]) -> None:
        kind = body["msgtype"]
        part = body[kind]
        text = "\n".join(part[name] for name in ("content", "title", "description", "head_content") if name in part)
        items = [item[item["type"]] for item in part.get("list", ())]
        buttons = tuple((item["content"], item.get("id") or item.get("url")) for item in items)
        file = self.media.get(part.get("media_id", ""))
        self.sent.append(Sent(self.clock(), channel, account, to, kind, text, buttons, file, msgid, body))


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
