"""我的信息: a customer hears what the desk keeps of him; 导出我的信息 brings a copy, 删除我的信息 has it erased after a clear yes."""

from __future__ import annotations

from core.conversations.saying import answer
from core.privacy import exporting, requesting
from core.privacy.erasing import unfinished
from core.privacy.informing import house, must_be_informed, note_informed
from core.words import DAY
from dialogue.choosing import is_young
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import answers

SLOT = "erase_own"
"""The question whether he really wants it erased."""


def hear(heard: Heard, meant: Understanding) -> str | None:
    """What he wants with his own data; None if this is about something else."""
    wanted = answers(heard.text, "own_data")
    if wanted is not None and heard.message.room.group:
        heard.answer("hint", "privacy.alone")
        return "own data asked in a group"
    if wanted is not None:
        return {"about": _tell, "export": _export, "erase": _ask_for_yes}[wanted](heard)
    return _decided(heard, meant)


def _tell(heard: Heard) -> str:
    policy = heard.turn.house.policies.privacy
    if must_be_informed(heard.turn, heard.person):
        note_informed(heard.turn, heard.person)
    text = heard.say("privacy.about", house=house(heard.turn, heard.lang), kept=_terms(heard))
    more = f"\n{heard.say('privacy.notice_more', url=policy.notice_url).strip()}" if policy.notice_url else ""
    answer(heard.turn, heard.talk, "privacy", text + more)
    return "told what is kept of him"


def _terms(heard: Heard) -> str:
    """How long each class that concerns him is kept."""
    terms = heard.turn.house.policies.privacy.terms
    classes = {"messages": terms.messages, "words": terms.words, "media": terms.media, "reports": terms.reports}
    said = [heard.say(f"privacy.kept.{name}", term=_term(heard, span)) for name, span in classes.items()]
    return heard.say("privacy.kept.and").join(said)


def _term(heard: Heard, span: int) -> str:
    return heard.say("privacy.kept.days", days=span // DAY) if span else heard.say("privacy.kept.always")


def _export(heard: Heard) -> str:
    request = requesting.ask(heard.turn, heard.person, requesting.EXPORT, str(heard.message.room))
    exporting.order(heard.turn, request)
    heard.answer("privacy", "privacy.exporting")
    return "own data ordered"


def _ask_for_yes(heard: Heard) -> str:
    waiting = unfinished(heard.turn, heard.person)
    if waiting:
        heard.answer("privacy", "privacy.open_first", numbers="、".join(ticket.number for ticket in waiting))
        return "asked to be erased, tickets are open"
    heard.talk.question = {"slot": SLOT, "at": heard.turn.now}
    reports = _term(heard, heard.turn.house.policies.privacy.terms.reports)
    heard.answer("ask_confirm", "privacy.erase_sure", reports=reports)
    return "asked for a yes to be erased"


def _decided(heard: Heard, meant: Understanding) -> str | None:
    question = heard.talk.question
    if not question or question["slot"] != SLOT or not is_young(heard, question["at"]):
        return None
    yes = heard.mind.expect("yes_no", heard.text, heard.message.at)
    if yes is None and meant.decision == "accept":
        yes = {"confirm": True, "deny": False}.get(meant.intent)
    if yes is None:
        return None
    heard.talk.question = None
    if not yes:
        heard.answer("privacy", "privacy.erase_kept")
        return "not to be erased"
    request = requesting.ask(heard.turn, heard.person, requesting.ERASE, str(heard.message.room))
    requesting.tell_managers(heard.turn, request, heard.person)
    due = heard.turn.house.wording.day(heard.lang, request.due_at, heard.turn.now, heard.turn.house.zone)
    heard.answer("privacy", "privacy.erase_asked", number=requesting.number_of(request), due=due)
    return "to be erased"
