"""Colleagues swap shifts in chat: 周六我和赵工换班, 换班 赵工 周六, 周六赵工替我; the other presses a button or says 同意换班."""

from __future__ import annotations

import re

from core.conversations.saying import tell
from core.people.duty import in_role
from core.people.model import Person, Role
from core.people.naming import colleague
from core.refused import Refused
from core.rosters.asking import rosters_of
from core.rosters.model import Roster, Swap
from core.rosters.swapping import Exchange, agree, propose, refuse, waiting_for
from core.rosters.telling import from_to
from core.words import Button, Say
from dialogue.heard import Heard
from dialogue.staff.duty_time import named_in
from dialogue.staff.on_call import roster_named, shifts_then
from dialogue.vocabulary import answers

SWAP = "swap"
"""What the tokens of its buttons begin with."""
_NAME = r"[^\s,，。！!?？、:：@我]{1,12}?"
_BOTH = (
    re.compile(rf"我?(?:想|要|可以|能不能)?(?:和|跟|与|同|找)(?P<who>{_NAME})(?:对?换|对?调)(?:个|一下|一个)?班"),
    re.compile(rf"(?:换班|调班)(?:给|和|跟)?(?P<who>{_NAME})"),
    re.compile(r"swap(?: shifts?)? with (?P<who>\w+)", re.IGNORECASE),
)
_GIVE = (re.compile(rf"(?:请|让)?(?P<who>{_NAME})来?(?:替|顶|代)我?(?:值班|的班|顶班|值)?"),)
_TAKE = (re.compile(rf"我来?(?:替|顶|代)(?P<who>{_NAME})(?:值班|的班|顶班|值)?"),)
_FORMS = {Exchange.SWAP: _BOTH, Exchange.GIVE: _GIVE, Exchange.TAKE: _TAKE}
_SPOKEN_OF = re.compile(r"[换调].{0,2}班|[替顶代]我|我来?[替顶代]|swap", re.IGNORECASE)
_ENDS = " 。.!！~，,吗吧?？"


def swap_spoken_of(heard: Heard, text: str) -> str | None:
    """Propose a swap, or answer one in words; None if it is not about that. Raises Refused."""
    said = answers(text, SWAP)
    if said is not None:
        swap = waiting_for(heard.turn, heard.person)
        if swap is not None:
            return _answer(heard, swap.id, said)
        if said in ("agree", "refuse"):
            raise Refused("no_swap")
        return None
    return _propose(heard, text)


def swap_pressed(heard: Heard, token: str) -> str:
    """A button of a proposal: swap:agree:17. Raises Refused: swap_over."""
    _, said, number = token.split(":")
    return _answer(heard, int(number), said)


def _propose(heard: Heard, text: str) -> str | None:
    if not _SPOKEN_OF.search(text):
        return None
    rosters = rosters_of(heard.turn, heard.person.entity)
    chosen, rest = roster_named(rosters, text)
    named, rest = named_in(heard, rest)
    exchange, called = _exchange(rest)
    if exchange is None or not rosters or (exchange == Exchange.TAKE and heard.person.role == Role.MANAGER):
        return None
    if named is None:
        if exchange != Exchange.SWAP:
            return None
        raise Refused("when_unclear")
    other = colleague(heard.turn, heard.person.entity, called)
    spoken_of = [
        (roster, shift) for roster in ([chosen] if chosen else rosters) for shift in shifts_then(heard, roster, named)
    ]
    try:
        swap = propose(heard.turn, heard.person, other, spoken_of, exchange)
    except Refused as refused:
        raise Refused(refused.key, when=named.text, **refused.facts) from None
    _ask(heard, swap, other)
    text = "\n".join(_lines(heard, swap, heard.lang))
    heard.answer("action_done", "roster.swap_asked", name=other.name or "", lines=text)
    return "asked to swap"


def _exchange(rest: str) -> tuple[Exchange | None, str]:
    rest = rest.strip(_ENDS)
    rest = " ".join(rest.split()) if rest.isascii() else re.sub(r"\s+", "", rest)
    for exchange, forms in _FORMS.items():
        for form in forms:
            if (found := form.fullmatch(rest)) and (exchange != Exchange.GIVE or "我" in rest):
                return exchange, found["who"]
    return None, ""


def _ask(heard: Heard, swap: Swap, other: Person) -> None:
    words, lang = heard.turn.house.wording, other.lang
    lines = "\n".join(_lines(heard, swap, lang))
    buttons = tuple(
        Button(words.text(lang, f"roster.swap_{said}"), f"{SWAP}:{said}:{swap.id}") for said in ("agree", "refuse")
    )
    text = words.text(lang, "roster.swap_ask", name=heard.person.name or "", lines=lines)
    tell(heard.turn, other, Say("roster_swap", text, buttons=buttons))


def _answer(heard: Heard, number: int, said: str) -> str:
    turn, he = heard.turn, heard.person
    swap = agree(turn, number, he) if said.startswith("agree") else refuse(turn, number, he)
    asker = turn.get(Person, swap.asker_id)
    if said.startswith("refuse"):
        heard.answer("action_done", "roster.swap_kept", name=(asker.name if asker else "") or "")
        if asker is not None:
            text = turn.house.wording.text(asker.lang, "roster.swap_refused", name=he.name or "")
            tell(turn, asker, Say("roster_swap", text))
        return "refused to swap"
    heard.answer("action_done", "roster.swap_done", lines="\n".join(_lines(heard, swap, heard.lang)))
    others = [asker, *in_role(turn, he.entity, Role.MANAGER)]
    for person in {one.id: one for one in others if one is not None and one.id != he.id}.values():
        lines = "\n".join(_lines(heard, swap, person.lang))
        text = turn.house.wording.text(person.lang, "roster.swap_done", lines=lines)
        tell(turn, person, Say("roster_swap", text))
    return "swapped"


def _lines(heard: Heard, swap: Swap, lang: str) -> list[str]:
    turn, lines = heard.turn, []
    for row in swap.changes:
        roster, taker, giver = (
            turn.get(Roster, row["roster"]), turn.get(Person, row["person"]), turn.get(Person, row["instead_of"])
        )  # fmt: skip
        lines.append(
            turn.house.wording.text(
                lang,
                "roster.swap_line",
                person=taker.name if taker else "",
                instead=giver.name if giver else "",
                roster=roster.name if roster else "",
                when=from_to(turn, lang, row["starts"], row["ends"]),
            )
        )
    return lines
