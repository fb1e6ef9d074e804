"""`desk rosters check FILE | apply FILE | show [--days N]`: the rosters (值班表) of the house."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from config.beside import act_beside
from config.roster_file import RosterFileError, Sheet, read_rosters
from core.people.linking import staff_of
from core.people.model import Person
from core.refused import Refused
from core.rosters.asking import rosters_of, shifts_of, there
from core.rosters.changing import Definition, lay_down, put_away
from core.rosters.rotation import Layer
from core.rosters.shifts import Change
from core.rosters.telling import from_to, names
from core.rosters.wallclock import first_showing
from core.store.turn import Turn
from core.words import DAY

DAYS = 7
"""How many days `show` shows, unless told."""
FATES = {"new": "新增 · new", "changed": "已更新 · changed", "same": "没有变化 · unchanged"}


def rosters_command(argv: list[str]) -> int:
    """Check a file of rosters, put it into force, or show who is on duty. The exit status is 1 if it cannot be used."""
    parser = argparse.ArgumentParser(prog="desk rosters", description="who is on duty in turns")
    actions = parser.add_subparsers(dest="action", required=True)
    for action, told in (("check", "what is wrong with a file, if anything"), ("apply", "put a file into force")):
        actions.add_parser(action, help=told).add_argument("file", type=Path)
    actions.add_parser("show", help="who is on duty").add_argument("--days", type=int, default=DAYS)
    given = parser.parse_args(argv)
    if given.action == "show":
        return act_beside(lambda turn: shown(turn, given.days))
    try:
        sheets = read_rosters(given.file)
    except RosterFileError as error:
        print(error, file=sys.stderr)
        return 1
    return act_beside(lambda turn: (checked if given.action == "check" else applied)(turn, sheets))


def checked(turn: Turn, sheets: list[Sheet]) -> str:
    """Whether everybody in the file is known; changes nothing. Raises Refused with all that is wrong."""
    found = definitions(turn, sheets)
    return f"可以用：{len(found)} 张值班表 · can be used: {len(found)} rosters"


def applied(turn: Turn, sheets: list[Sheet]) -> str:
    """Put the rosters into force; those that are not in the file are put away. Raises Refused with all that is wrong."""
    entity, wanted = turn.house.policies.entity, definitions(turn, sheets)
    lines = [f"{one.name}\t{FATES[lay_down(turn, entity, one)]}" for one in wanted]
    for roster in rosters_of(turn, entity):
        if roster.name not in {one.name for one in wanted}:
            put_away(turn, roster)
            lines.append(f"{roster.name}\t已停用 · put away")
    return "\n".join([*lines, shown(turn, DAYS)])


def shown(turn: Turn, days: int) -> str:
    """The shifts of the coming days, holes too."""
    words, lines = turn.house.wording, []
    for roster in rosters_of(turn, turn.house.policies.entity):
        fallback = there(turn, roster.fallback_id)
        for shift in shifts_of(turn, roster, turn.now, turn.now + days * DAY):
            when = from_to(turn, "zh", shift.starts, shift.ends)
            stand_in = f"（{fallback.name}顶班 · stands in）" if fallback else ""
            who = names(turn, shift.people) or f"⚠ 没人 · nobody{stand_in}"
            lines.append(f"{roster.name}\t{when}\t{who}")
    return "\n".join(lines) or words.text("zh", "refused.no_roster")


def definitions(turn: Turn, sheets: list[Sheet]) -> list[Definition]:
    """The file's rosters with people instead of names. Raises Refused with every name that means nobody, or several."""
    mistakes: list[str] = []
    staff = staff_of(turn, turn.house.policies.entity)

    def finder(sheet: Sheet, *, of_role: bool = True) -> Callable[[str], int]:
        def find(name: str) -> int:
            person = _named(staff, name)
            if isinstance(person, str):
                mistakes.append(f"{sheet.where}: {person}")
                return 0
            if of_role and sheet.role is not None and person.role != sheet.role:
                mistakes.append(f"{sheet.where}: {name} 是 {person.role}，不是 {sheet.role} · has another role")
            return person.id

        return find

    found = [_definition(sheet, turn.house.zone, finder(sheet), finder(sheet, of_role=False)) for sheet in sheets]
    if mistakes:
        raise Refused("\n".join(dict.fromkeys(mistakes)))
    return found


def _definition(sheet: Sheet, home: ZoneInfo, find: Callable[[str], int], anybody: Callable[[str], int]) -> Definition:
    zone = ZoneInfo(sheet.zone) if sheet.zone else home
    return Definition(
        sheet.name,
        sheet.role,
        sheet.team,
        zone.key,
        anybody(sheet.fallback) if sheet.fallback else None,
        tuple(
            Layer(
                tuple(tuple(find(name) for name in crew) for crew in layer.crews),
                layer.every,
                layer.handover,
                layer.start,
                layer.weekdays,
                layer.since,
                layer.until,
            )
            for layer in sheet.layers
        ),
        tuple(
            Change(
                first_showing(one.begins, zone),
                first_showing(one.ends, zone),
                find(one.who) if one.who else None,
                find(one.instead) if one.instead else None,
            )
            for one in sheet.singles
        ),
    )


def _named(staff: list[Person], name: str) -> Person | str:
    """The member of the staff with this name, or what is wrong with it."""
    found = [person for person in staff if person.active and name in (person.name, *person.aliases)]
    if len(found) == 1:
        return found[0]
    if found:
        return f"有 {len(found)} 个人叫 {name} · {name} is the name of {len(found)} people"
    return f"没有叫 {name} 的员工 · nobody on the staff is called {name}: desk staff list"
