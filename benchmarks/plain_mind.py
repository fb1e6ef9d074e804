"""A mind that knows a handful of phrases by their first word: it stands in where understanding is not to be measured."""

from __future__ import annotations

from typing import Any

from core.words import Micros
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Context, Order, TicketRef, Understanding

QUESTION = "修好了吗"
REPORT = "空压机漏油，请派人看看"
NOTE = "备注 {number} 更换密封圈后试机正常"
QUERY = "查 {number}"
ACCEPT = "接单 {number}"


class PlainMind(Mind):
    """Knows QUESTION, REPORT, NOTE, QUERY and ACCEPT."""

    def __init__(self) -> None:
        """Nothing is loaded."""
        self._simplified = {}

    def customer(self, text: str, at: Micros) -> Understanding:
        if text == QUESTION:
            return Understanding(text, "ask_progress", 1.0, (("ask_progress", 1.0),), "accept", (), {}, "plain")
        slots: dict[str, Any] = {"device": ["空压机"], "fault_symptom": ["漏油"], "urgency": "P2", "emotion": "calm"}
        return Understanding(text, "report_fault", 1.0, (("report_fault", 1.0),), "accept", (), slots, "plain")

    def order(self, text: str, at: Micros, role: str, context: Context, has_picture: bool = False) -> Order:
        verb, number, *words = text.split(" ", 2)
        action = {"备注": "note", "查": "query", "接单": "accept"}[verb]
        return Order(text, action, TicketRef("number", number), {"text": words[0]} if words else {}, 1.0)

    def expect(self, slot: str, text: str, at: Micros) -> Any | None:
        return None
