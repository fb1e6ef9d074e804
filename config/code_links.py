"""Where a code (二维码) leads on each channel: the link that its QR code holds, with the token in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx

from config.settings import Settings


class NoLink(Exception):
    """The channel is not set up for codes; the setting that it lacks."""


class Beside:
    """A shelf that keeps nothing: who makes codes beside a running desk asks for an access token of his own."""

    async def get(self, name: str) -> str | None:
        return None

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        """Nothing is kept."""

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        yield


async def telegram(settings: Settings, token: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """Raises NoLink."""
    name = settings.channels.telegram.bot_name.removeprefix("@")
    if not name:
        raise NoLink("channels.telegram.bot_name")
    return f"https://t.me/{name}?start={token}"


async def webchat(settings: Settings, token: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """Raises NoLink."""
    if not settings.public_url:
        raise NoLink("public_url")
    return f"{settings.public_url.rstrip('/')}/chat?scene={token}"


async def wecom_kf(settings: Settings, token: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """The customer service account's own link (kf/add_contact_way). Raises NoLink, CannotReveal, Trouble."""
    from bots.wecom_api import Api

    given = settings.channels.wecom_kf
    if not (given.corp_id and given.secret and given.open_kfids):
        raise NoLink("channels.wecom_kf.open_kfids")
    api = Api(given.api_base, given.corp_id, given.revealed_secret(), Beside(), transport)
    try:
        answer = await api.call("kf/add_contact_way", {"open_kfid": given.open_kfids[0], "scene": "desk"})
    finally:
        await api.close()
    return f"{answer['url']}&scene_param={quote(token)}"


async def wechat_mp(settings: Settings, token: str, transport: httpx.AsyncBaseTransport | None) -> str:
    """A lasting QR code of the official account (qrcode/create), of which there are 100,000. Raises NoLink, CannotReveal, Trouble."""
    from bots.tokens import SharedToken
    from bots.wechat_mp import TOKEN_SECONDS, checked
    from bots.wire import Wire

    given = settings.channels.wechat_mp
    if not given.app_id or given.app_secret is None:
        raise NoLink("channels.wechat_mp.app_id")
    base, wire, secret = given.api_base.rstrip("/") + "/cgi-bin/", Wire(transport), given.app_secret.reveal()

    async def fresh() -> tuple[str, float]:
        asked = {"grant_type": "client_credential", "appid": given.app_id, "secret": secret}
        return str(checked(await wire.post(f"{base}stable_token", asked)).get("access_token")), TOKEN_SECONDS

    async def create(access: str) -> str:
        asked = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": token}}}
        return str(checked(await wire.post(f"{base}qrcode/create?access_token={access}", asked))["url"])

    try:
        return await SharedToken(Beside(), "wechat_mp", given.app_id, fresh).carry(create)
    finally:
        await wire.close()


LINKS: Mapping[str, Callable[[Settings, str, httpx.AsyncBaseTransport | None], Awaitable[str]]] = {
    "wechat_mp": wechat_mp,
    "wecom_kf": wecom_kf,
    "telegram": telegram,
    "webchat": webchat,
}
"""Channels that people can enter by a code, those in WeChat first."""


def first_enabled(settings: Settings) -> str:
    """The channel that is meant where none is named. Raises NoLink if people can enter none by a code."""
    for name in LINKS:
        if getattr(settings.channels, name).enabled and (name != "webchat" or settings.public_url):
            return name
    raise NoLink("public_url")
