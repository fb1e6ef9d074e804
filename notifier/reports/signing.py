"""A report is sealed by the company and then signed by its customer, each time as an increment: PAdES, with what is needed to check it
later (S100).

Both fields are made in one write, before anything is signed; the company certifies first and allows nothing but that the
customer's field is filled. Readers disagree about fields that come later.
"""

from __future__ import annotations

import asyncio
import io
import logging
import tempfile
import threading
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.reports.press import CannotPrint
from core.words import SECOND, Micros
from notifier.reports.drawing import COMPANY_BOX, CUSTOMER_BOX

if TYPE_CHECKING:
    from cryptography import x509
    from pyhanko.pdf_utils.writer import BasePdfFileWriter
    from pyhanko.sign.signers import PdfSigner, Signer
    from pyhanko.sign.timestamps import TimeStamper

T = TypeVar("T")

log = logging.getLogger("huiying.reports")
logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)
"""It warns at every signature that nothing is fetched from the net, which is on purpose; what fails raises."""

COMPANY, CUSTOMER = "Company", "Customer"
"""Names of the fields, which tell who has signed there."""
PATIENCE = 60.0
"""Seconds that one signature may take, with a time stamp and what others say of a certificate."""


def with_fields(document: bytes) -> bytes:
    """The same with both fields, empty, on its last page."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    for name, box in ((COMPANY, COMPANY_BOX), (CUSTOMER, CUSTOMER_BOX)):
        append_signature_field(writer, SigFieldSpec(name, on_page=-1, box=box))
    return _written(writer)


def signed(
    document: bytes,
    name: str,
    signer: Signer,
    picture: bytes,
    *,
    roots: Sequence[x509.Certificate],
    revocations: Sequence[bytes] = (),
    stamper: TimeStamper | None = None,
    certify: bool = False,
    elsewhere: bool = False,
    at: Micros,
) -> bytes:
    """The document with one field signed. `picture` is what is seen there (a PDF); `roots` and `revocations` (DER) are kept in it, so
    that it can be checked without us; `certify`: from then on nothing but the other field may be filled; `elsewhere`: what is needed
    to check the certificate is asked of whoever issued it; `at` stands in it as its time. Raises CannotPrint; OSError: no time
    stamp can be had at present."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import PathBuildingError, ValidationError

    def attempt(style: Any, known: bool) -> bytes:
        meta = PdfSignatureMetadata(
            field_name=name,
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            certify=certify,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            **(_kept(roots, revocations, elsewhere or stamper is not None) if known else {}),
        )
        made = PdfSigner(meta, signer, timestamper=stamper, stamp_style=style)
        return finished(_increment(made, IncrementalPdfFileWriter(io.BytesIO(document)), at))

    with tempfile.TemporaryDirectory(prefix="huiying-stamp-") as folder:
        style = _stamp(picture, Path(folder))
        try:
            return attempt(style, True)
        except TimestampRequestError:
            raise
        except (ValidationError, PathBuildingError, SigningError, OSError, TimeoutError) as error:
            if not elsewhere:
                raise CannotPrint(f"the field {name} cannot be signed: {error}") from None
            log.warning("nobody vouches for the company's certificate at present: %s", type(error).__name__)
        try:
            return attempt(style, False)
        except TimestampRequestError:
            raise
        except (PdfError, SigningError, OSError, TimeoutError, ValueError) as error:
            raise CannotPrint(f"the field {name} cannot be signed: {error}") from None


async def _increment(made: PdfSigner, writer: BasePdfFileWriter, at: Micros) -> bytes:
    """pyHanko's own steps, with the instant of the desk's clock in place of the machine's."""
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    session = made.init_signing_session(writer, existing_fields_only=True)
    session.system_time = datetime.fromtimestamp(at // SECOND, UTC)
    proofs = await session.perform_presign_validation(writer)
    reserved = await session.estimate_signature_container_size(proofs, tight=False)
    ready = session.prepare_tbs_document(validation_info=proofs, bytes_reserved=reserved)
    digest, _ = ready.digest_tbs_document(output=(out := io.BytesIO()))
    attributes = PdfCMSSignedAttributes(signing_time=session.system_time)
    after = await ready.perform_signature(digest.document_digest, attributes)
    await after.post_signature_processing(out)
    return out.getvalue()


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What comes of asynchronous work, in whichever thread this is; it may take PATIENCE. Raises what it raised, TimeoutError."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, PATIENCE)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(bounded())
    result: list[Any] = []

    def run() -> None:
        try:
            result.append((True, asyncio.run(bounded())))
        except BaseException as error:
            result.append((False, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    well, value = result[0]
    if well:
        return value
    raise value


def _kept(roots: Sequence[x509.Certificate], revocations: Sequence[bytes], foreign: bool) -> dict[str, Any]:
    """What is written into the document besides the signature: certificates, and lists of those that were revoked (B-LT). Whoever is
    `foreign` is asked for his list; where he gives none, the document goes without."""
    from asn1crypto import crl
    from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(
        trust_roots=[asn1_of(one) for one in roots],
        crls=[crl.CertificateList.load(one) for one in revocations],
        allow_fetching=foreign,
        revocation_mode="soft-fail" if foreign else "hard-fail",
    )
    together = DSSContentSettings(placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE, include_vri=False)
    return {"embed_validation_info": True, "validation_context": context, "dss_settings": together}


def asn1_of(certificate: x509.Certificate) -> Any:
    """A certificate as pyHanko takes it."""
    from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1

    return translate_pyca_cryptography_cert_to_asn1(certificate)


def _stamp(picture: bytes, folder: Path) -> Any:
    from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
    from pyhanko.stamp import StaticStampStyle

    place = folder / "stamp.pdf"
    place.write_bytes(picture)
    whole = SimpleBoxLayoutRule(
        AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins(), InnerScaling.STRETCH_TO_FIT
    )
    return StaticStampStyle.from_pdf_file(str(place), border_width=0, background_layout=whole)


def _written(writer: Any) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
