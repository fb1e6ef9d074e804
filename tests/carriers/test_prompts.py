"""What is heard in a call: recordings where all are there, else the voice, else tones; never nothing."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from core.words import Say
from notifier.prompts.__main__ import main
from notifier.prompts.prompts import PromptConfig, Prompts
from notifier.prompts.sound import RATE, NoSound, from_wav, to_wav
from notifier.prompts.templates import TEMPLATES, everything, pieces, sentence
from tests.carriers.far_phone import chirp, places

ALARM = Say("escalation", params=(("number", "GD-1001"),))
SPEAKS = """
import sys, wave, zlib, math, struct
wav, text = sys.argv[1:]
hertz = 300 + zlib.crc32(text.strip().encode()) % 2500
with wave.open(wav, "wb") as file:
    file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
    file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * hertz / 3509))) for i in range(4410)))
open(sys.argv[0] + ".said", "a").write(text.strip() + "\\n")
"""
"""A voice for tests: hums 0.2 s, each text at its own pitch."""


@pytest.fixture
def voice(tmp_path: Path) -> list[str]:
    program = tmp_path / "voice.py"
    program.write_text(SPEAKS)
    return [sys.executable, "-IS", str(program), "{wav}", "{text}"]


def said(tmp_path: Path) -> list[str]:
    path = tmp_path / "voice.py.said"
    return path.read_text().splitlines() if path.exists() else []


def wav(samples: np.ndarray, rate: int, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())
    return file.getvalue()


def sound(config: PromptConfig, say: Say = ALARM) -> np.ndarray:
    return np.frombuffer(asyncio.run(Prompts(config).sound(say)), "<i2").astype(float)


def test_nothing_configured_calls_for_attention_with_tones() -> None:
    heard = sound(PromptConfig())
    assert 3 < len(heard) / RATE < 5 and np.abs(heard).max() > 10_000
    assert len(asyncio.run(Prompts().thanks())) > RATE // 2


@pytest.mark.parametrize(("lang", "number"), [("zh", "ＧＤ-1001"), ("en", "GD-1001")])
def test_recordings_are_spliced_with_the_number(tmp_path: Path, lang: str, number: str) -> None:
    recordings = {}
    for count, piece in enumerate(everything(lang)):
        recordings[piece.name] = chirp(300 + 20 * count, 3000 - 30 * count, 0.2)
        path = tmp_path / f"{piece.name}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav(recordings[piece.name], RATE))
    heard = sound(PromptConfig(lang, tmp_path), Say("escalation", params=(("number", number),)))
    letters = ["g", "d"] if number.isascii() else []
    order = ["escalation.1", *letters, "1", "0", "0", "1", "escalation.2"]
    found = [(at, name) for name in recordings for at in places(heard, recordings[name])]
    assert [name for _, name in sorted(found)] == [f"{lang}/{name}" for name in order]


def test_one_recording_missing_and_the_voice_says_all_of_it(tmp_path: Path, voice: list[str]) -> None:
    config = PromptConfig("en", tmp_path, voice)
    assert 0.15 < len(sound(config)) / RATE < 0.3
    assert said(tmp_path) == [sentence("escalation", "en", {"number": "GD-1001"})]
    assert "G D one zero zero one" in said(tmp_path)[0]


def test_a_sentence_is_spoken_once(tmp_path: Path, voice: list[str]) -> None:
    async def story() -> None:
        prompts = Prompts(PromptConfig("zh", None, voice))
        assert await prompts.sound(ALARM) == await prompts.sound(ALARM)
        await prompts.sound(Say("nobody knows this purpose"))
        await prompts.sound(Say("escalation", params=(("lang", "en"),)))
        await prompts.sound(Say("escalation", params=(("lang", "xx"),)))

    asyncio.run(story())
    assert said(tmp_path) == [
        "您好，这里是工单台。紧急工单，G D 幺 零 零 幺，没有人处理。认领请按一。",
        TEMPLATES["zh"]["other"],
        sentence("escalation", "en", {}),
        sentence("escalation", "zh", {}),
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["no-such-program", "{wav}", "{text}"],
        [sys.executable, "-c", "import sys; sys.exit(3)", "{wav}", "{text}"],
        [sys.executable, "-c", "pass", "{wav}", "{text}"],
        [sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write('no sound')", "{wav}", "{text}"],
    ],
    ids=["missing", "fails", "makes nothing", "makes something else"],
)
def test_a_voice_that_does_not_speak_leaves_tones(command: list[str]) -> None:
    assert np.array_equal(sound(PromptConfig("zh", None, command)), sound(PromptConfig()))


def test_a_value_is_only_ever_read_out(tmp_path: Path, voice: list[str]) -> None:
    evil = "$(reboot) {wav} -o /etc/passwd ../../1"
    sound(PromptConfig("en", tmp_path, voice), Say("escalation", params=(("number", evil),)))
    (line,) = said(tmp_path)
    spelled = line.removeprefix("This is the ticket desk. Urgent ticket ").partition(" has nobody")[0]
    assert spelled == "R E B O O T W A V O E T C P A S S W D one"
    assert [piece.name for piece in pieces("escalation", "zh", {"number": "../9"})][1:-1] == ["zh/9"]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (22050, 2), (44100, 1)])
def test_recordings_of_any_rate_sound_the_same(rate: int, channels: int) -> None:
    at = np.arange(rate) / rate
    hum = 8000 * np.sin(2 * np.pi * 440 * at) + (3000 * np.sin(2 * np.pi * 6000 * at) if rate > 16000 else 0)
    heard = np.frombuffer(from_wav(wav(hum, rate, channels)), "<i2").astype(float)
    assert abs(len(heard) / RATE - 1) < 0.01
    spectrum = np.abs(np.fft.rfft(heard))
    assert abs(int(spectrum.argmax()) * RATE / len(heard) - 440) < 2
    assert spectrum[round(1990 * len(heard) / RATE) : round(2010 * len(heard) / RATE)].max() < spectrum.max() / 100
    assert from_wav(to_wav(heard.astype("<i2").tobytes()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        wav(np.zeros(0), 8000),
        wav(np.ones(100), 4000),
        wav(np.ones(100), 8000, width=1),
        wav(np.ones(8000 * 121), 8000),
    ],
    ids=["empty", "cut short", "no samples", "too slow", "8 bit", "too long"],
)
def test_what_is_no_recording(content: bytes) -> None:
    with pytest.raises(NoSound):
        from_wav(content)


def test_the_list_to_record_and_a_voice_that_records_it(
    tmp_path: Path, voice: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["zh"]) == 0
    assert "zh/1.wav\t幺" in capsys.readouterr().out.splitlines()
    assert main(["en", "--into", str(tmp_path), "--voice", "no-such-program", "{wav}", "{text}"]) == 1


def test_a_voice_records_everything_once(tmp_path: Path, voice: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for expected in (len(everything("en")), 0):
        assert main(["en", "--into", str(tmp_path), "--voice", *voice]) == 0
        assert capsys.readouterr().out.strip() == str(expected)
    assert 1 < len(sound(PromptConfig("en", tmp_path))) / RATE < 4


@pytest.mark.parametrize("wrong", [{"lang": "fr"}, {"voice": ("espeak-ng", "{text}")}])
def test_settings_that_cannot_work(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"lang|voice"):
        PromptConfig(**wrong)  # pyright: ignore[reportArgumentType]
