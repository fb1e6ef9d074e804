"""Feishu's open platform as its channels use it: calls, what each error code means for a message, and one shared tenant token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import orjson

from bots.tokens import SharedToken
from bots.wire import Action, Reply, Trouble, Wire, complaint, content_of, fetching, told_to_wait
from core.words import CannotFetch, FileRef, Files, Receipt, Room, Say, Shelf

API_BASE = "https://open.feishu.cn"
TOKEN_SECONDS = 7200
QUOTA_SECONDS = 10.0
"""Wait after too many calls, where Feishu does not say how long."""
MOST_FILE = 30 * 1024 * 1024
"""Largest file that is fetched or sent, bytes."""
MOST_IMAGE = 10 * 1024 * 1024
"""Largest file that is sent as a picture, bytes."""
MOST_RECORD = 1024 * 1024
"""Longest chat record that is fetched, bytes."""
RECORD_SECONDS = 2.0
"""Longest time for that: an event waits meanwhile, and Feishu wants its answer within three."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})
GROUP = "oc_"
"""Begins the id of a group."""
MOBILE = "mobile:"
"""Begins the name of a room that is known by a mobile number only."""

ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("99991661", "99991663", "99991664", "99991668", "99991677"), "stale"),
    **dict.fromkeys(("99991400", "230020", "230049", "11232", "11233", "9499"), "quota"),
    **dict.fromkeys(("1500", "1551", "1663", "2200", "55001", "190005", "5000", "190003"), "busy"),
    **dict.fromkeys(("230002", "230013", "230029", "230034", "230053", "232009", "19001"), "gone"),
}
"""Error codes and what they ask for. Stale: the access token is not valid any more. Quota: too many calls (to a robot 9499 too,
which besides means a body that it cannot read), or this very message is just being sent. Gone: bot not in the group, person
beyond the app's reach, left, or wants no messages of bots; group dissolved; a robot removed (19001). Anything else is refused:
wrong parameters (230001, 19002), too long (230025), no right (230027), a card that cannot be shown (230099) or is older than 14
days (230031), bot not switched on (230006), secret words (230028); a robot's sign (19021), address (19022) or keyword (19024) is
not as its group wants it."""

WITHDRAWN = frozenset({"230011", "230110"})
"""Error codes of a message that was taken back, or deleted."""

_FILE = re.compile(r"[A-Za-z0-9_-]{1,200}/[A-Za-z0-9_-]{1,200}/(image|file)")
_Ask = Callable[[Mapping[str, str]], Awaitable[Reply]]
"""A call that is made with the headers that it gets."""


