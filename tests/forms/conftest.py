"""A desk whose pack has forms, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.forms import forms_of
from core.policies import Policies
from tests.scenario import Story, story

MACHINERY = replace(Policies(), forms=forms_of(["machinery"]))


@pytest.fixture
def workshop(desk_url: str) -> Iterator[Story]:
    """A workshop's desk: the forms of the pack for machinery."""
    with story(desk_url, policies=MACHINERY) as told:
        yield told
