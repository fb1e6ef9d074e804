"""What the chosen engine lacks, or cannot be reached: a part of `desk doctor`. Without it the desk understands by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from config.engines import Trained, data_hash, embed_is_there, lacking
from config.packs import packs_of
from config.secret import Secret
from config.settings import Settings
from config.troubles import Trouble

CONNECT_S = 2.0
"""Seconds that a server has to take a connection."""
NLU = Path(__file__).parent / "nlu"


def engine(settings: Settings) -> Iterator[Trouble]:
    """The chosen engine: not installed, not told where it is, not there, or trained from other lines."""
    chosen = settings.understanding
    if chosen.engine == "embed" and not embed_is_there():
        yield Trouble("engine_library")
    if chosen.engine == "rasa":
        yield from _unreachable("rasa", chosen.rasa.url)
        yield from _trained(settings)
    if chosen.engine == "llm":
        missing = lacking(chosen.llm)
        if missing:
            shown = ", ".join(f"understanding.llm.{name}" for name in missing)
            yield Trouble("engine_incomplete", values={"missing": shown})
        elif chosen.llm.url:
            yield from _unreachable("llm", chosen.llm.url)


def engine_secrets(settings: Settings) -> Iterator[tuple[str, Secret]]:
    """Secrets of the chosen engine, by where they are named."""
    chosen = settings.understanding
    if chosen.engine == "rasa" and chosen.rasa.token:
        yield "understanding.rasa.token", chosen.rasa.token
    if chosen.engine == "llm" and chosen.llm.key:
        yield "understanding.llm.key", chosen.llm.key


def training_folders(settings: Settings) -> list[Path]:
    """Where the training lines of customers lie: the desk's own, and those of its packs."""
    return [NLU, *(pack.nlu for pack in packs_of(settings.pack))]


def _unreachable(name: str, url: str) -> Iterator[Trouble]:
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as error:
        yield Trouble("engine_unreachable", "warning", {"engine": name, "url": url, "why": error})


def _trained(settings: Settings) -> Iterator[Trouble]:
    path = settings.understanding.rasa.thresholds
    trained = Trained.read(path)
    if trained is None:
        yield Trouble("engine_thresholds", "warning", {"path": path})
    elif trained.data != data_hash(training_folders(settings)):
        yield Trouble("engine_outdated", "warning")
