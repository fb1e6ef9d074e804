"""One SMPP connection: requests and their answers, signs of life, and what the message centre brings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from notifier.carriers import smpp_pdu as pdu

log = logging.getLogger("huiying.carriers")

MOST_AT_ONCE = 64
"""Deliveries that are being stored at the same time; the connection is read no further until one is done."""
LEAVES = 2.0
"""Seconds that the message centre has to answer our leave."""


class Lost(Exception):
    """The connection is gone; whether what was asked has happened, nobody knows."""


class Refused(Exception):
    """The message centre says no; `status` is its command_status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"command_status 0x{status:08x}")
        self.status = status


class Session:
    """`came` stores what the message centre brings (the body of a deliver_sm); it is told so when `came` has returned."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        came: Callable[[bytes], Awaitable[None]],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._reader, self._writer, self._came, self._pause = reader, writer, came, pause
        self._waiting: dict[int, asyncio.Future[pdu.Pdu]] = {}
        self._sequence = 0
        self._over = False
        self._storing: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(self, request: pdu.Pdu) -> pdu.Pdu:
        """The answer, however long it takes while the connection lives. Raises Lost, Refused."""
        if self._over:
            raise Lost("the connection was over before")
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        answer = self._waiting[self._sequence] = asyncio.get_running_loop().create_future()
        self._send(replace(request, sequence=self._sequence))
        found = await answer
        if found.status or found.command == pdu.GENERIC_NACK:
            raise Refused(found.status)
        return found

    async def live(self, enquire: float, response: float) -> None:
        """Read until the end, and show signs of life. Raises Lost, OSError."""
        reading = asyncio.create_task(self._read())
        asking = asyncio.create_task(self._enquire(enquire, response))
        try:
            done, _ = await asyncio.wait({reading, asking}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._over = True
            for task in (reading, asking, *self._storing):
                task.cancel()
            await asyncio.gather(reading, asking, *self._storing, return_exceptions=True)
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Lost("the connection ended before the answer"))
            self._waiting.clear()

    async def unbind(self) -> None:
        """Take leave; returns when that was answered, or after LEAVES seconds."""
        with contextlib.suppress(TimeoutError, Lost, Refused):
            async with asyncio.timeout(LEAVES):
                await self.ask(pdu.Pdu(pdu.UNBIND, pdu.OK, 0))

    async def close(self) -> None:
        """Let go of the socket."""
        self._over = True
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LEAVES):
                await self._writer.wait_closed()

    # ---- while it lives

    def _send(self, said: pdu.Pdu) -> None:
        self._writer.write(said.encode())

    async def _enquire(self, every: float, response: float) -> None:
        while True:
            await self._pause(every)
            with contextlib.suppress(Refused):
                try:
                    async with asyncio.timeout(response):
                        await self.ask(pdu.Pdu(pdu.ENQUIRE_LINK, pdu.OK, 0))
                except TimeoutError:
                    raise Lost("no answer to enquire_link") from None

    async def _read(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(pdu.HEAD.size)
                body = await self._reader.readexactly(pdu.length(head))
                if await self._handle(pdu.decode(head, body)):
                    raise Lost("the message centre took leave")
        except (asyncio.IncompleteReadError, pdu.BadPdu) as error:
            raise Lost(f"{type(error).__name__}: {error}") from None

    async def _handle(self, said: pdu.Pdu) -> bool:
        """Whether that was the end."""
        if said.command & pdu.RESPONSE:
            answer = self._waiting.pop(said.sequence, None)
            if answer is not None and not answer.done():
                answer.set_result(said)
        elif said.command == pdu.DELIVER_SM:
            await self._places.acquire()
            task = asyncio.create_task(self._store(said))
            self._storing.add(task)
            task.add_done_callback(self._stored)
        elif said.command in (pdu.ENQUIRE_LINK, pdu.UNBIND):
            self._send(pdu.Pdu(said.command | pdu.RESPONSE, pdu.OK, said.sequence))
        else:
            self._send(pdu.Pdu(pdu.GENERIC_NACK, pdu.UNKNOWN_COMMAND, said.sequence))
        return said.command == pdu.UNBIND

    async def _store(self, said: pdu.Pdu) -> None:
        status = pdu.OK
        try:
            await self._came(said.body)
        except Exception:
            log.exception("what the message centre brought could not be stored")
            status = pdu.TEMPORARY_ERROR
        self._send(pdu.Pdu(pdu.DELIVER_SM | pdu.RESPONSE, status, said.sequence, b"\0"))

    def _stored(self, task: asyncio.Task[None]) -> None:
        self._storing.discard(task)
        self._places.release()
