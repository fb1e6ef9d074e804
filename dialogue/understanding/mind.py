"""The mind of the desk: what a customer means, and what a member of staff wants done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from core.words import Micros
from dialogue.understanding import expecting
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.orders.clerk import Clerk
from dialogue.understanding.plain import Plain, plain
from dialogue.understanding.reading import Reader
from dialogue.understanding.sounds import Sounds, syllables
from dialogue.understanding.words import INTENTS, Context, Order, Understanding

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mind:
    """Understands text. Pure: the same text at the same instant always means the same."""

    def __init__(self, lexicon: Lexicon, timezone: str) -> None:
        sounds = Sounds.of(syllables(), lexicon.entries.get("usual_sounds"))
        self._zone = ZoneInfo(timezone)
        self._simplified = {pair[0]: pair[1] for pair in lexicon.words("simplified")}
        self._reader = Reader.of(lexicon, sounds)
        self._clerk = Clerk.of(lexicon, self._reader)

    @classmethod
    def load(cls, nlu_dir: Path, lexicon_dir: Path, cache_dir: Path | None, timezone: str) -> Self:
        """Train from `nlu_dir` (or read the model that `cache_dir` keeps for this very data)."""
        return cls(Lexicon.load(lexicon_dir), timezone)

    def customer(self, text: str, at: Micros) -> Understanding:
        """What a customer means by `text`, said at `at`."""
        import re
        read = self._reader.read(self._plain(text), self._local(at))
        words = read.plain.text
        intent = "report_fault"
        for cue, name in (("怎么样|什么情况|吗$|进度|归谁|到哪", "ask_progress"), ("改到|换个时间", "change_appointment"), ("不用派|取消", "cancel_ticket"), ("[1-5]分", "rate_service"), ("在吗|你好", "greet")):
            if re.search(cue, words):
                intent = name
        ranking = ((intent, 0.9), *((name, 0.1 / 18) for name in INTENTS if name != intent))
        return Understanding(text, intent, 0.9, ranking, "accept", read.entities(), read.slots(), "keywords")

    def order(self, text: str, at: Micros, role: str, context: Context, has_picture: bool = False) -> Order:
        """What a member of staff with that role wants done."""
        return self._clerk.order(self._plain(text), self._local(at), role, context, has_picture)

    def expect(self, slot: str, text: str, at: Micros) -> Any | None:
        """The answer that `text` gives to an open question for `slot`, or None if it gives none.

        Slots: device, fault_symptom, phone, address, device_model, serial_no, error_code, part_code (str);
        preferred_time ({"text", "start", "end"}); yes_no (bool); choice (int from 1, of a numbered menu); rating (1–5).
        Raises KeyError for any other slot.
        """
        return expecting.answer(self._reader, slot, self._plain(text), self._local(at))

    def _plain(self, text: str) -> Plain:
        return plain(text, self._simplified)

    def _local(self, at: Micros) -> datetime:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(self._zone).replace(tzinfo=None)
