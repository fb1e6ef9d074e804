"""A real model hears real (synthetic) speech through every codec: the character error rate and the time that it takes.

Needs `make voice` (the model) and `make speech` (the voices). One clean synthetic voice a language: indicative, and the same at
each run; real voices, noise and dialect are harder.
"""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.desk import lexicons_of
from config.settings import Settings
from config.voice import words_of
from config.voice_model import WHISPER, known
from dialogue.transcribing import local
from dialogue.transcribing.decoding import decode
from dialogue.transcribing.doubts import doubts
from dialogue.transcribing.local import Local
from dialogue.transcribing.words import Hints, seconds_of
from tests.not_run import not_run
from tests.voice.sound import written

HOME = Path(__file__).parents[2]
MODEL, SPEAKS = HOME / "var/voice", HOME / "var/speech/venv/bin/python"
FORMS = ("amr_dtx", "silk", "opus", "amr", "m4a", "wav", "webm", "mp3")
MOST_WRONG = {"zh": 0.25, "en": 0.15}
"""Character error rate that no codec may exceed."""
PATIENCE = 300.0
"""Seconds for a sentence: a busy machine is no reason to prove nothing."""
DIGITS = str.maketrans("零〇一二三四五六七八九两", "001234567892")
"""One way to write numbers: which of them an engine chooses is no error."""
LINES = {
    "zh": (
        "注塑机停机了，屏幕上报警，请马上派人来。",
        "二楼的投影仪打不开，遥控器按了没反应。",
        "空调不制冷，出风口还漏水。",
        "到现场了，液压站压力不够，需要换密封圈。",
        "我是东区仓库的，叉车减震异响，你们到底来不来。",
        "麻烦明天下午三点以后上门，我电话是一三八零零一三八零二一。",
        "工单已经处理完，更换了传感器，试运行半小时正常，请客户确认。",
        "打印机卡纸，重启以后还是不行。",
    ),
    "en": (
        "The printer on the second floor is jammed again.",
        "Please send an engineer tomorrow afternoon.",
        "The air conditioner is leaking water.",
    ),
}


@dataclass
class Sum:
    """What came of one codec in one language."""

    wrong: int = 0
    letters: int = 0
    seconds: float = 0.0
    took: float = 0.0
    doubted: int = 0

    @property
    def rate(self) -> float:
        return self.wrong / self.letters


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.req("S68", "S82")
def test_a_real_model_hears_mandarin_and_english_through_every_codec(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "LEAST_SECONDS", PATIENCE)
    spoken = {lang: said(lang, tmp_path) for lang in LINES}
    with capsys.disabled():
        print(
            "\n\n| language | codec | character error rate | not believed | real-time factor |\n|---|---|---|---|---|"
        )
        found = asyncio.run(listen(spoken))
    assert {key: one.rate for key, one in found.items() if one.rate > MOST_WRONG[key[0]]} == {}
    assert sum(one.doubted for one in found.values()) <= 1


def said(lang: str, folder: Path) -> list[bytes]:
    """Every line as a WAV file."""
    if not SPEAKS.exists():
        not_run("no voices (make speech)")
    if not MODEL.is_dir() or known(MODEL) is not WHISPER or importlib.util.find_spec("faster_whisper") is None:
        not_run("no model (make voice)")
    script = Path(__file__).with_name("speaker.py")
    text = "\n".join(LINES[lang])
    done = subprocess.run([SPEAKS, script, lang, folder], input=text, text=True, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return [(folder / f"{lang}{number}.wav").read_bytes() for number in range(len(LINES[lang]))]


async def listen(spoken: dict[str, list[bytes]]) -> dict[tuple[str, str], Sum]:
    engine, found = Local(MODEL), {}
    words = words_of(Settings(), lexicons_of(["default"]))
    try:
        for lang, recordings in spoken.items():
            hints = Hints(words if lang == "zh" else (), lang)
            for form in FORMS:
                one = found[lang, form] = Sum()
                for line, recording in zip(LINES[lang], recordings, strict=True):
                    pcm = await decode(written(await decode(recording), form))
                    began = time.perf_counter()
                    heard = await engine.transcribe(pcm, hints)
                    one.took += time.perf_counter() - began
                    one.seconds += seconds_of(pcm)
                    one.doubted += bool(doubts(heard, pcm, hints))
                    one.wrong += distance(letters(line), letters(heard.text))
                    one.letters += len(letters(line))
                print(
                    f"| {lang} | {form} | {one.rate:.1%} | {one.doubted} | {one.took / one.seconds:.2f} |", flush=True
                )
    finally:
        await engine.close()
    return found


def letters(text: str) -> str:
    """What is compared: letters and digits, width, case and the way of writing numbers aside."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(DIGITS)
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LN")


def distance(one: str, other: str) -> int:
    """Characters to change, add or drop (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        above, row[0] = row[0], number
        for place, against in enumerate(other, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (character != against))
    return row[-1]
