"""DingTalk's Stream SDK (dingtalk-stream) in the process that bots/apart.py gives it: it blocks, and cannot be stopped.

Whatever comes is handed over before the SDK acknowledges it; what could not be stored is not acknowledged, so that DingTalk
brings it again. One at a time, in the order in which they came: nothing more is read from the socket meanwhile. One process is
one connection: when it closes, or none is to be had, the process ends and the supervisor decides when to try again. The SDK by
itself would try for ever, as often as it likes, and tell nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import websockets.exceptions  # noqa: F401 (the SDK names it, and does not import it)
from dingtalk_stream import AckMessage, CallbackHandler, Credential, DingTalkStreamClient, EventHandler

from bots.apart import Ended

TOPICS = ("/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback")
"""What the desk wants to hear: messages to the robot, presses on its cards. Events come besides, as the app has subscribed them."""
PING_SECONDS = 20.0
"""Between two pings, and longest wait for a pong."""


def serve(settings: Mapping[str, Any], hand: Callable[[bytes], None], alive: Callable[[], None]) -> None:
    """Listen to one connection until it ends; `settings` are those of bots/dingtalk.py. Raises Ended."""
    DingTalkStreamClient.OPEN_CONNECTION_API = f"{settings['bases'][0]}/v1.0/gateway/connections/open"
    CallbackHandler.process = EventHandler.process = _stored  # pyright: ignore[reportAttributeAccessIssue]
    asyncio.new_event_loop().run_until_complete(Client(settings, hand, alive).start())


async def _stored(handler: Any, message: Any) -> tuple[int, str]:
    """What the SDK acknowledges with: by now the delivery is stored."""
    return AckMessage.STATUS_OK, "OK"


class Client(DingTalkStreamClient):
    """The SDK's client, which hands over before it acknowledges, and ends with its connection."""

    def __init__(self, settings: Mapping[str, Any], hand: Callable[[bytes], None], alive: Callable[[], None]) -> None:
        super().__init__(Credential(settings["client_id"], settings["client_secret"]))
        self._hand, self._alive = hand, alive
        self.register_all_event_handler(EventHandler())
        for topic in TOPICS:
            self.register_callback_handler(topic, CallbackHandler())

    def open_connection(self) -> Any:
        """Where to connect, and with which ticket. Raises Ended."""
        connection = super().open_connection()
        if not connection:
            raise Ended("DingTalk gave no connection: out of reach, or not with this secret")
        return connection

    async def keepalive(self, ws: Any, ping_interval: float = PING_SECONDS) -> None:
        """Tells that the connection lives, as long as each ping is answered in time. Raises Ended."""
        closed = asyncio.ensure_future(ws.wait_closed())
        try:
            while not closed.done():
                self._alive()
                await asyncio.wait_for(await ws.ping(), ping_interval)
                await asyncio.wait({closed}, timeout=ping_interval)
        finally:
            raise Ended("the connection was closed")

    async def route_message(self, json_message: dict[str, Any]) -> str:
        """Hands a delivery over and has the SDK acknowledge it, whatever its topic. Raises what `hand` raises."""
        if json_message.get("type") in ("CALLBACK", "EVENT"):
            self._hand(orjson.dumps(json_message))
            self.callback_handler_map.setdefault(json_message["headers"].get("topic"), CallbackHandler())
        return await super().route_message(json_message)
