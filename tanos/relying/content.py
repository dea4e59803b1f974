"""What is written into the files of a relying service: a pair, cut into what each file wants of it.

Invariant: certificate and key come from one version of one pair, as the keeper hands it out, and are written nowhere
but where the record says.
"""

import re
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code, fingerprint
from tanos.moments import moment_text
from tanos.relying.record import STAGED, Relying
from tanos.relying.stopped import Stopped

_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)


@dataclass(frozen=True)
class Content:
    """One pair."""

    certificates: tuple[x509.Certificate, ...]
    """The server's own first."""
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the server's own certificate."""
        return fingerprint(self.certificates[0])

    @property
    def told(self) -> dict[str, str]:
        """What is remembered of it, and may be shown."""
        leaf = self.certificates[0]
        return {
            "check_code": check_code(leaf.public_key()),
            "subject": leaf.subject.rfc4514_string(),
            "not_after": moment_text(leaf.not_valid_after_utc),
        }

    def files(self, relying: Relying, staged: str) -> dict[str, bytes]:
        """Return what stands in each file of the version that will lie at `staged`."""
        leaf, *issuers = (each.public_bytes(Encoding.PEM) for each in self.certificates)
        parts = {"certificate": leaf, "issuers": b"".join(issuers), "key": self.key}
        made = {file: b"".join(parts[part] for part in wanted) for file, wanted in relying.files.items()}
        return made | {file: text.replace(STAGED, staged).encode() for file, text in relying.texts.items()}


def read_content(pem: str | None) -> Content:
    """Return what the keeper hands out. Raises Stopped `no-pair`."""
    data = (pem or "").encode()
    key = _KEY.search(data)
    if key is None:
        raise Stopped("no-pair")
    return Content(tuple(x509.load_pem_x509_certificates(data)), key[0].rstrip() + b"\n")
