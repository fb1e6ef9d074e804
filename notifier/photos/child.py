"""The process in which photos of strangers are opened, and nothing else: `python -m notifier.photos.child`.

Frames come in on stdin and go out on stdout, one answer for each. It may use so much processor time and memory, write no file, and
open nothing more, neither file nor connection: all that it needs is loaded before. A decoder that a hostile picture breaks takes
nothing with it. It ends when nothing has come for a while, or its desk is gone.
"""

from __future__ import annotations

import io
import os
import resource
import select
import sys
from dataclasses import asdict
from typing import IO, Any

from PIL import ExifTags, Image

from notifier.photos.frames import receive, send
from notifier.photos.marking import mark
from notifier.photos.opening import MOST_BYTES, NoPicture, look

CPU_SECONDS = 10
"""Processor time for one photo."""
MEMORY = 1 << 30
"""Bytes of address space beyond what the process has when it begins."""
REST = 60.0
"""Seconds after which it ends, if no photo comes."""


def main() -> None:
    """Answer until nobody asks any more."""
    stdin, stdout = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked_on = io.BufferedReader(stdin)
    _warm_up()
    _bound()
    while select.select([stdin], [], [], REST)[0]:
        _grant_time()
        asked = receive(asked_on, MOST_BYTES)
        if asked is None:
            return
        _answer(stdout, *asked)


def _answer(stdout: IO[bytes], asked: dict[str, Any], content: bytes) -> None:
    try:
        if asked["do"] == "look":
            send(stdout, asdict(look(content)))
        else:
            send(stdout, {}, mark(content, asked["lines"]))
    except NoPicture as no:
        send(stdout, {"why": str(no)})
    except MemoryError:
        send(stdout, {"why": "too_much_memory"})


def _warm_up() -> None:
    """Have all loaded that any photo needs."""
    camera = Image.Exif()
    camera.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:04 10:00:00"
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        sample = io.BytesIO()
        Image.new("RGB", (64, 64)).save(sample, kind, exif=camera)
        look(sample.getvalue())
        mark(sample.getvalue(), ("回应",))


def _bound() -> None:
    """From here on only so much."""
    with open("/proc/self/statm", "rb") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _grant_time() -> None:
    """So much processor time for the next photo, beyond what was used until now."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(spent.ru_utime + spent.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
