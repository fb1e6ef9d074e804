"""The process of a local engine: `python -m dialogue.transcribing.worker KIND FOLDER THREADS`.

It loads its model once and says so; then each line of JSON {bytes, prompt, lang} on stdin is followed by so many bytes of
sound, and answered by a line {text, confidence, warnings} or {why}. It gives way to everything else on the machine.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dialogue.transcribing.models import NEEDED, file_of
from dialogue.transcribing.words import RATE

NICE = 10
BEAM = 5
NO_SPEECH = 0.6
"""Probability that nobody speaks, from which on a stretch counts as silence if its words are unsure too."""
UNSURE = -1.0
"""Mean logarithm of a token's probability below which it does."""
OTHER_LANGUAGE = 0.6
"""Probability of the other language of the desk from which on its speaker is believed to speak it."""
COMPRESSED = 2.4
"""How much better than text a stretch may be compressed before it counts as repetition."""

Engine = Callable[[Any, str, str], dict[str, Any]]


def main() -> None:
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.nice(NICE)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    hear = ENGINES[kind](folder, threads)
    _say(out, {"ready": True})
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        pcm = sys.stdin.buffer.read(asked["bytes"])
        try:
            _say(out, hear(_floats(pcm), asked["prompt"], asked["lang"]))
        except Exception as error:
            _say(out, {"why": type(error).__name__})


def _whisper(folder: Path, threads: int) -> Engine:
    from faster_whisper import WhisperModel  # type: ignore[import-not-found]

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)

    def hear(sound: Any, prompt: str, lang: str) -> dict[str, Any]:
        other = {"zh": "en"}.get(lang, "zh")
        if dict(model.detect_language(audio=sound)[2]).get(other, 0.0) >= OTHER_LANGUAGE:
            lang, prompt = other, ""
        found, _ = model.transcribe(
            sound, language=lang, beam_size=BEAM, initial_prompt=prompt, condition_on_previous_text=False
        )
        return _judged([vars_of(piece) for piece in found])

    return hear


def _sensevoice(folder: Path, threads: int) -> Engine:
    import sherpa_onnx  # type: ignore[import-not-found]

    model, tokens = (file_of(folder, names) for names in NEEDED["sensevoice"])
    recogniser = sherpa_onnx.OfflineRecognizer.from_sense_voice(
        model=str(model), tokens=str(tokens), num_threads=threads, language="auto", use_itn=True
    )

    def hear(sound: Any, prompt: str, lang: str) -> dict[str, Any]:
        stream = recogniser.create_stream()
        stream.accept_waveform(RATE, sound)
        recogniser.decode_stream(stream)
        return {"text": stream.result.text.strip(), "confidence": None, "warnings": []}

    return hear


ENGINES: Mapping[str, Callable[[Path, int], Engine]] = {"whisper": _whisper, "sensevoice": _sensevoice}


def vars_of(piece: Any) -> dict[str, Any]:
    """What is judged of a stretch of speech."""
    names = ("text", "start", "end", "avg_logprob", "no_speech_prob", "compression_ratio")
    return {name: getattr(piece, name) for name in names}


def _judged(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """The words of all stretches in which somebody speaks, how sure they are, and what is odd about them."""
    spoken = [piece for piece in pieces if piece["no_speech_prob"] < NO_SPEECH or piece["avg_logprob"] > UNSURE]
    weights = [max(piece["end"] - piece["start"], 0.1) for piece in spoken]
    sure = sum(piece["avg_logprob"] * weight for piece, weight in zip(spoken, weights, strict=True))
    confidence = math.exp(sure / sum(weights)) if spoken else 0.0
    odd = any(piece["compression_ratio"] > COMPRESSED for piece in spoken)
    text = "".join(piece["text"] for piece in spoken).strip()
    return {"text": text, "confidence": round(confidence, 3), "warnings": ["compressed"] if odd else []}


def _floats(pcm: bytes) -> Any:
    import numpy as np

    return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0


def _say(out: Any, words: dict[str, Any]) -> None:
    out.write(json.dumps(words, ensure_ascii=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
