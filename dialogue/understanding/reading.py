"""All that can be read exactly from a customer's text: entities in the order of the text, and the slots they fill."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialogue.understanding.exact.codes import Codes
from dialogue.understanding.exact.constraints import Constraints
from dialogue.understanding.exact.devices import Devices, standing_line
from dialogue.understanding.exact.hit import Hit, without
from dialogue.understanding.exact.manner import Manner
from dialogue.understanding.exact.mishearing import Mishearing
from dialogue.understanding.exact.moments import Moment, moments
from dialogue.understanding.exact.phone import phones
from dialogue.understanding.exact.places import Places
from dialogue.understanding.exact.predicates import completed
from dialogue.understanding.exact.ratings import rating
from dialogue.understanding.exact.symptoms import Symptoms
from dialogue.understanding.exact.ticket_number import bare_tickets, marked_tickets
from dialogue.understanding.exact.tracking import trackings
from dialogue.understanding.exact.wishes import is_ruled_out, wish
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.plain import Plain
from dialogue.understanding.sounds import Sounds
from dialogue.understanding.words import LIST_SLOTS, Entity

_TODAY = re.compile(r"今(?!年)|today|tonight")
_REACHES = {"手机", "座机", "电话机", "邮箱", "手表"}


@dataclass(frozen=True)
class Read:
    """What was read: hits in places of the plain text, that text with mishearings put right, and the manner."""

    plain: Plain
    text: str
    hits: tuple[Hit, ...]
    emotion: str
    urgency: str
    vague_fault: bool

    def entities(self) -> tuple[Entity, ...]:
        """The hits as places of the original text; what is a string there and has no better value is its own value."""
        return tuple(_entity(self.plain, self.text, hit) for hit in self.hits)

    def slots(self) -> dict[str, Any]:
        """Slots as the contract names them."""
        slots: dict[str, Any] = {}
        for entity in self.entities():
            if entity.entity in LIST_SLOTS and entity.value not in slots.setdefault(entity.entity, []):
                slots[entity.entity].append(entity.value)
            elif entity.entity == "preferred_time":
                slots["preferred_time"] = entity.value
        return slots | {"emotion": self.emotion, "urgency": self.urgency}


@dataclass(frozen=True)
class Reader:
    """The extractors, built from one lexicon."""

    codes: Codes
    symptoms: Symptoms
    devices: Devices
    places: Places
    manner: Manner
    constraints: Constraints
    mishearing: Mishearing

    @classmethod
    def of(cls, lexicon: Lexicon, sounds: Sounds | None) -> Reader:
        return cls(
            Codes.of(lexicon),
            Symptoms.of(lexicon),
            Devices.of(lexicon, sounds),
            Places.of(lexicon),
            Manner.of(lexicon),
            Constraints.of(lexicon),
            Mishearing.of(lexicon, sounds),
        )

    def read(self, said: Plain, now: datetime) -> Read:
        """Read a customer's text; what has been read as one thing is not read as another."""
        text = self.mishearing.corrected(said.text)
        exact = list(trackings(text))
        exact += phones(without(text, exact))
        exact += marked_tickets(without(text, exact))
        exact += self.codes.find(without(text, exact))
        exact += rating(without(text, exact))
        named = list(moments(without(text, exact), now))
        times = [Hit("time", moment.start, moment.end, None) for moment in named]
        places = list(self.places.find(without(text, [*exact, *times])))
        exact += _whole(bare_tickets(without(text, [*exact, *times, *places])))
        rest = without(text, [*exact, *times])
        symptoms = list(self.symptoms.find(rest))
        constraints = list(self.constraints.find(text))
        devices = list(self.devices.find(without(rest, [*places, *constraints]), symptoms))
        devices = [hit for hit in devices if not _is_contact(text, hit, exact)]
        if not devices and (line := standing_line(text)):
            devices = [line]
        symptoms = completed(rest, list(_trimmed(text, symptoms, devices)), devices)
        wished = wish(text, _outside(text, named, constraints), now)
        hits = [
            *exact,
            *(hit for hit in places if hit.entity == "address"),
            *devices,
            *symptoms,
            *self.manner.find(text),
        ]
        hits += [*constraints, *([wished] if wished else [])]
        found = tuple(sorted(hits, key=lambda hit: (hit.start, hit.end, hit.entity)))
        vague = self.symptoms.is_vague(rest)
        urgency = self.manner.urgency(text, today=_asks_for_today(text, wished))
        return Read(said, text, found, self.manner.emotion(text, hits, urgency), urgency, vague)


def _asks_for_today(text: str, wished: Hit | None) -> bool:
    """Whether somebody should come today, in so many words (P1 by the contract)."""
    return wished is not None and wished.value is not None and bool(_TODAY.search(text[wished.start : wished.end]))


def _is_contact(text: str, device: Hit, exact: list[Hit]) -> bool:
    """手机 13800138021 is a way to reach somebody, not a device."""
    near = any(hit.entity == "phone" and 0 <= hit.start - device.end <= 4 for hit in exact)
    return text[device.start : device.end] in _REACHES and (
        near or text[device.end : device.end + 2] in ("发你", "是:")
    )


def _outside(text: str, named: list[Moment], constraints: list[Hit]) -> list[Moment]:
    """Times that are not merely part of a condition: 需周末上门 wishes for no particular weekend, 周末别来 rules it out."""
    return [
        each
        for each in named
        if is_ruled_out(text, each) or not any(hit.start <= each.start and each.end <= hit.end for hit in constraints)
    ]


def _whole(hits: Iterable[Hit]) -> list[Hit]:
    """Bare numbers that a customer may mean as a ticket's have at least four digits."""
    return [hit for hit in hits if len(hit.value) >= 4]


def _trimmed(text: str, symptoms: list[Hit], devices: list[Hit]) -> Iterable[Hit]:
    """A symptom begins where its device ends: 冷却泵跳了 is 冷却泵 and 跳了."""
    for symptom in symptoms:
        start = max([symptom.start, *(device.end for device in devices if device.start <= symptom.start < device.end)])
        start = max([start, *(device.end for device in devices if device.start == start and device.end < symptom.end)])
        while start < symptom.end and text[start] == " ":
            start += 1
        if start < symptom.end:
            yield symptom._replace(start=start)


def _entity(said: Plain, text: str, hit: Hit) -> Entity:
    start, end = said.span(hit.start, hit.end)
    raw = said.original[start:end]
    value = hit.value
    if hit.entity == "error_code":
        value = unicodedata.normalize("NFKC", said.raw(*hit.value))
    elif hit.entity == "fault_symptom" and text[hit.start : hit.end] != said.text[hit.start : hit.end]:
        value = text[hit.start : hit.end]
    elif value is None and hit.entity != "preferred_time":
        value = raw
    elif hit.entity == "preferred_time" and value is not None:
        value = value | {"text": raw}
    return Entity(hit.entity, start, end, value, raw)
