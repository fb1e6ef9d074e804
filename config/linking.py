"""`desk staff` and `desk link`: the people of the house, and the one-time codes that bind their chats (S5b)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from config.beside import act_beside
from config.channels import PLUGS
from core.people.linking import issue_code, links_of, staff_of
from core.people.model import Person, Role
from core.people.phones import dialled, phone_number
from core.people.proving import expect
from core.refused import Refused
from core.rosters.attending import watch_all
from core.store.turn import Turn
from core.words import MINUTE


def staff_command(argv: list[str]) -> int:
    """Add a member of the staff, or list them."""
    parser = argparse.ArgumentParser(prog="desk staff", description="the staff: add, list, duty on/off, leave")
    actions = parser.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", help="a new member")
    adding.add_argument("name")
    adding.add_argument("--role", choices=[role for role in Role if role != Role.CUSTOMER], default=Role.ENGINEER)
    adding.add_argument("--phone")
    adding.add_argument("--on-duty", action="store_true")
    adding.add_argument("--staff-no", help="工号: stands on the photos that he takes")
    reached = actions.add_parser("reach", help="how a member is reached; without options: says how")
    reached.add_argument("name")
    reached.add_argument("--phone", help="his number, for SMS and calls")
    reached.add_argument("--calls", help="what is dialled instead: another number, or sip:name@host")
    reached.add_argument("--routes", help="the order in which he wants alarms: voice,sms,feishu,chat")
    reached.add_argument("--account", help="his account on a channel, by which he is known there: slack=U0123ABCD")
    reached.add_argument("--staff-no", help="工号: stands on the photos that he takes")
    reached.add_argument("--superior", help="who hears when he does not move")
    actions.add_parser("list", help="who there is")
    for action, told in (
        ("on-duty", "is on duty from now on"),
        ("off-duty", "is no longer on duty"),
        ("leave", "has left"),
    ):
        actions.add_parser(action, help=told).add_argument("name")
    given = parser.parse_args(argv)
    return act_beside(lambda turn: _STAFF[given.action](turn, given))


def link_command(argv: list[str]) -> int:
    """Issue a one-time code for a member of the staff."""
    parser = argparse.ArgumentParser(prog="desk link", description="a one-time code that binds a staff member's chat")
    parser.add_argument("name", help="as `desk staff list` shows it")
    given = parser.parse_args(argv)

    def issue(turn: Turn) -> str:
        person = _find(turn, given.name)
        lasts = turn.house.policies.link_code
        code = issue_code(turn, person, turn.house.chance(), lasts)
        minutes = lasts // MINUTE
        return (
            f"{person.name}: {code}\n"
            f"{minutes} 分钟内由本人在聊天里发给服务台，只能用一次 · to be sent to the desk by {person.name} within {minutes} minutes, once"
        )

    return act_beside(issue)


def _add(turn: Turn, given: Any) -> str:
    if any(person.name == given.name and person.active for person in _everybody(turn)):
        raise Refused(f"{given.name} 已经在了 · is there already")
    turn.add(
        Person(
            id=turn.new_id(),
            entity=turn.house.policies.entity,
            role=Role(given.role),
            name=given.name,
            phone=_number(given.phone) if given.phone else None,
            on_duty=given.on_duty,
            staff_no=given.staff_no,
        )
    )
    return f"{given.name} ({given.role}) ✓  下一步 · next: desk link {given.name}"


def _list(turn: Turn, given: Any) -> str:
    lines = []
    for person in _everybody(turn):
        chats = "、".join(sorted({link.channel for link in links_of(turn, person)})) or "未绑定 · not linked"
        duty = "值班 · on duty" if person.on_duty else ""
        lines.append(f"{person.name}\t{person.role}\t{chats}\t{duty}{'' if person.active else ' 已离职 · left'}")
    return "\n".join(lines) or "还没有员工 · nobody yet: desk staff add NAME"


def _duty(on: bool) -> Callable[[Turn, Any], str]:
    def set_duty(turn: Turn, given: Any) -> str:
        person = _find(turn, given.name)
        person.on_duty = on
        return f"{person.name} ✓"

    return set_duty


def _leave(turn: Turn, given: Any) -> str:
    person = _find(turn, given.name)
    person.active = person.on_duty = False
    watch_all(turn, person.entity)
    return f"{person.name} ✓"


def _reach(turn: Turn, given: Any) -> str:
    person = _find(turn, given.name)
    if given.phone is not None:
        person.phone = _number(given.phone)
    if given.calls is not None:
        sip = given.calls.startswith(("sip:", "sips:"))
        person.calls = given.calls if sip else _number(given.calls) if given.calls else None
    if given.routes is not None:
        person.routes = [route.strip() for route in given.routes.split(",") if route.strip()]
    if given.account is not None:
        channel, _, account = given.account.partition("=")
        if channel not in PLUGS or not account:
            raise Refused(f"写成 渠道=账号 · write CHANNEL=ACCOUNT: {', '.join(sorted(PLUGS))}")
        if not expect(turn, person, channel, account):
            raise Refused(f"{account} 已经登记给别人了 · is somebody else's account already")
    if given.staff_no is not None:
        person.staff_no = given.staff_no or None
    if given.superior is not None:
        superior = _find(turn, given.superior) if given.superior else None
        if superior is not None and superior.id == person.id:
            raise Refused(f"{person.name} 不能是自己的上级 · cannot be his own superior")
        person.reports_to = superior.id if superior else None
    above = turn.get(Person, person.reports_to) if person.reports_to else None
    return "\n".join(
        (
            f"{person.name}",
            f"  工号 · staff no.\t{person.staff_no or '–'}",
            f"  手机 · phone\t{person.phone or '–'}",
            f"  电话打到 · calls\t{person.calls or person.phone or '–'}",
            f"  告警途径 · routes\t{', '.join(person.routes) or '按升级设置 · as the ladder says'}",
            f"  上级 · superior\t{above.name if above else '–'}",
        )
    )


def _number(text: str) -> str:
    known = phone_number(text)
    if known is None or dialled(known) is None:
        raise Refused(f"{text} 不是能拨的号码 · is no number that can be dialled")
    return known


_STAFF = {
    "add": _add,
    "reach": _reach,
    "list": _list,
    "on-duty": _duty(True),
    "off-duty": _duty(False),
    "leave": _leave,
}


def _everybody(turn: Turn) -> list[Person]:
    return staff_of(turn, turn.house.policies.entity)


def _find(turn: Turn, name: str) -> Person:
    found = [person for person in _everybody(turn) if person.name == name and person.active]
    if len(found) != 1:
        raise Refused(f"没有叫 {name} 的员工 · nobody on the staff is called {name}: desk staff list")
    return found[0]
