"""A pack is a folder: what is wrong in it is named with its place, and what is right in it holds without code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.desk import CONFIG
from config.loading import Unusable, load
from config.pack_command import mistakes, packs_command
from config.packs import DEFAULT, PackError, packs_of, read_pack, rules_of, shipped
from config.play import play_command
from dialogue.understanding.mind import Mind

NOON = 1772596800_000_000


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A pack of one's own, like that for machines."""
    assert packs_command(["new", str(tmp_path / "ours"), "--like", "machinery"]) == 0
    return tmp_path / "ours"


@pytest.mark.req("S50", "S81")
def test_every_pack_that_ships_is_without_a_mistake() -> None:
    assert {pack.name: mistakes(pack) for pack in shipped()} == {
        name: [] for name in ("appliance", "default", "it_service", "machinery")
    }
    assert {word for pack in packs_of() for rule in pack.rules if rule.then.ticket for word in rule.when.words} == {
        "异响", "漏油", "不回弹",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "content", "complaint"),
    [
        ("lexicon/devices.yaml", "devices: [", "lexicon/devices.yaml"),
        ("lexicon/devices.yaml", "device: 泵", "lexicon/devices.yaml: unknown list device"),
        ("lexicon/more.yaml", "symptoms: ['(响|叫']", "lexicon/more.yaml"),
        ("lexicon/more.yaml", "symptoms: ['一…二…三…四']", "lexicon/more.yaml: more than 2 gaps"),
        ("lexicon/more.yaml", "- 泵", "lexicon/more.yaml: a lexicon is a table of lists"),
        ("nlu/machinery.yml", 'version: "3.1"\nnlu:\n- intent: report\n  examples: |\n    - 坏了\n', "unknown intent report"),
        ("nlu/machinery.yml", "nlu: []", "machinery.yml"),
        ("conversations/x.yaml", "id: x\nturns: []", "conversations/x.yaml"),
        ("conversations/x.yaml", 'id: x\nturns: [{at: "09:00:00", form: wang}]', "conversations/x.yaml, turn 0: unknown key form"),
        ("forms.yaml", "forms: 3", "forms.yaml"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_pack_is_named_with_its_file(ours: Path, path: str, content: str, complaint: str) -> None:
    (ours / path).write_text(content, "utf-8")
    found = mistakes(read_pack(ours))
    assert any(complaint in mistake for mistake in found), found
    assert packs_command(["check", str(ours)]) == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("title: {zh: 我们}", "title in zh and en"),
        ("title: {zh: 我们, en: Ours}\nkeyword: [漏油]", "unknown keyword"),
        ("title: {zh: 我们, en: Ours}\nkeywords: [7]", "not a word: 7"),
        ("title: {zh: 我们, en: Ours}\nrules: 3", "a list of rules"),
        ("title: {zh: 我们, en: Ours}\nrules: [{name: x, then: {priority: P7}}]", r"rule 1 \(x\): no priority P7"),
    ],
)
def test_a_mistake_in_its_description_is_named_with_its_place(ours: Path, content: str, complaint: str) -> None:
    (ours / "pack.yaml").write_text(content, "utf-8")
    with pytest.raises(PackError, match=f"ours.*{complaint}"):
        read_pack(ours)


@pytest.mark.usefixtures("elsewhere")
def test_the_setting_names_one_pack_or_several_and_refuses_what_is_none(tmp_path: Path, ours: Path) -> None:
    assert load().pack == (DEFAULT,)
    for written, packs in ((f'"{ours}"', (str(ours),)), ('["machinery", "appliance"]', ("machinery", "appliance"))):
        (tmp_path / "desk.toml").write_text(f"pack = {written}\n")
        assert load().pack == packs
    assert rules_of(load().pack) == rules_of(["machinery"]) + rules_of(["appliance"])
    (tmp_path / "desk.toml").write_text('pack = "brewery"\n')
    with pytest.raises(Unusable) as unusable:
        load()
    assert "brewery: no such pack" in unusable.value.troubles[0].said("zh").what


@pytest.mark.req("S81")
def test_a_word_that_a_pack_adds_is_known_after_the_next_start(ours: Path, tmp_path: Path) -> None:
    """The lines of one small pack are enough to learn from here; the cache tells packs and their versions apart."""
    lines, cache = ours / "nlu", tmp_path / "cache"

    def device(pack: Path) -> list[str] | None:
        mind = Mind.load(lines, CONFIG / "lexicon", cache, "Asia/Shanghai", [pack])
        return mind.customer("咕噜哒漏油了", NOON).slots.get("device")

    plain = tmp_path / "plain"
    (plain / "lexicon").mkdir(parents=True)
    assert device(plain) is None
    (plain / "lexicon" / "ours.yaml").write_text("device_synonyms: {柱塞泵: [咕噜哒]}", "utf-8")
    assert device(plain) == ["柱塞泵"]
    assert len(list(cache.glob("*.npz"))) == 2
    shutil.rmtree(plain / "lexicon")
    assert device(plain) is None and len(list(cache.glob("*.npz"))) == 2


def test_a_script_that_cannot_be_played_or_does_not_hold_ends_with_1(ours: Path, capsys: pytest.CaptureFixture) -> None:
    bad = ours / "conversations" / "bad.yaml"
    bad.write_text('id: bad\nturns: [{at: "9 o\'clock", from: wang}]', "utf-8")
    assert play_command(["--check", str(bad)]) == 1
    assert "not a time" in capsys.readouterr().out
