"""The process in which a recording is decoded, and nothing else: `python -m dialogue.transcribing.decoder KIND`.

Sound comes in on stdin and goes out on stdout as 16 kHz mono 16-bit samples. It may use so much processor time and memory,
open few files and write none; a codec that a hostile file breaks takes nothing with it. What is wrong stands as one word on stderr.
"""

from __future__ import annotations

import io
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any

CPU_SECONDS = 20
MEMORY = 1 << 30
"""Bytes of address space beyond what the process has when it begins to decode."""
FILES = 32
RATE = 16_000
MOST_SECONDS = 600
"""Longest recording: what is longer is no message, and would keep others waiting."""
DECODERS = {
    "amr": (("libopencore_amrnb", "amrnb"), 8_000),
    "amrwb": (("libopencore_amrwb", "amrwb"), 16_000),
}
"""Kind → decoders, the first of which that is there is used (the second knows no silence, DTX), and samples a second."""


class Broken(Exception):
    """The recording cannot be decoded; its words say why in one word."""


def main() -> int:
    """Exit status 0 with the sound on stdout, or 1 with a word on stderr."""
    content = sys.stdin.buffer.read()
    try:
        pieces = _silk(content) if sys.argv[1] == "silk" else _container(content, sys.argv[1])
        _send(pieces)
    except Broken as broken:
        return _fail(str(broken))
    except MemoryError:
        return _fail("too_much_memory")
    return 0


def _fail(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _bound() -> None:
    """From here on only so much; called once the libraries are loaded."""
    used = _address_space()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return MEMORY


def _send(pieces: Iterator[bytes]) -> None:
    sent, most = 0, MOST_SECONDS * RATE * 2
    for piece in pieces:
        sent += len(piece)
        if sent > most:
            raise Broken("too_long")
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _silk(content: bytes) -> Iterator[bytes]:
    """Tencent's SILK begins with 0x02 and has no end mark; others have neither or both."""
    import pysilk

    _bound()
    plain = content[content.index(b"#!SILK_V3") :]
    ending = plain[:-2] if plain.endswith(b"\xff\xff") else plain
    for attempt in dict.fromkeys((b"\x02" + plain, plain, b"\x02" + ending, ending)):
        out = io.BytesIO()
        try:
            pysilk.decode(io.BytesIO(attempt), out, RATE)
        except pysilk.SilkError:
            continue
        yield out.getvalue()
        return
    raise Broken("damaged")


def _container(content: bytes, kind: str) -> Iterator[bytes]:
    """Whatever the demuxer finds by content. AMR always by the decoder that knows silence (DTX)."""
    import av
    import av.error as errors
    from av.audio.resampler import AudioResampler

    _bound()
    try:
        with av.open(io.BytesIO(content), mode="r") as opened:
            stream = next((one for one in opened.streams if one.type == "audio"), None)
            if stream is None:
                raise Broken("no_sound")
            resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in _frames(opened, stream, DECODERS.get(kind)):
                for resampled in resampler.resample(frame):
                    yield _samples(resampled)
            for resampled in resampler.resample(None):
                yield _samples(resampled)
    except errors.MemoryError:
        raise Broken("too_much_memory") from None
    except (errors.FFmpegError, ValueError):
        raise Broken("damaged") from None


def _frames(opened: Any, stream: Any, decoder: tuple[tuple[str, ...], int] | None) -> Iterator[Any]:
    import av

    if decoder is None:
        yield from opened.decode(stream)
        return
    names, rate = decoder
    context: Any = av.CodecContext.create(next(name for name in names if name in av.codecs_available), "r")
    context.sample_rate, context.layout = rate, "mono"
    for packet in opened.demux(stream):
        yield from context.decode(packet)


def _samples(frame: Any) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * 2]


if __name__ == "__main__":
    sys.exit(main())
