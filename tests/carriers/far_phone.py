"""The far side of a call: SIPp, which shares no code with our stack, answers; sound is heard and keys are pressed over RTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

SCENARIOS = Path(__file__).parent / "sipp"
HOST = "127.0.0.1"
RATE = 8000
KEY_EVENT = 101
"""Payload type of RFC 2833 events in the scenarios' SDP."""


class FarPhone:
    """What a telephone does with RTP: hears, and presses keys."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._packets: dict[int, bytes] = {}
        self._caller: tuple[str, int] | None = None
        asyncio.get_running_loop().add_reader(self._socket, self._receive)
        self._sequence = 0

    def _receive(self) -> None:
        packet, self._caller = self._socket.recvfrom(2048)
        if packet[1] & 0x7F == 0:
            self._packets[struct.unpack("!I", packet[4:8])[0]] = packet[12:]

    @property
    def seconds(self) -> float:
        """How much has come in so far."""
        return sum(map(len, self._packets.values())) / RATE

    def heard(self) -> np.ndarray:
        """All sound so far, in its order."""
        if not self._packets:
            return np.zeros(0)
        first = min(self._packets)
        last = max(self._packets)
        sound = np.zeros(last - first + len(self._packets[last]))
        for at, payload in self._packets.items():
            sound[at - first : at - first + len(payload)] = _decoded(payload)
        return sound

    def press(self, digit: str) -> None:
        """A key as RFC 2833 has it: begins, goes on, ends three times."""
        assert self._caller is not None, "nobody speaks to this phone"
        event = "0123456789*#".index(digit)
        at = 160 * (self._sequence + 1000)
        for count, (end, lasts) in enumerate([(0, 160), (0, 320), (0, 480), (1, 640), (1, 640), (1, 640)]):
            self._sequence += 1
            marker = 0x80 if count == 0 else 0
            head = struct.pack("!BBHII", 0x80, KEY_EVENT | marker, self._sequence, at, 0x5150)
            self._socket.sendto(head + struct.pack("!BBH", event, end << 7 | 10, lasts), self._caller)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


def _decoded(payload: bytes) -> np.ndarray:
    """G.711 µ-law."""
    code = ~np.frombuffer(payload, np.uint8)
    magnitude = (((code & 0x0F).astype(int) << 3) + 0x84 << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(float)


def places(sound: np.ndarray, wanted: np.ndarray, like: float = 0.9) -> list[float]:
    """Where in a sound another one is heard whole: seconds, by normalised correlation."""
    if len(sound) < len(wanted):
        return []
    size = 1 << (len(sound) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    product = product[: len(sound) - len(wanted) + 1]
    energy = np.cumsum(np.concatenate(([0.0], sound**2)))
    energy = energy[len(wanted) :] - energy[: -len(wanted)]
    alike = product / np.sqrt(np.maximum(energy, 1.0) * float((wanted**2).sum()))
    found: list[float] = []
    while len(alike) and alike.max() > like:
        at = int(alike.argmax())
        found.append(at / RATE)
        alike[max(0, at - len(wanted) // 2) : at + len(wanted) // 2] = 0
    return sorted(found)


def chirp(low: float, high: float, seconds: float) -> np.ndarray:
    """A sound that resembles nothing else, and itself at no other moment."""
    at = np.arange(round(seconds * RATE)) / RATE
    return np.rint(12000 * np.sin(2 * np.pi * (low * at + (high - low) * at**2 / (2 * seconds))))


def free_port() -> int:
    """A port that nobody uses, neither over UDP nor over TCP: our stack listens on both."""
    while True:
        with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            stream.bind((HOST, 0))
            with contextlib.suppress(OSError):
                datagrams.bind((HOST, stream.getsockname()[1]))
                return stream.getsockname()[1]


class Sipp:
    """A SIPp process that plays a scenario."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.address = f"sip:far@{HOST}:{port}"

    async def content(self, seconds: float = 8.0) -> bool:
        """Whether the whole scenario came true; waits for its end."""
        async with asyncio.timeout(seconds):
            return await self._process.wait() == 0

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def sipp(program: str, folder: Path, scenario: str, calls: int = 1, **values: object) -> AsyncIterator[Sipp]:
    """SIPp listening on a port of its own; `values` fill the [names] of the scenario."""
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in values.items():
        text = text.replace(f"[{name}]", str(value))
    side = await _started(program, folder, text, calls)
    try:
        yield side
    finally:
        await side.close()


async def _started(program: str, folder: Path, text: str, calls: int) -> Sipp:
    """Another program may take the port in between: then SIPp ends at once, and another port is tried."""
    for _ in range(3):
        port = free_port()
        file, output = folder / f"{port}.xml", folder / f"{port}.out"
        file.write_text(text)
        command = [program, "-sf", file, "-i", HOST, "-mi", HOST, "-p", port, "-mp", free_port(), "-m", calls]
        with output.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *map(str, [*command, "-nostdin", "-timeout", 60]),
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": os.defpath, "TERM": "dumb"},
            )
        for _ in range(500):
            if _held(port) or process.returncode is not None:
                break
            await asyncio.sleep(0.01)
        if process.returncode is None:
            return Sipp(process, port)
    raise RuntimeError(f"SIPp does not start: {output.read_text()[-500:]}")


def _held(port: int) -> bool:
    """Whether some process has bound the UDP port; looked up, because trying it would take it from whom we wait for."""
    return f"0100007F:{port:04X} " in Path("/proc/net/udp").read_text()
