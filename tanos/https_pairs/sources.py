"""Where certificate and key for HTTPS come from: files of `/incoming`, a PKCS#12, the answer for a key that waits.

Invariant: of a file that is wiped afterwards it is known what was read of it, so that no other one is wiped that came
under its name since.
"""

import hashlib
from dataclasses import dataclass

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.loaded import read_request
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.https_pairs.served_pair import ServedPair
from tanos.https_pairs.uploaded import Uploaded, read_answer, read_pair, read_pkcs12
from tanos.keeper import keeper_of
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.secret import Secret

INCOMING, PKCS12, ANSWER, PASTE = "incoming", "pkcs12", "answer", "paste"


@dataclass(frozen=True)
class KeyFile:
    """A file of `/incoming` that holds the key, as it was read."""

    name: str
    digest: str

    def lies_there(self, appliance: Appliance) -> bool:
        """Say whether it is still that one."""
        try:
            return _digest(read_incoming(appliance, self.name)) == self.digest
        except AnswerRefused:
            return False


def read_source(
    appliance: Appliance, pair: ServedPair, source: str, passphrase: Secret, text: bytes
) -> tuple[Uploaded, tuple[KeyFile, ...]]:
    """Return the pair, and the file of `/incoming` that holds its key.

    Raises AnswerRefused by the ids of `read_incoming`, `read_pair`, `read_pkcs12` and `read_answer`.
    """
    kind = pair.kind
    if source in {ANSWER, PASTE}:
        keys = [read_request(der).public_key() for der in keeper_of(appliance).waiting(kind.name).values()]
        awaited = Awaited.CERTIFICATE
        intake = (
            read_pasted(text, awaited)
            if source == PASTE
            else read_file(read_incoming(appliance, kind.certificate), awaited)
        )
        again = deeds.RENEW_CERTIFICATE.of(kind.name)
        return read_answer(intake.ders, intake.repairs, keys, pair.create_csr, again), ()
    if source == PKCS12:
        there = next((name for name in kind.packed if (appliance.incoming / name).is_file()), kind.packed[0])
        packed = read_incoming(appliance, there)
        return read_pkcs12(packed, passphrase), (KeyFile(there, _digest(packed)),)
    certificate, key = (read_incoming(appliance, name) for name in (kind.certificate, kind.key))
    return read_pair(certificate, key), (KeyFile(kind.key, _digest(key)),)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
