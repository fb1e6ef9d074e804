"""HTTP on connections that stay open: whatever a server does, a request ends in its answer or in httpx's own words for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bots import kept_open
from bots.kept_open import HIGH_WATER, KeptOpen

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """A server of a few lines; it counts the connections made to it."""

    def __init__(self, serve: Serve) -> None:
        self._serve, self.connections = serve, 0
        self.url = ""

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def talking_to(serve: Serve, **limits: float) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    server = Server(serve)
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    async with httpx.AsyncClient(transport=KeptOpen(), timeout=httpx.Timeout(2.0, **limits)) as client:
        yield server, client
    listening.close()


async def heard(reader: Reader) -> bytes:
    """One request: its head and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


def answering(*answers: bytes) -> Serve:
    """Answers each request with the next of these, then hangs up."""

    async def serve(reader: Reader, writer: Writer) -> None:
        for answer in answers:
            await heard(reader)
            writer.write(answer)
            await writer.drain()

    return serve


async def forever(reader: Reader, writer: Writer) -> None:
    while True:
        await heard(reader)
        writer.write(OK)


def test_one_connection_serves_many_requests() -> None:
    async def story() -> None:
        async with talking_to(forever) as (server, client):
            for _ in range(5):
                assert (await client.get(server.url)).text == "ok"
            assert server.connections == 1
            await asyncio.gather(*(client.get(server.url) for _ in range(3)))
            assert server.connections == 3

    asyncio.run(story())


def test_the_request_is_what_httpx_would_have_sent() -> None:
    requests: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        requests.append(await heard(reader))
        writer.write(OK)

    async def story() -> None:
        async with talking_to(serve) as (server, client):
            await client.post(f"{server.url}a b?c=中", content=b"body", headers={"x-y": "z"})
            await asyncio.sleep(0.01)
            await client.post(server.url, files={"media": ("照片.jpg", b"12345678", "image/jpeg")})

    asyncio.run(story())
    assert requests[0].startswith(b"POST /a%20b?c=%E4%B8%AD HTTP/1.1\r\n")
    assert b"\r\nx-y: z\r\n" in requests[0].lower() and requests[0].endswith(b"\r\n\r\nbody")
    assert "照片.jpg".encode() in requests[1] and b"12345678" in requests[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
)
def test_answers_of_every_form_are_read(answer: bytes) -> None:
    async def story() -> None:
        async with talking_to(answering(answer)) as (server, client):
            for _ in range(2):
                response = await client.get(server.url)
                assert (response.status_code, response.text) == (200, "ok")
                await asyncio.sleep(0.01)
            assert server.connections == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (answering(), (httpx.RemoteProtocolError, httpx.ReadError)),
        (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), httpx.RemoteProtocolError),
        (answering(b"SSH-2.0-OpenSSH\r\n"), httpx.RemoteProtocolError),
        (lambda reader, writer: asyncio.sleep(2), httpx.ReadTimeout),
    ],
)
def test_whatever_goes_wrong_has_its_name(serve: Serve, error: Any) -> None:
    async def story() -> None:
        async with talking_to(serve, read=0.2) as (server, client):
            with pytest.raises(error):
                await client.get(server.url)

    asyncio.run(story())


def test_nobody_there() -> None:
    async def story() -> None:
        async with talking_to(forever) as (server, _):
            url = server.url
        async with httpx.AsyncClient(transport=KeptOpen()) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)

    asyncio.run(story())


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    async def story() -> None:
        async with talking_to(answering(OK)) as (server, client):
            for _ in range(3):
                assert (await client.get(server.url)).text == "ok"
                await asyncio.sleep(0.01)
            assert server.connections == 3

    asyncio.run(story())


def test_an_answer_that_was_not_asked_for_is_nobodys() -> None:
    async def story() -> None:
        async with talking_to(answering(OK + OK.replace(b"ok", b"no"), OK)) as (server, client):
            assert [(await client.get(server.url)).text for _ in range(2)] == ["ok", "ok"]
            assert server.connections == 2

    asyncio.run(story())


def test_a_given_up_answer_closes_its_connection() -> None:
    async def story() -> None:
        async with talking_to(forever) as (server, client):
            response = await client.send(client.build_request("GET", server.url), stream=True)
            await response.aclose()
            assert (await client.get(server.url)).text == "ok"
            assert server.connections == 2

    asyncio.run(story())


def test_a_sender_waits_while_his_body_lies_unread() -> None:
    sent = 0
    chunk = b"x" * 65536

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal sent
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (len(chunk) * 1000))
        while sent < len(chunk) * 1000:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)

    async def story() -> None:
        async with (
            talking_to(serve) as (server, client),
            client.stream("GET", server.url) as response,
        ):
            pieces = response.aiter_raw()
            size = len(await anext(pieces))
            await asyncio.sleep(0.2)
            assert sent < 40 * HIGH_WATER < len(chunk) * 1000
            async for piece in pieces:
                size += len(piece)
            assert size == len(chunk) * 1000

    asyncio.run(story())


def test_no_header_is_smuggled_in() -> None:
    async def story() -> None:
        async with talking_to(forever) as (server, client):
            with pytest.raises(httpx.LocalProtocolError):
                await client.get(server.url, headers={"x": "y\r\nz: 1"})
            assert server.connections == 0

    asyncio.run(story())


def test_a_proxy_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(kept_open.transport(), KeptOpen)
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    assert kept_open.transport() is None
