"""Whatever a platform sends becomes the same sound, and whatever a stranger sends harms nobody."""

from __future__ import annotations

import asyncio
import io
import random
import struct

import av
import numpy as np
import pytest
from av.error import FFmpegError

from dialogue.transcribing import decoding
from dialogue.transcribing.decoding import Undecodable, decode
from dialogue.transcribing.words import RATE, seconds_of
from tests.voice.sound import ALL, encoded, speech

LATEST = 3
"""Pieces of 50 ms by which a codec may begin late."""


def sounded(content: bytes, declared: float | None = None) -> bytes:
    return asyncio.run(decode(content, declared))


def why(content: bytes, declared: float | None = None) -> str:
    with pytest.raises(Undecodable) as broken:
        sounded(content, declared)
    assert broken.value.why in decoding.REASONS
    return broken.value.why


def alike(pcm: bytes) -> float:
    """How much the loudness of a sound goes up and down as the tone's does; codecs may begin a little late."""
    one, other = (loudness(sound) for sound in (pcm, speech(2.0)))
    most = min(len(one), len(other)) - LATEST
    return max(float(np.corrcoef(one[late : late + most], other[:most])[0, 1]) for late in range(LATEST))


def loudness(pcm: bytes) -> np.ndarray:
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(float))
    return samples[: len(samples) // 800 * 800].reshape(-1, 800).mean(axis=1)


@pytest.mark.req("S68")
@pytest.mark.parametrize("form", ALL)
def test_every_form_becomes_the_same_sound(form: str) -> None:
    pcm = sounded(encoded(form), 2.0)
    assert seconds_of(pcm) == pytest.approx(2.0, abs=0.15)
    assert alike(pcm) > 0.8


@pytest.mark.req("S68")
def test_amr_with_silence_keeps_its_length_where_the_usual_decoder_gives_up() -> None:
    content = encoded("amr_dtx", 1.0, 2.0)
    with pytest.raises(FFmpegError), av.open(io.BytesIO(content), "r") as usual:
        list(usual.decode(usual.streams[0]))
    pcm = sounded(content, 3.0)
    assert seconds_of(pcm) == pytest.approx(3.0, abs=0.15)
    assert loudness(pcm)[-15:].max() < loudness(pcm)[:15].mean() / 10


NOISE = random.Random(1).randbytes(4_000)
HOSTILE = {
    "empty": (b"", "empty"),
    "noise": (b"\0" + NOISE, "not_sound"),
    "a page": (b"\n <html><body>404</body>", "not_sound"),
    "an error in place of the file": (b'{"errcode":40007,"errmsg":"invalid media_id"}', "not_sound"),
    "an archive": (b"PK\x03\x04" + NOISE, "not_sound"),
    "noise that begins like MP3": (b"\xff\xfb" + NOISE, "damaged"),
    "noise that begins like Ogg": (b"OggS" + NOISE, "damaged"),
    "AMR without a frame": (b"#!AMR\n", "too_short"),
    "SILK without a frame": (b"\x02#!SILK_V3", "too_short"),
    "WAV that lies about its size": (
        b"RIFF\xff\xff\xff\xffWAVE" + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 4_000_000_000, 8, 1, 8)
        + b"data\xf0\xff\xff\xff" + bytes(1_000), "damaged"),
    "three hours of silence in half a megabyte": (b"#!AMR\n" + b"\x7c" * 540_000, "too_long"),
    "more than anybody may send": (b"OggS" + bytes(decoding.MOST_BYTES), "too_large"),
}  # fmt: skip


@pytest.mark.req("S68")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_recording_has_a_named_reason(name: str) -> None:
    content, reason = HOSTILE[name]
    assert why(content) == reason


@pytest.mark.req("S68")
@pytest.mark.parametrize(("form", "reasons"), [("opus", ("cut_off",)), ("m4a", ("damaged",)), ("silk", ("damaged",))])
def test_half_a_recording_is_not_taken_for_all_of_it(form: str, reasons: tuple[str, ...]) -> None:
    content = encoded(form, 6.0)
    assert why(content[: len(content) // 3], 6.0) in reasons


def test_a_platform_may_round_the_length_up() -> None:
    assert seconds_of(sounded(encoded("wav", 0.7), 2.0)) == pytest.approx(0.7, abs=0.05)


def test_the_helper_is_ended_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "WALL_SECONDS", 0.001)
    assert why(encoded("opus")) == "too_slow"


def test_the_helper_may_write_no_file_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_SECRET", "told to nobody")
    assert "HUIYING_SECRET" not in decoding.environment()
    assert len(sounded(encoded("opus"))) > RATE
