"""Customer service as the WeCom server keeps it: who may be answered, what lies to be pulled, and what people saw.

The API with its tokens, faults and files stands upon it (wecom_endpoints.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.emulated.wecom_limits import KF_TYPES, MSGID, Refusal, check
from core.words import DAY, HOUR, MINUTE, SECOND, Clock, Micros

HINT_TOKEN = 10 * MINUTE
HISTORY = 3 * DAY
"""How far sync_msg and media/get go back."""
WINDOW = 48 * HOUR
WINDOW_MESSAGES = 5
WELCOME = 20 * SECOND
"""How long the code for a welcome may be used."""
NAMES = 100
"""Most customers in one question."""
PAGE = 1000

Fault = int | str
"""An error code, or "down" (no connection), "5xx", "lost" (done, but no answer comes), "partial" (some receivers are
invalid), "fail:N" (done, but an event msg_send_fail of type N follows)."""


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
    code: str = ""
    """With which a card can be replaced."""

    @property
    def ref(self) -> str:
        """How the sender was told to name it."""
        return self.code or self.msgid


class Service:
    """Its customers and their messages. Tests look at `sent`."""

    open_kfid = "wkHuiYing0000000000000000000001"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Sent] = []
        self.media: dict[str, Stored] = {}
        self.gone: set[str] = set()
        self.human: set[str] = set()
        self.page = PAGE
        self.empty_pages = 0
        self._number = 0
        self._hint_tokens: dict[str, tuple[str, Micros]] = {}
        self._items: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._customers: dict[str, str] = {}
        self._windows: dict[tuple[str, str], tuple[Micros, int]] = {}
        self._msgids: set[tuple[str, str]] = set()
        self._welcomes: dict[str, tuple[str, str, Micros]] = {}

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

    def welcome_code(self, account: str, customer: str) -> str:
        """What lets a welcome through. There is none for who wrote or was welcomed within 48 hours."""
        wrote, _ = self._windows.get((account, customer), (-WINDOW, 0))
        given = [at for kf, who, at in self._welcomes.values() if (kf, who) == (account, customer)]
        if self.clock() - max([wrote, *given]) < WINDOW:
            return ""
        code = f"welcome{self.number():025d}"
        self._welcomes[code] = account, customer, self.clock()
        return code

    def keep(self, account: str, customer: str, origin: int, content: Mapping[str, Any]) -> str:
        """Lays an item where sync_msg finds it, and returns its msgid."""
        msgid = f"kfmsg{self.number():027d}"
        who = {"open_kfid": account, "external_userid": customer} if origin != 4 else {}
        self._items[account].append(
            {"msgid": msgid, **who, "send_time": self.clock() // SECOND, "origin": origin, **content}
        )
        return msgid

    def lay(self, account: str, item: Any) -> None:
        """Lays anything at all where sync_msg finds it."""
        self._items[account].append(item)

    def hint_token(self, account: str) -> str:
        """A token for sync_msg, as callbacks carry it."""
        token = f"ENC{self.number():044d}"
        self._hint_tokens[token] = account, self.clock()
        return token

    def number(self) -> int:
        """The next number: ids are made of it."""
        self._number += 1
        return self._number

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
        return self._delivered(account, customer, msgid, body, fault)

    def _kf_send_on_event(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        if body.get("msgtype") not in ("text", "msgmenu"):
            raise Refusal(40008, "invalid message type")
        check(body, KF_TYPES, self.media)
        account, customer, given = self._welcomes.get(str(body.get("code")), ("", "", 0))
        if not account or self.clock() - given > WELCOME:
            raise Refusal(40058, "invalid code")
        self._welcomes[body["code"]] = account, customer, given - WELCOME - 1
        return self._delivered(account, customer, body["msgid"], body, fault)

    def _delivered(
        self, account: str, customer: str, msgid: str, body: Mapping[str, Any], fault: Fault | None
    ) -> dict[str, Any]:
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
        while first < len(items) and _sent_at(items[first], oldest) < oldest:
            first += 1
        if self.empty_pages and first < len(items):
            self.empty_pages -= 1
            return {"next_cursor": f"{account}#{first:03d}", "has_more": 1, "msg_list": []}
        page = items[first : first + min(self.page, int(body.get("limit", PAGE)))]
        last = first + len(page)
        return {"next_cursor": f"{account}#{last}", "has_more": int(last < len(items)), "msg_list": page}

    def _batchget(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        asked = body.get("external_userid_list") or []
        if len(asked) > NAMES:
            raise Refusal(40058, "too many customers")
        known = [{"external_userid": one, "nickname": self._customers[one]} for one in asked if one in self._customers]
        return {"customer_list": known, "invalid_external_userid": [one for one in asked if one not in self._customers]}

    def _account_list(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        accounts = sorted({self.open_kfid, *self._items})
        return {"account_list": [{"open_kfid": one, "name": "客服", "manage_privilege": True} for one in accounts]}

    def _known_account(self, account: str) -> None:
        if account != self.open_kfid and account not in self._items:
            raise Refusal(95000, "invalid open_kfid")

    def _show(self, channel: str, account: str, to: str, msgid: str, body: Mapping[str, Any]) -> None:
        kind = body["msgtype"]
        part = body[kind]
        text = "\n".join(part[name] for name in ("content", "title", "description", "head_content") if name in part)
        items = [item[item["type"]] for item in part.get("list", ())]
        buttons = tuple((item["content"], item.get("id") or item.get("url")) for item in items)
        file = self.media.get(part.get("media_id", ""))
        self.sent.append(Sent(self.clock(), channel, account, to, kind, text, buttons, file, msgid, body))


def _sent_at(item: Any, unknown: int) -> int:
    return item.get("send_time", unknown) if isinstance(item, dict) else unknown
