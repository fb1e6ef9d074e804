"""`desk doctor`: what is missing or wrong, in plain words, each with the next step (自检)."""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from config.carrier_troubles import carriers_incomplete, carriers_unreachable, providers_in_use
from config.channels import PLUGS
from config.loading import Unusable, load
from config.privacy_troubles import abroad, kept
from config.report_press import report_troubles, seal_secrets
from config.secret import CannotReveal, Secret
from config.settings import AES_KEY_CHARACTERS, Settings
from config.shadow import shadows
from config.troubles import Finding, Language, Trouble
from config.understanding_troubles import engine, engine_secrets

PYTHONS = ((3, 11), (3, 14))
"""The first version that is tried, and the first that is not."""
SQLITE_LEAST = (3, 35, 0)
"""RETURNING came with it."""
CONNECT_S = 5
"""Seconds that a database server has to answer."""
MARKS = {"error": "✗", "warning": "!", "ok": "✓"}
CLOSING = {
    "zh": ("可以启动。", "{errors} 个错误，{warnings} 个提醒。"),
    "en": ("Ready to serve.", "Errors: {errors}, warnings: {warnings}."),
}


def examine(settings: Settings, lang: Language = "zh") -> list[Finding]:
    """Everything that is wrong with this machine, these settings and this database; nothing is changed."""
    troubles = list(shadowed(settings)) or [trouble for check in CHECKS for trouble in check(settings)]
    return [trouble.said(lang) for trouble in troubles]


def doctor_command(words: Sequence[str]) -> int:
    """`desk doctor [--lang zh|en]`; the exit status is 1 if there is any error."""
    parser = argparse.ArgumentParser(
        prog="desk doctor", description="What is missing or wrong, and what to do about it."
    )
    parser.add_argument(
        "--lang", choices=["zh", "en"], help="Chinese, or English (default: as LANG says, else Chinese)"
    )
    return report(parser.parse_args(words).lang)


def report(lang: Language | None = None) -> int:
    """Print what `examine` finds. The exit code: 0, or 1 if there is any error."""
    lang = lang or spoken_here()
    try:
        findings = examine(load(), lang)
    except Unusable as unusable:
        findings = [trouble.said(lang) for trouble in unusable.troubles]
    for finding in findings:
        print(MARKS[finding.level], finding.what, finding.next_step)
    errors = sum(finding.level == "error" for finding in findings)
    ready, counts = CLOSING[lang]
    if findings:
        print(counts.format(errors=errors, warnings=sum(finding.level == "warning" for finding in findings)))
    if not errors:
        print(ready)
    return 1 if errors else 0


