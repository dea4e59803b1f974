"""Where certificate and key for HTTPS come from: files of `/incoming`, a PKCS#12, the answer for a key that waits."""

from tanos.appliance import Appliance
from tanos.certificates.loaded import read_request
from tanos.dropbox import read_incoming
from tanos.keeper import keeper_of
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.secret import Secret
from tanos.soap.served_pair import ServedPair
from tanos.soap.uploaded import Uploaded, read_answer, read_pair, read_pkcs12

INCOMING, PKCS12, ANSWER, PASTE = "incoming", "pkcs12", "answer", "paste"


def read_source(
    appliance: Appliance, pair: ServedPair, source: str, passphrase: Secret, text: bytes
) -> tuple[Uploaded, tuple[str, ...]]:
    """Return the pair, and the files of `/incoming` that hold its key.

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
        return read_answer(intake.ders, intake.repairs, keys, pair.create_csr), ()
    if source == PKCS12:
        there = tuple(name for name in kind.packed if (appliance.incoming / name).is_file()) or kind.packed[:1]
        return read_pkcs12(read_incoming(appliance, there[0]), passphrase), there
    return read_pair(read_incoming(appliance, kind.certificate), read_incoming(appliance, kind.key)), (kind.key,)
