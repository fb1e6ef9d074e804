"""Web chat (网页聊天): settings and plug."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.section import Section

if TYPE_CHECKING:
    from config.desk import ChannelMaker
    from core.store.files import FileStore


class Webchat(Section):
    """网页聊天（客户） · web chat, for customers"""

    enabled: bool = Field(default=True, description="启用 · switched on")


def webchat(key: bytes, files: FileStore, wake: Callable[[str], None]) -> ChannelMaker:
    """What makes the web chat; `key` signs its visitors' tokens."""
    from bots.webchat import WebChat

    return lambda shelf, read, clock: WebChat(key, files.put, read, clock, wake)


def make(given: Webchat, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    return webchat(wiring.key("visitors"), wiring.files, wiring.wake)


PLUG = Plug("bots.webchat:WebChat", Webchat, make)
