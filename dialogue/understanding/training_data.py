"""Training data in Rasa's own YAML (format 3.1): one source for every engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FORMAT = "3.1"

_ITEM = re.compile(r"^\s*-\s?(.*)$")
_MARKED = re.compile(r"\[(?P<words>[^\[\]\n]+)\](?:\((?P<name>[^()\n]+)\)|(?P<dict>\{[^{}\n]*\}))")
_KNOWN = {"intent", "synonym", "regex", "lookup"}


class BadTrainingData(ValueError):
    """Training data that cannot be used; the message names the file and the place."""


class Marked(NamedTuple):
    """An annotated span of an example; `value` is its synonym, if one is given."""

    start: int
    end: int
    entity: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """One line that people write, and what it means."""

    text: str
    intent: str
    marked: tuple[Marked, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Examples, and Rasa's synonym, regex and lookup blocks (name → lines)."""

    examples: tuple[Example, ...]
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lookups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> TrainingData:
        """Read every `*.yml` of the folder. Raises BadTrainingData for anything that cannot be honoured."""
        blocks = [block for path in sorted(folder.glob("*.yml")) for block in _blocks(path)]
        return cls(
            tuple(
                example
                for where, kind, name, block in blocks
                if kind == "intent"
                for example in _examples(where, name, block)
            ),
            {line: name for where, kind, name, block in blocks if kind == "synonym" for line in _lines(where, block)},
            {name: _lines(where, block) for where, kind, name, block in blocks if kind == "regex"},
            {name: _lines(where, block) for where, kind, name, block in blocks if kind == "lookup"},
        )


def _blocks(path: Path) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    try:
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise BadTrainingData(f"{path.name}: {error}") from error
    if not isinstance(content, dict) or str(content.get("version")) != FORMAT:
        raise BadTrainingData(f'{path.name}: needs version: "{FORMAT}"')
    others = set(content) - {"version", "nlu"}
    if others:
        raise BadTrainingData(f"{path.name}: only nlu blocks are used here, not {', '.join(sorted(others))}")
    for block in content.get("nlu") or ():
        kinds = _KNOWN & set(block)
        if len(kinds) != 1 or set(block) - _KNOWN - {"examples", "metadata"}:
            raise BadTrainingData(
                f"{path.name}: a block is an intent, synonym, regex or lookup with examples, not {sorted(block)}"
            )
        kind = kinds.pop()
        yield f"{path.name}, {kind} {block[kind]}", kind, str(block[kind]), block


def _lines(where: str, block: dict[str, Any]) -> tuple[str, ...]:
    examples = block.get("examples")
    if isinstance(examples, list):
        return tuple(_listed(where, example) for example in examples)
    lines = []
    for line in str(examples or "").splitlines():
        if line.strip():
            item = _ITEM.match(line)
            if not item:
                raise BadTrainingData(f"{where}: an example begins with '- ', not {line!r}")
            lines.append(item[1].strip())
    return tuple(lines)


def _listed(where: str, example: Any) -> str:
    text = example.get("text") if isinstance(example, dict) else example
    if not isinstance(text, str):
        raise BadTrainingData(f"{where}: an example needs its text, not {example!r}")
    return text.strip().removeprefix("- ")


def _examples(where: str, intent: str, block: dict[str, Any]) -> Iterable[Example]:
    for line in _lines(where, block):
        yield _example(where, line, intent)


def _example(where: str, line: str, intent: str) -> Example:
    """`在[三楼](address)` and `[lift]{"entity": "device", "value": "elevator"}` become text and spans."""
    text, spans, at = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[at : match.start()]
        entity, value = (match["name"], None) if match["name"] else _annotation(where, match["dict"])
        spans.append(Marked(len(text), len(text) + len(match["words"]), entity, value))
        text += match["words"]
        at = match.end()
    return Example(text + line[at:], intent, tuple(spans))


def _annotation(where: str, source: str) -> tuple[str, str | None]:
    try:
        fields = json.loads(source)
    except ValueError as error:
        raise BadTrainingData(f"{where}: cannot read the annotation {source}") from error
    if not isinstance(fields.get("entity"), str) or set(fields) - {"entity", "value", "role", "group"}:
        raise BadTrainingData(f"{where}: an annotation has entity, and may have value, role, group: {source}")
    return fields["entity"], fields.get("value")
