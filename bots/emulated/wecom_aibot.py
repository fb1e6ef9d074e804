"""WeCom's side of the connection that an AI bot holds, at its wire format, with the colleagues who talk with it.

server = AibotServer(clock)
channel = WeComAibot(AibotConfig(server.bot_id, server.secret), files, clock, server.connect, httpx.ASGITransport(app=server))
async with server.served() as url: …            # or over a real socket: AibotConfig(…, ws_url=url)
await server.says("liu", "我来处理")
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bots.emulated.asgi import lifespan
from bots.emulated.platform import Seen
from bots.emulated.wecom_aibot_limits import Refusal, check_upload, shown_of
from core.words import HOUR, MINUTE, SECOND, Accept, Clock, Micros

FILES_LAST = 5 * MINUTE
MEDIA_HOST = "https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com"
LIMITS = ((MINUTE, 30), (HOUR, 1000))
"""So many messages to a chat in so long a time."""
FAULTS = {"quota": 45009, "gone": 93006, "bad": 40008, "busy": -1}
UNKNOWN_CHAT, TOO_MUCH, NOT_SUBSCRIBED, WRONG_SECRET = 93006, 45009, 846600, 40001
CONNECTS_WITHIN = 5.0
"""Longest wait of a person for the bot to be there, seconds."""

KINDS = {"image": "image", "video": "video"}


class End:
    """One end of a connection in the same process; has what a connection of `websockets` has."""

    def __init__(self, comes: asyncio.Queue[str | None], goes: asyncio.Queue[str | None]) -> None:
        self._comes, self._goes = comes, goes

    async def send(self, message: str) -> None:
        self._goes.put_nowait(message)

    async def recv(self) -> str:
        message = await self._comes.get()
        if message is None:
            raise ConnectionError("the connection is closed")
        return message

    async def close(self) -> None:
        self._goes.put_nowait(None)
        self._comes.put_nowait(None)


class AibotServer:
    """One bot. Whoever subscribes later takes the connection from whoever has it; nothing that was brought is brought again."""

    bot_id = "aibot-0001"
    secret = "aibot-secret-0001"
    bot_name = "回应"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self.kicked = 0
        self.subscribed = 0
        self.calls: Counter[str] = Counter()
        self.deaf = False
        self.down = False
        self.files: dict[str, tuple[bytes, Micros]] = {}
        self.uploads: dict[str, tuple[str, str, bytes]] = {}
        self._line: Any = None
        self._here = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._spoke: set[str] = set()
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._parts: dict[str, dict[str, Any]] = {}
        self._faults: deque[str] = deque()
        self._number = 0

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Keeps the channel's connection, which it must have been told to open with `connect`, until `leave`."""

        async def keep() -> None:
            while True:
                with contextlib.suppress(Exception):
                    await channel.run(accept)
                await asyncio.sleep(0.01)

        self._start(keep())

    async def leave(self) -> None:
        """Ends everything that is under way here."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def knows(self, *chats: str) -> None:
        """People and groups that have spoken with the bot before, and may be written to."""
        self._spoke.update(chats)

    def fault(self, *faults: str) -> None:
        """What goes wrong with the next messages: a name in FAULTS, "lost" (shown, and the connection cut before the answer), or
        "silent" (shown, and never answered)."""
        self._faults.extend(faults)

    async def cut(self) -> None:
        """The connection is cut."""
        if self._line is not None:
            line, self._line = self._line, None
            self._here.clear()
            await line.close()

    async def babble(self, text: str) -> None:
        """Something comes that is no message."""
        await self._bring(text)

    async def connected(self) -> None:
        """Returns when the bot is there. Raises TimeoutError."""
        async with asyncio.timeout(CONNECTS_WITHIN):
            await self._here.wait()

    # ------------------------------------------------------------ connections

    async def connect(self, url: str) -> End:
        """A connection in this process, instead of one to `url`."""
        if self.down:
            raise ConnectionRefusedError("emulated: no connection")
        there, back = asyncio.Queue[str | None](), asyncio.Queue[str | None]()
        self._start(self._serve(End(there, back)))
        return End(back, there)

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """A real socket on this machine; its address."""
        from websockets.asyncio.server import serve

        async with serve(self._serve, "127.0.0.1", 0) as server:
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"

    async def _serve(self, line: Any) -> None:
        try:
            while True:
                frame = json.loads(await line.recv())
                answer = await self._answer(line, frame)
                if answer is not None and not self.deaf:
                    await line.send(json.dumps({"headers": {"req_id": frame["headers"]["req_id"]}, **answer}))
        except Exception:
            if self._line is line:
                self._line = None
                self._here.clear()

    async def _answer(self, line: Any, frame: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a frame is answered with; None where the answer is lost."""
        cmd, body = frame["cmd"], frame.get("body", {})
        self.calls[cmd] += 1
        fault = self._faults.popleft() if self._faults and cmd == "aibot_send_msg" else ""
        try:
            if fault in FAULTS:
                raise Refusal(FAULTS[fault])
            found = await self._done(line, cmd, body)
        except Refusal as refusal:
            return {"errcode": refusal.code, "errmsg": str(refusal)}
        if fault == "lost":
            await self.cut()
        return (
            None
            if fault in ("lost", "silent")
            else {"errcode": 0, "errmsg": "ok", **({"body": found} if found else {})}
        )

    async def _done(self, line: Any, cmd: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if cmd == "aibot_subscribe":
            await self._subscribe(line, body)
            return {}
        if line is not self._line:
            raise Refusal(NOT_SUBSCRIBED, "subscribe first")
        match cmd:
            case "ping":
                return {}
            case "aibot_send_msg":
                return self._send(body)
            case "aibot_upload_media_init":
                check_upload(body)
                self._parts[upload := f"upload{self._next()}"] = {**body, "parts": {}}
                return {"upload_id": upload}
            case "aibot_upload_media_chunk":
                self._parts[body["upload_id"]]["parts"][body["chunk_index"]] = base64.b64decode(body["base64_data"])
                return {}
            case "aibot_upload_media_finish":
                return self._uploaded(self._parts.pop(body["upload_id"]))
        raise Refusal(846601, "unknown cmd")

    async def _subscribe(self, line: Any, body: Mapping[str, Any]) -> None:
        if body != {"bot_id": self.bot_id, "secret": self.secret}:
            raise Refusal(WRONG_SECRET, "invalid bot_id or secret")
        older, self._line = self._line, line
        self.subscribed += 1
        if older is not None and older is not line:
            self.kicked += 1
            event = self._frame("aibot_event_callback", "event", {"event": {"eventtype": "disconnected_event"}})
            await older.send(json.dumps(event))
            await older.close()
        self._here.set()

    def _uploaded(self, upload: Mapping[str, Any]) -> dict[str, Any]:
        content = b"".join(upload["parts"].get(index, b"") for index in range(upload["total_chunks"]))
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != upload["md5"]:
            raise Refusal(40006, "invalid file")
        self.uploads[media := f"media{self._next()}"] = upload["type"], upload["filename"], content
        return {"type": upload["type"], "media_id": media, "created_at": str(self.clock() // SECOND)}

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        to = str(body.get("chatid"))
        if to not in self._spoke:
            raise Refusal(UNKNOWN_CHAT, "invalid chatid")
        text, buttons, file = shown_of(body, self.uploads)
        recent = self._recent[to]
        for lasts, most in LIMITS:
            if sum(at > self.clock() - lasts for at in recent) >= most:
                raise Refusal(TOO_MUCH, "api freq out of limit")
        recent.append(self.clock())
        ref = body.get("template_card", {}).get("task_id") or f"sent{self._next()}"
        shown = Seen(self.clock(), to, text, ref, group=body.get("chat_type") == 2, buttons=buttons)
        if file:
            shown = Seen(shown.at, to, text, ref, group=shown.group, file=file[2], name=file[1])
        self.sent.append(shown)
        return {}

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        """`about` are the words that he quotes: WeCom sends no number with them."""
        called = f"@{self.bot_name} {text}" if group else text
        quote = {"quote": {"msgtype": "text", "text": {"content": about}}} if about else {}
        return await self._says(who, group, "text", {"text": {"content": called}, **quote})

    async def sends(
        self, who: str, content: bytes, mime: str, name: str = "", *, words: str | None = None, group: str | None = None
    ) -> str:
        """A picture, a video or a file; with words (a picture and what is said with it), or in a group, as WeCom mixes them. Of a
        recording the bot gets the words and nothing else."""
        if mime.startswith("audio/"):
            return await self._says(who, None, "voice", {"voice": {"content": words or ""}})
        kind = KINDS.get(mime.partition("/")[0], "file")
        part = {"msgtype": kind, kind: self._sealed(content)}
        if words is None and group is None:
            return await self._says(who, None, kind, {kind: part[kind]})
        said = {"msgtype": "text", "text": {"content": f"@{self.bot_name} {words or ''}" if group else words}}
        return await self._says(who, group, "mixed", {"mixed": {"msg_item": [said, part]}})

    async def presses(self, who: str, ref: str, label: str) -> None:
        seen = next(seen for seen in self.sent if seen.ref == ref)
        press = {"card_type": "button_interaction", "event_key": dict(seen.buttons)[label], "task_id": ref}
        event = {"event": {"eventtype": "template_card_event", "template_card_event": press}}
        await self._happens(who, seen.to if seen.group else None, event)

    async def enters(self, who: str) -> None:
        """Opens his chat with the bot for the first time on that day."""
        await self._happens(who, None, {"event": {"eventtype": "enter_chat"}})

    async def recalls(self, who: str, ref: str) -> None:
        """The platform tells nobody."""

    async def _says(self, who: str, group: str | None, kind: str, said: Mapping[str, Any]) -> str:
        self.knows(group or who)
        frame = self._frame("aibot_msg_callback", kind, {**self._where(who, group), **said})
        await self._bring(json.dumps(frame, ensure_ascii=False))
        return frame["body"]["msgid"]

    async def _happens(self, who: str, group: str | None, event: Mapping[str, Any]) -> None:
        told = {"create_time": self.clock() // SECOND, **self._where(who, group), **event}
        await self._bring(json.dumps(self._frame("aibot_event_callback", "event", told)))

    def _where(self, who: str, group: str | None) -> dict[str, Any]:
        chat = {"chatid": group, "chattype": "group"} if group else {"chatid": who, "chattype": "single"}
        return {**chat, "from": {"userid": who}}

    def _frame(self, cmd: str, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        told = {"msgid": f"msg{self._next():05d}", "aibotid": self.bot_id, "msgtype": kind, **body}
        return {"cmd": cmd, "headers": {"req_id": f"req{self._next()}"}, "body": told}

    async def _bring(self, text: str) -> None:
        await self.connected()
        await self._line.send(text)

    # ------------------------------------------------------------ files

    def _sealed(self, content: bytes) -> dict[str, str]:
        """Where a file lies for five minutes, and the key with which it is sealed."""
        number = self._next()
        key = hashlib.sha256(f"key{number}".encode()).digest()
        pad = 32 - len(content) % 32
        sealing = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        self.files[f"/f{number}"] = sealing.update(content + bytes([pad]) * pad) + sealing.finalize(), self.clock()
        return {"url": f"{MEDIA_HOST}/f{number}?sign=s", "aeskey": base64.b64encode(key).decode().rstrip("=")}

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """The store in which files lie."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        content, at = self.files.get(scope["path"], (b"", 0))
        there = bool(content) and self.clock() - at <= FILES_LAST
        await send({"type": "http.response.start", "status": 200 if there else 403, "headers": []})
        await send({"type": "http.response.body", "body": content if there else b"<Error>Expired</Error>"})

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _next(self) -> int:
        self._number += 1
        return self._number
