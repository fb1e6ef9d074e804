"""The two ways into the WeCom server, each as a platform of its own: members write to the app, customers to customer service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.emulated.platform import Seen
from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_service import Sent
from core.words import Accept

KINDS = {"image": "image", "audio": "voice", "video": "video"}
"""First half of a media type → kind of message; any other is a file."""


class Members:
    """Staff, who see the app (platform.py: Platform)."""

    def __init__(self, server: WeComServer) -> None:
        self.server = server

    @property
    def sent(self) -> list[Seen]:
        return [_seen(sent) for sent in self.server.sent if sent.channel == "wecom"]

    def join(self, channel: Any, accept: Accept) -> None:
        self.server.app_hook = lambda hook: channel.receive(hook, accept)

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        return await self.server.member_says(who, text)

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        return await self.server.member_sends(who, _kind(mime), content, mime, name)

    async def presses(self, who: str, ref: str, label: str) -> None:
        await self.server.member_presses(who, ref, label)

    async def recalls(self, who: str, ref: str) -> None:
        """WeCom tells the app nothing of it."""


class Customers:
    """People in WeChat. What they do lies with WeCom until the channel has pulled it."""

    def __init__(self, server: WeComServer) -> None:
        self.server = server
        self._pull: Callable[[], Any] | None = None

    @property
    def sent(self) -> list[Seen]:
        return [_seen(sent) for sent in self.server.sent if sent.channel == "wecom_kf"]

    def join(self, channel: Any, accept: Accept) -> None:
        self.server.kf_hook = lambda hook: channel.receive(hook, accept)
        self._pull = lambda: channel.pull(accept)

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        return await self._pulled(await self.server.customer_says(who, text))

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        return await self._pulled(await self.server.customer_sends(who, _kind(mime), content, mime, name))

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Raises StopIteration if he sees no such button."""
        buttons = next(seen.buttons for seen in self.sent if seen.ref == ref and seen.to == who)
        token = next(token for text, token in buttons if text == label)
        await self._pulled(await self.server.customer_presses(who, token, label))

    async def recalls(self, who: str, ref: str) -> None:
        await self.server.customer_recalls(who, ref)
        await self._pulled(ref)

    async def enters(self, who: str, scene_param: str = "") -> None:
        """He opens the chat, perhaps by a QR code."""
        await self.server.customer_enters(who, scene_param=scene_param)
        await self._pulled("")

    async def _pulled(self, msgid: str) -> str:
        if self._pull is not None:
            await self._pull()
        return msgid


def _kind(mime: str) -> str:
    return KINDS.get(mime.partition("/")[0], "file")


def _seen(sent: Sent) -> Seen:
    content, name = (sent.file.content, sent.file.name) if sent.file else (None, None)
    return Seen(sent.at, sent.to, sent.text, sent.ref, buttons=sent.buttons, file=content, name=name)
