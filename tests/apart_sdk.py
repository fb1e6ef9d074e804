"""A library that behaves badly, for tests/test_apart.py: it runs in the process that bots/apart.py gives it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bots.apart import Ended, NotStored


def serve(settings: Mapping[str, Any], hand: Callable[[bytes], None], alive: Callable[[], None]) -> None:
    """Does what the test asks for, and notes it in a file."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    notes = Path(settings["notes"])
    note(notes, f"pid {os.getpid()}")

    def deliver(raw: bytes) -> None:
        try:
            hand(raw)
            note(notes, f"stored {len(raw)}")
        except NotStored:
            note(notes, f"not stored {len(raw)}")

    match settings["does"]:
        case "die":
            raise ValueError(settings["secret"])
        case "end":
            raise Ended("the connection was closed")
        case "return":
            return
        case "print":
            print(settings["secret"], flush=True)
            print(settings["secret"], file=sys.stderr, flush=True)
            os.write(1, b"D99999999")
        case "live":
            alive()
    for size in settings.get("sizes", ()):
        deliver(b"x" * size)
    threads = [threading.Thread(target=deliver, args=(b"t" * size,)) for size in settings.get("at_once", ())]
    for thread in threads:
        thread.start()
    time.sleep(600)


def note(notes: Path, words: str) -> None:
    with notes.open("a") as file:
        file.write(f"{words}\n")
