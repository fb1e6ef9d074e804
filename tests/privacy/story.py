"""A repair in which a customer tells much of himself, and where all of it would be found."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from core.privacy.model import PrivacyRequest
from core.store.files import SETTLED
from core.store.turn import Turn
from tests.scenario import Party, Story

NAME, PHONE, ADDRESS = "欧阳若兰", "13911112222", "幸福路8号3栋"
SAID = "二楼投影仪打不开，我电话13911112222，地址是幸福路8号3栋"
AGAIN = "补充一下，家里养了三只猫，进门的时候轻一点"
ENOUGH = "检查后发现电源板烧坏，更换了新的电源板并且清洁了散热风扇，开机连续试了三次都能正常打开，画面清楚，客户当面确认可以正常使用。"


def repaired(desk: Story, channel: str = "telegram") -> tuple[Party, Party, Party, str]:
    """The customer, the engineer, the manager, and the ticket, which is over; her number and words are in other people's rows too."""
    customer, engineer, manager = desk.customer(NAME, channel), desk.engineer("刘工"), desk.manager("孙经理")
    customer.says(SAID)
    customer.sends_photo()
    customer.says(AGAIN)
    desk.passes(seconds=60)
    number = desk.tickets()[-1].number
    for said in (
        f"接单 {number}",
        f"到场 {number}",
        f"备注 {number} {NAME}说打139 1111 2222，电源板烧坏已换",
        f"查 {number}",
        f"完成 {number} {ENOUGH}",
    ):
        engineer.says(said)
        desk.passes(seconds=5)
    customer.says("5分")
    desk.passes(seconds=60)
    desk.unheard.clear()
    return customer, engineer, manager, number


def asks_to_be_erased(desk: Story, customer: Party) -> int:
    """The customer asks and says yes; the request."""
    customer.says("删除我的信息")
    customer.hears("ask_confirm", "找不回来")
    customer.says("是")
    customer.hears("privacy", "已登记")
    return request(desk, "erase").id


def request(desk: Story, kind: str) -> PrivacyRequest:
    """The one request of this kind."""
    from sqlalchemy import select

    def find(turn: Turn) -> PrivacyRequest:
        [found] = turn.rows(PrivacyRequest, select(PrivacyRequest.table).where(PrivacyRequest.table.c.kind == kind))
        return found

    return desk.act(find)


def files_are_old(desk: Story) -> None:
    """Files were handed in long enough ago to be removed."""
    for path in desk.rehearsal.desk.files.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - 10 * SETTLED,) * 2)  # pyright: ignore[reportArgumentType]


def stored(desk: Story) -> list[str]:
    """The names of all files in the store."""
    return [path.name for path in desk.rehearsal.desk.files.folder.rglob("*") if path.is_file()]


def everything(desk: Story, url: str) -> bytes:
    """Every byte of the database and of the store that could tell of anybody."""
    return b"\n".join([*_database(desk, url), *_files(desk)])


def _database(desk: Story, url: str) -> Iterator[bytes]:
    if url.startswith("sqlite"):
        copy = Path(f"{make_url(url).database}.compact")
        copy.unlink(missing_ok=True)
        raw = desk.rehearsal.desk.database.connect()
        raw.say(f"VACUUM INTO '{copy}'")
        raw.close()
        yield copy.read_bytes()
        return
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as raw:
        tables = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        for (table,) in tables:
            for row in raw.execute(f'SELECT * FROM "{table}"'.encode()):
                yield b"\x00".join(value if isinstance(value, bytes) else str(value).encode() for value in row)


def _files(desk: Story) -> Iterator[bytes]:
    for path in desk.rehearsal.desk.files.folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
