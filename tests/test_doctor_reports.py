"""What the doctor says of service reports: whose they are, and who seals and stamps them (S66, S100)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from config.report_press import press_of, report_troubles, seal_secrets
from config.settings import Settings

pytestmark = pytest.mark.usefixtures("elsewhere")


def settings(**given: Any) -> Settings:
    return Settings(report={"company": "Harbour Works", **given})  # pyright: ignore[reportArgumentType]


def found(**given: Any) -> list[tuple[str, str]]:
    """Level and words of what is wrong with these settings."""
    said = [trouble.said("en") for trouble in report_troubles(settings(**given))]  # pyright: ignore[reportArgumentType]
    return [(finding.level, finding.what) for finding in said]


def certificate(folder: Path, days: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with the company's certificate in a file, which ends in so many days."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Harbour Works")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = (
        made.not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    content = pkcs12.serialize_key_and_certificates(b"seal", key, made, None, BestAvailableEncryption(b"right"))
    (folder / "seal.p12").write_bytes(content)
    monkeypatch.setenv("SEAL_PASSWORD", "right")
    return {"seal": "pkcs12", "certificate": folder / "seal.p12", "certificate_password": "env:SEAL_PASSWORD"}


def test_a_company_without_a_name_is_asked_for_it() -> None:
    [(level, what)] = found(company=" ")
    assert level == "warning" and "no company name" in what and "报修服务中心" in what
    assert found() == [] and found(company="", enabled=False) == []


def test_a_seal_that_lacks_something_is_named() -> None:
    assert found(seal="pkcs12") == [
        ("error", "The seal of service reports is pkcs12, but these are missing: certificate, certificate_password.")
    ]
    assert "token_library, token, token_key, token_pin" in found(seal="pkcs11")[0][1]


@pytest.mark.parametrize(("days", "level"), [(31, None), (29, "warning"), (-1, "error")])
def test_a_certificate_that_ends_soon_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, level: str | None
) -> None:
    assert [one for one, _ in found(**certificate(tmp_path, days, monkeypatch))] == ([level] if level else [])


def test_a_seal_that_cannot_be_opened_is_told_and_not_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = certificate(tmp_path, 100, monkeypatch)
    monkeypatch.setenv("SEAL_PASSWORD", "wrong-one")
    [(level, what)] = found(**given)
    assert level == "error" and "seal.p12 cannot be opened" in what and "wrong-one" not in what
    assert [where for where, _ in seal_secrets(settings(**given))] == ["report.certificate_password"]  # pyright: ignore[reportArgumentType]


def test_a_time_stamp_that_cannot_be_had_is_told() -> None:
    [(level, what)] = found(tsa_url="http://127.0.0.1:1/tsa")
    assert level == "warning" and "http://127.0.0.1:1/tsa cannot be reached" in what


def test_a_folder_without_fonts_is_told(tmp_path: Path) -> None:
    assert "fonts" in found(fonts=tmp_path)[0][1]


def test_the_settings_make_a_press_and_without_reports_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = press_of(Settings(data_dir=tmp_path))
    given = certificate(tmp_path, 100, monkeypatch)
    company = press_of(Settings(data_dir=tmp_path, report={"company": "Harbour Works", **given}))  # pyright: ignore[reportArgumentType]
    assert own is not None and company is not None
    assert press_of(Settings(data_dir=tmp_path, report={"enabled": False})) is None  # pyright: ignore[reportArgumentType]
