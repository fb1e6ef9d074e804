"""What is to be thought of a PDF: does every signature hold, is it one of ours, was anything added afterwards (S100).

First its bytes, then its structure: only a file of which every byte is under a signature of ours is read as a PDF. So garbage, bombs
and encrypted files cost no more than a search for a few bytes.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.reports.press import Checked, FoundSignature
from core.words import SECOND, Micros
from notifier.reports.authority import Authority
from notifier.reports.signing import COMPANY, CUSTOMER, asn1_of, finished

if TYPE_CHECKING:
    from cryptography import x509

log = logging.getLogger("huiying.reports")

MOST_DOCUMENT = 32 * 1024 * 1024
"""Bytes of a document that is looked at."""
MOST_SIGNATURES = 8
"""Ours have two."""
BYTE_RANGE = re.compile(rb"/ByteRange ?\[ ?(\d{1,9}) +(\d{1,9}) +(\d{1,9}) +(\d{1,9}) *\]")
RARE = re.compile(r"U\+([2-9A-F][0-9A-F]{4})")
"""A character that a certificate names by its number."""
SIGNERS = {COMPANY: "company", CUSTOMER: "customer"}
"""Field → who signs there."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A signature in a file: the gap in which it lies (from `length` to `second`), how many bytes follow it, what is in it."""

    length: int
    second: int
    rest: int
    info: Any
    certificate: Any

    @property
    def end(self) -> int:
        return self.second + self.rest


def checked(document: bytes, authority: Authority) -> Checked:
    """The verdict on a document. Never raises."""
    if not document.startswith(b"%PDF-") or len(document) > MOST_DOCUMENT:
        return Checked("unknown", why="no PDF")
    if not _names_us(document, authority):
        return Checked("unknown", why="not signed by us")
    raw = list(_raw(document))
    known = tuple(_claimed(document, one, place, authority) for place, one in enumerate(raw))
    if not known or raw[-1].end != len(document) or not (known[-1].intact and known[-1].trusted):
        return Checked("altered", known, "the last signature does not hold for all its bytes")
    try:
        found = finished(_looked_at(document, authority))
    except Exception as error:
        log.info("a document cannot be read: %s", type(error).__name__)
        return Checked("altered", known, f"cannot be read: {type(error).__name__}")
    known = tuple(one for one, _ in found)
    if found and all(holds for _, holds in found) and known[0].by == "company":
        return Checked("valid", known)
    return Checked("altered", known, "a signature does not hold, or something was added")


def _raw(document: bytes) -> Iterator[Lying]:
    """The signatures as they lie in the file, in order, found without reading it as a PDF: at most MOST_SIGNATURES."""
    from asn1crypto import cms

    for found in islice(BYTE_RANGE.finditer(document), MOST_SIGNATURES):
        first, length, second, rest = map(int, found.groups())
        if first or not length < second <= second + rest <= len(document):
            continue
        try:
            content = bytes.fromhex(document[length + 1 : second - 1].decode("ascii"))
            signed: Any = cms.ContentInfo.load(content)["content"]
            info = signed["signer_infos"][0]
            serial = info["sid"].chosen["serial_number"].native
            own = next(one.chosen for one in signed["certificates"] if one.chosen.serial_number == serial)
        except (ValueError, TypeError, KeyError, IndexError, StopIteration, AttributeError):
            continue
        yield Lying(length, second, rest, info, own)


def _claimed(document: bytes, lying: Lying, place: int, authority: Authority) -> FoundSignature:
    """What a signature says by itself: whether the bytes that it covers are those that were signed, with a key of ours."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    view = memoryview(document)
    covered = hashlib.sha256(view[: lying.length])
    covered.update(view[lying.second : lying.end])
    try:
        whole, holds = validate_sig_integrity(lying.info, lying.certificate, "data", covered.digest())
    except Exception as error:
        log.info("a signature cannot be read: %s", type(error).__name__)
        whole = holds = False
    by = "company" if place == 0 else "customer"
    return FoundSignature(
        by, _name_in(lying.certificate), None, whole and holds, _is_ours(lying.certificate, authority)
    )


def _is_ours(certificate: Any, authority: Authority) -> bool:
    """Whether our root issued it, or the company once sealed with it."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        given = x509.load_der_x509_certificate(certificate.dump())
        if given in authority.remembered("seal"):
            return True
        given.verify_directly_issued_by(authority.root)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _name_in(certificate: Any) -> str:
    """The name in a certificate, with its rare characters (notifier.reports.authority)."""
    try:
        named = certificate.subject.native
    except ValueError:
        return ""
    said = str(named.get("common_name") or named.get("organization_name") or "")
    return RARE.sub(lambda found: chr(int(found[1], 16)), said)


async def _looked_at(document: bytes, authority: Authority) -> list[tuple[FoundSignature, bool]]:
    """Every signature, and whether it holds in every respect; the last one covers the whole file."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    embedded = list(PdfFileReader(io.BytesIO(document), strict=False).embedded_regular_signatures)
    found = []
    for place, signature in enumerate(embedded[:MOST_SIGNATURES]):
        status = await async_validate_pdf_signature(
            signature,
            _trusting(authority, "seal", [signature.signer_cert]),
            _trusting(authority, "time", _stampers(signature)),
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
    return FoundSignature(
        SIGNERS.get(signature.field_name, "other"),
        _name_in(status.signing_cert),
        _instant(status.signer_reported_dt),
        intact,
        bool(status.trusted),
        status.timestamp_validity is not None,
    )


def _trusting(authority: Authority, kind: str, bearers: Iterable[Any]) -> Any:
    """Whom we trust: our own root, and the certificates of others with which we have sealed or had stamped. What was signed stays
    signed once its certificate has run out: it is looked at as on its last day."""
    from asn1crypto import crl
    from pyhanko_certvalidator import ValidationContext

    trusted = [authority.root, *authority.remembered(kind)]
    return ValidationContext(
        trust_roots=[asn1_of(one) for one in trusted],
        crls=[crl.CertificateList.load(authority.revocations())],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=min([datetime.now(UTC), *(one.not_valid_after for one in bearers)]),
        retroactive_revinfo=True,
    )


def _stampers(signature: Any) -> list[Any]:
    """The certificates of whoever has stamped a signature."""
    unsigned = signature.signer_info["unsigned_attrs"]
    tokens = [one["values"][0] for one in unsigned if one["type"].native == "signature_time_stamp_token"]
    return [one.chosen for token in tokens for one in token["content"]["certificates"]]


def _names_us(document: bytes, authority: Authority) -> bool:
    """Whether somewhere in it a certificate of ours stands, or stood: a signature is written as hexadecimal digits."""
    low = document.lower()
    marks = [authority.mark, *map(_mark, authority.remembered("seal"))]
    return any(mark.hex().encode() in low for mark in marks)


def _mark(certificate: x509.Certificate) -> bytes:
    """The public key, which stands in every copy of a certificate."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return certificate.public_key().public_bytes(serialization.Encoding.DER, form)


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


def _instant(at: datetime | None) -> Micros | None:
    return round(at.timestamp()) * SECOND if at is not None else None
