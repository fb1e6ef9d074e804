"""Channels from settings: each is imported only where it is switched on."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from config.desk import ChannelMaker
from config.settings import Settings, WecomAccess
from core.store.files import FileStore

KEY_FILE = "web.key"
"""Where the desk keeps the key that it made for itself, in the data folder."""


def channel_makers(settings: Settings, files: FileStore, wake: Callable[[str], None]) -> dict[str, ChannelMaker]:
    """What makes the channels that are switched on. `wake` hears of news in a web chat room. Raises CannotReveal, ValueError."""
    makers: dict[str, ChannelMaker] = {}
    if settings.channels.wecom.enabled:
        makers["wecom"] = _wecom(settings)
    if settings.channels.wecom_kf.enabled:
        makers["wecom_kf"] = _wecom_kf(settings)
    if settings.channels.dingtalk_notice.enabled:
        makers["dingtalk_notice"] = _dingtalk_notice(settings)
    if settings.channels.feishu.enabled:
        makers["feishu"] = _feishu(settings)
    if settings.channels.webchat.enabled:
        makers["webchat"] = webchat(derived_key(web_key(settings), "visitors").encode(), files, wake)
    return makers


def webchat(key: bytes, files: FileStore, wake: Callable[[str], None]) -> ChannelMaker:
    """What makes the web chat; `key` signs its visitors' tokens."""
    from bots.webchat import WebChat

    return lambda shelf, read, clock: WebChat(key, files.put, read, clock, wake)


def web_key(settings: Settings) -> str:
    """The key of our own pages: the configured one, else one that was made at the first start. Raises CannotReveal."""
    if settings.web_key is not None:
        return settings.web_key.reveal()
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def derived_key(key: str, purpose: str) -> str:
    """A key for one purpose only, from the one that is kept."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _wecom(settings: Settings) -> ChannelMaker:
    from bots.wecom import WeCom, WeComConfig

    given = settings.channels.wecom
    assert given.agent_id is not None
    config = WeComConfig(given.corp_id, given.agent_id, _secret(given), _keys(given), given.api_base)
    return lambda shelf, files, clock: WeCom(config, shelf, files, clock)


def _wecom_kf(settings: Settings) -> ChannelMaker:
    from bots.wecom_kf import KfConfig, WeComKf

    given = settings.channels.wecom_kf
    config = KfConfig(given.corp_id, _secret(given), _keys(given), given.open_kfids, given.api_base)
    return lambda shelf, files, clock: WeComKf(config, shelf, files, clock)


def _dingtalk_notice(settings: Settings) -> ChannelMaker:
    from bots.dingtalk_notice import DingTalkNotice, NoticeConfig

    given = settings.channels.dingtalk_notice
    assert given.agent_id is not None and given.app_secret is not None
    app = given.agent_id, given.app_key, given.app_secret.reveal()
    config = NoticeConfig(*app, given.api_base, given.oapi_base)
    return lambda shelf, files, clock: DingTalkNotice(config, shelf, clock)


def _feishu(settings: Settings) -> ChannelMaker:
    from bots.feishu import Feishu, FeishuConfig

    given = settings.channels.feishu
    assert given.app_secret is not None
    keys = tuple(key.reveal() for key in given.encrypt_keys)
    config = FeishuConfig(given.app_id, given.app_secret.reveal(), keys, given.api_base)
    return lambda shelf, files, clock: Feishu(config, shelf, clock)


def _secret(access: WecomAccess) -> str:
    assert access.secret is not None
    return access.secret.reveal()


def _keys(access: WecomAccess) -> tuple[tuple[str, str], ...]:
    return tuple((token.reveal(), aes_key.reveal()) for token, aes_key in access.callback_keys)
