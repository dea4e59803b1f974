"""`reporting-tls-request`: the key of a server for the platform's own protocol, and the request for its certificate.

Rule: P-256, for both TLS purposes, as at *Create CSR* (seed 000). The documents give no name to it: where none is
told it is the host name of this machine.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tanos.certificates.key_strength import examine_key
from tanos.certificates.names import checked_names, examine_short
from tanos.certificates.new_request import key_pem, new_key, request_with
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.private_key import read_private_key
from tanos.errors import AnswerRefused
from tanos.files import read_given
from tanos.finding import refusals
from tanos.inert import inert
from tanos.keyutility.places import Place, check_places, write_all
from tanos.message import N_
from tanos.operation import Result, Tell
from tanos.pasting.text import PASTE_LIMIT


@dataclass(frozen=True)
class RequestWanted:
    """What is asked for."""

    key: Path
    out: Path
    names: Sequence[str] = ()
    """The first is the common name."""
    overwrite: bool = False
    existing_key: bool = False
    """The key is there; only the request is made."""


def make_request(wanted: RequestWanted, tell: Tell) -> Result:
    """Make both files. Raises AnswerRefused `file-exists`, `san-bad`, `san-forbidden`, `key-unreadable` …"""
    names = list(wanted.names) or [socket.gethostname()]
    checked_names(names)
    key_place, place = Place(wanted.key, is_key=True), Place(wanted.out)
    if wanted.existing_key:
        replaced = check_places([place], read=[wanted.key], overwrite=wanted.overwrite)
        key = _read_key(wanted.key)
    else:
        replaced = _check(key_place, place, overwrite=wanted.overwrite)
        tell(N_("Generating key: '{path}'", path=inert(str(wanted.key))))
        key = new_key(REPORTING)
    request = request_with(key, REPORTING, names[0], names[1:])
    files = [(place, request.pem.encode())]
    write_all(files if wanted.existing_key else [(key_place, key_pem(key)), *files], replaced)
    return Result(
        N_("Successfully generated certificate signing request: '{path}'", path=inert(str(wanted.out))),
        (),
        examine_short(names),
        {
            "csr": request.pem,
            "check_code": request.check_code,
            "subject": request.subject,
            "names": list(request.names),
            "key_file": str(wanted.key),
            "csr_file": str(wanted.out),
        },
    )


def _check(key: Place, place: Place, *, overwrite: bool) -> frozenset[Path]:
    try:
        return check_places([key, place], overwrite=overwrite)
    except AnswerRefused as refused:
        if refused.id == "file-exists" and key.path.is_file() and not overwrite:
            refused.remedy = N_("Add --existing-key to ask with that key, or --overwrite to lose it.")
        raise


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = read_private_key(read_given(path, PASTE_LIMIT))
    found = examine_key(key.public_key())
    if refusals(found) or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise AnswerRefused.because(*found)
    return key
