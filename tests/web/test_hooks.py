"""The door for platforms: answered after storing, with 503 and no word when that failed, and within its bounds."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.words import Cursor
from tests.web.site import Site, running


class Shut:
    """A way into a core that cannot store."""

    async def __call__(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        raise OSError("disk full: 13800000001")


@pytest.fixture
def full(sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    with running(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path, webchat=Shut()) as found:
        yield found


def raw(site: Site, request: bytes, more: Sequence[bytes] = ()) -> bytes:
    """The first line that a bare connection hears."""
    place = urlsplit(site.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(request)
        for piece in more:
            try:
                connection.sendall(piece)
            except OSError:
                break
        try:
            return connection.recv(64).split(b"\r\n")[0]
        except ConnectionError:
            return b""


def test_a_delivery_that_was_not_stored_is_not_acknowledged(full: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "huiying.hooks"):
        answer = full.visitor("wang").post(kind="text", text="漏水")
    assert (answer.status_code, answer.content) == (503, b"")
    (record,) = [record for record in caplog.records if record.name == "huiying.hooks"]
    assert record.__dict__["channel"] == "webchat" and record.exc_info


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/hook/", 404),
        ("POST", "/hook/none", 404),
        ("POST", "/hook/webchat/", 404),
        ("GET", "/hook/../hook/none", 404),
        ("PUT", "/hook/webchat", 405),
        ("DELETE", "/hook/webchat", 405),
        ("GET", "/hook/webchat", 200),
        ("POST", "/hook/webchat", 403),
        ("POST", "/hook/webchat?" + "&".join(f"a{n}=1" for n in range(65)), 400),
    ],
)
def test_a_request_that_is_no_delivery_hears_so(common: Site, method: str, path: str, status: int) -> None:
    answer = common.http.request(method, path)
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["cache-control"] == "no-store"


def test_a_body_beyond_its_bound_is_refused_announced_or_not(common: Site) -> None:
    head = b"POST /hook/webchat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    assert raw(common, head + b"content-length: 10000000000\r\n\r\n").startswith(b"HTTP/1.1 413")
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    assert raw(common, head + b"transfer-encoding: chunked\r\n\r\n", [piece] * 200).startswith(b"HTTP/1.1 413")


def test_a_header_that_stands_twice_is_refused(common: Site) -> None:
    request = (
        b"POST /hook/webchat HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
        b"content-type: application/json\r\ncontent-type: image/png\r\n\r\n{}"
    )
    assert raw(common, request).startswith(b"HTTP/1.1 400")


def test_a_caller_who_hangs_up_wedges_nothing(common: Site) -> None:
    place = urlsplit(common.url)
    for _ in range(5):
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            connection.sendall(b"POST /hook/webchat HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
    visitor = common.visitor("hungup")
    visitor.says("你好")
    visitor.waits_for("您好")


def test_the_acknowledgement_means_that_it_is_stored(common: Site) -> None:
    visitor = common.visitor("stored")

    async def many() -> list[int]:
        return [
            await asyncio.to_thread(lambda n=n: visitor.post(kind="text", text=f"第{n}句").status_code)
            for n in range(10)
        ]

    assert asyncio.run(many()) == [200] * 10
    with common.desk.database.reading() as connection:
        rows = connection.raw.execute("select said from inbox where room like '%/stored'").fetchall()
    assert sorted(json.loads(said)["text"] for (said,) in rows) == sorted(f"第{n}句" for n in range(10))
