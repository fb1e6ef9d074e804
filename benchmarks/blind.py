"""The test split that was written blind, and how an engine does on it: totals only, never a line. Parts of a line's answer that its
author doubted are left out."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.desk import CONFIG
from core.words import SECOND, Micros
from dialogue.understanding.mind import Mind
from dialogue.understanding.training_data import TrainingData
from dialogue.understanding.words import LIST_SLOTS, Context, Understanding

SPLIT = Path(__file__).parent.parent / "tests" / "understanding" / "data" / "blind"
ZONE = ZoneInfo("Asia/Shanghai")
SLOTS = (*LIST_SLOTS, "preferred_time", "emotion", "urgency")
IN_WORDS = frozenset({"device", "device_model", "fault_symptom", "address"})
"""Slots that are right if the wanted words stand in them, or they hold most of these."""
NOW = "2026-03-04T10:00"
"""When a line was said that does not tell."""

_BESIDE = re.compile(r"[\s,，。.、!！·]+")


@dataclass(frozen=True)
class Said:
    """A line of the split and what the engine made of it."""

    line: Mapping[str, Any]
    meant: Understanding

    @property
    def labels(self) -> set[str]:
        """Labels of which each is right."""
        return {self.line["intent"], *_listed(self.line.get("also"))}


def lines(name: str) -> list[dict[str, Any]]:
    """The lines of one file of the split, but for those that stand in the training data word for word (谢谢, ok)."""
    return [line for line in _all(name) if line["text"].strip() not in trained()]


@cache
def trained() -> frozenset[str]:
    """Every text of the training data."""
    nlu = CONFIG / "nlu"
    return frozenset(one.text.strip() for folder in (nlu, nlu / "staff") for one in TrainingData.load(folder).examples)


def everything() -> frozenset[str]:
    """Every text of the split."""
    return frozenset(line["text"].strip() for name in ("intents", "slots", "commands") for line in _all(name))


def left_out() -> int:
    """How many lines of the split are left out because they stand in the training data."""
    return sum(len(_all(name)) - len(lines(name)) for name in ("intents", "slots", "commands"))


@cache
def _all(name: str) -> tuple[dict[str, Any], ...]:
    told = (SPLIT / f"{name}.jsonl").read_text("utf-8").splitlines()
    return tuple(json.loads(line) for line in told if line.strip())


def instant(iso: str | None) -> Micros:
    """A local time of the split."""
    return int(datetime.fromisoformat(iso or NOW).replace(tzinfo=ZONE).timestamp()) * SECOND


def intents(mind: Mind) -> list[Said]:
    """Every intent line, understood."""
    return [Said(line, mind.customer(line["text"], instant(line.get("ref_time")))) for line in lines("intents")]


def figures(said: Sequence[Said]) -> dict[str, float]:
    """Shares over these lines: strict and lenient accuracy, macro-F1, top-3, how much is accepted and how much of that is right."""
    accepted = [one for one in said if one.meant.decision == "accept"]
    strangers = [one for one in said if one.line["intent"] == "out_of_scope"]
    return {
        "strict": _share(one.meant.intent == one.line["intent"] for one in said),
        "lenient": _share(one.meant.intent in one.labels for one in said),
        "macro-F1": _macro_f1(said),
        "top-3": _share(any(intent in one.labels for intent, _ in one.meant.ranking[:3]) for one in said),
        "accepted": len(accepted) / len(said),
        "precision of accepted": _share(one.meant.intent in one.labels for one in accepted),
        "out of scope accepted": _share(
            one.meant.decision == "accept" and one.meant.intent not in one.labels for one in strangers
        ),
    }


def slot_figures(mind: Mind) -> tuple[dict[str, tuple[int, int, int]], float]:
    """Per slot (right, said too much, missed), and F1 over all of them."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in lines("slots"):
        found = mind.customer(line["text"], instant(line.get("ref_time"))).slots
        for name in SLOTS:
            if name not in (line.get("doubt") or ()):
                for place, count in enumerate(compared(name, line["slots"], found)):
                    counts[name][place] += count
    right, more, missed = (sum(one[place] for one in counts.values()) for place in range(3))
    return {name: (one[0], one[1], one[2]) for name, one in counts.items()}, 2 * right / max(
        2 * right + more + missed, 1
    )


def command_figures(mind: Mind) -> dict[str, float]:
    """Shares of staff's lines of which the action, the ticket, and all of it were understood."""
    found: dict[str, list[bool]] = {"action": [], "ticket": [], "exact": []}
    for line in lines("commands"):
        given = line.get("context") or {}
        context = Context(given.get("last_ticket"), tuple(given.get("my_open") or ()), given.get("customers") or {})
        order = mind.order(line["text"], instant(line.get("ref_time")), line["role"], context)
        doubt = set(line.get("doubt") or ())
        also = order.action in _listed(line.get("also"))
        action = order.action == line["action"] or also or "action" in doubt
        ticket = {"form": order.ticket.form, "id": order.ticket.id} == line["ticket"] or "ticket" in doubt
        wanted = {name: value for name, value in line["args"].items() if value is not None}
        said = {name: value for name, value in order.args.items() if value is not None}
        args = (
            also
            or "args" in doubt
            or all(_same(value, said.get(name)) for name, value in wanted.items() if name not in doubt)
        )
        for name, right in (("action", action), ("ticket", ticket), ("exact", action and ticket and args)):
            found[name].append(right)
    return {name: _share(rights) for name, rights in found.items()}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _values(slots: Mapping[str, Any], name: str) -> list[str]:
    value = slots.get(name)
    if name == "preferred_time":
        return [f"{value['start']}/{value['end']}"] if value else []
    return [_BESIDE.sub("", unicodedata.normalize("NFKC", str(one)).casefold()) for one in _listed(value)]


def compared(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[int, int, int]:
    """Right, too much, missed."""
    left, right = _values(wanted, name), 0
    said = _values(found, name)
    for value in sorted(said, key=len, reverse=True):
        match = next((one for one in left if one == value or (name in IN_WORDS and _holds(value, one))), None)
        if match is not None:
            left.remove(match)
            right += 1
    return right, len(said) - right, len(left)


def _holds(value: str, wanted: str) -> bool:
    """The value has the wanted words, or most of them and nothing else."""
    return bool(value) and (wanted in value or (value in wanted and 2 * len(value) >= len(wanted)))


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):
        one, other = (value.casefold().strip(" ，,。.!！") for value in (wanted, found))
        return one == other or (bool(other) and (one in other or other in one))
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return str(wanted) == str(found)
    return wanted == found


def _macro_f1(said: Sequence[Said]) -> float:
    names = {one.line["intent"] for one in said}
    scores = []
    for name in names:
        right = sum(one.meant.intent == name == one.line["intent"] for one in said)
        taken, there = (
            sum(1 for one in said if one.meant.intent == name),
            sum(1 for one in said if one.line["intent"] == name),
        )
        scores.append(2 * right / max(taken + there, 1))
    return sum(scores) / len(scores)


def _share(rights: Iterable[bool]) -> float:
    told = list(rights)
    return sum(told) / len(told) if told else 0.0
