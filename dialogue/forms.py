"""A form in a chat, whoever is asked: the next question, what an answer says, and what is told of his own accord (S77)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.conversations.model import Conversation
from core.forms import filling
from core.forms.choosing import filling_of, form_of
from core.forms.conditions import Values
from core.forms.definition import FILES, Asked, Field, Form, Sort, shown
from core.forms.reading import Misfit, Reading, accepted, day_in_limits, named, read, tidy
from core.forms.showing import written
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.tickets.views import sees
from core.wording import local
from core.words import Button, Media, Room
from dialogue.choosing import is_young
from dialogue.days import day_in
from dialogue.heard import Heard
from dialogue.understanding.mind import Mind
from dialogue.vocabulary import bare, says, vocabulary

SLOT = "form"
"""How an open question of a form is called in the conversation."""
TOKEN = "form:"
"""Token of a choice: form:TICKET:FIELD:OPTION. The option is `-` for passing over."""
SKIP, YES, NO = "-", "y", "n"
MOST_CHOICES = 9
"""Options that are offered as buttons; more are written out."""
LONGEST_REST = 4
"""Characters (Chinese) or words beside an answer that say nothing else: 大概, 左右, it shows."""

_CLAUSE = re.compile(r"[，,。；;\n]+|(?:\s(?:and|then)\s)")
_DENIED = re.compile(r"(?:而)?(?:不是|并非|not(?: the)?)\s*(?P<what>[^，,。；;\s]{1,20})")
_FILLER = re.compile(
    r"\b(?:is|was|it|the|about|around|on|at|to|of|but)\b|[是的了在为有约大概左右应该就吧呢啊：:=。，, ]|现在|到了|改成|改为|换过|换的|上次|最后"
)
_SAID = re.compile(r"[\u3400-\u9fff]|[a-z0-9]+")
_TAIL = re.compile(r"(?:值|日期|时间|情况|类型|编号|number|date|value)$")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form, ready to be said. `by_number`: a typed number is the answer itself, not a choice in a menu."""

    field: str
    text: str
    buttons: tuple[Button, ...] = ()
    by_number: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """What was asked last and still waits for an answer."""

    ticket: Ticket
    form: Form
    field: Field


# ---- asking


def next_question(turn: Turn, talk: Conversation, ticket: Ticket, of: Asked) -> Question | None:
    """The next thing that the form asks of them, remembered as asked; None if there is none, or enough for this sitting."""
    form = form_of(turn, ticket)
    begun = filling_of(turn, ticket) if form else None
    policy = turn.house.policies.conversation
    resting = begun is not None and turn.now - (begun.sitting_at or 0) > policy.question
    if form is None or (begun is not None and not resting and begun.sitting >= policy.form_questions):
        return None
    fields = filling.open_fields(turn, ticket, form, of)
    if not fields:
        return None
    person = turn.get(Person, talk.person_id)
    filling.asked(turn, ticket, form, fields[0].id, of, person)
    talk.question = {"slot": SLOT, "ticket": ticket.id, "field": fields[0].id, "at": turn.now}
    return _worded(turn, talk, ticket, fields[0])


def still_open(turn: Turn, talk: Conversation) -> bool:
    """Whether a question of a form was put so lately that another one would come too soon."""
    question, policy = talk.question, turn.house.policies.conversation
    return bool(question) and question["slot"] == SLOT and turn.now - question["at"] <= policy.burst_window  # type: ignore[index]


def opened(heard: Heard) -> Open | None:
    """The question of a form that waits for an answer; None if it is too old or was answered elsewhere."""
    question = heard.talk.question
    if not question or question["slot"] != SLOT or not is_young(heard, question["at"]):
        return None
    ticket = heard.turn.get(Ticket, question["ticket"], lock=True)
    form = form_of(heard.turn, ticket) if ticket is not None else None
    field = form.field(question["field"]) if form else None
    return Open(ticket, form, field) if ticket is not None and form and field else None


def shown_menu(talk: Conversation, question: Question) -> None:
    """A typed number is the answer itself: no menu, of this question or an earlier one, may take it for a choice."""
    if question.by_number:
        talk.menu = None


def hint(turn: Turn, talk: Conversation, one: Field, misfit: Misfit) -> str:
    """Why an answer does not fit, with an example of one that does."""
    words, lang = turn.house.wording, talk.lang
    facts = {"label": one.label.to(lang), "accepts": "、".join(one.accepts), **misfit.facts}
    why = words.text(lang, f"form.misfit.{misfit.key}", **facts)
    options = "、".join(option.label.to(lang) for option in one.options)
    plain = words.text(lang, f"form.example.{one.sort}", unit=one.unit or "", options=options, accepts=facts["accepts"])
    return _side_by_side(lang, why, one.example.to(lang) if one.example else plain, words.text(lang, "form.may_skip"))


