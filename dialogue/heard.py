"""One message with all that is known about it: who said it, where, and what was spoken of before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.conversations.model import Conversation
from core.conversations.saying import answer
from core.people.model import Person
from core.store.model import Inbox
from core.store.turn import Turn
from core.words import SECOND, Inbound, Micros
from dialogue.understanding.engine import Ranked
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Decision, Ranking, Understanding

READ_BACK = frozenset({"error_code", "part_code", "serial_no", "device_model", "phone", "address"})
"""What the ear easily gets wrong, and costs a journey: read back to whoever said it (S68)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message being heard. `turn` carries what it sets off; `ranked` is what an engine elsewhere made of it; `echoes` holds what
    has been done so far, where several things are answered in one line."""

    turn: Turn
    row: Inbox
    message: Inbound
    person: Person
    talk: Conversation
    mind: Mind
    ranked: Ranked | None = None
    remarked: list[bool] = field(default_factory=list)
    echoes: list[str] | None = None

    @property
    def lang(self) -> str:
        return self.talk.lang

    @property
    def among_people(self) -> bool:
        """Whether it was said in a group and not to the desk: only what is plainly meant for it is acted upon."""
        return self.message.room.group and not self.message.called

    @property
    def text(self) -> str:
        """The words: typed, or as the platform heard them."""
        return words_of(self.message)

    @property
    def meant(self) -> Understanding:
        """What a customer means by it."""
        meant = self.mind.customer(self.text, self.message.at)
        return self.ranked.over(meant) if self.ranked else meant

    def decide(self, ranking: Ranking) -> Decision:
        """What to do with a ranking of his words, by the thresholds of the engine that ranked them."""
        if self.ranked is None:
            return self.mind.engine.thresholds.decide(ranking)
        return self.ranked.decide(ranking, self.mind.customer(self.text, self.message.at))

    def instant(self, local: str) -> Micros:
        """A local time (YYYY-MM-DDTHH:MM) as an instant."""
        return instant(local, self.turn.house.zone)

    def period(self, text: str) -> tuple[Micros, Micros] | None:
        """The period that a text names, if it lies ahead."""
        found = self.mind.customer(text, self.message.at).slots.get("preferred_time") if text else None
        if not found or self.instant(found["start"]) <= self.turn.now:
            return None
        return self.instant(found["start"]), self.instant(found["end"])

    def say(self, key: str, **facts: Any) -> str:
        """A sentence of the catalogue in the speaker's language."""
        return self.turn.house.wording.text(self.lang, key, **facts)

    def answer(self, purpose: str, key: str, **facts: Any) -> None:
        """Answer in the room with a sentence of the catalogue; what was done waits for what else the same message does."""
        if self.echoes is not None and purpose == "action_done":
            self.echoes.append(self.say(key, **facts))
            return
        answer(self.turn, self.talk, purpose, "\n".join(filter(None, (self.say(key, **facts), self.remark()))))

    def remark(self) -> str:
        """What the first answer to a voice message says besides: what was heard exactly, or that its words are missing."""
        if self.message.kind != "voice" or self.remarked:
            return ""
        self.remarked.append(True)
        if self.text:
            return self.exact()
        late = any(media.recording for media in self.message.media)
        return self.say("voice.late" if late else "voice.unheard")

    def exact(self) -> str:
        """Codes, numbers and addresses in the words, to be read back; empty if there are none."""
        found = self.mind.entities(self.text, self.message.at) if self.text else ()
        values = dict.fromkeys(str(entity.value) for entity in found if entity.entity in READ_BACK)
        return self.say("voice.exact", values="、".join(values)) if values else ""


def words_of(message: Inbound) -> str:
    """The words of a message: typed, or as the platform heard them."""
    return message.text or next((media.words for media in message.media if media.words), "") or ""


def instant(local: str, zone: ZoneInfo) -> Micros:
    """A local time (YYYY-MM-DDTHH:MM) as an instant."""
    return int(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp()) * SECOND
