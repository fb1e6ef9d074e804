"""How a channel is switched on: its settings, what it cannot do without, and what makes it. One `Plug` a channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.section import Section

if TYPE_CHECKING:
    from config.desk import ChannelMaker
    from config.troubles import Trouble
    from core.store.files import FileStore


@dataclass(frozen=True)
class Wiring:
    """What a channel may need besides its own settings: the store of files, a bell for web pages (`wake` hears of news in
    a room), a key for one purpose (`key("visitors")`), and the address at which the world reaches the desk."""

    files: FileStore
    wake: Callable[[str], None]
    key: Callable[[str], bytes]
    public_url: str | None = None


def never(given: Any) -> bool:
    return False


def nothing(given: Any) -> Iterator[Trouble]:
    """No trouble of its own."""
    yield from ()


@dataclass(frozen=True)
class Plug:
    """One channel. `given` is its section of the settings in everything below.

    `channel` names its class ("bots.wecom:WeCom"), which is imported when the channel is switched on or asked for;
    `make` gives what makes it; `needed` are settings that it cannot do without; `account` is the account of its rooms;
    `called_back` says whether the platform calls our public address, `staff_only` whether nobody who writes there is a
    customer; `rooms` names all rooms that it can reach, where the settings do; `troubles` is what the doctor says of it besides;
    `abroad`: its vendor keeps what is said there outside the mainland (PIPL Art. 38).
    """

    channel: str
    section: type[Section]
    make: Callable[[Any, Wiring], ChannelMaker]
    needed: tuple[str, ...] = ()
    account: Callable[[Any], str | None] = lambda given: None
    called_back: Callable[[Any], bool] = never
    staff_only: Callable[[Any], bool] = never
    rooms: Callable[[Any], Collection[str] | None] = lambda given: None
    troubles: Callable[[Any], Iterator[Trouble]] = nothing
    abroad: bool = False
