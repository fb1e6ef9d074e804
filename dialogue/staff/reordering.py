"""A manager changes the roster: 周六赵工值班, 周六晚赵工替刘工, 周六刘工请假."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.conversations.saying import answer, tell
from core.people.model import Person, Role
from core.people.naming import colleague
from core.refused import Refused
from core.rosters.asking import plan_of, rosters_of, there
from core.rosters.changing import change
from core.rosters.model import Roster, Source
from core.rosters.shifts import Change, Shift
from core.rosters.telling import from_to
from core.words import Say
from dialogue.heard import Heard
from dialogue.staff.duty_time import Named, named_in
from dialogue.staff.on_call import roster_named, shifts_then

MYSELF = "我"
_NAME = r"[^\s,，。！!?？、:：@]{1,12}?"
_LEAD = "(?:由|让|安排|改成|换成|改由)?"
_DUTY = "值班|的班|当班|顶班|上班"
_FORMS = (
    re.compile(rf"{_LEAD}(?P<who>{_NAME})来?(?:代替|顶替|替|顶|代)(?P<instead>{_NAME})(?P<duty>{_DUTY})?"),
    re.compile(rf"(?P<instead>{_NAME})(?P<duty>请假|休假|不值班|不能值班|值不了班)"),
    re.compile(rf"{_LEAD}(?P<who>{_NAME})来?(?P<duty>{_DUTY})"),
    re.compile(r"(?P<who>\w+) for (?P<instead>\w+)"),
    re.compile(r"(?P<who>\w+)(?: is)? (?P<duty>on duty)"),
    re.compile(r"(?P<instead>\w+)(?: is)? (?P<duty>off duty)"),
)
"""`duty`: words that can mean nothing but the roster."""
_SPOKEN_OF = re.compile(rf"{_DUTY}|[替顶代值](?!换)|请假|休假|duty| for ", re.IGNORECASE)
_QUESTION = re.compile(r"[?？谁哪吗么几]|是不是|who", re.IGNORECASE)
_ENDS = " 。.!！~，,"


@dataclass(frozen=True, slots=True)
class _Order:
    who: str | None
    instead: str | None
    plainly: bool
    """Whether it can mean nothing but the roster."""


def roster_changed(heard: Heard, text: str) -> str | None:
    """Change the roster as a manager says; None if it is not about that. Raises Refused: only_managers_change, no_roster,
    which_roster, no_shift_then, person_unknown."""
    if _QUESTION.search(text) or not _SPOKEN_OF.search(text):
        return None
    rosters = rosters_of(heard.turn, heard.person.entity)
    chosen, rest = roster_named(rosters, text)
    named, rest = named_in(heard, rest)
    order = _order(rest) if named else None
    may = heard.person.role in (Role.MANAGER, Role.ADMIN)
    if named is None or order is None or not _to_be_taken_so(heard, order, may):
        return None
    if not may:
        raise Refused("only_managers_change")
    if not rosters:
        raise Refused("no_roster")
    person, other = _person(heard, order.who), _person(heard, order.instead)
    roster = chosen or _roster_of(heard, rosters, [one for one in (other, person) if one])
    return _change(heard, roster, named, person, other)


def _order(rest: str) -> _Order | None:
    rest = " ".join(rest.strip(_ENDS).split())
    for form in _FORMS:
        if found := form.fullmatch(rest) or form.fullmatch(re.sub(r"\s+", "", rest)):
            parts = found.groupdict()
            return _Order(parts.get("who"), parts.get("instead"), bool(parts.get("duty")))
    return None


def _to_be_taken_so(heard: Heard, order: _Order, may: bool) -> bool:
    """Talk among colleagues is none of our business, nor are people who are not of the house, unless a manager orders
    plainly: then he hears what is wrong."""
    if not may and MYSELF in (order.who, order.instead):
        return False
    if may and order.plainly:
        return True
    try:
        return bool(_person(heard, order.who) or _person(heard, order.instead))
    except Refused:
        return False


def _person(heard: Heard, called: str | None) -> Person | None:
    if called is None:
        return None
    return heard.person if called == MYSELF else colleague(heard.turn, heard.person.entity, called)


def _roster_of(heard: Heard, rosters: list[Roster], people: list[Person]) -> Roster:
    """The only roster, or the only one on which the first of these people stands. Raises Refused: which_roster."""
    if len(rosters) == 1:
        return rosters[0]
    for person in people:
        his = [one for one in rosters if person.id in plan_of(heard.turn, one, heard.turn.now, heard.turn.now).people]
        if len(his) == 1:
            return his[0]
    raise Refused("which_roster", names="、".join(roster.name for roster in rosters))


def _change(heard: Heard, roster: Roster, named: Named, person: Person | None, other: Person | None) -> str:
    turn, found = heard.turn, shifts_then(heard, roster, named)
    spans = [
        replace(shift, starts=max(shift.starts, turn.now))
        for shift in found
        if shift.ends > turn.now and (other is None or other.id in shift.meant)
    ]
    if not spans:
        raise Refused("no_shift_then", when=named.text)
    for shift in spans:
        wanted = Change(shift.starts, shift.ends, person.id if person else None, other.id if other else None)
        change(turn, roster, wanted, Source.ORDER, heard.person)
    text = "\n".join([heard.say("roster.ordered"), *_lines(heard, heard.lang, roster, spans, person, other)])
    answer(turn, heard.talk, "action_done", text)
    concerned = {one for shift in spans for one in shift.people} if other is None else {other.id}
    for one in sorted(concerned | ({person.id} if person else set())):
        his = there(turn, one)
        if his is not None and his.id != heard.person.id:
            head = turn.house.wording.text(his.lang, "roster.told_of_order", name=heard.person.name or "")
            lines = _lines(heard, his.lang, roster, spans, person, other)
            tell(turn, his, Say("roster_changed", "\n".join([head, *lines])), subject=roster.stream)
    return "changed the roster"


def _lines(
    heard: Heard, lang: str, roster: Roster, spans: list[Shift], person: Person | None, other: Person | None
) -> list[str]:
    key = "roster.order_line" if other is None else "roster.order_line_for" if person else "roster.order_line_off"
    facts = {"name": person.name if person else "", "instead": other.name if other else "", "roster": roster.name}
    return [
        heard.turn.house.wording.text(lang, key, when=from_to(heard.turn, lang, one.starts, one.ends), **facts)
        for one in spans
    ]
