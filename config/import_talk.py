"""What `desk import` shows and asks: the mapping, the numbers, and whether to go (three questions at most, S73)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.links.importing import EXAMPLES, Tally
from core.links.lines import Finding, TableRefused
from core.links.mapping import Column, Mapping
from core.links.reasons import said
from core.links.vocabulary import SKIP, Language, vocabulary

REASONS_SHOWN = 8
"""Reasons that are listed; the file has them all."""
_YES = {"", "y", "yes", "是", "对", "好", "ok"}


class Declined(Exception):
    """The person said no, or nobody was there to say yes."""


@dataclass
class Talk:
    """A conversation at a terminal; with `yes`, every question is answered by yes and only told."""

    lang: Language
    yes: bool = False

    def say(self, key: str, **facts: Any) -> None:
        print(self.words(key, **facts))

    def words(self, key: str, **facts: Any) -> str:
        return _catalogue()[self.lang][key].format(**facts)

    def listed(self, key: str) -> list[str]:
        return _catalogue()[self.lang][key]

    def confirm(self, key: str) -> None:
        """Ask a question of yes or no. Raises Declined."""
        if self._answer(key).lower() not in _YES:
            raise Declined

    def agree(self, mapping: Mapping) -> Mapping:
        """Show a mapping and have it confirmed, with corrections. Raises Declined."""
        self.show(mapping)
        while (answer := self._answer("ask_mapping")).lower() not in _YES:
            place, found, name = answer.partition("=")
            if not found or not place.strip().isdigit():
                raise Declined
            try:
                mapping = mapping.corrected(int(place) - 1, name.strip())
            except TableRefused as refused:
                self.explain(refused)
            self.show(mapping)
        return mapping

    def show(self, mapping: Mapping) -> None:
        """A mapping, column by column."""
        self.say("mapping", line=mapping.header_line, sheet=mapping.sheet)
        for column in mapping.columns:
            if column.header:
                self.say("column", place=column.place + 1, header=column.header, **self._target(column))

    def numbers(self, heading: str, tally: Tally) -> None:
        """What an import would change or has changed, in numbers."""
        self.say(heading)
        self.say("counts", **tally.counts, partly=tally.partly)
        for key, count in tally.more.items():
            if count:
                self.say(key, count=count)

    def examples(self, tally: Tally) -> None:
        """Some of the lines, and why others are not taken."""
        for verdict in tally.examples.get("new", [])[:1]:
            self.say("example_new", line=verdict.row.line, called=verdict.row.called)
        for verdict in tally.examples.get("changed", [])[:EXAMPLES]:
            names = [*verdict.changes, *verdict.accounts]
            fields = "、".join(self._field(name) for name in names)
            if fields:
                self.say("example_changed", line=verdict.row.line, called=verdict.row.called, fields=fields)
        reasons = sorted(tally.reasons.values(), key=lambda reason: -reason.count)
        for reason in reasons[:REASONS_SHOWN]:
            what, next_step = self._said(reason.first)
            self.say("reason", count=reason.count, line=reason.line, what=what, next=next_step)

    def explain(self, refused: TableRefused) -> None:
        """Why a file cannot be taken, and what to do."""
        print(" ".join(said(refused.key, refused.facts, self.lang)), file=sys.stderr)

    def _answer(self, key: str) -> str:
        if self.yes:
            return ""
        try:
            return input(self.words(key)).strip()
        except EOFError:
            raise Declined from None

    def _target(self, column: Column) -> dict[str, str]:
        if column.field == SKIP:
            return {"field": self.words("skipped"), "note": self._note(column)}
        return {"field": f"{column.field}（{vocabulary().said(column.field, self.lang)}）", "note": self._note(column)}

    def _note(self, column: Column) -> str:
        return self.words(column.note) if column.note in ("odd", "guess", "twice") else ""

    def _field(self, name: str) -> str:
        return vocabulary().said(name, self.lang) if name in vocabulary().fields else name

    def _said(self, finding: Finding) -> tuple[str, str]:
        return said(finding.key, finding.facts, self.lang)


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(Path(__file__).with_name("importing.yaml").read_text(encoding="utf-8"))
