"""The job that makes the copy of a person's own data: one ZIP with data.json, a page to read, and his files (PIPL Art. 45)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any

import orjson

from core.people.model import Person
from core.privacy.exporting import gather
from core.store.files import FileStore
from core.store.turn import Turn
from core.store.working import Work
from core.wording import local

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the copy: what it holds has its own dates."""


def export_own_data(look: Callable[[Callable[[Turn], Any]], Any], files: FileStore) -> Work:
    """What carries the job out, off the event loop; `look` reads the desk."""

    async def export(data: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(_export, look, files, data["person"])

    return export


def _export(look: Callable[[Callable[[Turn], Any]], Any], files: FileStore, person_id: int) -> dict[str, Any]:
    content = look(lambda turn: copy_of(turn, person_id, files))
    return {"hash": files.put(content), "size": len(content)}


def copy_of(turn: Turn, person_id: int, files: FileStore) -> bytes:
    """The ZIP."""
    person = turn.get(Person, person_id)
    assert person is not None
    found = gather(turn, person)
    named: Mapping[str, str] = found.pop("files")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        _put(copy, "data.json", orjson.dumps(found, option=orjson.OPT_INDENT_2))
        for name, content in named.items():
            try:
                _put(copy, name, files.get(content))
            except KeyError:
                continue
        _put(copy, "index.html", _page(turn, person.lang, found, copy.namelist()[1:]).encode())
    return out.getvalue()


def _put(copy: zipfile.ZipFile, name: str, content: bytes) -> None:
    copy.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)


def _page(turn: Turn, lang: str, found: Mapping[str, Any], names: list[str]) -> str:
    """The same to be read, in his language."""
    say, moment = turn.house.wording.text, _moments(turn)
    parts = [f"<h1>{escape(say(lang, 'privacy.copy.title'))}</h1><p>{escape(moment(turn.now))}</p>"]
    parts.append(
        _table(say(lang, "privacy.copy.person"), [(name, _said(value)) for name, value in found["person"].items()])
    )
    for ticket in found["tickets"]:
        rows = [
            (name, moment(value) if name.endswith("_at") else _said(value))
            for name, value in ticket.items()
            if name != "told"
        ]
        rows += [
            (moment(one["at"]), _said({key: value for key, value in one.items() if key != "at"}))
            for one in ticket["told"]
        ]
        parts.append(_table(f"{say(lang, 'privacy.copy.ticket')} {ticket['number']}", rows))
    messages = [(moment(one["at"]), one["text"]) for one in found["messages"]]
    parts.append(_table(say(lang, "privacy.copy.messages"), messages))
    links = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in names)
    parts.append(f"<h2>{escape(say(lang, 'privacy.copy.files'))}</h2><ul>{links}</ul>")
    return f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{escape(say(lang, "privacy.copy.title"))}</title>{"".join(parts)}</html>'


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows if value)
    return f"<h2>{escape(title)}</h2><table>{cells}</table>"


def _moments(turn: Turn) -> Callable[[Any], str]:
    return lambda at: f"{local(at, turn.house.zone):%Y-%m-%d %H:%M}" if isinstance(at, int) else ""


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "；".join(_said_of(value))
    return "" if value is None else "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _said_of(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if said := _said(value):
            yield f"{name}: {said}"
