"""Time stamps from an authority that is none of ours (openssl ts behind HTTP), and seals that have run out (S100)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.reports.press import Press
from notifier.reports.authority import Authority
from notifier.reports.fonts import Fonts
from notifier.reports.press import ReportPress, local_press
from notifier.reports.seals import Pkcs12Seal
from tests.reports.sheets import COMPANY, hand, sheet

SETTINGS = """
[tsa]
default_tsa = stamps
[stamps]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
crypto_device = builtin
ess_cert_id_alg = sha256
"""


class Stamps:
    """A time stamp authority on this machine: openssl answers, we carry."""

    def __init__(self, folder: Path, openssl: str) -> None:
        key, certificate = certified("时间戳", ExtendedKeyUsageOID.TIME_STAMPING, days=365)
        (folder / "tsa.key").write_bytes(plain(key))
        (folder / "tsa.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(SETTINGS.format(folder=folder))
        self.asked = 0
        stamps = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stamps.asked += 1
                (folder / "ask.tsq").write_bytes(self.rfile.read(int(self.headers["content-length"])))
                asked = [openssl, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "ask.tsq", "-out", "reply.tsr"]
                subprocess.run(asked, cwd=folder, check=True, capture_output=True)
                self.send_response(200)
                self.send_header("content-type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write((folder / "reply.tsr").read_bytes())

            def log_message(self, *args: object) -> None:
                """Nothing on stderr."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


def certified(
    name: str, purpose: x509.ObjectIdentifier, days: int, since: int = 400
) -> tuple[object, x509.Certificate]:
    """A key with a certificate that it has signed itself, good until so many days from now."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=since))
    made = made.not_valid_after(now + timedelta(days=days))
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    made = made.add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), True)
    return key, made.add_extension(x509.ExtendedKeyUsage([purpose]), True).sign(key, hashes.SHA256())


def plain(key: object) -> bytes:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form)  # type: ignore[attr-defined]


@pytest.fixture
def stamps(tmp_path: Path, needs: Callable[[str], str]) -> Iterator[Stamps]:
    (tmp_path / "tsa").mkdir()
    made = Stamps(tmp_path / "tsa", needs("openssl"))
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.req("S100")
def test_both_signatures_bear_the_stamp_of_an_authority_that_is_known_later_too(stamps: Stamps, tmp_path: Path) -> None:
    press = local_press(tmp_path / "own", COMPANY, tsa=stamps.url)
    sealed, _ = press.make(sheet(), {})
    signed = press.sign(sealed, hand(sealed))
    assert stamps.asked >= 2
    later: Press = local_press(tmp_path / "own", COMPANY)
    found = later.check(signed)
    assert found.verdict == "valid" and [one.stamped for one in found.signatures] == [True, True]


@pytest.mark.req("S100")
def test_an_authority_that_does_not_answer_is_asked_again_later(tmp_path: Path) -> None:
    press = local_press(tmp_path / "own", COMPANY, tsa="http://127.0.0.1:9/")
    with pytest.raises(OSError):
        press.make(sheet(), {})


@pytest.mark.req("S100")
def test_what_was_sealed_stays_sealed_when_the_certificate_has_run_out(tmp_path: Path) -> None:
    key, certificate = certified("过期章", ExtendedKeyUsageOID.EMAIL_PROTECTION, days=-30)
    given = pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(b"geheim"))  # type: ignore[arg-type]
    (tmp_path / "seal.p12").write_bytes(given)
    authority = Authority(tmp_path / "own", COMPANY)
    press = ReportPress(authority, Pkcs12Seal(tmp_path / "seal.p12", "geheim"), Fonts(), COMPANY)
    sealed, _ = press.make(sheet(), {})
    assert press.check(sealed).verdict == "valid"
    assert press.check(press.sign(sealed, hand(sealed))).verdict == "valid"
