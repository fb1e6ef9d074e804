"""值班 in chat: what is said about duty is recognised here, before anything else is made of it."""

from __future__ import annotations

import re

from core.conversations.saying import tell
from core.people.duty import fallback_owner, on_duty
from core.people.model import Person, Role
from core.rosters.asking import Standing, standing
from core.rosters.telling import names
from core.words import Say
from dialogue.heard import Heard
from dialogue.staff.duty_time import named_in
from dialogue.staff.listing import on_call
from dialogue.staff.reordering import roster_changed
from dialogue.staff.swapping import swap_spoken_of

_SPEAKS_OF_DUTY = re.compile(r"[值班替顶代@＠换]|同意|请假|休假|duty|swap", re.IGNORECASE)
"""Whatever holds none of these is not looked at any closer."""
_SORT = "(经理|主管|领导|调度|客服|工程师|师傅|人员|同事)?"
_ROLES = {"经理": Role.MANAGER, "主管": Role.MANAGER, "领导": Role.MANAGER, "调度": Role.AGENT, "客服": Role.AGENT}
_TO_DUTY = re.compile(
    rf"(?:[@＠]\s*值班{_SORT}的?[\s:：,，]*|值班{_SORT}[\s:：,，]+|[@＠]on[ -]?duty\s+)(.+)", re.DOTALL
)
_CALLED_LAST = re.compile(rf"(.+?)[\s,，]*[@＠]\s*值班{_SORT}", re.DOTALL)
_TO_ROSTER = re.compile(r"[@＠](\S+?)[\s:：,，]+(.+)", re.DOTALL)
_ASKS_WHO = re.compile(r"(?:的)?(?:人)?(?:是|有)?(?:谁|哪位|哪个|哪些|什么人|表|电话|名单|安排).{0,6}")


def roster_asked(heard: Heard) -> str | None:
    """Do what is said about duty; None if nothing is. Raises Refused, in words that name the next step."""
    text = heard.text.strip()
    if not _SPEAKS_OF_DUTY.search(text):
        return None
    return _passed_on(heard, text) or swap_spoken_of(heard, text) or roster_changed(heard, text)


def _passed_on(heard: Heard, text: str) -> str | None:
    """@值班 …, 值班 …, @夜班组 …: the words go to whoever is on duty, and the answer says to whom."""
    turn, entity = heard.turn, heard.person.entity
    if said := _to_duty(text):
        sort, words = said
        if _ASKS_WHO.fullmatch(words) or not named_in(heard, words)[1].strip():
            return on_call(heard)
        role = _ROLES.get(sort, Role.ENGINEER)
        by = [one for one in standing(turn, entity, turn.now) if one.roster.role == role]
        return _pass_on(heard, words, on_duty(turn, entity, role), by)
    if found := _TO_ROSTER.fullmatch(text):
        called = [one for one in standing(turn, entity, turn.now) if found[1] in (one.roster.name, one.roster.team)]
        if called:
            return _pass_on(heard, found[2].strip(), [person for one in called for person in one.people], called)
    return None


def _to_duty(text: str) -> tuple[str, str] | None:
    """Whom somebody calls, and what he says to him; he may call first or last."""
    if found := _TO_DUTY.fullmatch(text):
        return found[1] or found[2] or "", found[3].strip()
    if found := _CALLED_LAST.fullmatch(text):
        return found[2] or "", found[1].strip()
    return None


def _pass_on(heard: Heard, words: str, people: list[Person], by: list[Standing]) -> str:
    turn, speaker = heard.turn, heard.person
    fallback = fallback_owner(turn, speaker.entity)
    there = [person for person in people if person.id != speaker.id]
    there = there or [person for person in [fallback] if person is not None and person.id != speaker.id]
    if not there:
        heard.answer("error_hint", "roster.passed_on_to_nobody")
        return "nobody on duty"
    for person in there:
        text = turn.house.wording.text(person.lang, "roster.asks", name=speaker.name or "", words=words)
        tell(turn, person, Say("relay", text), urgent=True)
    told = [person.id for person in there]
    rosters = "、".join(one.roster.name for one in by if any(person.id in told for person in one.people))
    key = "roster.passed_on" if rosters else "roster.passed_on_plain"
    heard.answer("action_done", key, names=names(turn, told), roster=rosters)
    return "passed on to duty"
