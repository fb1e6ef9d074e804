"""Refusals: something that cannot be done, and the words in which the person hears why and what to do instead."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A verb's no. `key` names the words in the catalogue, `facts` fill them. Verbs refuse before they change anything."""

    def __init__(self, key: str, **facts: Any):
        super().__init__(f"{key} {facts}" if facts else key)
        self.key, self.facts = key, facts
