"""Feishu's long connection by its own SDK, in a process of its own (bots/apart.py): importing it takes seconds and 170 MB, its
loop belongs to its module, its handlers run before the acknowledgement and block, and nothing stops it.

Its dispatcher knows some event types, answers others with 500 and keeps no payload, so that ours takes its place. An event that
was not stored is answered with 500, and Feishu repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from lark_oapi.ws.client import Client


def serve(settings: Mapping[str, Any], hand: Callable[[bytes], None], alive: Callable[[], None]) -> None:
    """Hand every event (schema 2.0) over as it came. Returns never; raises if Feishu refuses the app."""

    class Connection(Client):
        async def _handle_message(self, msg: bytes) -> None:
            """Every frame is a sign of life: an event, or the pong to a ping."""
            alive()
            await super()._handle_message(msg)

    taking = cast(Any, SimpleNamespace(_do_without_validation=hand))
    Connection(settings["app_id"], settings["app_secret"], event_handler=taking, domain=settings["domain"]).start()
