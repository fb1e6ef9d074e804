"""Generic webhook (通用接口): settings and plug."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.section import Names, Rotating, Section, WebAddress
from config.troubles import Trouble

if TYPE_CHECKING:
    from config.desk import ChannelMaker

PartnerName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class Partner(Section):
    """对接系统 · a system that speaks with the desk, [channels.webhook.partners.NAME]"""

    keys: Rotating = Field(
        default=(), description="密钥（whsec_…）的出处，轮换期间写两个 · its keys, two while rotating"
    )
    url: WebAddress | None = Field(
        default=None, description="消息发到这里；不写则只收不发 · where it listens; without it, it only tells us"
    )
    deduplicates: bool = Field(
        default=False, description="对方对同一 webhook-id 只显示一次 · it shows the same webhook-id once"
    )
    proves_phones: bool = Field(
        default=False,
        description="号码来自运营商（如 400 热线），不是填写的 · its phone numbers come from a carrier, not from a form",
    )
    media_hosts: Names = Field(
        default=(), description="可以取文件的主机，如 rec.example.com · hosts from which its files may be fetched"
    )


class Webhook(Section):
    """通用接口：其他系统、400 热线话单 · generic webhook: any other system, a hotline's phone log"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    partners: Mapping[PartnerName, Partner] = Field(
        default={}, description="对接系统，见 docs/channels/webhook.md · the systems, by name"
    )


def make(given: Webhook, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal, ValueError."""
    from bots.webhook import Partner as Known
    from bots.webhook import Webhook as Channel
    from bots.webhook import key_of

    partners = {
        name: Known(
            tuple(key_of(key.reveal()) for key in partner.keys),
            partner.url,
            partner.deduplicates,
            partner.proves_phones,
            frozenset(host.lower() for host in partner.media_hosts),
        )
        for name, partner in given.partners.items()
    }
    return lambda shelf, files, clock: Channel(partners, wiring.files.put, files, clock)


def incomplete(given: Webhook) -> Iterator[Trouble]:
    """No partner, or one without a key."""
    missing = [f"partners.{name}.keys" for name, partner in given.partners.items() if not partner.keys]
    if missing or not given.partners:
        yield Trouble("channel_incomplete", values={"channel": "webhook", "missing": ", ".join(missing) or "partners"})


PLUG = Plug("bots.webhook:Webhook", Webhook, make, called_back=lambda given: True, troubles=incomplete)
