"""The desk's own certificates: a root made at first start, the company's seal, and one for each customer's signature (S100).

They prove that a document came from this desk and was not changed. No third party stands behind them: docs/report.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stringprep
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

LIFE = timedelta(days=30 * 365)
"""How long root, seal and customers' certificates are good for; a customer's key is thrown away as soon as it has signed."""
BACKDATED = timedelta(days=1)
"""A certificate begins a little earlier, for readers whose clocks are slow."""
REVOCATIONS_GOOD = timedelta(days=366)
REVOCATIONS_RENEWED = timedelta(days=30)
"""The list of revoked certificates, which is empty, is made anew when it is this old."""
MOST_NAME = 64
"""Characters of a name in a certificate (X.520)."""
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Readers that do not know this purpose yet know e-mail protection: both are named."""
ROOT, PUBLIC, REVOCATIONS, KNOWN = "root.pem", "root.crt", "revoked.crl", "known"
"""Files: the root with its key; its certificate alone, for whoever wants to trust it; the list; a folder of others' certificates."""


@dataclass(frozen=True, slots=True)
class Signet:
    """A private key, its certificate, and the certificates above it."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]


class Authority:
    """The certificates in a folder. Several processes may use it at once; its files are for their owner alone (0600).

    Raises OSError or ValueError when the folder cannot be used.
    """

    def __init__(self, folder: Path, company: str) -> None:
        self.folder = folder
        self.company = company
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / ROOT).exists():
            _appear(folder / ROOT, _make_root(company))
        self._key, self.root = _read(folder / ROOT)
        if not (folder / PUBLIC).exists():
            _write(folder / PUBLIC, _pem(self.root))

    @cached_property
    def mark(self) -> bytes:
        """What every certificate of this authority names its issuer by: the identifier of the root's key."""
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()).digest

    def seal(self) -> Signet:
        """The company's seal. Another company name gets another."""
        place = self.folder / f"seal-{hashlib.sha256(self.company.encode()).hexdigest()[:12]}.pem"
        if not place.exists():
            key = generate_private_key(SECP256R1())
            _appear(place, _both(key, self._issue(key, self._seal_name())))
        return Signet(*_read(place), (self.root,))

    def once(self, name: str, number: str) -> Signet:
        """A certificate for one signature of one person under one report; its key is never written down."""
        key = generate_private_key(SECP256R1())
        subject = _name((NameOID.ORGANIZATIONAL_UNIT_NAME, number), (NameOID.COMMON_NAME, name))
        return Signet(key, self._issue(key, subject), (self.root,))

    def revocations(self) -> bytes:
        """The list of revoked certificates (DER): nothing was revoked."""
        place = self.folder / REVOCATIONS
        with contextlib.suppress(OSError, ValueError):
            if x509.load_der_x509_crl(made := place.read_bytes()).last_update_utc > _now() - REVOCATIONS_RENEWED:
                return made
        empty = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
        empty = empty.last_update(_now() - BACKDATED).next_update(_now() + REVOCATIONS_GOOD)
        empty = empty.add_extension(x509.CRLNumber(int(_now().timestamp())), critical=False)
        made = empty.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        _write(place, made)
        return made

    def remember(self, kind: str, certificate: x509.Certificate) -> None:
        """Keep a certificate that is not of this authority, so that what it signed is known later too. `kind`: seal, time."""
        place = self.folder / KNOWN / f"{kind}-{certificate.fingerprint(hashes.SHA256()).hex()[:32]}.pem"
        if not place.exists():
            place.parent.mkdir(exist_ok=True, mode=0o700)
            _write(place, _pem(certificate))

    def remembered(self, kind: str) -> tuple[x509.Certificate, ...]:
        """The certificates of others that were kept."""
        places = sorted((self.folder / KNOWN).glob(f"{kind}-*.pem"))
        return tuple(x509.load_pem_x509_certificate(place.read_bytes()) for place in places)

    def _seal_name(self) -> x509.Name:
        return _name((NameOID.ORGANIZATION_NAME, self.company), (NameOID.COMMON_NAME, f"{self.company} 服务专用章"))

    def _issue(self, key: EllipticCurvePrivateKey, subject: x509.Name) -> x509.Certificate:
        usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        purposes = x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
        issuer = x509.AuthorityKeyIdentifier(self.mark, None, None)
        until = self.root.not_valid_after_utc
        made = _builder(subject, self.root.subject, key, until).add_extension(x509.BasicConstraints(False, None), True)
        made = made.add_extension(usage, True).add_extension(purposes, False).add_extension(issuer, False)
        return made.sign(self._key, hashes.SHA256())


def _make_root(company: str) -> bytes:
    key = generate_private_key(SECP256R1())
    subject = _name((NameOID.ORGANIZATION_NAME, company), (NameOID.COMMON_NAME, f"{company} 回应"))
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = _builder(subject, subject, key, _now() + LIFE).add_extension(x509.BasicConstraints(True, 0), True)
    return _both(key, made.add_extension(usage, True).sign(key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(_now() - BACKDATED).not_valid_after(until)
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)


def _name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(what, _plain(words)[:MOST_NAME] or "-") for what, words in parts])


def _plain(words: str) -> str:
    """Words as a certificate may bear them: characters younger than Unicode 3.2 (𬭎) are named by their numbers (RFC 4518)."""
    return "".join(f"U+{ord(char):04X}" if stringprep.in_table_a1(char) else char for char in words.strip())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _both(key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    """A key and its certificate in one file, so that there is never one without the other."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain) + _pem(certificate)


def _read(place: Path) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    content = place.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError(f"{place.name} holds no EC key")
    return key, x509.load_pem_x509_certificate(content)


def _appear(place: Path, content: bytes) -> None:
    """A file that nobody has made before: of several processes the first wins."""
    made = _beside(place, content)
    with contextlib.suppress(FileExistsError):
        os.link(made, place)
    made.unlink()


def _write(place: Path, content: bytes) -> None:
    os.replace(_beside(place, content), place)


def _beside(place: Path, content: bytes) -> Path:
    """A new file beside a place, for its owner alone."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)


def _now() -> datetime:
    return datetime.now(UTC)
