"""`python -m notifier.prompts zh`: what has to be recorded; with a folder and a voice it is spoken into that folder."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from notifier.prompts.sound import to_wav
from notifier.prompts.templates import TEMPLATES, everything
from notifier.prompts.voice import CannotSpeak, speak


async def record(lang: str, folder: Path, command: list[str]) -> int:
    """Speak every piece that is not there yet; how many were made. Raises CannotSpeak."""
    made = 0
    for piece in everything(lang):
        path = folder / f"{piece.name}.wav"
        if not path.exists():
            sound = await speak(command, piece.words)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(to_wav(sound))
            made += 1
    return made


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0, or 1 if the voice does not speak."""
    parser = argparse.ArgumentParser(prog="python -m notifier.prompts", description="recordings for calls")
    parser.add_argument("lang", choices=sorted(TEMPLATES))
    parser.add_argument("--into", type=Path, help="the folder for the recordings")
    parser.add_argument("--voice", nargs=argparse.REMAINDER, help="last of all: a command with {text} and {wav}")
    given = parser.parse_args(argv)
    if given.into is None or not given.voice:
        for piece in everything(given.lang):
            print(f"{piece.name}.wav\t{piece.words}")
        return 0
    try:
        print(asyncio.run(record(given.lang, given.into, given.voice)))
    except CannotSpeak as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
