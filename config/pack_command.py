"""`desk packs`: which industry packs there are, whether one can be used, and what its conversations come to (行业包, S50, S81)."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from config.forms import forms_of
from config.packs import DEFAULT, DESCRIPTION, Pack, PackError, packs_of, read_pack, shipped
from config.script import ScriptError, read_script
from dialogue.understanding.lexicon import BadLexicon, Lexicon
from dialogue.understanding.mind import STAFF
from dialogue.understanding.phrases import BadPhrase, pattern
from dialogue.understanding.training_data import BadTrainingData, TrainingData
from dialogue.understanding.words import INTENTS

LEXICON = Path(__file__).parent / "lexicon"
PHRASES = ("symptoms", "english_symptoms", "vague_symptoms", "angry", "anxious", "danger", "not_danger", "pressing")
"""Lists whose entries are phrases, with choices and gaps."""
ALSO_KNOWN = frozenset({"device_synonyms", "symptom_synonyms"})
"""Tables that only packs have."""


def packs_command(argv: list[str]) -> int:
    """`desk packs [list | check PACK… | try PACK… | new FOLDER]`. Exit status 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="desk packs", description="industry packs: look, check, try, begin one's own")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="those that ship with the desk")
    for name, what in (("check", "name every mistake in a pack, with its place"), ("try", "play its conversations")):
        actions.add_parser(name, help=what).add_argument("packs", nargs="+", metavar="PACK", help="a name, or a folder")
    new = actions.add_parser("new", help="begin a pack of one's own")
    new.add_argument("folder", type=Path)
    new.add_argument("--like", default=DEFAULT, metavar="PACK", help="the pack to begin with (default: default)")
    given = parser.parse_args(argv)
    try:
        match given.action:
            case "check":
                return _check(given.packs)
            case "try":
                return _try(given.packs)
            case "new":
                return _begin(given.folder, given.like)
        print("\n".join(_line(pack) for pack in shipped()))
    except PackError as error:
        print(f"desk packs: {error}", file=sys.stderr)
        return 1
    return 0


def mistakes(pack: Pack) -> list[str]:
    """What is wrong with a pack's words, lines, forms and conversations, each with its place; empty if it can be used."""
    return [*_in_lexicon(pack), *_in_lines(pack), *_in_forms(pack), *_in_conversations(pack)]


def _line(pack: Pack) -> str:
    words = Lexicon.load(pack.lexicon)
    devices = {*words.words("devices"), *words.words("components"), *words.usual("device_synonyms")}
    lines = len(TrainingData.load(pack.nlu).examples)
    forms = len(forms_of([str(pack.folder)]))
    counts = f"{len(pack.rules)} 规则 rules, {len(devices)} 设备 devices, {lines} 例句 lines, {forms} 表单 forms"
    return f"{pack.name:<12}{pack.title['zh']} · {pack.title['en']}\n{'':<12}{counts}, {len(pack.conversations)} 对话 conversations"


def _check(names: list[str]) -> int:
    found = [(pack.name, mistake) for pack in packs_of(names) for mistake in mistakes(pack)]
    for name, mistake in found:
        print(f"{name}: {mistake}")
    if not found:
        print("✓")
    return 1 if found else 0


def _try(names: list[str]) -> int:
    from config.play import judge  # plays on a whole desk: loaded only when it is used

    if _check(names):
        return 1
    return max(judge(pack.conversations, [str(pack.folder)]) for pack in packs_of(names))


def _begin(folder: Path, like: str) -> int:
    [model] = packs_of([like])
    if folder.exists():
        raise PackError(f"{folder}: there is something already")
    shutil.copytree(model.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (folder / "conversations").glob("base.yaml"):
        text = script.read_text("utf-8")
        script.write_text(text.replace(f"pack: {model.name}", f"pack: {folder.absolute()}"), "utf-8")
    read_pack(folder)
    print(f"{folder}/{DESCRIPTION}\ndesk packs try {folder if '/' in str(folder) else f'./{folder}'}")
    return 0


def _in_lexicon(pack: Pack) -> Iterator[str]:
    known = Lexicon.load(LEXICON).entries.keys() | ALSO_KNOWN
    for path in sorted(pack.lexicon.glob("*.yaml")):
        try:
            content = yaml.safe_load(path.read_bytes())
            if not isinstance(content, dict):
                raise BadLexicon(f"{path.name}: a lexicon is a table of lists")
            words = Lexicon(content)
            for name in content.keys() - known:
                yield f"lexicon/{path.name}: unknown list {name}; known are those of config/lexicon, {', '.join(sorted(ALSO_KNOWN))}"
            for phrase in (phrase for name in PHRASES for phrase in words.words(name)):
                pattern(phrase)
        except (yaml.YAMLError, BadLexicon, BadPhrase, AttributeError, TypeError) as error:
            yield f"lexicon/{path.name}: {error}"
    try:
        Lexicon.load(LEXICON, pack.lexicon)
    except BadLexicon as error:
        yield f"lexicon/{error}"


def _in_lines(pack: Pack) -> Iterator[str]:
    for folder in (pack.nlu, pack.nlu / STAFF):
        try:
            examples = TrainingData.load(folder).examples
        except BadTrainingData as error:
            yield f"{folder.name}/{error}"
            continue
        if folder == pack.nlu:
            for intent in sorted({example.intent for example in examples} - set(INTENTS)):
                yield f"nlu: unknown intent {intent}; known are {', '.join(INTENTS)}"


def _in_forms(pack: Pack) -> Iterator[str]:
    try:
        forms_of([str(pack.folder)])
    except PackError as error:
        yield f"forms.yaml: {error}"


def _in_conversations(pack: Pack) -> Iterator[str]:
    for path in pack.conversations:
        try:
            read_script(path)
        except ScriptError as error:
            yield f"conversations/{error}"