def spoken_here() -> Language:
    """English where the environment says so (LC_ALL, LANG), otherwise Chinese."""
    return "en" if (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("en") else "zh"


def shadowed(_settings: Settings) -> Iterator[Trouble]:
    """Rooms of the house that another package of the same name stands before."""
    for name, path in shadows().items():
        yield Trouble("shadowed", values={"name": name, "path": path})


def python_untried(_settings: Settings) -> Iterator[Trouble]:
    """A Python that the tests do not run on."""
    if not PYTHONS[0] <= sys.version_info < PYTHONS[1]:
        yield Trouble("python_untried", "warning", {"version": ".".join(map(str, sys.version_info[:3]))})


def sqlite_old(_settings: Settings) -> Iterator[Trouble]:
    """A SQLite library that lacks what the store uses."""
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        yield Trouble("sqlite_old", values={"version": sqlite3.sqlite_version, "least": least})


def tzdata_missing(settings: Settings) -> Iterator[Trouble]:
    """No time zone data on this machine."""
    try:
        ZoneInfo(settings.timezone)
    except (KeyError, OSError):
        yield Trouble("tzdata_missing")


def data_dir_closed(settings: Settings) -> Iterator[Trouble]:
    """A data folder that cannot be made or written to."""
    try:
        with tempfile.TemporaryFile(dir=_standing(settings.data_dir)):
            pass
    except OSError:
        yield Trouble("data_dir_closed", values={"path": settings.data_dir})


def _standing(place: Path) -> Path:
    """The folder itself, or as much of its path as is there."""
    return place if place.exists() else _standing(place.parent)


def listening(settings: Settings) -> Iterator[Trouble]:
    """Doors that are open wider than they look."""
    if not _loopback(settings.listen_host) and settings.public_url is None:
        yield Trouble("listen_open", values={"host": settings.listen_host})
    if settings.public_url and settings.public_url.startswith("http://"):
        yield Trouble("public_url_plain", "warning")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def channels(settings: Settings) -> Iterator[Trouble]:
    """Channels that are switched on and cannot work."""
    in_use = [(name, PLUGS[name], given) for name, given in settings.channels if given.enabled]
    if not in_use:
        yield Trouble("channel_none", "warning")
    for name, plug, given in in_use:
        missing = [field for field in plug.needed if getattr(given, field) in (None, "", ())]
        if missing:
            yield Trouble("channel_incomplete", values={"channel": name, "missing": ", ".join(missing)})
        else:
            yield from plug.troubles(given)
        if plug.called_back(given) and settings.public_url is None:
            yield Trouble("channel_unreachable", "warning", {"channel": name})


def groups(settings: Settings) -> Iterator[Trouble]:
    """Groups that would hear no alarm: on a channel that is not switched on, of another app than the desk's, or of no robot (S10)."""
    from core.words import Room  # a house with a shadowed core must be able to say so

    in_use = {name: given for name, given in settings.channels if given.enabled}
    ours = {name: (PLUGS[name].account(given), PLUGS[name].rooms(given)) for name, given in in_use.items()}
    for place in ("technical_group", "managers_group"):
        for room in map(Room.of, getattr(settings.escalation, place)):
            account, rooms = ours.get(room.channel, ("", ()))
            if account not in (None, room.account) or (rooms is not None and room.id not in rooms):
                yield Trouble("group_out_of_reach", values={"where": f"escalation.{place}", "room": str(room)})


def secrets(settings: Settings) -> Iterator[Trouble]:
    """Secrets in use that cannot be had, that everybody can read, or that cannot be right."""
    for where, secret in _secrets_in_use(settings):
        shown = {"where": where, "reference": secret.reference, "path": secret.path}
        try:
            content = secret.reveal()
        except CannotReveal as reason:
            yield Trouble(reason.code, values=shown)
            continue
        if secret.path and secret.path.stat().st_mode & stat.S_IROTH:
            yield Trouble("secret_world_readable", "warning", shown)
        if "callback_aes_keys" in where and not (len(content) == AES_KEY_CHARACTERS and content.isalnum()):
            yield Trouble("aes_key_length", values={**shown, "length": AES_KEY_CHARACTERS})


def voice(settings: Settings) -> Iterator[Trouble]:
    """What keeps voice messages from being written down (S68)."""
    from config.voice import troubles  # a house with a shadowed dialogue must be able to say so

    yield from troubles(settings)


def holidays(settings: Settings) -> Iterator[Trouble]:
    """A year that is near and whose public holidays are not known: business time would be counted wrongly (S9)."""
    from config.policies import calendar

    year = calendar(settings).unknown_year(time.time_ns() // 1_000)
    if year is not None:
        yield Trouble("holidays_unknown", "warning", {"year": year})


def database(settings: Settings) -> Iterator[Trouble]:
    """A database that cannot be reached, or whose schema is not this program's."""
    from core.store import migrate  # a house with a shadowed core must be able to say so

    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield Trouble("database_empty")
        return
    try:
        state = migrate.state(_impatient(settings.store_url()))
    except CannotReveal:
        return
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).partition("\n")[0]
        yield Trouble("database_unreachable", values={"url": settings.database_url, "why": why})
        return
    if state != "current":
        yield Trouble(f"database_{state}", "warning" if state == "ahead" else "error")
    else:
        yield from _health(settings)


def _health(settings: Settings) -> Iterator[Trouble]:
    """What waits too long in the store, and what was set aside for a person."""
    from config.standing import alive, troubles
    from core.insight.channels import status_of
    from core.insight.health import health
    from core.store.database import Database

    store = Database(settings.store_url())
    now = time.time_ns() // 1_000
    with store.reading() as connection:
        found = health(connection, now)
        yield from kept(connection, now, ZoneInfo(settings.timezone))
        statuses = [status_of(connection, name, now) for name, given in settings.channels if given.enabled]
    store.close()
    yield from troubles(found, shutil.disk_usage(_standing(settings.data_dir)).free)
    yield from alive(statuses, ZoneInfo(settings.timezone))


def _impatient(url: str) -> str:
    if not url.startswith("postgresql"):
        return url
    seconds = {"connect_timeout": str(CONNECT_S)}
    return make_url(url).update_query_dict(seconds).render_as_string(hide_password=False)


def _secrets_in_use(settings: Settings) -> Iterator[tuple[str, Secret]]:
    if settings.database_password:
        yield "database_password", settings.database_password
    if settings.web_key:
        yield "web_key", settings.web_key
    for name, channel in settings.channels:
        if channel.enabled:
            yield from _secrets_of(channel, f"channels.{name}")
    yield from engine_secrets(settings)
    yield from seal_secrets(settings)
    for name, section in providers_in_use(settings):
        yield from _secrets_of(section, f"carriers.{name}")
    for name in ("tencent", "aliyun"):
        if name in settings.voice.engines:
            yield from _secrets_of(getattr(settings.voice, name), f"voice.{name}")


def _secrets_of(section: BaseModel, where: str) -> Iterator[tuple[str, Secret]]:
    for name, value in section:
        parts = {"": value}
        if isinstance(value, tuple):
            parts = {f"[{number}]": item for number, item in enumerate(value)}
        elif isinstance(value, Mapping):
            parts = {f".{key}": item for key, item in value.items()}
        for place, part in parts.items():
            if isinstance(part, Secret):
                yield f"{where}.{name}{place}", part
            elif place and isinstance(part, BaseModel):
                yield from _secrets_of(part, f"{where}.{name}{place}")


CHECKS: tuple[Callable[[Settings], Iterator[Trouble]], ...] = (
    python_untried,
    sqlite_old,
    tzdata_missing,
    data_dir_closed,
    listening,
    channels,
    groups,
    carriers_incomplete,
    carriers_unreachable,
    abroad,
    engine,
    voice,
    secrets,
    report_troubles,
    holidays,
    database,
)
