"""Command words of staff, as the lexicon lists them under `staff`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dialogue.understanding.exact.names import Names
from dialogue.understanding.lexicon import BadLexicon, Lexicon
from dialogue.understanding.phrases import one_of, pattern
from dialogue.understanding.words import ACTIONS

_PARTICLE = "[啦了哈呀咯嘞呢的哒滴嗷啊喽]"
_CALLED = "(?:谢谢|多谢|感谢|辛苦了?)?(?:[\u4e00-\u9fff]?(?:经理|领导|老板|师傅|主任|哥|姐|总|工)|各位|大家|thanks|thx|sir|boss)?"
"""Whom a bare "heard" may be said to."""
_FILLERS = (
    r"(?:[ ,，.。:：、~!！@]|我们|我这边|我这|我现在|我先|我已|我|俺|咱|先|请|麻烦|帮我|帮忙|帮|把|这单|这个单|这张单|这个|那单|"
    r"那个单|那个|那张单|该单|此单|工单|单子|给我|可以|现在|已经|好的|收到|嗯|行|刚|刚刚|ok|okay|please|pls|hi|"
    r"this one|this ticket|that one|that ticket|ticket|the|号单|号|单|的)*"
)


@dataclass(frozen=True)
class Command:
    """One action and the words for it."""

    action: str
    lead: re.Pattern[str]
    says: re.Pattern[str]
    unless: re.Pattern[str]


@dataclass(frozen=True)
class Commands:
    """All commands; words that are work, and words that are chatter."""

    of: dict[str, Command]
    heard: frozenset[str]
    several: re.Pattern[str]
    work: Names
    chatter: Names

    @classmethod
    def read(cls, lexicon: Lexicon) -> Commands:
        """From the lexicon. Raises BadLexicon for an action that nobody knows."""
        table: dict[str, dict[str, Any]] = lexicon.entries.get("staff", {})
        unknown = set(table) - set(ACTIONS)
        if unknown:
            raise BadLexicon(f"staff: no such action: {', '.join(sorted(unknown))}")
        commands = {action: _command(action, words) for action, words in table.items()}
        heard = frozenset(_bare(word) for word in map(str, table.get("ack_only", {}).get("lead", ())))
        longer = sorted((word for word in heard if len(word) > 1 and not word.isdigit()), key=len, reverse=True)
        words = "|".join(map(re.escape, longer))
        several = re.compile(f"1?(?:(?:{words}){_PARTICLE}?){{1,6}}{_CALLED}?") if longer else re.compile("(?!)")
        return cls(commands, heard, several, Names(lexicon.words("work_words")), Names(lexicon.words("chatter")))

    def is_heard(self, text: str) -> bool:
        """Whether the text is a bare "heard" (收到, 好的👌, 1): it never counts as a response (S6, S12)."""
        bare = _bare(text)
        return (
            bare in self.heard
            or bool(self.several.fullmatch(bare))
            or bool(re.fullmatch(r"(?:\[[^\[\]\n]{1,6}\]|[👍👌🙏💪✅👏🆗😊🫡🤝🏻🏼🏽🏾🏿]|\s)+", text))
        )


def _command(action: str, words: dict[str, Any]) -> Command:
    lead = "|".join(pattern(str(word)) for word in sorted(map(str, words.get("lead", ())), key=len, reverse=True))
    return Command(
        action,
        re.compile(rf"{_FILLERS}(?P<lead>{lead or '(?!)'})"),
        one_of(map(str, words.get("says", ()))),
        one_of(map(str, words.get("unless", ()))),
    )


def _bare(text: str) -> str:
    """Letters, digits and characters only, of a text whose words may be run together."""
    bare = re.sub(r"\[[^\[\]\n]{1,6}\]", "", text.lower())
    return re.sub(r"[^\w]|[_ー～]", "", bare)
