"""Training data, lexicons and kept models: what is honoured, and what is refused aloud."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dialogue.understanding.keeping import fingerprint, kept
from dialogue.understanding.lexicon import BadLexicon, Lexicon
from dialogue.understanding.mind import Mind
from dialogue.understanding.numerals import digit_view
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.phrases import BadPhrase, one_of
from dialogue.understanding.plain import plain
from dialogue.understanding.training_data import BadTrainingData, Marked, TrainingData
from tests.understanding.conftest import HOME, LEXICON, NLU, NOW

MOST_ALIKE = 0.05
"""Share of lines that may be equal to another but for numbers, names and devices."""

NUMBER = re.compile(r"[a-z\-]*[0-9][a-z0-9\-]*")
NAME = re.compile(r"[王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗钱](?=师傅|工|经理|主任|总|姐|哥|姓)")


def load(folder: Path, content: str) -> TrainingData:
    (folder / "data.yml").write_text(content, encoding="utf-8")
    return TrainingData.load(folder)


def test_rasa_format(tmp_path: Path) -> None:
    data = load(
        tmp_path,
        """
version: "3.1"
nlu:
- intent: report_fault
  examples: |
    - [三楼](address)的[lift]{"entity": "device", "value": "elevator"}停了
- synonym: elevator
  examples: |
    - 升降机
- regex: error_code
  examples: |
    - E-[0-9]{2}
- lookup: device
  examples:
    - 打包机
    - 封口机
""",
    )
    example = data.examples[0]
    assert (example.text, example.intent) == ("三楼的lift停了", "report_fault")
    assert example.marked == (Marked(0, 2, "address", None), Marked(3, 7, "device", "elevator"))
    assert data.synonyms == {"升降机": "elevator"}
    assert data.regexes == {"error_code": ("E-[0-9]{2}",)}
    assert data.lookups == {"device": ("打包机", "封口机")}


def alike(text: str, devices: re.Pattern[str]) -> str:
    """A line without its numbers, names, devices, punctuation."""
    seen = devices.sub("D", digit_view(plain(text).text))
    return re.sub(r"\W", "", NAME.sub("X", NUMBER.sub("N", seen)))


def test_few_lines_are_alike() -> None:
    lexicon = Lexicon.load(LEXICON)
    names = sorted({*lexicon.words("devices"), *lexicon.words("english_devices")}, key=len, reverse=True)
    devices = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    lines = [alike(example.text, devices) for example in TrainingData.load(NLU).examples]
    assert len(lines) - len(set(lines)) <= MOST_ALIKE * len(lines)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('version: "2.0"\nnlu: []', "3.1"),
        ("nlu: []", "3.1"),
        ('version: "3.1"\nrules: []', "rules"),
        ('version: "3.1"\nnlu:\n- thing: x\n  examples: "- a"', "thing"),
        ('version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    你好', "你好"),
        ('version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - [a]{"value": "b"}', "entity"),
        ('version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - [a]{not json}', "annotation"),
        ('version: "3.1"\nnlu: [', "data.yml"),
    ],
)
def test_what_cannot_be_honoured_is_refused_aloud(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(BadTrainingData, match=named):
        load(tmp_path, content)


def test_a_pack_adds_words_without_code(tmp_path: Path) -> None:
    for path in LEXICON.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "zz_pack.yaml").write_text("devices: 划线车\nsymptoms: [不划线]\n", encoding="utf-8")
    mind = Mind.load(NLU, tmp_path, None, "Asia/Shanghai")
    slots = mind.customer("划线车不划线", NOW).slots
    assert (slots["device"], slots["fault_symptom"]) == (["划线车"], ["不划线"])


def test_a_lexicon_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("staff: {accept: {lead: [go]}}", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("staff: [go]", encoding="utf-8")
    with pytest.raises(BadLexicon, match=r"b\.yaml.*staff"):
        Lexicon.load(tmp_path)
    with pytest.raises(BadLexicon, match="sing"):
        Commands.read(Lexicon({"staff": {"sing": {"lead": ["la"]}}}))


def test_phrases() -> None:
    form = one_of(["(很|太)?慢…了", "ac", "a+b"])
    assert form.fullmatch("太慢啊啊了") and form.fullmatch("慢了") and form.fullmatch("a+b")
    assert not form.search("慢，了") and not form.search("machine")
    for broken in ("(a", "a)b", "一…二…三…四"):
        with pytest.raises(BadPhrase):
            one_of([broken])
    assert not one_of([]).search("anything")


def test_a_kept_model_is_read_and_a_broken_one_is_trained_again(mind: Mind, kept_models: Path, tmp_path: Path) -> None:
    name = fingerprint((NLU, NLU / "staff", LEXICON))
    assert kept(kept_models, name) is not None
    again = Mind.load(NLU, LEXICON, kept_models, "Asia/Shanghai")
    assert again.customer("打印机卡纸", NOW) == mind.customer("打印机卡纸", NOW)
    for suffix in (".npz", ".json"):
        (tmp_path / f"{name}{suffix}").write_bytes((kept_models / f"{name}{suffix}").read_bytes()[:200])
    assert kept(tmp_path, name) is None
    assert kept(tmp_path, "unknown") is None


def test_other_data_has_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a", encoding="utf-8")
    before = fingerprint([tmp_path])
    (tmp_path / "a.yml").write_text("b", encoding="utf-8")
    assert fingerprint([tmp_path]) != before


def test_starting_is_cheap() -> None:
    heavy = ("sklearn", "scipy", "pypinyin", "jieba", "httpx", "sqlalchemy")
    code = f"import sys, dialogue.understanding.mind; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
