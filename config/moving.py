"""`desk move`: takes a stopped desk to another database, whole or not at all (搬家)."""

from __future__ import annotations

import argparse
from contextlib import closing

from pydantic_core import PydanticCustomError

from config.carrying import Stop, carry_out, must_have_tables, must_stand_still, now, say, tell
from config.secret import Secret
from config.settings import Settings, known_database, with_password
from core.store import filling
from core.store.database import Database
from core.store.dump import Live
from core.store.streaming import snapshot


def move_command(argv: list[str]) -> int:
    """`desk move --to URL`: the settings still name the database that the desk leaves. The exit status is 1 if it stays."""
    parser = argparse.ArgumentParser(prog="desk move", description="takes a stopped desk to another, empty database")
    parser.add_argument("--to", required=True, metavar="URL", help="postgresql://user@host/name or sqlite:///PATH")
    parser.add_argument("--password", metavar="REFERENCE", help="where its password is kept: env:NAME or file:/PATH")
    given = parser.parse_args(argv)
    return carry_out(lambda settings: _move(settings, given.to, given.password))


def _move(settings: Settings, to: str, password: str | None) -> int:
    source_url, target_url = settings.store_url(), _url(to, password)
    if source_url == target_url:
        raise Stop("same")
    must_have_tables(source_url, settings.database_url)
    instant = now()
    with closing(Database(source_url)) as source, closing(Database(target_url)) as target:
        must_stand_still(source, instant)
        must_stand_still(target, instant)
        try:
            with snapshot(source) as connection:
                carried, _ = filling.establish(target, Live(connection, source_url), instant, tell=tell)
        except filling.NotEmpty:
            raise Stop("move_not_empty") from None
        say("moved", url=to, rows=sum(one.rows for one in carried))
        if source.kind == "sqlite":
            say("source_aside", path=filling.put_aside(source, "moved", instant))
        else:
            say("source_stays")
    say("now_set", url=to, data_dir=settings.data_dir)
    return 0


def _url(to: str, password: str | None) -> str:
    try:
        return with_password(known_database(to), Secret.parse(password) if password else None)
    except PydanticCustomError:
        raise Stop("url", url="--to") from None
