"""Each pack's own conversations come out as they say: its words, rules and forms hold on a desk that has it."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

import pytest

from config.desk import load_mind
from config.expecting import check
from config.packs import shipped
from config.play import play
from config.script import read_script
from core.policies import Policies
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.mind import Mind
from dialogue.understanding.training_data import TrainingData
from tests.learning import learnt

PACKS = {pack.name: pack for pack in shipped()}
SCRIPTS = [pytest.param(pack, path, id=path.stem) for pack in PACKS for path in PACKS[pack].conversations]
LEARNING = 300
"""Seconds for a test that may have to learn a pack first."""
TRADES = ("machinery", "it_service", "appliance")


@cache
def mind(pack: str) -> Mind:
    return load_mind(Policies(), learnt(), (pack,))


@pytest.mark.timeout(LEARNING)
@pytest.mark.req("S50", "S81")
@pytest.mark.parametrize(("pack", "script"), SCRIPTS)
def test_a_conversation_of_a_pack(pack: str, script: Path) -> None:
    story = read_script(script)
    assert story.settings["pack"] == pack
    assert [str(fault) for fault in check(story, asyncio.run(play(story, mind(pack))))] == []


@pytest.mark.req("S50", "S81")
@pytest.mark.parametrize("name", TRADES)
def test_a_pack_of_a_trade_is_rich(name: str) -> None:
    pack = PACKS[name]
    words = Lexicon.load(pack.lexicon)
    devices = {*words.words("devices"), *words.words("components"), *words.usual("device_synonyms")}
    symptoms = {*words.words("symptoms"), *words.usual("symptom_synonyms")}
    lines = {example.text for example in TrainingData.load(pack.nlu).examples}
    ours = {example.text for example in TrainingData.load(pack.nlu.parents[2] / "nlu").examples}
    assert len(devices) >= 60 and len(symptoms) >= 60 and len(words.usual("device_synonyms")) >= 60
    assert 30 <= len(lines - ours) <= 60 and len(pack.conversations) >= 4


@pytest.mark.timeout(LEARNING)
@pytest.mark.parametrize(
    ("pack", "said", "device", "symptom"),
    [
        ("machinery", "前面那对避震筒压下去起不来", "减震器", "不回弹"),
        ("machinery", "那台锣床装刀了", "加工中心", "撞刀"),
        ("machinery", "夜压站又在楼油", "液压站", "漏油"),
        ("it_service", "三楼打因机卡子", "打印机", "卡纸"),
        ("it_service", "我帐号被锁了", "账号", "账号被锁"),
        ("appliance", "冷气机布置冷", "空调", "不制冷"),
        ("appliance", "洗衫机甩不干", "洗衣机", "不脱水"),
        ("appliance", "热水七打唔着火", "热水器", "打不着火"),
    ],
)
def test_dialect_and_homophones_become_the_words_of_the_house(pack: str, said: str, device: str, symptom: str) -> None:
    slots = mind(pack).customer(said, 1772589600_000_000).slots
    assert (slots.get("device"), slots.get("fault_symptom")) == ([device], [symptom])
