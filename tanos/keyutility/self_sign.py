"""`selfsign`: key, certificate by itself and, where wanted, the request for the certificate of an authority.

Rule: RSA 2048, SHA-256, both purposes, the first name as common name and every name among the alternative ones,
addresses as such (seed 002).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import fingerprint
from tanos.certificates.names import checked_names, examine_short
from tanos.certificates.new_request import key_pem, new_key, request_with
from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import certify_itself
from tanos.inert import inert
from tanos.keyutility.places import Place, bad_output, check_places, write_all
from tanos.message import N_
from tanos.operation import Result, Tell


@dataclass(frozen=True)
class SelfSignWanted:
    """What is asked for."""

    names: Sequence[str]
    out: Path
    """Without the suffix."""
    export_csr: bool = False
    days: int = 3650
    overwrite: bool = False

    def file(self, suffix: str) -> Path:
        """Return the file with that suffix, which is added to whatever name was given."""
        return self.out.with_name(self.out.name + suffix)


def self_sign(wanted: SelfSignWanted, now: datetime, tell: Tell) -> Result:
    """Make the files. Raises AnswerRefused `file-exists`, `bad-output`, `name-empty`, `san-bad`, `san-forbidden` …"""
    names = checked_names(wanted.names)
    if not wanted.out.name or wanted.out.is_dir():
        raise bad_output(wanted.out, N_("it is a directory, and needs a name after it"))
    places = {".key": Place(wanted.file(".key"), is_key=True), ".crt": Place(wanted.file(".crt"))}
    if wanted.export_csr:
        places[".csr"] = Place(wanted.file(".csr"))
    replaced = check_places(list(places.values()), overwrite=wanted.overwrite)
    tell(N_("Generating key: '{path}'", path=inert(str(places[".key"].path))))
    key = new_key(SOAP)
    assert isinstance(key, rsa.RSAPrivateKey)
    request = request_with(key, SOAP, wanted.names[0], wanted.names[1:])
    certificate = certify_itself(SOAP, key, wanted.names[0].strip(), names, now, timedelta(days=wanted.days))
    pem = certificate.public_bytes(Encoding.PEM)
    held = {".key": key_pem(key), ".csr": request.pem.encode(), ".crt": pem}
    write_all([(place, held[suffix]) for suffix, place in places.items()], replaced)
    if wanted.export_csr:
        path = inert(str(places[".csr"].path))
        tell(N_("Successfully generated certificate signing request: '{path}'", path=path))
    return Result(
        N_("Successfully generated self-signed certificate: '{path}'", path=inert(str(places[".crt"].path))),
        (),
        examine_short(wanted.names),
        {
            "certificate": pem.decode(),
            "csr": request.pem if wanted.export_csr else None,
            "check_code": request.check_code,
            "fingerprint": fingerprint(certificate),
            "subject": request.subject,
            "names": list(request.names),
            "files": [str(place.path) for place in places.values()],
        },
    )
