"""Keys of the desk's own: that of its pages, and those derived from it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from config.settings import Settings

KEY_FILE = "web.key"
"""Where the desk keeps the key that it made for itself, in the data folder."""


def web_key(settings: Settings) -> str:
    """The key of our own pages: the configured one, else one that was made at the first start. Raises CannotReveal."""
    if settings.web_key is not None:
        return settings.web_key.reveal()
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def derived_key(key: str, purpose: str) -> str:
    """A key for one purpose only, from the one that is kept."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()
