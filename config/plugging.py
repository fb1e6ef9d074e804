"""Channels from settings: each is imported only where it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from config.channels import PLUGS
from config.channels.plug import Plug, Wiring
from config.desk import ChannelMaker
from config.keys import derived_key, web_key
from config.settings import Settings
from core.store.files import FileStore


def switched_on(settings: Settings) -> Iterator[tuple[str, Plug, Any]]:
    """Name, plug and settings of each channel that is in use."""
    for name, given in settings.channels:
        if given.enabled:
            yield name, PLUGS[name], given


def channel_makers(settings: Settings, files: FileStore, wake: Callable[[str], None]) -> dict[str, ChannelMaker]:
    """What makes the channels that are switched on. `wake` hears of news in a web chat room. Raises CannotReveal, ValueError."""
    wiring = Wiring(files, wake, lambda purpose: derived_key(web_key(settings), purpose).encode(), settings.public_url)
    return {name: plug.make(given, wiring) for name, plug, given in switched_on(settings)}


def staff_channels(settings: Settings) -> frozenset[str]:
    """Those on which nobody who writes is a customer."""
    return frozenset(name for name, plug, given in switched_on(settings) if plug.staff_only(given))
