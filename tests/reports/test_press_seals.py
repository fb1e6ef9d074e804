"""The company's own certificate: from a file, and from a token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from core.reports.press import CannotPrint
from notifier.reports.authority import Authority
from notifier.reports.fonts import Fonts
from notifier.reports.press import ReportPress, local_press
from notifier.reports.seals import OwnSeal, Pkcs11Seal, Pkcs12Seal, SealProvider
from tests.reports.sheets import COMPANY, hand, sheet

THEIRS = "海川机电 专用章"
PIN, LABEL = "1234", "seal"


def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """What an authority might have given the company; here it vouches for itself."""
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, THEIRS)]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    made = made.not_valid_after(now + timedelta(days=365))
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return made.add_extension(usage, True).sign(key, hashes.SHA256())


def pressed_by(folder: Path, seal: Callable[[Authority], SealProvider]) -> ReportPress:
    authority = Authority(folder, COMPANY)
    return ReportPress(authority, seal(authority), Fonts(), COMPANY)


def holds(press: ReportPress) -> None:
    document, _ = press.make(sheet(), {})
    signed = press.sign(document, hand(document))
    for made in (document, signed):
        checked = press.check(made)
        assert (checked.verdict, checked.signatures[0].name) == ("valid", THEIRS)
    assert press.check(signed[:300] + b"?" + signed[301:]).verdict == "altered"


@pytest.mark.req("S100")
def test_a_seal_from_a_file(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "seal.p12"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(b"seal", key, certificate(key), None, BestAvailableEncryption(b"open"))
    )
    press = pressed_by(tmp_path / "a", lambda _: Pkcs12Seal(file, "open"))
    holds(press)

    document, _ = press.make(sheet(), {})
    later = pressed_by(tmp_path / "a", OwnSeal)
    assert later.check(document).verdict == "valid", "what a former seal signed is known"
    assert local_press(tmp_path / "b", COMPANY).check(document).verdict == "unknown"
    with pytest.raises(CannotPrint):
        pressed_by(tmp_path / "a", lambda _: Pkcs12Seal(file, "wrong")).make(sheet(), {})
    with pytest.raises(CannotPrint):
        pressed_by(tmp_path / "a", lambda _: Pkcs12Seal(tmp_path / "none.p12", "open")).make(sheet(), {})


@pytest.mark.req("S100")
def test_a_seal_in_a_token(tmp_path: Path, needs: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters
    from pkcs11.util.x509 import decode_x509_certificate

    program = needs("softhsm2-util")
    library = next(Path("/usr/lib").rglob("libsofthsm2.so"))
    (tmp_path / "tokens").mkdir()
    (tmp_path / "hsm.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "hsm.conf"))
    begun = [program, "--init-token", "--free", "--label", "company", "--pin", PIN, "--so-pin", PIN]
    subprocess.run(begun, check=True, capture_output=True, env=dict(os.environ))

    key = ec.generate_private_key(ec.SECP256R1())
    numbers, curve = key.private_numbers(), encode_named_curve_parameters("secp256r1")
    with pkcs11.lib(str(library)).get_token(token_label="company").open(rw=True, user_pin=PIN) as session:
        named = {pkcs11.Attribute.LABEL: LABEL, pkcs11.Attribute.ID: b"1", pkcs11.Attribute.TOKEN: True}
        private = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
            pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.EC,
            pkcs11.Attribute.EC_PARAMS: curve,
            pkcs11.Attribute.VALUE: numbers.private_value.to_bytes(32, "big"),
            pkcs11.Attribute.SIGN: True,
        }
        session.create_object(private | named)
        session.create_object(decode_x509_certificate(certificate(key).public_bytes(Encoding.DER)) | named)
    holds(pressed_by(tmp_path / "a", lambda _: Pkcs11Seal(library, "company", LABEL, PIN)))
    with pytest.raises(CannotPrint):
        pressed_by(tmp_path / "a", lambda _: Pkcs11Seal(library, "other", LABEL, PIN)).make(sheet(), {})
