"""The platforms of a rehearsal: each emulated at its wire format, joined in this process to the desk's own channel (no network).

A script calls people and groups by names of its own; where a platform numbers them, each name has its number.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bots.emulated.dingtalk import DingTalkServer
from bots.emulated.feishu import FeishuServer
from bots.emulated.slack import SlackServer
from bots.emulated.telegram import TelegramServer
from config.desk import ChannelMaker, Desk
from core.words import Clock

FIRST_NUMBER, NUMBERS = 700_000_000, 90_000_000
"""Where people whom Telegram would number, and a script names, get their numbers."""
TELEGRAM_HOOK = "https://desk.example/hook/telegram"


def address(channel: str, name: str) -> str:
    """The platform's id of whoever a script calls so."""
    return _number(name) if channel == "telegram" else name


def group_id(channel: str, name: str) -> str:
    """The platform's id of a group."""
    return f"-100{_number(name)}" if channel == "telegram" else f"C{name}" if channel == "slack" else name


def account(channel: str) -> str | None:
    """The account of ours to which people speak on a staged platform; None for any other."""
    return ACCOUNTS.get(channel)


def _number(name: str) -> str:
    return name if name.isdecimal() else str(FIRST_NUMBER + zlib.crc32(name.encode()) % NUMBERS)


@dataclass(frozen=True)
class Stand:
    """One platform with what makes its channel. `introduce` makes a person known there, `gather` a group with members."""

    platform: Any
    make: ChannelMaker
    introduce: Callable[[str, str], object]
    gather: Callable[[str, list[str]], object]


class Stage:
    """All staged platforms of one rehearsal."""

    def __init__(self, clock: Clock) -> None:
        self.stands: Mapping[str, Stand] = {name: build(clock) for name, build in STANDS.items()}
        self._groups: dict[tuple[str, str], str] = {}
        self._said: dict[tuple[str, str], str] = {}

    def makers(self) -> dict[str, ChannelMaker]:
        return {name: stand.make for name, stand in self.stands.items()}

    def join(self, desk: Desk) -> None:
        """Deliver to this desk from now on."""
        for name, stand in self.stands.items():
            stand.platform.join(desk.channels[name], desk.accept_for(name))

    def introduce(self, channel: str, who: str, name: str | None) -> None:
        """Somebody opens his chat with the desk's bot, or follows its account."""
        self.stands[channel].introduce(who, name or who)

    def gather(self, channel: str, name: str, members: list[str]) -> None:
        """A group with the bot in it."""
        number = group_id(channel, name)
        self._groups[channel, number] = name
        self.stands[channel].gather(number, members)

    def group_named(self, channel: str, number: str) -> str:
        """What a script calls a group."""
        return self._groups.get((channel, number), number)

    async def acts(
        self, channel: str, who: str, kind: str, text: str, file: tuple[bytes, str, str] | None = None, *,
        group: str | None = None, thread: str | None = None,
    ) -> None:  # fmt: skip
        """Somebody writes, sends a file (content, media type, name) with words, presses the button called `text`, or takes his last
        message back."""
        platform, place = self.stands[channel].platform, group_id(channel, group) if group else None
        if kind == "text":
            self._said[channel, who] = await platform.says(who, text, group=place, thread=thread)
        elif kind == "press":
            await _presses(platform, who, place, text)
        elif kind == "recall":
            await platform.recalls(who, self._said[channel, who])
        elif file is not None:
            self._said[channel, who] = await platform.sends(who, *file, words=text or None, group=place)


async def _presses(platform: Any, who: str, place: str | None, label: str) -> None:
    """Press the newest button with this label; where there are none, type its number, or the label itself."""
    shown = [seen for seen in reversed(platform.sent) if seen.to == (place or who)]
    seen = next((seen for seen in shown if label in dict(seen.buttons)), None)
    if seen is not None:
        await platform.presses(who, seen.ref, label)
        return
    listed = re.search(rf"^(\d+)\W\s*{re.escape(label)}$", "\n".join(seen.text for seen in shown), re.MULTILINE)
    await platform.says(who, listed[1] if listed else label, group=place)


def _dingtalk(clock: Clock) -> Stand:
    from bots.dingtalk import DingTalk, DingTalkConfig

    server = DingTalkServer(clock)
    config = DingTalkConfig(server.app_key, server.app_secret, server.robot_code, server.template)
    return Stand(
        server,
        lambda shelf, files, now: DingTalk(config, shelf, files, now, httpx.ASGITransport(server)),
        server.member,
        lambda group, members: server.group(group, *members),
    )


def _feishu(clock: Clock) -> Stand:
    from bots.feishu import Feishu, FeishuConfig

    server = FeishuServer(clock)
    config = FeishuConfig(server.app_id, server.app_secret, (server.encrypt_key,))
    return Stand(
        server,
        lambda shelf, files, now: Feishu(config, shelf, files, now, httpx.ASGITransport(server)),
        server.person,
        lambda group, members: server.group(group, *members),
    )


def _slack(clock: Clock) -> Stand:
    from bots.slack import Slack, SlackConfig

    server = SlackServer(clock)
    config = SlackConfig(server.bot_token, signing_secrets=(server.signing_secret,))
    return Stand(
        server,
        lambda shelf, files, now: Slack(config, files, now, httpx.ASGITransport(server)),
        server.person,
        lambda group, members: server.channel(group, *members),
    )


def _telegram(clock: Clock) -> Stand:
    from bots.telegram import Telegram, TelegramConfig

    server = TelegramServer(clock)
    secret = "telegram-secret-0001"
    server.webhook = {"url": TELEGRAM_HOOK, "secret_token": secret}
    config = TelegramConfig(server.token, server.name, hook=TELEGRAM_HOOK, secret=secret)
    return Stand(
        server,
        lambda shelf, files, now: Telegram(config, files, now, httpx.ASGITransport(server)),
        server.person,
        lambda group, members: server.group(group, "群"),
    )


STANDS: Mapping[str, Callable[[Clock], Stand]] = {
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "slack": _slack,
    "telegram": _telegram,
}
ACCOUNTS: Mapping[str, str] = {
    "dingtalk": DingTalkServer.robot_code,
    "feishu": FeishuServer.app_id,
    "slack": SlackServer.app_id,
    "telegram": TelegramServer.token.partition(":")[0],
}
