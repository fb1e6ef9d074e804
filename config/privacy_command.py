"""`desk privacy`: what is asked for and what was swept, a copy of somebody's data, and his erasure (docs/privacy.md)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select

from config.beside import act_beside
from config.carrying import carry_out
from config.exporting import copy_of
from config.settings import Settings
from core.people.model import Person
from core.people.phones import phone_number
from core.privacy import requesting
from core.privacy.erasing import erase, subject_of
from core.privacy.model import PrivacyRequest
from core.privacy.sweeping import last_swept
from core.refused import Refused
from core.store.files import FileStore
from core.store.turn import Turn
from core.words import DAY

_phoned = select(Person.table).where(
    Person.table.c.entity == bindparam("entity"), Person.table.c.phone == bindparam("phone")
)


def privacy_command(argv: list[str]) -> int:
    """`status`, `export PERSON FILE`, `erase REQUEST | PERSON`; a person is named by his number (#12) or telephone."""
    parser = argparse.ArgumentParser(prog="desk privacy", description="personal data: requests, copies, erasure")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("status", help="open requests, what is kept how long, the last sweep")
    exporting = actions.add_parser("export", help="a copy of what is kept of somebody, as a ZIP")
    exporting.add_argument("person", help="#12, or his telephone number")
    exporting.add_argument("file", type=Path)
    erasing = actions.add_parser("erase", help="erase somebody: the desk carries it out while it runs, step by step")
    erasing.add_argument("whom", help="the request (P-12), or the person: #12, or his telephone number")
    erasing.add_argument("--yes", action="store_true", help="he is really to be erased; it cannot be taken back")
    given = parser.parse_args(argv)
    if given.action == "export":
        return carry_out(lambda settings: _export(settings, given.person, given.file))
    if given.action == "erase" and not given.yes:
        print("不能恢复。确定请加 --yes · this cannot be taken back; add --yes to go on", file=sys.stderr)
        return 1
    return act_beside(lambda turn: _status(turn) if given.action == "status" else _erase(turn, given.whom))


def _status(turn: Turn) -> str:
    policy, words, zone = turn.house.policies.privacy, turn.house.wording, turn.house.zone
    lines = []
    for request in requesting.open_requests(turn, turn.house.policies.entity):
        late = "  超期 · overdue" if request.due_at < turn.now else ""
        due = words.moment("zh", request.due_at, turn.now, zone)
        lines.append(
            f"{requesting.number_of(request)}\t{request.kind}\t{request.state}\t#{request.person_id}\t{due}{late}"
        )
    lines = lines or ["没有待办的请求 · no open requests"]
    lines += [f"  {name}\t{span // DAY or '∞'}" for name, span in vars(policy.terms).items()]
    swept = last_swept(turn)
    lines.append(f"上次清理 · last sweep\t{words.moment('zh', swept, turn.now, zone) if swept else '–'}")
    lines.append(f"不出境 · kept from abroad\t{', '.join(sorted(policy.guarded)) or '–'}")
    return "\n".join(lines)


def _erase(turn: Turn, whom: str) -> str:
    try:
        request = _request(turn, whom)
        erase(turn, request, None)
    except Refused as refused:
        key = f"refused.{refused.key}"
        known = key in turn.house.wording.catalogues["zh"]
        raise Refused(turn.house.wording.text("zh", key, **refused.facts) if known else refused.key) from None
    number = requesting.number_of(request)
    return f"{number} #{subject_of(turn, request).id} ✓  desk serve 运行时逐步抹除 · is erased step by step while the desk runs: desk privacy status"


def _request(turn: Turn, whom: str) -> PrivacyRequest:
    """The request that is named, or a new one of the person who is."""
    if whom.upper().startswith("P-"):
        return requesting.request_numbered(turn, turn.house.policies.entity, _number(whom[2:]))
    return requesting.ask(turn, _person(turn, whom), requesting.ERASE, None)


def _export(settings: Settings, whom: str, place: Path) -> int:
    files = FileStore(settings.data_dir / "files")
    made: list[bytes] = []

    def make(turn: Turn) -> str:
        made.append(copy_of(turn, _person(turn, whom).id, files))
        return f"{place} ✓"

    status = act_beside(make)
    if made:
        place.touch(mode=0o600)
        place.write_bytes(made[0])
    return status


def _person(turn: Turn, whom: str) -> Person:
    """Raises Refused: nobody, or several."""
    entity = turn.house.policies.entity
    if whom.startswith("#"):
        one = turn.get(Person, _number(whom[1:]))
        found: list[Any] = [one] if one is not None and one.entity == entity else []
    else:
        found = turn.rows(Person, _phoned, entity=entity, phone=phone_number(whom) or whom)
    if len(found) != 1:
        raise Refused(f"{whom}：没有这个人，或不止一个 · nobody, or several: name him by his number (#12)")
    return found[0]


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Refused(f"{text} 不是编号 · is no number")
    return int(text)
