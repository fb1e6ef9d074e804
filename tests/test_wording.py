"""The catalogues: the same sentences in every language, each used somewhere, and none hidden in the logic."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from core.wording import LANGUAGES, Wording, placeholders
from dialogue.understanding.lexicon import Lexicon

HOME = Path(__file__).parent.parent
ROOMS = ("core", "dialogue", "notifier", "web", "config", "bots")
TALKING = ("core", "dialogue", "notifier")
"""Rooms whose logic people read the answers of; what stands in them is code, not words."""
FIRST = {key.partition(".")[0] for key in Wording.load().catalogues["zh"]}
SENTENCE = re.compile(r"[\u4e00-\u9fff][，。！？；：]|[\u4e00-\u9fff]{8}")
"""Chinese that says something: a clause with its punctuation, or eight characters in a row."""
WORDS_BY_DESIGN = (
    *("core/forms/reading", "core/forms/spoken", "dialogue/days", "dialogue/forms", "dialogue/understanding/"),
    "dialogue/customer/relatives",
    *("notifier/emulated/", "notifier/prompts/templates"),
)
"""Patterns of what people write, which no catalogue can hold; what other houses' servers say; and the wording of calls, a
catalogue of its own."""
CONDITIONS = set(Lexicon.load(HOME / "config" / "lexicon").entries["delivery_constraints"])
"""Conditions of a visit, as the lexicon names them."""
HOLE = "\0"


@cache
def _trees(rooms: tuple[str, ...]) -> dict[Path, ast.Module]:
    paths = (path for room in rooms for path in sorted((HOME / room).rglob("*.py")))
    return {path.relative_to(HOME): ast.parse(path.read_text("utf-8")) for path in paths}


def test_every_language_has_every_sentence() -> None:
    keys = {lang: set(words) for lang, words in Wording.load().catalogues.items()}
    assert set(keys) == set(LANGUAGES)
    assert {lang: sorted(keys["zh"] ^ keys[lang]) for lang in LANGUAGES} == {lang: [] for lang in LANGUAGES}


def test_every_language_states_the_same_facts() -> None:
    catalogues = Wording.load().catalogues
    differing = [
        key for key, words in catalogues["zh"].items() if placeholders(words) != placeholders(catalogues["en"][key])
    ]
    assert differing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_catalogue_is_in_its_own_language(lang: str) -> None:
    words = Wording.load().catalogues[lang]
    if lang == "en":
        assert [key for key, text in words.items() if re.search(r"[\u4e00-\u9fff]", text)] == []
    assert [key for key, text in words.items() if not text.strip()] == []


def test_every_sentence_is_used_somewhere() -> None:
    """By its name, or by a name with a hole into which a value of the code fits (f"refused.{key}")."""
    values = {text for tree in _trees(ROOMS).values() for _, text in _literals(tree)}
    values |= {value.replace(".", "_") for value in values} | CONDITIONS
    names = [re.compile(pattern) for pattern in _names_with_holes()]

    def named(key: str) -> bool:
        found = (pattern.fullmatch(key) for pattern in names)
        return key in values or any(
            match and all(hole in values or hole.isdigit() for hole in match.groups()) for match in found
        )

    assert [key for key in Wording.load().catalogues["zh"] if not named(key)] == []


def test_every_condition_of_a_visit_has_a_word() -> None:
    assert sorted(key for key in CONDITIONS if f"constraint.{key}" not in Wording.load().catalogues["zh"]) == []


def test_every_sentence_that_is_named_exists() -> None:
    keys = Wording.load().catalogues["zh"].keys()
    calls = [node for tree in _trees(ROOMS).values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    saying = [call for call in calls if _called(call) in ("text", "say", "answer", "_say")]
    named = {arg.value for call in saying for arg in call.args if isinstance(arg, ast.Constant)}
    sentences = [name for name in named if isinstance(name, str) and name.partition(".")[0] in FIRST]
    assert [name for name in sentences if "." in name and name not in keys] == []


def test_no_sentence_stands_in_the_logic() -> None:
    found = [
        f"{path}:{line}: {text[:40]}"
        for path, tree in _trees(TALKING).items()
        if not str(path).startswith(WORDS_BY_DESIGN)
        for line, text in _literals(tree)
        if SENTENCE.search(text)
    ]
    assert found == []


def _names_with_holes() -> Iterator[str]:
    """Names of sentences that the code puts together, as patterns with a group for each hole."""
    for tree in _trees(ROOMS).values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
                if "." in text and len(re.sub(r"\W", "", text)) >= 3:
                    yield re.escape(text).replace(re.escape(HOLE), "(.+)")
            elif isinstance(node, ast.Call) and _called(node) in ("name", "terms") and len(node.args) == 3:
                yield rf"{getattr(node.args[1], 'value', '-')}\.(.+)"


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants with their lines, docstrings left out."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value
