"""A menu was shown: the number typed for one of its choices (2, ２., 选2, 第二个), while the menu is young."""

from __future__ import annotations

from dialogue.heard import Heard


def chosen(heard: Heard, *, late: bool = False) -> str | None:
    """The token behind a typed number, if a menu is open and has that many choices; `late` looks at one of long ago too, after
    which nothing else was asked."""
    talk = heard.talk
    if not talk.menu or not heard.text or not (late or is_young(heard, talk.menu_at)):
        return None
    if late and talk.question and talk.question["at"] > (talk.menu_at or 0):
        return None
    number = _number(heard, in_words=not late)
    return talk.menu[number - 1][1] if 1 <= number <= len(talk.menu) else None


def _number(heard: Heard, *, in_words: bool) -> int:
    """The number that he typed, or says as one chooses; 0 if it is none."""
    typed = heard.text.strip().rstrip(".。、)）")
    if typed.isdecimal():
        return int(typed) if len(typed) < 3 else 0
    return heard.mind.expect("choice", heard.text, heard.message.at) or 0 if in_words else 0


def is_young(heard: Heard, asked_at: int | None) -> bool:
    """Whether what was asked or shown then may still be answered."""
    return heard.turn.now - (asked_at or 0) <= heard.turn.house.policies.conversation.question