def _side_by_side(lang: str, *sentences: str) -> str:
    return (" " if lang == "en" else "").join(sentences)


def noted(heard: Heard, ticket: Ticket, form: Form, names: tuple[str, ...]) -> str:
    """What was put down, read back to whoever may see it."""
    answers, lang = filling.answers_of(heard.turn, ticket), heard.lang
    told = [
        heard.say("form.pair", label=one.label.to(lang), value=written(heard.turn, one, answers[one.id], lang))
        for one in shown(form, answers)
        if one.id in names and answers.get(one.id)
    ]
    return heard.say("form.noted", number=ticket.number, told=(", " if lang == "en" else "、").join(told))


def left_open(heard: Heard) -> list[Open]:
    """What was asked about the ticket spoken of, however long ago, and has no answer yet; the latest first."""
    last = heard.talk.last_ticket
    ticket = heard.turn.get(Ticket, last, lock=True) if last else None
    form = form_of(heard.turn, ticket) if ticket is not None else None
    begun = filling_of(heard.turn, ticket) if ticket is not None else None
    if ticket is None or form is None or begun is None:
        return []
    answers = filling.answers_of(heard.turn, ticket)
    open_still = {name for name in begun.asked if name not in begun.passed and not answers.get(name)}
    fields = [form.field(name) for name in reversed(begun.asked) if name in open_still]
    return [Open(ticket, form, field) for field in fields if field is not None]


def _worded(turn: Turn, talk: Conversation, ticket: Ticket, one: Field) -> Question:
    words, lang = turn.house.wording, talk.lang
    label = one.label.to(lang)
    unit = words.text(lang, "form.unit", unit=one.unit) if one.unit else ""
    text = one.question.to(lang) if one.question else words.text(lang, f"form.ask.{one.sort}", label=label, unit=unit)
    room = turn.house.cans[Room.of(talk.room).channel].buttons
    choices = _choices(turn, lang, one)
    skip = (words.text(lang, "form.skip"), SKIP)
    if one.sort == Sort.SLIDER:
        scale = words.text(lang, "form.scale", least=one.steps[0], most=one.steps[-1], ends=_ends(turn, one, lang))
        choices = choices if len(choices) < room else []
        text = f"{text}\n{scale}"
    elif one.many or len(choices) > MOST_CHOICES:
        listed = "\n".join(f"{number} {label}" for number, (label, _) in enumerate(choices, 1))
        text, choices = f"{text}\n{listed}", []
    buttons = tuple(
        Button(label, f"{TOKEN}{ticket.id}:{one.id}:{chosen}") for label, chosen in [*choices, skip] if choices
    )
    if not buttons:
        text = _side_by_side(lang, text, words.text(lang, "form.may_skip"))
    return Question(one.id, text, buttons, by_number=one.sort == Sort.SLIDER or not buttons)


def _choices(turn: Turn, lang: str, one: Field) -> list[tuple[str, str]]:
    if one.sort == Sort.CHOICE:
        return [(option.label.to(lang), option.id) for option in one.options]
    if one.sort == Sort.YES_NO:
        words = turn.house.wording
        return [(words.text(lang, "yes_no.yes"), YES), (words.text(lang, "yes_no.no"), NO)]
    return [(str(step), str(step)) for step in one.steps] if one.sort == Sort.SLIDER else []


def _ends(turn: Turn, one: Field, lang: str) -> str:
    if one.low is None or one.high is None:
        return ""
    facts = {"least": one.steps[0], "low": one.low.to(lang), "most": one.steps[-1], "high": one.high.to(lang)}
    return turn.house.wording.text(lang, "form.ends", **facts)


def pressed(one: Field, chosen: str) -> Values:
    """What a button stands for; nothing if it is none of the field's."""
    if one.sort == Sort.CHOICE and one.option(chosen) is not None:
        return (chosen,)
    if one.sort == Sort.YES_NO and chosen in (YES, NO):
        return (chosen == YES,)
    if one.sort == Sort.SLIDER and chosen.isdecimal() and int(chosen[:4]) in one.steps:
        return (int(chosen[:4]),)
    return ()


def suits(one: Field, kind: str, media: Sequence[Media]) -> bool:
    """Whether what was sent may be the answer: files of the right kind, or photos. Some platforms do not tell a file's name."""
    photo = one.sort == Sort.PHOTO and not one.accepts and kind == "image"
    wanted = one.sort in FILES and kind in ("image", "file") and bool(media)
    unnamed = kind == "file" and one.sort == Sort.FILE
    return wanted and all(
        photo or (unnamed and file.name is None) or accepted(one, file.name, file.mime) for file in media
    )


# ---- understanding


def is_passed(one: Field, text: str) -> bool:
    """Whether he would rather not say: 跳过, 不知道, skip."""
    said = bare(text).rstrip("了啊呢吧的哦")
    return said in vocabulary("pass_over") or (said in vocabulary("none_there") and one.sort != Sort.YES_NO)


