"""One turn of a script as it was played: what was sent, asked and made in it, and what of that is not as expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.script import Script
from core.wording import local
from core.words import Micros

SHOWN = 160
"""Characters of what came that are shown."""
Line = Mapping[str, Any]
"""What a turn brought, as `desk play --json` prints it."""


@dataclass(frozen=True)
class Fault:
    """Something that was expected and did not come; `turn` is None where it is about the whole script."""

    turn: int | None
    expected: str
    came: str

    def __str__(self) -> str:
        where = "" if self.turn is None else f"turn {self.turn}: "
        return f"{where}expected {self.expected}; came {self.came or 'nothing'}"


@dataclass
class Scene:
    """One turn (or several that happen at once) with what it expects; complaints are gathered in `faults`."""

    script: Script
    lines: Sequence[Line]
    turn: int
    first: int
    last: int
    names: Mapping[str, str]
    want: Mapping[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def must(self, holds: bool, expected: str, came: Any = "") -> None:
        """Complain unless it holds."""
        if not holds:
            text = came if isinstance(came, str) else json.dumps(came, ensure_ascii=False, default=str)
            self.faults.append(Fault(self.turn, expected, text[:SHOWN]))

    # ---- what there is to see

    @property
    def seen(self) -> Sequence[Line]:
        return self.lines[self.first : self.last + 1]

    @property
    def sent(self) -> list[Line]:
        """What was sent in it; before a message came in, only if it is time that passes."""
        begin = None if self.script.steps[self.turn].clock else self._iso(self.script.steps[self.first].at)
        return [
            m for line in self.seen for m in line["sent"] if begin is None or datetime.fromisoformat(m["at"]) >= begin
        ]

    @property
    def replies(self) -> list[Line]:
        """What those got who spoke, in their chat or in the room where they spoke."""
        steps = self.script.steps[self.first : self.last + 1]
        speakers = {step.sender for step in steps} | {step.group for step in steps if step.group}
        return [message for message in self.sent if message["to"] in speakers]

    @property
    def created(self) -> list[str]:
        return [number for line in self.seen for number in line["created"]]

    @property
    def asked(self) -> list[str]:
        return [slot for line in self.seen for slot in line["asked"]]

    @property
    def tickets(self) -> Mapping[str, Any]:
        return self.lines[self.last]["tickets"]

    @property
    def ticket(self) -> Mapping[str, Any] | None:
        """The ticket that is spoken of: the one named, else the one made last."""
        named = (self.want.get("ticket") or {}).get("number")
        made = self.created or [number for line in self.lines[: self.turn + 1] for number in line["created"]]
        number = str(self.filled(named)) if named else made[-1] if made else None
        return self.tickets.get(number) if number else None

    def in_time(self, messages: Sequence[Line]) -> list[Line]:
        """Those that left within the turn's span."""
        step = self.script.steps[self.last]
        until = self._iso(step.at + step.within)
        return [message for message in messages if datetime.fromisoformat(message["at"]) <= until]

    def reaching(self, who: str) -> list[Line]:
        """What reached a person or group; a message in a group reaches a person whom it mentions."""
        return [message for message in self.sent if self.reaches(message, who)]

    def filled(self, text: Any) -> Any:
        """The text with `${A}` as a saved number, and `${engineer}` as the name of the ticket's engineer."""
        if not isinstance(text, str):
            return text
        person = self.script.people.get(str((self.ticket_of_last() or {}).get("engineer"))) or {}
        names = {**self.names, **({"engineer": person["name"]} if person.get("name") else {})}
        return re.sub(r"\$\{(\w+)\}", lambda found: names.get(found[1], found[0]), text)

    def ticket_of_last(self) -> Mapping[str, Any] | None:
        """The ticket whose engineer `${engineer}` is."""
        named = (self.want.get("ticket") or {}).get("number")
        if isinstance(named, str) and "${engineer}" not in named:
            return self.tickets.get(re.sub(r"\$\{(\w+)\}", lambda found: self.names.get(found[1], found[0]), named))
        made = [number for line in self.lines[: self.last + 1] for number in line["created"]]
        return self.tickets.get(made[-1]) if made else None

    def reaches(self, message: Line, who: str) -> bool:
        mentioned = message.get("mentions") or ()
        if who == "any_engineer":
            near = [message["to"], *mentioned, *(self.script.groups.get(message["to"], {}).get("members") or ())]
            return any((self.script.people.get(key) or {}).get("role") == "engineer" for key in near)
        return message["to"] == who or (message["to"] in self.script.groups and who in mentioned)

    def _iso(self, at: Micros) -> datetime:
        return local(at, self.script.zone).replace(tzinfo=None)
