"""Engines elsewhere, emulated: real HTTP on loopback in the wire format of Rasa's server and of a chat endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dialogue.understanding.words import INTENTS

Answer = Callable[[str], Any]
"""What a server makes of a text: anything that becomes JSON, bytes as they are, or an int as a status."""
SLOWEST = 5.0
"""Seconds after which a server that hangs lets go, should a test forget it."""


@dataclass
class Server:
    """A server that is asked. `asked` holds the bodies in their order; while `hangs` is set nobody is answered."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answer: Answer = lambda text: 404
    hangs: bool = False
    lets_go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def rasa(answer: Answer) -> Iterator[Server]:
    """Rasa's server: POST /model/parse {"text"}."""
    with _served("/model/parse", lambda body: body["text"]) as server:
        server.answer = answer
        yield server


@contextmanager
def chat(answer: Answer) -> Iterator[Server]:
    """A chat endpoint: POST /v1/chat/completions; its answer's content is what `answer` makes of the last message."""
    with _served("/v1/chat/completions", lambda body: body["messages"][-1]["content"]) as server:
        server.answer = lambda text: _completion(answer(text))
        server.url += "/v1"
        yield server


def parsed(intent: str, confidence: float = 0.9, text: str = "") -> dict[str, Any]:
    """What Rasa's server says of a text of which it is that sure."""
    rest = (1 - confidence) / (len(INTENTS) - 1)
    named = [{"name": name, "confidence": confidence if name == intent else rest} for name in INTENTS]
    named.sort(key=lambda one: -one["confidence"])
    return {
        "text": text,
        "intent": named[0],
        "entities": [],
        "text_tokens": [[0, len(text)]],
        "intent_ranking": named,
    }


def _completion(content: Any) -> Any:
    if isinstance(content, int | bytes):
        return content
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": said}
    return {
        "id": "1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


@contextmanager
def _served(path: str, text_of: Callable[[dict[str, Any]], str]) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.asked.append(body)
            server.paths.append(self.path)
            if server.hangs:
                server.lets_go.wait(SLOWEST)
            made = server.answer(text_of(body)) if self.path.partition("?")[0] == path else 404
            content = made if isinstance(made, bytes) else json.dumps({} if isinstance(made, int) else made).encode()
            self.send_response(made if isinstance(made, int) else 200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server = Server(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.lets_go.set()
            listening.shutdown()
            thread.join()
