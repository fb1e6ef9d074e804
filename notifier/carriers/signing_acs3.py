"""How Aliyun wants requests signed: ACS3-HMAC-SHA256 over method, path, query, headers and body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def canonical(params: Mapping[str, str]) -> str:
    """Parameters in the one spelling that is signed and sent."""
    return "&".join(f"{_encoded(name)}={_encoded(params[name])}" for name in sorted(params))


def signed(
    method: str, query: str, headers: Mapping[str, str], body: bytes, key_id: str, secret: str
) -> dict[str, str]:
    """The headers (lower case, "host" among them) with digest and signature, for the path "/" and a canonical query."""
    digest = hashlib.sha256(body).hexdigest()
    full = {**headers, "x-acs-content-sha256": digest}
    names = ";".join(sorted(full))
    lines = "".join(f"{name}:{full[name].strip()}\n" for name in sorted(full))
    request = f"{method}\n/\n{query}\n{lines}\n{names}\n{digest}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return {**full, "authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"}


def _encoded(text: str) -> str:
    return quote(text, safe="~")
