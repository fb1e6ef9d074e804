"""`desk qr`: codes for devices, customers and teams, as pictures or as a sheet of labels (S52, S58, S67, S104)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import closing
from pathlib import Path
from typing import get_args

import httpx
import segno
from sqlalchemy import select

from bots.wire import Trouble
from config.carrying import Stop, carry_out, must_have_tables
from config.code_links import LINKS, NoLink, first_enabled
from config.keys import web_key
from config.labels import Label, save, sheet
from config.serving import codes_of
from config.settings import Settings
from core.people.model import Person, Role
from core.people.phones import phone_number
from core.scans.codes import Code, CodeKind
from core.store.database import Database

PICTURES = ("png", "svg", "pdf")


def qr_command(argv: list[str], transport: httpx.AsyncBaseTransport | None = None) -> int:
    """Make codes; the exit status, 1 after saying why not."""
    parser = argparse.ArgumentParser(prog="desk qr", description="QR codes of devices, customers and teams")
    parser.add_argument("kind", choices=get_args(CodeKind))
    parser.add_argument(
        "targets", nargs="+", metavar="ID", help="serial numbers, customers' phone numbers, names of teams"
    )
    parser.add_argument(
        "--channel", choices=sorted(LINKS), help="where the code leads; else WeChat, where it is set up"
    )
    parser.add_argument("--file", type=Path, help="a picture of the only code: .png, .svg or .pdf")
    parser.add_argument("--sheet", type=Path, help="labels of all codes on A4 pages, an .html file to print")
    given = parser.parse_args(argv)
    if given.file and (len(given.targets) > 1 or given.file.suffix.removeprefix(".") not in PICTURES):
        parser.error("--file takes one code, and a name that ends in .png, .svg or .pdf")
    return carry_out(lambda settings: _make(settings, given, transport))


def _make(settings: Settings, given: argparse.Namespace, transport: httpx.AsyncBaseTransport | None) -> int:
    try:
        labels = asyncio.run(_labels(settings, given, transport))
    except NoLink as missing:
        print(f"先设置 {missing} · set {missing} first", file=sys.stderr)
    except (ValueError, Trouble) as error:
        print(f"做不了码：{error} · no code: {error}", file=sys.stderr)
    else:
        _show(labels, given)
        return 0
    return 1


async def _labels(
    settings: Settings, given: argparse.Namespace, transport: httpx.AsyncBaseTransport | None
) -> list[Label]:
    """Raises NoLink, ValueError (unknown customer, or too long), Trouble, CannotReveal."""
    link, codes = LINKS[given.channel or first_enabled(settings)], codes_of(web_key(settings))
    labels = []
    for target in given.targets:
        token = codes.token(settings.entity, code_of(settings, given.kind, target))
        title = f"SN {target}" if given.kind == "device" else target
        labels.append(Label(title, await link(settings, token, transport)))
    return labels


def code_of(settings: Settings, kind: CodeKind, target: str) -> Code:
    """What a code shall name; a customer is found by his phone number. Raises ValueError."""
    if kind != "customer":
        return Code(kind, target.strip())
    try:
        must_have_tables(settings.store_url(), settings.database_url)
    except Stop:
        raise ValueError("先启动一次 desk serve · start desk serve once first") from None
    phone = phone_number(target)
    person = Person.table.c
    statement = select(person.id).where(
        person.entity == settings.entity, person.role == Role.CUSTOMER, person.phone == phone, person.active
    )
    with closing(Database(settings.store_url())) as database, database.reading() as connection:
        found = connection.all(statement) if phone else []
    if len(found) != 1:
        raise ValueError(f"{target}: {len(found)} 位客户有这个号码 · customers have this number")
    return Code(kind, str(found[0][0]))


def _show(labels: list[Label], given: argparse.Namespace) -> None:
    if given.file:
        save(labels[0].link, given.file)
    if given.sheet:
        given.sheet.write_text(sheet(labels), encoding="utf-8")
    for label in labels:
        print(f"{label.title}  {label.link}")
        if sys.stdout.isatty() and not (given.file or given.sheet):
            segno.make_qr(label.link).terminal(compact=True)
