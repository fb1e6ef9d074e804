"""The disk is full: senders hear so and come again, nothing is half there, and with room again the desk goes on by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from bots.webchat import WebChat
from config.serving import doors, front
from core.store.database import Connection, Database
from core.store.files import FileStore
from tests.faults.living import Eye, Time, living
from tests.faults.people import People
from web.app import app
from web.bells import Bells

LONG = "空压机漏油，请派人看看。" * 400
"""So long that it needs pages of its own."""
TABLES = ("inbox", "outbox", "event", "ticket")


class Disk(Database):
    """A database on a disk that can be filled up and emptied while the desk runs."""

    def __init__(self, url: str):
        super().__init__(url)
        self._writers: list[Connection] = []
        self._most = 2**32 - 2

    def connect(self, *, read_only: bool = False) -> Connection:
        connection = super().connect(read_only=read_only)
        if not read_only and self.kind == "sqlite":
            self._writers.append(connection)
            self._limit(connection)
        return connection

    def fill(self) -> None:
        """SQLite: not one page more than there are. PostgreSQL says for every new row what it says then."""
        if self.kind == "sqlite":
            self._limit_all(1)
            return
        self._say(
            "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
            *(f"CREATE TRIGGER full_up BEFORE INSERT ON {table} EXECUTE FUNCTION full_up()" for table in TABLES),
        )

    def empty(self) -> None:
        if self.kind == "sqlite":
            self._limit_all(2**32 - 2)
        else:
            self._say("DROP FUNCTION full_up CASCADE")

    def _say(self, *sql: str) -> None:
        connection = super().connect()
        with connection.transaction():
            for one in sql:
                connection.say(one)
        connection.close()

    def _limit_all(self, most: int) -> None:
        self._most = most
        for connection in list(self._writers):
            self._limit(connection)

    def _limit(self, connection: Connection) -> None:
        try:
            connection.raw.execute(f"PRAGMA max_page_count = {self._most}")
        except sqlite3.ProgrammingError:
            self._writers.remove(connection)


@pytest.mark.req("S35")
def test_senders_come_again_when_there_is_room(desk_url: str, tmp_path: Path) -> None:
    """王女士's report stands when the disk fills up. Nobody who writes then is told that he was heard; the desk lives, and
    what had come due meanwhile is done as soon as there is room."""
    asyncio.run(_full_disk(desk_url, tmp_path))


async def _full_disk(url: str, folder: Path) -> None:
    clock, disk, files = Time(), Disk(url), FileStore(folder)
    chat = WebChat(b"key", files.put, files.read, clock, lambda room: None)
    eye = Eye(url, clock)
    async with living(url, People("slack", clock), clock, channels=[chat], database=disk) as one:
        web = app(doors(one.desk), front(one.desk, "main", Bells(), None, healthy=one.runner.alive))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://127.0.0.1") as browser:

            async def says(who: str, number: int, text: str) -> int:
                said = {"token": chat.token(who * 8), "id": f"m-{number}", "kind": "text", "text": text}
                return (await browser.post("/hook/webchat", json=said)).status_code

            assert await says("wang", 1, LONG) == 200
            disk.fill()
            assert [await says("zhao", number, LONG) for number in range(5)] == [503] * 5
            for _ in range(4):
                clock.skip(10)
                one.runner.kick()
                await asyncio.sleep(0.1)
            assert (await browser.get("/healthz")).status_code == 200 and one.runner.alive()
            assert eye.one("SELECT count(*) FROM inbox") == 1

            disk.empty()
            assert [await says("zhao", number, LONG) for number in range(5)] == [200] * 5
            await eye.rest()
    assert eye.broken() == []
    assert eye.one("SELECT count(*) FROM inbox WHERE state = 'done'") == 6
    assert eye.one("SELECT count(*) FROM outbox WHERE purpose = 'ack_created' AND state = 'sent'") == 2
    eye.close()
