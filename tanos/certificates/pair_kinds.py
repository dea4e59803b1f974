"""The one table of certificate pairs: every name of a file or directory that a pair has derives from its row here.

Invariant: no other module spells a pair's file names, so that a further pair is a further row.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID


@dataclass(frozen=True)
class PairKind:
    """One kind of pair that an appliance holds."""

    name: str
    """Of its directory below `certificates`, and in the record of what was done with it."""
    certificate: str
    """File name; here and on its way."""
    key: str
    """File name; never on any way."""
    request: str
    """File name; here and on its way."""
    purposes: tuple[x509.ObjectIdentifier, ...]
    """What it is for: the extended key usages that are asked for."""

    @property
    def packed(self) -> tuple[str, ...]:
        """File names of a PKCS#12 that holds both; on its way."""
        return tuple(PurePath(self.certificate).with_suffix(suffix).name for suffix in (".p12", ".pfx"))

    @property
    def copied_certificate(self) -> str:
        """File name of a copy of the certificate, on its way out."""
        return with_part(self.certificate, _COPY)

    @property
    def copied_key(self) -> str:
        """File name of a copy of the key, on its way out."""
        return with_part(self.key, _COPY)

    def directory(self, certificates: Path) -> Path:
        """Return where its versions lie."""
        return certificates / self.name

    def current(self, certificates: Path) -> Path:
        """Return the link to the version in use."""
        return self.directory(certificates) / CURRENT


CURRENT = "current"

REPORTING = PairKind(
    "reporting",
    "reporting.crt",
    "reporting.pvk",
    "reporting.csr",
    (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
)
"""By which servers of the platform know each other: both ends of a connection show one."""
SOAP = PairKind("soap", "SOAPServer.crt", "SOAPServer.key", "SOAPServer.csr", REPORTING.purposes)
"""A Tanium Server's, for console, API, and towards the Module Server (seed 002)."""
SSL = PairKind("ssl", "ssl.crt", "ssl.key", "ssl.csr", REPORTING.purposes)
"""A Module Server's, towards Tanium Servers and services (seed 002)."""
KINDS = (REPORTING, SOAP, SSL)
"""That operators install and renew."""
SERVER_TLS = PairKind("server-tls", "server-tls.crt", "server-tls.pvk", "server-tls.csr", REPORTING.purposes)
"""By which servers of release 7.4 know each other, one for each root that is in use (seed 001)."""
SUBORDINATE = (SERVER_TLS,)
"""That are made and renewed by themselves, and kept."""


_COPY = "backup"


def with_part(file: str, part: str) -> str:
    """Return a file's name for one key of several: `reporting.csr` and `1A2B` give `reporting-1A2B.csr`."""
    path = PurePath(file)
    return f"{path.stem}-{part}{path.suffix}"


def any_part(file: str) -> str:
    """Return the pattern of a file's names, with and without a part: `reporting*.csr`."""
    path = PurePath(file)
    return f"{path.stem}*{path.suffix}"
