"""The press of service reports from settings, and what keeps it from working: a part of `desk doctor` (S66, S100)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config.report_settings import Reports
from config.secret import CannotReveal, Secret
from config.settings import Settings
from config.troubles import Trouble
from core.reports.press import CannotPrint, Press

if TYPE_CHECKING:
    from notifier.reports.seals import SealProvider

FOLDER = "reports"
"""Where the desk keeps its own certificates, inside of its data folder."""
SOON = timedelta(days=30)
"""A certificate that ends so soon is spoken of."""
CONNECT_S = 2.0
"""Seconds that a time-stamping authority has to take a connection."""
NEEDED = {
    "own": (),
    "pkcs12": ("certificate", "certificate_password"),
    "pkcs11": ("token_library", "token", "token_key", "token_pin"),
}
"""Settings that a kind of seal cannot do without."""


def press_of(settings: Settings) -> Press | None:
    """What makes this desk's reports; None if it makes none. Raises CannotReveal, OSError, ValueError."""
    from notifier.reports.authority import Authority
    from notifier.reports.fonts import Fonts
    from notifier.reports.press import ReportPress
    from notifier.reports.seals import OwnSeal

    given = settings.report
    if not given.enabled:
        return None
    authority = Authority(settings.data_dir / FOLDER, given.name)
    seal = _company_seal(given) or OwnSeal(authority)
    return ReportPress(authority, seal, Fonts(given.fonts), given.name, given.tsa_url)


def report_troubles(settings: Settings) -> Iterator[Trouble]:
    """A nameless company, a seal that cannot be opened or ends soon, a time stamp that cannot be had, fonts that are none."""
    given = settings.report
    if not given.enabled:
        return
    if not given.company.strip():
        yield Trouble("report_company", "warning", {"name": given.name})
    missing = [name for name in NEEDED[given.seal] if getattr(given, name) in (None, "")]
    if missing:
        yield Trouble("report_incomplete", values={"seal": given.seal, "missing": ", ".join(missing)})
    elif given.seal != "own":
        yield from _seal_troubles(given)
    if given.tsa_url is not None:
        yield from _unreachable(given.tsa_url)
    if given.fonts is not None:
        yield from _no_fonts(given.fonts)


def seal_secrets(settings: Settings) -> Iterator[tuple[str, Secret]]:
    """The secrets that the chosen seal needs, by the name of their setting."""
    for name in NEEDED[settings.report.seal] if settings.report.enabled else ():
        value = getattr(settings.report, name)
        if isinstance(value, Secret):
            yield f"report.{name}", value


def _company_seal(given: Reports) -> SealProvider | None:
    """The seal that a certificate authority gave the company; None if the desk uses its own. Raises CannotReveal, ValueError."""
    from notifier.reports.seals import Pkcs11Seal, Pkcs12Seal

    match given:
        case Reports(seal="pkcs12", certificate=Path() as file, certificate_password=Secret() as password):
            return Pkcs12Seal(file, password.reveal())
        case Reports(seal="pkcs11", token_library=Path() as library, token_pin=Secret() as pin):
            return Pkcs11Seal(library, given.token, given.token_key, pin.reveal())
        case Reports(seal="own"):
            return None
    raise ValueError(f"the seal {given.seal} lacks a setting")


def _seal_troubles(given: Reports) -> Iterator[Trouble]:
    where = given.certificate.name if given.seal == "pkcs12" and given.certificate else given.token
    try:
        seal = _company_seal(given)
        ends = _ends(seal) if seal else None
    except CannotReveal:
        return
    except (CannotPrint, ValueError) as error:
        yield Trouble("report_seal_closed", values={"where": where, "why": str(error)})
        return
    now = datetime.fromtimestamp(time.time(), UTC)
    if ends is not None and ends < now + SOON:
        shown = {"where": where, "date": f"{ends:%Y-%m-%d}"}
        yield Trouble("report_seal_ends", "warning", shown) if ends > now else Trouble("report_seal_over", values=shown)


def _ends(seal: SealProvider) -> datetime | None:
    """The last instant at which what it signs with is good. Raises CannotPrint."""
    with seal.opened() as signer:
        certificate = getattr(signer, "signing_cert", None)
        if certificate is None:
            raise CannotPrint("there is no certificate with its key in it, or the password is wrong")
        return certificate.not_valid_after


def _unreachable(url: str) -> Iterator[Trouble]:
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as error:
        yield Trouble("report_tsa_unreachable", "warning", {"url": url, "why": error})


def _no_fonts(folder: Path) -> Iterator[Trouble]:
    from notifier.reports.fonts import Fonts

    try:
        Fonts(folder)
    except (OSError, ValueError) as error:
        yield Trouble("report_fonts", values={"path": folder, "why": str(error)})
