"""A story whose desk understands only a handful of phrases, or a mind of the test's own; and a desk that was down meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.plain_mind import PlainMind
from config.rehearsal import Rehearsal
from core.policies import Policies
from core.words import Micros
from dialogue.understanding.mind import Mind
from tests.scenario import WEDNESDAY_TEN, Story


@contextmanager
def told(url: str, mind: Mind | None = None, *, start: Micros = WEDNESDAY_TEN) -> Iterator[Story]:
    """A desk on the database at `url` from `start` until the end of the block, when it is gone."""
    with asyncio.Runner() as loop:
        opened = Rehearsal.open(start, mind or PlainMind(), Policies(), url=url, tables=False)
        rehearsal = loop.run(opened.__aenter__())
        try:
            yield Story(rehearsal, loop)
        finally:
            loop.run(opened.__aexit__(None, None, None))
