"""How an engine elsewhere is asked: one HTTP request within its time; one that keeps failing is left alone for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import orjson

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.engine import NoAnswer, complete
from dialogue.understanding.words import Ranking

LARGEST = 1_000_000
"""Bytes of an answer; a longer one is garbled."""
FAILURES = 3
"""So many requests in a row that fail, and the engine is not asked again for REST."""
REST = 30.0
"""Seconds for which an engine that keeps failing is left alone: messages do not wait for it meanwhile."""


class Elsewhere:
    """An address that is asked. `seconds` bound a whole request; `now` tells seconds that only grow."""

    def __init__(
        self,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        *,
        by_proxy: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ):
        self.seconds = seconds
        self._headers, self._by_proxy, self._transport, self._now = dict(headers or {}), by_proxy, transport, now
        self._client: httpx.AsyncClient | None = None
        self._failures, self._rests_until = 0, 0.0

    async def post(self, url: str, body: Any) -> Any:
        """The JSON that comes back. Raises NoAnswer."""
        if self._now() < self._rests_until:
            raise NoAnswer("resting", "it has failed too often")
        try:
            async with asyncio.timeout(self.seconds):
                content = await self._posted(url, body)
        except TimeoutError:
            raise self._failed("slow", f"no answer within {self.seconds} s") from None
        except httpx.TimeoutException:
            raise self._failed("slow", f"no answer within {self.seconds} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._failed("unreachable", type(error).__name__) from None
        self._failures = 0
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise NoAnswer("garbled", "the answer is not JSON") from None

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _posted(self, url: str, body: Any) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(
                headers=self._headers, timeout=self.seconds, trust_env=self._by_proxy, transport=self._transport
            )
        sent = {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}}
        async with self._client.stream("POST", url, **sent) as response:
            if response.status_code != httpx.codes.OK:
                raise self._failed("refused", f"status {response.status_code}")
            content = b""
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise self._failed("garbled", f"more than {LARGEST} bytes")
        return content

    def _failed(self, why: str, detail: str) -> NoAnswer:
        self._failures += 1
        if self._failures >= FAILURES:
            self._failures, self._rests_until = 0, self._now() + REST
        return NoAnswer(why, detail)


class AskedEngine:
    """What engines elsewhere have in common; each says what it asks where, in `_ranked`."""

    def __init__(self, elsewhere: Elsewhere, thresholds: Thresholds) -> None:
        self._elsewhere, self._thresholds = elsewhere, thresholds

    @property
    def thresholds(self) -> Thresholds:
        """Where its confidence is enough."""
        return self._thresholds

    @property
    def seconds(self) -> float:
        """How long it may take."""
        return self._elsewhere.seconds

    async def ask(self, text: str) -> Ranking:
        """All intents, best first, confidences add up to 1; of an empty text nobody is asked. Raises NoAnswer."""
        return await self._ranked(text) if text.strip() else complete(())

    async def close(self) -> None:
        """Let go of connections."""
        await self._elsewhere.close()

    async def _ranked(self, text: str) -> Ranking:
        raise NotImplementedError
