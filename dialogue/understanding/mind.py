"""The mind of the desk: what a customer means, and what a member of staff wants done."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from core.words import Micros
from dialogue.understanding import expecting
from dialogue.understanding.engine import Engine
from dialogue.understanding.exact.replaced import Replaced, replaced
from dialogue.understanding.exact.tracking import trackings
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.orders.clerk import Clerk
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.orders.sight import StaffSight
from dialogue.understanding.plain import MOST_CHARS, Plain, plain
from dialogue.understanding.reading import Reader
from dialogue.understanding.sight import Sight
from dialogue.understanding.sounds import Sounds, syllables
from dialogue.understanding.training_data import Example, TrainingData
from dialogue.understanding.words import Context, Entity, Order, Understanding

if TYPE_CHECKING:
    from dialogue.understanding.keeping import Kept

REMEMBERED = 1_024
"""Texts whose understanding is kept at hand: what is understood before a turn is not understood again in it."""

STAFF = "staff"
"""Folder, below the training data of customers, of what staff write; its intents are actions."""

_LOG = logging.getLogger(__name__)
_SAYS = re.compile(r"\w")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mind:
    """Understands text. Pure: the same text at the same instant always means the same."""

    def __init__(self, reader: Reader, clerk: Clerk, engine: Engine, simplified: dict[str, str], timezone: str):
        self._reader, self._clerk, self._engine = reader, clerk, engine
        self._simplified, self._zone = simplified, ZoneInfo(timezone)
        self._customer = lru_cache(REMEMBERED)(self._understand)

    @classmethod
    def load(
        cls, nlu_dir: Path, lexicon_dir: Path, cache_dir: Path | None, timezone: str, packs: Sequence[Path] = (),
        engine: str = "embedded",
    ) -> Self:  # fmt: skip
        """Train from `nlu_dir`, or read the model that `cache_dir` keeps for this very data. The folders of `packs` add their
        `lexicon` and `nlu` (S81). `engine`: embedded, or embed with sentence vectors mixed in.

        Raises BadTrainingData, BadLexicon, BadPhrase for data that cannot be used; NotInstalled.
        """
        from dialogue.understanding.embed import (
            EmbedEngine,  # engines are imported when a mind is made: they need arrays
        )
        from dialogue.understanding.embedded import EmbeddedEngine, train
        from dialogue.understanding.keeping import Kept, fingerprint, kept

        lexicons = (lexicon_dir, *(pack / "lexicon" for pack in packs))
        lines = (nlu_dir, *(pack / "nlu" for pack in packs))
        lexicon = Lexicon.load(*lexicons)
        simplified = {pair[0]: pair[1] for pair in lexicon.words("simplified")}
        name = fingerprint((*lines, *(folder / STAFF for folder in lines), *lexicons)) if cache_dir else ""
        known = kept(cache_dir, name) if cache_dir else None
        spoken = known.syllables if known else syllables()
        sounds = Sounds.of(spoken, lexicon.entries.get("usual_sounds"))
        reader = Reader.of(lexicon, sounds)
        sight = Sight.of(lexicon, reader.symptoms, sounds)
        staff_sight = StaffSight.seeing(sight, reader.codes, Commands.read(lexicon))
        if known is None:
            customers, staff = _examples(lines), _examples([folder / STAFF for folder in lines])
            known = Kept(
                train(sight, customers, simplified), train(staff_sight, staff, simplified) if staff else None, spoken
            )
            if cache_dir:
                _keep(cache_dir, name, known)
        instinct = EmbeddedEngine(staff_sight, known.staff, simplified) if known.staff else None
        ranks: Engine = EmbeddedEngine(sight, known.customers, simplified)
        if engine == "embed":
            ranks = EmbedEngine.load(sight, known.customers, simplified, lambda: _examples(lines), cache_dir, name)
        return cls(reader, Clerk.of(lexicon, reader, instinct), ranks, simplified, timezone)

    @property
    def engine(self) -> Engine:
        """What ranks the words of customers."""
        return self._engine

    def customer(self, text: str, at: Micros) -> Understanding:
        """What a customer means by `text`, said at `at`."""
        return self._customer(text, at) if len(text) <= MOST_CHARS else self._understand(text, at)

    def _understand(self, text: str, at: Micros) -> Understanding:
        said = self._plain(text)
        read = self._reader.read(said, self._local(at))
        ranking = self._engine.rank(said.text)
        intent, confidence = ranking[0]
        decision = self._engine.thresholds.decide(ranking) if _SAYS.search(said.text) else "reject"
        return Understanding(
            text, intent, confidence, ranking, decision, read.entities(), read.slots(), self._engine.name
        )

    def entities(self, text: str, at: Micros) -> tuple[Entity, ...]:
        """Everything exact in a text, whoever wrote it."""
        return self._reader.read(self._plain(text), self._local(at)).entities()

    def parcels(self, text: str) -> tuple[tuple[str, ...], str]:
        """The tracking numbers in a text, whoever wrote it, and the text without them."""
        said, rest = self._plain(text), list(text)
        hits = list(trackings(said.text))
        for hit in hits:
            start, end = said.span(hit.start, hit.end)
            rest[start:end] = " " * (end - start)
        return tuple(dict.fromkeys(hit.value for hit in hits)), "".join(rest)

    def replaced(self, text: str) -> Replaced | None:
        """What a text tells of parts that were replaced, whoever wrote it; None if it tells nothing of them."""
        return replaced(self._plain(text))

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

    def read(self, text: str) -> str:
        """A text as engines read it: width, case and traditional characters evened out, cut where reading ends."""
        return self._plain(text).text

    def _plain(self, text: str) -> Plain:
        return plain(text, self._simplified)

    def _local(self, at: Micros) -> datetime:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(self._zone).replace(tzinfo=None)


def _examples(folders: Iterable[Path]) -> list[Example]:
    return [example for folder in folders for example in TrainingData.load(folder).examples]


def _keep(folder: Path, name: str, found: Kept) -> None:
    """A model that cannot be kept is trained again at the next start; that is no reason not to start."""
    from dialogue.understanding.keeping import keep

    try:
        keep(folder, name, found)
    except OSError as error:
        _LOG.warning("the trained model could not be kept in %s: %s", folder, error.strerror)
