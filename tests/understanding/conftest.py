"""One mind for all tests of understanding, trained once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.words import Micros
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Understanding
from tests.learning import learnt

HOME = Path(__file__).parent.parent.parent
NLU, LEXICON = HOME / "config" / "nlu", HOME / "config" / "lexicon"
NOW: Micros = int(datetime(2026, 3, 4, 2, 20, tzinfo=UTC).timestamp()) * 1_000_000
"""Wednesday, 4 March 2026, 10:20 in Shanghai."""


@pytest.fixture(scope="session")
def kept_models() -> Path:
    """A folder in which the trained model is kept for this run."""
    return learnt()


@pytest.fixture(scope="session")
def mind(kept_models: Path) -> Mind:
    return Mind.load(NLU, LEXICON, kept_models, "Asia/Shanghai")


@pytest.fixture(scope="session")
def reads(mind: Mind) -> Callable[[str], Understanding]:
    """What a customer means, said on that Wednesday morning."""
    return lambda text: mind.customer(text, NOW)