def understood(heard: Heard, one: Field, text: str, *, asked: bool) -> Reading:
    """The answer that a text gives to a field; with `asked`, numbers may choose from what was listed. Raises Misfit."""
    said = _DENIED.sub(" ", tidy(text))
    today = local(heard.turn.now, heard.turn.house.zone)
    if one.sort == Sort.CHOICE and asked and (numbers := _numbers(said, one)):
        return Reading(numbers)
    if one.sort == Sort.DATE and (found := day_in(said, _naive(today), behind=one.most is not None and one.most <= 0)):
        return Reading((day_in_limits(one, found[0], today.date()),), found[1])
    if one.sort == Sort.YES_NO and (yes := _yes_no(heard.mind, said, heard.message.at)) is not None:
        return Reading((yes,))
    return read(one, text if one.sort == Sort.TEXT else said, today.date())


def is_answer(one: Field, reading: Reading) -> bool:
    """Whether it is the answer, and not a number that happens to stand in other words: 两台机器都这样."""
    return not (reading.bare and says_more(one, reading))


def says_more(one: Field, reading: Reading) -> bool:
    """Whether the words beside the answer say something else."""
    rest = reading.rest
    for name in aliases(one):
        rest = rest.replace(name, "")
    return _is_more(rest)


def _is_more(rest: str) -> bool:
    return len(_SAID.findall(_FILLER.sub("", rest))) > LONGEST_REST


def volunteered(heard: Heard, ticket: Ticket, form: Form, text: str) -> tuple[dict[str, Values], bool]:
    """What a message says of fields that it names itself (油压是 14 不是 16), and whether it says more than that."""
    found: dict[str, Values] = {}
    more, denied = False, [match["what"] for match in _DENIED.finditer(tidy(text))]
    answers = filling.answers_of(heard.turn, ticket)
    fields = [one for one in shown(form, answers) if one.sort not in FILES and sees(ticket, heard.person, one.seen_by)]
    for clause in filter(None, (part.strip() for part in _CLAUSE.split(_DENIED.sub(" ", tidy(text))))):
        one = _named(fields, clause) or _instead(fields, clause, denied, answers)
        try:
            reading = (
                understood(heard, one, _without(one, clause), asked=False) if one and one.sort != Sort.TEXT else None
            )
        except Misfit:
            reading = None
        if one is None or reading is None:
            more = more or _is_more(clause)
            continue
        found[one.id] = reading.values
        more = more or says_more(one, reading)
    return found, more


def clauses(text: str) -> list[str]:
    """The parts of a message that may each tell one thing."""
    return [part for clause in _CLAUSE.split(tidy(text)) if (part := clause.strip())]


def with_unit(one: Field, lang: str) -> str:
    """油压值（MPa）."""
    return one.label.to(lang) + (f" ({one.unit})" if one.unit else "")


def aliases(one: Field) -> list[str]:
    """What people call a field, the longest first: 油压值, 油压."""
    names = [tidy(name) for name in one.names]
    return sorted(
        {*names, *(short for name in names if len(short := _TAIL.sub("", name).strip()) > 1)}, key=len, reverse=True
    )


def _named(fields: list[Field], clause: str) -> Field | None:
    """The field whose longest name stands in the clause."""
    hits = [(len(name), one) for one in fields for name in aliases(one) if name in clause]
    return max(hits, key=lambda hit: hit[0])[1] if hits else None


def _instead(fields: list[Field], clause: str, denied: list[str], answers: dict[str, Values]) -> Field | None:
    """The field whose answer he has just denied, if the clause names another option of it: 不是铸造，是机加工."""
    for one in fields:
        before = [one.option(value) for value in answers.get(one.id, ())] if one.sort == Sort.CHOICE else []
        wrong = any(option and option in named(one, what) for option in before for what in denied)
        if wrong and len(named(one, clause)) == 1:
            return one
    return None


def _without(one: Field, clause: str) -> str:
    if one.sort == Sort.CHOICE:
        return clause
    for name in aliases(one):
        if name in clause:
            return clause.replace(name, " ", 1)
    return clause


def _numbers(said: str, one: Field) -> Values:
    """Options chosen by their numbers: 2, or 1和3 of a choice of many."""
    rest = re.sub(r"[0-9]{1,2}|[、,，和与跟及选第个项\s.。)）]|and", "", said)
    picked = [int(number) for number in re.findall(r"[0-9]{1,2}", said)]
    if rest or not picked or (len(picked) > 1 and not one.many) or not all(1 <= n <= len(one.options) for n in picked):
        return ()
    return tuple(one.options[number - 1].id for number in dict.fromkeys(picked))


def _yes_no(mind: Mind, said: str, at: int) -> bool | None:
    if says(said, "has_not"):
        return False
    return mind.expect("yes_no", said, at)


def _naive(local_time: datetime) -> datetime:
    return local_time.replace(tzinfo=None)
