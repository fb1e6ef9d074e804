"""Why it broke and what was done, found apart in an engineer's summary: in his words, nothing is added (原因、处理措施, S66)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEAST = 2
"""Characters of a cause; less is a slip of the keyboard."""
_MARKED = re.compile(
    r"""(?:
        (?:经(?:检查|检测|排查)[，,]?)?(?:故障|根本|主要|损坏|报警)?原因(?:是|为|系|在于|[：:])+
        | ^是?(?:因为|由于)
        | \broot\ cause(?:\ was|\ is)?[:\ ] | \bcause(?:\ was|\ is)?[:\ ]
        | \bcaused\ by\b | \bdue\ to\b | \bbecause(?:\ of)?\b
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands before a cause."""
_LEADS = re.compile(r"导致|造成|引起|致使")
"""What stands between a cause and what came of it."""
_FOLLOWS = re.compile(r"^(?:所以|因此|从而|故|于是|现已|处理(?:措施|方法|过程|结果)?[：:])+")
_CLAUSE = re.compile(r"(?:[^，,。；;！!.\n]|\.(?!\s|$))+(?:[，,。；;！!\n]|\.(?=\s|$))*\s*")
_SENTENCE_END = "。；;！!.\n"
_EDGES = " ，,。；;、：:.\n"


@dataclass(frozen=True, slots=True)
class Found:
    """`cause` is "" where he names none; `actions` is all the rest, and all of it where the cause stands inside of another clause."""

    cause: str
    actions: str


def found_in(summary: str) -> Found:
    """The first cause that a summary names, and the rest of it."""
    clauses = _CLAUSE.findall(summary)
    for place, clause in enumerate(clauses):
        cause = _cause_in(clause)
        if cause is None:
            continue
        if not _is_all_of(clause, cause):
            return Found(cause, summary.strip(_EDGES))
        last = place
        if clause.rstrip()[-1:] not in _SENTENCE_END and place + 1 < len(clauses):
            following = clauses[place + 1].strip(_EDGES)
            if _LEADS.match(following):
                cause, last = f"{cause}，{following}", place + 1
        rest = "".join([*clauses[:place], *clauses[last + 1 :]]).strip(_EDGES)
        return Found(cause, _FOLLOWS.sub("", rest).strip(_EDGES))
    return Found("", summary.strip(_EDGES))


def _cause_in(clause: str) -> str | None:
    """The cause that this clause names, if it names one."""
    said = clause.strip(_EDGES)
    marked = _MARKED.search(said)
    if marked is not None:
        cause = said[marked.end() :].strip(_EDGES)
    else:
        leads = _LEADS.search(said)
        cause = said if leads is not None and leads.start() >= LEAST else ""
    return cause if len(cause) >= LEAST else None


def _is_all_of(clause: str, cause: str) -> bool:
    """Whether nothing stands before the cause but the word that announces it."""
    said = clause.strip(_EDGES)
    marked = _MARKED.search(said)
    return said == cause or (marked is not None and marked.start() == 0)
