"""The press: draws a report, seals it, puts the customer's signature into it, and checks what somebody brings (S66, S100)."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.reports.press import CannotPrint, Checked, Hand, Press, Sheet
from notifier.reports.authority import Authority
from notifier.reports.checking import checked
from notifier.reports.drawing import draw_hand, draw_report, draw_seal
from notifier.reports.fonts import Fonts
from notifier.reports.seals import OwnSeal, SealProvider, signer_of
from notifier.reports.signing import COMPANY, CUSTOMER, signed, with_fields
from notifier.reports.stamping import Clockmaker

if TYPE_CHECKING:
    from cryptography import x509
    from pyhanko.sign.timestamps import TimeStamper

PICTURE_DPI = 110
"""How finely pages are drawn for a telephone."""
POINTS = 72
MOST_PAGES = 30
"""Pages of a document that are drawn."""

_drawing = threading.Lock()
"""The library that draws pages is for one thread at a time."""


class ReportPress:
    """Makes documents for one company. `authority` holds the desk's own certificates, `seal` is the company's, `tsa` the address of a
    time stamp authority."""

    def __init__(
        self, authority: Authority, seal: SealProvider, fonts: Fonts, company: str, tsa: str | None = None
    ) -> None:
        self._authority, self._seal, self._fonts, self._company = authority, seal, fonts, company
        self._clockmaker = Clockmaker(tsa, authority) if tsa else None

    def make(self, sheet: Sheet, photos: Mapping[str, bytes]) -> tuple[bytes, int]:
        """See core.reports.press.Press."""
        drawn = draw_report(sheet, photos, self._fonts)
        own, stamper = isinstance(self._seal, OwnSeal), self._stamper()
        with self._seal.opened() as signer:
            if not own:
                self._remember(signer)
            sealed = signed(
                with_fields(drawn),
                COMPANY,
                signer,
                _seal_picture(self._company, self._fonts),
                roots=self._roots("seal", "time"),
                revocations=[self._authority.revocations()] if own else (),
                stamper=stamper,
                certify=True,
                elsewhere=not own,
                at=sheet.made_at,
            )
        return sealed, page_count(drawn)

    def sign(self, document: bytes, hand: Hand) -> bytes:
        """See core.reports.press.Press."""
        if hashlib.sha256(document).hexdigest() != hand.document:
            raise CannotPrint("this is not the document that the customer saw")
        number, stamper = _number_of(document) or hand.document[:16], self._stamper()
        return signed(
            document,
            CUSTOMER,
            signer_of(self._authority.once(hand.name, number)),
            draw_hand(hand, self._fonts),
            roots=self._roots("time"),
            revocations=[self._authority.revocations()],
            stamper=stamper,
            at=hand.at,
        )

    def check(self, document: bytes) -> Checked:
        """See core.reports.press.Press."""
        return checked(document, self._authority)

    def pictures(self, document: bytes) -> Sequence[bytes]:
        """See core.reports.press.Press."""
        import pypdfium2

        found = []
        with _drawing:
            try:
                opened: Any = pypdfium2.PdfDocument(document)
                try:
                    opened.init_forms()
                    for place in range(min(len(opened), MOST_PAGES)):
                        image = opened[place].render(scale=PICTURE_DPI / POINTS, may_draw_forms=True).to_pil()
                        drawn = io.BytesIO()
                        image.save(drawn, "PNG", optimize=False)
                        found.append(drawn.getvalue())
                finally:
                    opened.close()
            except pypdfium2.PdfiumError as error:
                raise CannotPrint(f"its pages cannot be drawn: {error}") from None
        return found

    def _stamper(self) -> TimeStamper | None:
        return self._clockmaker.ready() if self._clockmaker else None

    def _roots(self, *kinds: str) -> list[x509.Certificate]:
        return [self._authority.root, *(one for kind in kinds for one in self._authority.remembered(kind))]

    def _remember(self, signer: object) -> None:
        """What a seal of others signed is to be known later, also when the company has another one."""
        from cryptography import x509

        certificate = getattr(signer, "signing_cert", None)
        if certificate is not None:
            self._authority.remember("seal", x509.load_der_x509_certificate(certificate.dump()))


def local_press(folder: Path, company: str, fonts: Path | None = None, tsa: str | None = None) -> Press:
    """A press with the seal that the desk makes for itself, in this folder. Raises OSError, ValueError."""
    authority = Authority(folder, company)
    return ReportPress(authority, OwnSeal(authority), Fonts(fonts), company, tsa)


def page_count(document: bytes) -> int:
    """How many pages a document has."""
    import pypdfium2

    with _drawing:
        opened = pypdfium2.PdfDocument(document)
        try:
            return len(opened)
        finally:
            opened.close()


@lru_cache(maxsize=8)
def _seal_picture(company: str, fonts: Fonts) -> bytes:
    return draw_seal(company, fonts)


def _number_of(document: bytes) -> str | None:
    """The number of a report, as it stands in its title."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        info: Any = PdfFileReader(io.BytesIO(document), strict=False).trailer["/Info"]
        title = str(info["/Title"])
    except (PdfError, KeyError, ValueError):
        return None
    return title.rpartition(" ")[2] or None
