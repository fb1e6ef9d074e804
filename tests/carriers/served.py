"""An emulated provider on a real port, for the providers' own SDKs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from core.words import Micros


def real_time() -> Micros:
    """The clock of the machine, by which the SDKs sign."""
    return time.time_ns() // 1000


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port on which the server listens, on this machine only."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)
