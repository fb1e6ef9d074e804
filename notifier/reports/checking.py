"""What is to be thought of a PDF: does every signature hold, is it one of ours, was anything added afterwards (S100)."""

from __future__ import annotations

import io
import logging
from datetime import datetime
from typing import Any

from core.reports.press import Checked, FoundSignature
from core.words import SECOND, Micros
from notifier.reports.authority import Authority
from notifier.reports.signing import COMPANY, CUSTOMER, asn1_of, finished

log = logging.getLogger("huiying.reports")

MOST_DOCUMENT = 32 * 1024 * 1024
"""Bytes of a document that is looked at."""
MOST_SIGNATURES = 8
"""Ours have two."""
SIGNERS = {COMPANY: "company", CUSTOMER: "customer"}
"""Field → who signs there."""


def checked(document: bytes, authority: Authority) -> Checked:
    """The verdict on a document. Never raises."""
    if not document.startswith(b"%PDF-") or len(document) > MOST_DOCUMENT:
        return Checked("unknown", why="no PDF")
    ours = _names_us(document, authority)
    try:
        found = finished(_looked_at(document, authority))
    except Exception as error:
        log.info("a document cannot be read: %s", type(error).__name__)
        return Checked("altered" if ours else "unknown", why=f"cannot be read: {type(error).__name__}")
    if not found:
        return Checked("altered" if ours else "unknown", why="not signed")
    known = tuple(one for one, _ in found)
    if not ours and not any(one.trusted for one in known):
        return Checked("unknown", known, "signed by somebody else")
    if all(holds for _, holds in found) and known[0].by == "company" and _whole(document):
        return Checked("valid", known)
    return Checked("altered", known, "a signature does not hold, or something was added")


async def _looked_at(document: bytes, authority: Authority) -> list[tuple[FoundSignature, bool]]:
    """Every signature, and whether it holds in every respect; the last one covers the whole file."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    embedded = list(PdfFileReader(io.BytesIO(document), strict=False).embedded_regular_signatures)
    found = []
    for place, signature in enumerate(embedded[:MOST_SIGNATURES]):
        status = await async_validate_pdf_signature(
            signature, _trusting(authority, "seal"), _trusting(authority, "time")
        )
        last = place == len(embedded) - 1
        holds = (
            status.bottom_line
            and _as_written(document, signature)
            and (not last or status.coverage == SignatureCoverageLevel.ENTIRE_FILE)
            and (status.timestamp_validity is None or status.timestamp_validity.intact)
        )
        found.append((_found(signature, status, intact=bool(holds)), bool(holds)))
    return found if len(embedded) <= MOST_SIGNATURES else [*found, (found[-1][0], False)]


def _found(signature: Any, status: Any, intact: bool) -> FoundSignature:
    certificate = status.signing_cert
    named = certificate.subject.native
    return FoundSignature(
        SIGNERS.get(signature.field_name, "other"),
        str(named.get("common_name") or named.get("organization_name") or ""),
        _instant(status.signer_reported_dt),
        intact,
        bool(status.trusted),
        status.timestamp_validity is not None,
    )


def _trusting(authority: Authority, kind: str) -> Any:
    """Whom we trust: our own root, and the certificates of others with which we have sealed or had stamped."""
    from asn1crypto import crl
    from pyhanko_certvalidator import ValidationContext

    trusted = [authority.root, *authority.remembered(kind)]
    return ValidationContext(
        trust_roots=[asn1_of(one) for one in trusted],
        crls=[crl.CertificateList.load(authority.revocations())],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _names_us(document: bytes, authority: Authority) -> bool:
    """Whether somewhere in it a certificate of ours stands, or stood: a signature is written as hexadecimal digits."""
    low = document.lower()
    marks = [authority.mark, *(mark for mark in map(_mark, authority.remembered("seal")) if mark)]
    return any(mark.hex().encode() in low for mark in marks)


def _mark(certificate: Any) -> bytes | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _as_written(document: bytes, signature: Any) -> bool:
    """Whether the signature itself stands there as it was written: its digits, nothing but zeros after them, and nothing in it
    that no hash covers and that says something else."""
    start, end = signature.byte_range[0] + signature.byte_range[1], signature.byte_range[2]
    written = document[start:end]
    content = signature.pkcs7_content
    data, info = signature.signed_data, signature.signer_info
    plain = content.rstrip(b"\0") == _dumped(signature).rstrip(b"\0")
    digits = b"<" + content.hex().upper().encode() + b">"
    return (
        plain
        and written == digits
        and data["version"].native == "v1"
        and [one["algorithm"].native for one in data["digest_algorithms"]]
        == [info["digest_algorithm"]["algorithm"].native]
        and info["version"].native == "v1"
        and all(_is_in_chain(one.chosen, signature) for one in data["certificates"])
    )


def _dumped(signature: Any) -> bytes:
    from asn1crypto import cms

    return cms.ContentInfo.load(signature.pkcs7_content).dump(force=True)


def _is_in_chain(certificate: Any, signature: Any) -> bool:
    """Whether a certificate that came along is the signer's own (which is covered), or issued something on the way to it."""
    own = signature.signer_cert
    return certificate.dump() == own.dump() or certificate.self_issued or certificate.ca


def _whole(document: bytes) -> bool:
    """Whether it ends where a PDF ends."""
    return document.rstrip(b"\r\n").endswith(b"%%EOF")


def _instant(at: datetime | None) -> Micros | None:
    return round(at.timestamp()) * SECOND if at is not None else None
