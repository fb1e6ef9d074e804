"""Sound as telephones take it: 8 kHz, mono, 16 bit little endian; WAV files of any rate become that."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence

import numpy as np

RATE = 8000
"""Samples a second of G.711."""
PEAK = 0.7
"""Loudness to which recordings are brought, share of full scale."""
QUIET = 0.01
"""What is less loud before and after a recording is cut off, share of full scale."""
EDGE = 400
"""Samples that are kept on both sides of that."""
MOST_SECONDS = 120
"""Longest recording that is played."""
ATTENTION = ((660, 0.18), (0, 0.06), (880, 0.18), (0, 0.06), (1175, 0.30), (0, 0.5))
"""Rising tones (hertz, seconds): listen. Three times before a key is waited for."""
THANKS = ((1175, 0.12), (0, 0.04), (1568, 0.20), (0, 0.1))
"""What is heard after the key."""


class NoSound(ValueError):
    """Not a WAV file with 16-bit samples, or an empty or endless one."""


def from_wav(content: bytes) -> bytes:
    """The sound of a WAV file at 8 kHz. Raises NoSound."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            raw = file.readframes(rate * MOST_SECONDS + 1)
    except (wave.Error, EOFError) as error:
        raise NoSound(str(error) or "not a WAV file") from None
    if width != 2 or not 1 <= channels <= 2 or not 8000 <= rate <= 96_000:
        raise NoSound(f"{8 * width} bit, {channels} channels, {rate} Hz: wanted 16 bit, mono, 8 kHz or more")
    samples = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels).mean(axis=1)
    if not len(samples) or len(samples) > rate * MOST_SECONDS:
        raise NoSound("empty, or too long")
    return _to_bytes(_trimmed(_levelled(_at_rate(samples, rate))))


def to_wav(sound: bytes) -> bytes:
    """A WAV file of a sound."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(sound)
    return file.getvalue()


def silence(seconds: float) -> bytes:
    """Nothing, for so long."""
    return bytes(2 * round(seconds * RATE))


def tones(notes: Sequence[tuple[int, float]]) -> bytes:
    """A little melody of (hertz, seconds); 0 hertz is a rest."""
    parts = [_tone(hertz, round(seconds * RATE)) for hertz, seconds in notes]
    return _to_bytes(np.concatenate(parts) * PEAK * 32767)


def _tone(hertz: int, length: int) -> np.ndarray:
    """Fades in and out, so that it does not click."""
    wave_form = np.sin(2 * np.pi * hertz * np.arange(length) / RATE) if hertz else np.zeros(length)
    edge = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.01 * RATE))
    return wave_form * edge


def _at_rate(samples: np.ndarray, rate: int) -> np.ndarray:
    """The same at 8 kHz: what lies above 4 kHz is left out."""
    if rate == RATE:
        return samples
    wanted = max(1, round(len(samples) * RATE / rate))
    return np.fft.irfft(np.fft.rfft(samples)[: wanted // 2 + 1], wanted) * (wanted / len(samples))


def _levelled(samples: np.ndarray) -> np.ndarray:
    loudest = float(np.abs(samples).max())
    return samples * (PEAK * 32767 / loudest) if loudest else samples


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the silence before and after."""
    loud = np.flatnonzero(np.abs(samples) > QUIET * 32767)
    return samples[max(0, loud[0] - EDGE) : loud[-1] + EDGE] if len(loud) else samples


def _to_bytes(samples: np.ndarray) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
