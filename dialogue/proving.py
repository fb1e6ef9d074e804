"""Strangers prove who they are, and customers that they are somebody whom the desk knows (S5b, S8, S36)."""

from __future__ import annotations

import re
from dataclasses import replace

from core.conversations.saying import tell
from core.people.dialling import SMS
from core.people.duty import in_role
from core.people.linking import looks_like_code, redeem
from core.people.model import Person, Role
from core.people.phones import dialled, phone_number
from core.people.proving import (
    CODE_DIGITS,
    CODE_LASTS,
    by_directory,
    by_number,
    came_to_be,
    claim,
    confirm,
    has_claim,
    may_alarm,
    may_guess,
    prove,
)
from core.refused import Refused
from core.store.outgoing import post
from core.store.turn import Turn
from core.wording import language_of
from core.words import MINUTE, Inbound, Room, Say

_CLAIM = re.compile(
    r"(?:我要)?(?:绑定|验证|认证)(?:一下)?(?:我的)?(?:手机号码?|手机|电话|号码)?[:：是\s]*(?P<number>\+?[\d\s-]{7,20})"
    r"|(?:bind|verify|link)\s+(?:my\s+)?(?:phone\s+)?(?:number\s+)?(?P<english>\+?[\d\s-]{7,20})",
    re.IGNORECASE,
)
"""How somebody says that a number is his, and that he wants to prove it: a number alone may be that of a contact on site."""


def proven(turn: Turn, message: Inbound, person: Person | None, *, staff_only: bool) -> Person | str | None:
    """Whom this message proves its speaker to be; or, once he has been answered, what came of it; None if it proves nothing.
    `person` is the customer for whom he is taken so far."""
    if message.room.channel in turn.house.accounts:
        return None
    try:
        if person is None and message.who.proven and (member := by_directory(turn, message)) is not None:
            prove(turn, _in_his_own_chat(message), member, "directory")
            return member
        return None if message.room.group else _by_himself(turn, message, person, staff_only)
    except Refused as refused:
        if refused.key == "link_taken":
            _report_shared_account(turn, message, refused)
        if message.called or not message.room.group:
            lang = person.lang if person else "zh"
            _say(turn, message, lang, "error_hint", f"refused.{refused.key}", **refused.facts)
        return refused.key


def may_claim(turn: Turn) -> bool:
    """Whether codes can be sent by SMS."""
    return SMS in turn.house.accounts


def _in_his_own_chat(message: Inbound) -> Inbound:
    """The same in his own chat with the desk, where he is reached from now on, if it was said in a group."""
    room = message.room
    return replace(message, room=Room(room.channel, room.account, message.who.id)) if room.group else message


def _by_himself(turn: Turn, message: Inbound, person: Person | None, staff_only: bool) -> Person | str | None:
    """By his own number, which the platform tells, or by a code. Raises Refused."""
    if message.who.phone is not None:
        return _by_own_number(turn, message, message.who.phone, person, staff_only)
    if message.kind != "text":
        return None
    if looks_like_code(message.text):
        return _by_code(turn, message, person, staff_only)
    if may_claim(turn) and has_claim(turn, message):
        known = confirm(turn, message)
        prove(turn, message, known, "sms")
        return _welcome(turn, message, known)
    number = _claimed(message.text, bare=staff_only)
    if number is None or not may_claim(turn):
        return None
    lang = person.lang if person else language_of(message.text) or "zh"
    if not claim(turn, message, number, staff_only=staff_only):
        return _say(turn, message, lang, "error_hint", "proof.too_often")
    facts = {"minutes": CODE_LASTS // MINUTE, "digits": CODE_DIGITS}
    return _say(turn, message, lang, "ask_info", "proof.code_sent", **facts)


def _by_own_number(
    turn: Turn, message: Inbound, phone: str, person: Person | None, staff_only: bool
) -> Person | str | None:
    """A shared contact of one's own proves a member of the staff; a number that merely comes along, a customer only."""
    shared = message.kind == "contact"
    known = by_number(turn, phone, staff=shared, customers=not staff_only)
    if known is None or (person is not None and known.id == person.id):
        if person is not None:
            person.phone = person.phone or phone_number(phone)
        return None
    prove(turn, message, known, "contact")
    return _welcome(turn, message, known) if shared else known


def _by_code(turn: Turn, message: Inbound, person: Person | None, staff_only: bool) -> str | None:
    """A one-time code that an administrator has handed out. Among customers, what is none is only a word."""
    try:
        if not may_guess(turn, message):
            raise Refused("link_code_wrong")
        known = redeem(turn, message)
    except Refused as refused:
        if refused.key == "link_code_wrong" and not staff_only:
            return None
        raise
    if person is not None:
        came_to_be(turn, message, person, known)
    return _welcome(turn, message, known)


def _report_shared_account(turn: Turn, message: Inbound, refused: Refused) -> None:
    """Two chats on one account: it is on record, and managers hear of it, once a day (S36)."""
    if not may_alarm(turn, message):
        return
    entity, owner = turn.house.policies.entity, refused.facts["person"]
    who = {"identity": message.who.id, "name": message.who.name}
    data = {"channel": message.room.channel}
    turn.record("person.link_refused", entity=entity, stream=f"person:{owner}", data=data, private=who)
    for manager in in_role(turn, entity, Role.MANAGER):
        text = turn.house.wording.text(manager.lang, "staff.shared_account", **refused.facts)
        tell(turn, manager, Say("shared_account", text))


def _claimed(text: str, *, bare: bool) -> str | None:
    """The number that somebody says is his, if it can be written to; `bare`: also where he says nothing else."""
    said = _CLAIM.fullmatch(text.strip())
    number = (said["number"] or said["english"]) if said else text if bare else ""
    known = phone_number(number)
    return known if known is not None and dialled(known) is not None else None


def _welcome(turn: Turn, message: Inbound, person: Person) -> str:
    key = "staff.bound" if person.is_staff else "proof.bound"
    _say(turn, message, person.lang, "action_done", key, name=person.name or "")
    return "bound"


def _say(turn: Turn, message: Inbound, lang: str, purpose: str, key: str, **facts: object) -> str:
    post(turn, message.room, Say(purpose, turn.house.wording.text(lang, key, **facts)))
    return key.rpartition(".")[2]
