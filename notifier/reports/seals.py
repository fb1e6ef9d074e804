"""Whose seal the company sets under a report: the desk's own, or one that a certificate authority gave the company (S100)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.reports.press import CannotPrint
from notifier.reports.authority import Authority, Signet

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyhanko.sign.signers import Signer


class SealProvider(Protocol):
    """Somebody who can sign for the company; a provider elsewhere would be another of these."""

    def opened(self) -> AbstractContextManager[Signer]:
        """What signs one document. Raises CannotPrint: the file, the token or the password does not open it."""
        ...


@dataclass(frozen=True, slots=True)
class OwnSeal:
    """The seal that the desk made for itself."""

    authority: Authority

    @contextmanager
    def opened(self) -> Iterator[Signer]:
        yield signer_of(self.authority.seal())


@dataclass(frozen=True, slots=True)
class Pkcs12Seal:
    """A .p12 or .pfx file with key, certificate and those above it."""

    file: Path
    password: str = field(repr=False)

    @contextmanager
    def opened(self) -> Iterator[Signer]:
        from pyhanko.sign.signers import SimpleSigner

        try:
            content = self.file.read_bytes()
            signer = SimpleSigner.load_pkcs12_data(content, [], self.password.encode())
        except (OSError, ValueError, AttributeError) as error:
            raise CannotPrint(f"the seal in {self.file.name} cannot be opened: {error}") from None
        yield signer


@dataclass(frozen=True, slots=True)
class Pkcs11Seal:
    """A key in a token (USB key, HSM) behind a PKCS#11 library; `label` names both the key and its certificate."""

    library: Path
    token: str
    label: str
    pin: str = field(repr=False)

    @contextmanager
    def opened(self) -> Iterator[Signer]:
        import pkcs11
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

        try:
            criteria = TokenCriteria(label=self.token)
            session = open_pkcs11_session(str(self.library), token_criteria=criteria, user_pin=self.pin)
        except (pkcs11.PKCS11Error, OSError, RuntimeError, ValueError) as error:
            raise CannotPrint(f"the token {self.token} cannot be opened: {type(error).__name__} {error}") from None
        with session:
            # Hashed here: many tokens sign what is hashed and nothing else.
            yield PKCS11Signer(session, self.label, other_certs_to_pull=None, use_raw_mechanism=True)


def signer_of(signet: Signet) -> Signer:
    """What signs with a key that is in memory."""
    from pyhanko.keys.internal import (
        translate_pyca_cryptography_cert_to_asn1 as certificate_of,
    )
    from pyhanko.keys.internal import (
        translate_pyca_cryptography_key_to_asn1 as key_of,
    )
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    above = SimpleCertificateStore()
    above.register_multiple([certificate_of(one) for one in signet.above])
    return SimpleSigner(certificate_of(signet.certificate), key_of(signet.key), above, embed_roots=False)