class Api:
    """Calls in nobody's name: a group's robot is known by its address."""

    def __init__(self, base: str, transport: httpx.AsyncBaseTransport | None) -> None:
        self._base = base.rstrip("/") + "/open-apis/"
        self._wire = Wire(transport)

    async def call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of the answer to JSON. Raises Trouble."""
        return _data(await self._asked(lambda headers: self._wire.send(method, self._base + path, body, headers)))

    async def close(self) -> None:
        await self._wire.close()

    async def _asked(self, ask: _Ask) -> Reply:
        return _checked(await ask({}))


class App(Api):
    """Calls in the name of one application. Processes share its token through the shelf and refresh it once."""

    def __init__(
        self, base: str, app_id: str, secret: str, shelf: Shelf, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        super().__init__(base, transport)
        self._credentials = {"app_id": app_id, "app_secret": secret}
        self._token = SharedToken(shelf, "feishu", f"{base} {app_id} {secret}", self._fresh_token)
        self._known: dict[str, str] = {}

    async def show(self, room: Room, say: Say, kind: str, content: Mapping[str, Any], key: str) -> str:
        """Show a message in place of another, in answer to one, or by itself; its id. Under the same key it is shown once an
        hour. Raises Trouble."""
        asked = {"msg_type": kind, "content": orjson.dumps(content).decode(), "uuid": uuid_of(key)}
        if say.replaces:
            await self.call("PATCH", f"im/v1/messages/{say.replaces}", {"content": asked["content"]})
            return say.replaces
        data = await self._answer(say.reply, asked) if say.reply else None
        if data is None:
            sort, to = await self._address(room)
            data = await self.call("POST", f"im/v1/messages?receive_id_type={sort}", {**asked, "receive_id": to})
        return str(data.get("message_id") or asked["uuid"])

    async def _answer(self, message: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """None if the message that was to be answered is not there any more. Raises Trouble."""
        try:
            return await self.call("POST", f"im/v1/messages/{message}/reply", asked)
        except Trouble as trouble:
            if trouble.code not in WITHDRAWN:
                raise
        return None

    async def put_up(self, file: FileRef, files: Files) -> tuple[str, dict[str, Any]]:
        """A stored file at Feishu: type and content of a message that shows it. Raises Trouble."""
        sort, fields = "file", {"file_type": "stream", "file_name": file.name}
        if file.mime in PICTURES and file.size <= MOST_IMAGE:
            sort, fields = "image", {"image_type": "message"}
        form = sort, file.name, await content_of(file, files, MOST_FILE), file.mime
        url = f"{self._base}im/v1/{sort}s"
        data = _data(await self._asked(lambda headers: self._wire.upload(url, form, fields, headers)))
        return sort, {f"{sort}_key": str(data.get(f"{sort}_key", ""))}

    async def record(self, message: str) -> list[Any]:
        """A message that passes a chat record on, and those that it holds. Raises Trouble."""
        url = f"{self._base}im/v1/messages/{message}"
        reply = await self._asked(lambda headers: self._wire.get(url, MOST_RECORD, headers, RECORD_SECONDS))
        return _data(reply).get("items") or []

    async def download(self, ref: str) -> bytes:
        """A file that somebody sent, by message, key and sort. Raises CannotFetch if it cannot be had, Trouble if it may come
        later."""
        if not _FILE.fullmatch(ref):
            raise CannotFetch("not a file of Feishu")
        message, key, sort = ref.split("/")
        url = f"{self._base}im/v1/messages/{message}/resources/{key}?type={sort}"
        with fetching():
            return (await self._asked(lambda headers: self._wire.get(url, MOST_FILE, headers))).body

    async def _address(self, room: Room) -> tuple[str, str]:
        if room.id.startswith(MOBILE):
            return "open_id", await self._person_with(room.id.removeprefix(MOBILE))
        return ("chat_id" if is_group(room) else "open_id"), room.id

    async def _person_with(self, mobile: str) -> str:
        """The open_id of whoever has this number (E.164). Raises Trouble, gone if nobody whom the app may see has it."""
        if mobile not in self._known:
            asked = {"mobiles": [mobile.removeprefix("+86")], "include_resigned": False}
            data = await self.call("POST", "contact/v3/users/batch_get_id?user_id_type=open_id", asked)
            listed = [item for item in data.get("user_list") or () if isinstance(item, dict) and item.get("user_id")]
            if not listed:
                raise Trouble(Receipt("gone", why="nobody in the app's reach has this mobile number"))
            self._known[mobile] = str(listed[0]["user_id"])
        return self._known[mobile]

    async def _asked(self, ask: _Ask) -> Reply:
        async def carried(token: str) -> Reply:
            return _checked(await ask({"authorization": f"Bearer {token}"}))

        return await self._token.carry(carried)

    async def _fresh_token(self) -> tuple[str, float]:
        url = self._base + "auth/v3/tenant_access_token/internal"
        answer = _checked(await self._wire.post(url, self._credentials)).json()
        token = answer.get("tenant_access_token")
        if not isinstance(token, str) or not token:
            raise Trouble(Receipt("refused", why="no access token"))
        return token, float(answer.get("expire", TOKEN_SECONDS))


def is_group(room: Room) -> bool:
    """A group is known by its id too, since whoever writes settings may forget to say so."""
    return room.group or room.id.startswith(GROUP)


def uuid_of(key: str) -> str:
    """The number under which Feishu shows a message once an hour: 32 characters, the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _data(reply: Reply) -> dict[str, Any]:
    data = reply.json().get("data")
    return data if isinstance(data, dict) else {}


def _checked(reply: Reply) -> Reply:
    """The answer, or a file. Raises Trouble for an error code."""
    told = "json" in reply.headers.get("content-type", "") and "content-disposition" not in reply.headers
    code = str(reply.json().get("code", 0)) if told or reply.status != 200 else "0"
    if code != "0" or reply.status >= 400:
        after = told_to_wait(reply.headers.get("x-ogw-ratelimit-reset"))
        raise complaint("Feishu", code, ACTIONS, reply.status, after, QUOTA_SECONDS)
    return reply
