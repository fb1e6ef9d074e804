"""How Tencent Cloud wants requests signed: TC3-HMAC-SHA256 with a key that is derived for the day and the service."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
JSON = "application/json; charset=utf-8"
_SIGNED = "content-type;host;x-tc-action"


def signed(
    host: str, service: str, action: str, body: bytes, seconds: int, secret_id: str, secret_key: str
) -> dict[str, str]:
    """Headers of a POST of JSON to "/", sent at an instant in whole seconds since 1970."""
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    lines = f"content-type:{JSON}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    request = f"POST\n/\n\n{lines}\n{_SIGNED}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = f"{ALGORITHM}\n{seconds}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"Credential={secret_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"
    return {
        "content-type": JSON,
        "host": host,
        "x-tc-action": action,
        "x-tc-timestamp": str(seconds),
        "authorization": f"{ALGORITHM} {credential}",
    }
