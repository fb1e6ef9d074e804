"""Logs: one JSON object a line on stderr, with ids; without secrets, and without personal data even where somebody logs it."""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime

import orjson

FIELDS = (
    "channel",
    "cause",
    "outbox",
    "inbox",
    "job",
    "timer",
    "quarantine",
    "recording",
    "kind",
    "room",
    "path",
    "bytes",
    "status",
)
"""What a record may carry besides its message (`extra`). Anything else is left out."""
LONGEST = 8_000
"""Characters of one message or traceback."""
HIDDEN = "***"
_NOT = r"(?<![0-9a-zA-Z])", r"(?![0-9a-zA-Z])"
_GAP = r"[\s\-.·]?"
_SPOKEN = "零〇一二三四五六七八九两幺"
PERSONAL = (
    re.compile(rf"{_NOT[0]}(?:\+?0{{0,2}}86{_GAP})?[1１]{_GAP}[3-9３-９](?:{_GAP}\d){{9}}{_NOT[1]}"),
    re.compile(rf"{_NOT[0]}[\(（]?[0０]\d{{2,3}}[\)）]?[\s\-－—]{{0,2}}\d{{3,4}}[\s\-]?\d{{4}}{_NOT[1]}"),
    re.compile(rf"{_NOT[0]}[1-9]\d{{5}}[\s\-]?\d{{8}}[\s\-]?\d{{3}}[\dXxＸｘ]{_NOT[1]}"),
    re.compile(rf"[一幺妖][\s，、\-]?[三四五六七八九](?:[\s，、\-]?[{_SPOKEN}]){{9}}"),
    re.compile(rf"{_NOT[0]}\+[1-9]\d{{0,2}}(?:[\s\-.]?\d){{6,12}}{_NOT[1]}"),
    re.compile(rf"{_NOT[0]}(?:wm|wo|o)[A-Za-z0-9_\-]{{26,40}}{_NOT[1]}"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
)
"""Mobile numbers (with 86, spaces, hyphens, full-width digits), landlines, identity numbers, spoken numbers, ids of customers, e-mail."""
SECRETS = re.compile(
    r"(?i)((?:access_token|corpsecret|secret|token|msg_signature|signature|sign|key|password|authorization|cookie|ticket_pass)[\"']?\s*[=:]\s*[\"']?(?:Bearer\s+)?"
    r"|[?&][pk]=|/(?:s|d|q|r)/)[^\s&\"',}?]+"
)
"""What stands after a name that promises a secret."""


def redact(text: str) -> str:
    """Text without numbers that lead to a person, and without secrets: the last line of defence."""
    text = SECRETS.sub(rf"\g<1>{HIDDEN}", text)
    for pattern in PERSONAL:
        text = pattern.sub(HIDDEN, text)
    return text


class JsonLines(logging.Formatter):
    """A record as one line. Line ends inside a message cannot begin a new one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage())[:LONGEST],
        }
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))[-LONGEST:]
        return orjson.dumps(line, default=str).decode()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send every log of this process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("uvicorn", "apscheduler", "httpx", "httpcore", "asyncio", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for alarmed in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
        logging.getLogger(alarmed).setLevel(logging.CRITICAL)
