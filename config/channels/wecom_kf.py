"""WeCom customer service (微信客服): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.channels.wecom import ACCESS, WecomAccess, unpaired
from config.section import Names

if TYPE_CHECKING:
    from config.desk import ChannelMaker


class WecomKf(WecomAccess):
    """微信客服（客户），应用须有客服接口权限 · WeCom customer service, for customers"""

    open_kfids: Names = Field(default=(), description="客服账号 ID（open_kfid） · the service accounts to listen to")


def make(given: WecomKf, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal, ValueError."""
    from bots.wecom_kf import KfConfig, WeComKf

    access = given.corp_id, given.revealed_secret(), given.revealed_keys()
    config = KfConfig(*access, given.open_kfids, given.api_base)
    return lambda shelf, files, clock: WeComKf(config, shelf, files, clock)


PLUG = Plug(
    "bots.wecom_kf:WeComKf",
    WecomKf,
    make,
    needed=ACCESS,
    called_back=lambda given: True,
    troubles=lambda given: unpaired("wecom_kf", given),
)
