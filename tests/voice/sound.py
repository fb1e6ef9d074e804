"""Recordings for tests, made on the spot: a voice-like tone, in every form in which platforms send voices."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pysilk

from dialogue.transcribing.words import RATE

DATA = Path(__file__).parent / "data"
"""Two forms that no library of ours can write: Speex (speexenc) and AMR-WB (vo-amrwbenc), two seconds of the same tone."""


@cache
def speech(seconds: float = 2.0, gap: float = 0.0) -> bytes:
    """A wandering tone that swells twice a second, then `gap` seconds of silence: RATE, mono, 16 bit."""
    time = np.arange(int(RATE * seconds)) / RATE
    pitch = 440 + 220 * np.sin(3 * np.pi * time)
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * (0.6 + 0.4 * np.sin(4 * np.pi * time))
    return (9000 * tone).astype("<i2").tobytes() + bytes(int(RATE * gap) * 2)


@cache
def encoded(form: str, seconds: float = 2.0, gap: float = 0.0) -> bytes:
    """The tone as a platform sends it, in one of ALL forms."""
    if form in ("speex", "amrwb"):
        return (DATA / {"speex": "speex.ogg", "amrwb": "amrwb.amr"}[form]).read_bytes()
    return written(speech(seconds, gap), form)


def written(pcm: bytes, form: str) -> bytes:
    """Any sound in a form that our libraries can write."""
    if form in ("silk", "silk_plain"):
        out = io.BytesIO()
        pysilk.encode(io.BytesIO(pcm), out, RATE, 24_000, tencent=form == "silk")
        return out.getvalue()
    return _contained(pcm, *FORMS[form])


FORMS: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "amr": ("amr", "libopencore_amrnb", 8_000, {}),
    "amr_dtx": ("amr", "libopencore_amrnb", 8_000, {"dtx": "1"}),
    "opus": ("ogg", "libopus", 48_000, {}),
    "webm": ("webm", "libopus", 48_000, {}),
    "m4a": ("ipod", "aac", 16_000, {}),
    "mp3": ("mp3", "libmp3lame", 16_000, {}),
    "wav": ("wav", "pcm_s16le", 16_000, {}),
}
"""Form → container, codec, samples a second, options of the codec."""
ALL = (*FORMS, "silk", "silk_plain", "speex", "amrwb")


def _contained(pcm: bytes, container: str, codec: str, rate: int, options: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate, options=options)
        stream.layout = "mono"
        if codec == "libopencore_amrnb":
            stream.bit_rate = 12_200
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        context = stream.codec_context
        resampler = av.AudioResampler(
            format=context.format,
            layout="mono",
            rate=rate,
            frame_size=context.frame_size or 0,
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            piece.pts = None
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()
