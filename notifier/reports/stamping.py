"""Time stamps of an authority that the company has chosen (RFC 3161): when a signature was there at the latest, from somebody else's
clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifier.reports.authority import Authority
from notifier.reports.signing import finished

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper

PATIENCE = 10
"""Seconds that the authority has for one stamp."""


class Clockmaker:
    """The time stamp authority at an address. Its certificates are kept with ours, so that its stamps are known later too."""

    def __init__(self, url: str, authority: Authority) -> None:
        self._url, self._authority = url, authority
        self._stamper: TimeStamper | None = None

    def ready(self) -> TimeStamper:
        """What stamps one signature. Raises OSError: the authority does not answer; the job is tried again later."""
        if self._stamper is None:
            from pyhanko.sign.timestamps import HTTPTimeStamper

            stamper = HTTPTimeStamper(self._url, timeout=PATIENCE)
            self._remember(finished(stamper.async_dummy_response("sha256")))
            self._stamper = stamper
        return self._stamper

    def _remember(self, token: Any) -> None:
        from cryptography import x509

        for one in token["content"]["certificates"]:
            self._authority.remember("time", x509.load_der_x509_certificate(one.chosen.dump()))
