"""The courier: carries requests, certificates and the root between two appliances that cannot reach each other.

It runs on an administrator's workstation, with his own keys and his own ssh configuration. Invariants: everything is
fetched and judged before anything is put; what cannot be read as what its name says (a private key, say) stays where
it is; the receiving appliance checks all of it again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sftp.person.hands import Hands, signed_in
from sftp.person.ways import way_to
from tanos.certificates.loaded import certificate_code
from tanos.certificates.pair_kinds import any_part
from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.file_names import CERTIFICATE, REQUEST, ROOT
from tanos.finding import Finding, note, warn
from tanos.message import N_
from tanos.operation import Result, Tell, silent
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.report import Section, Table, Words

CARRIED = (any_part(REQUEST), any_part(CERTIFICATE), ROOT)
PLAIN_NAMES = (REQUEST, CERTIFICATE)


@dataclass(frozen=True)
class Parcel:
    """One file on its way."""

    name: str
    data: bytes
    check_code: str

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def carry(from_host: str, to_host: str, *, tell: Tell = silent, config: Path | None = None) -> Result:
    """Carry what lies in FROM's `/outgoing` to TO's `/incoming`. Hosts are `[USER@]HOST[:PORT]`, as for ssh,
    but the user is tancopy where none is written.

    `config` is an ssh configuration in the place of the person's own. Raises NotYet `step-missing`,
    `peer-unreachable`, `peer-refused` or `program-missing`; AnswerRefused `host-key-changed`, `host-key-unknown`,
    `bad-address`, `bad-ssh-config`, `too-large` or what is wrong with the only file there.
    """
    start, end = way_to(from_host, config), way_to(to_host, config)
    tell(N_("Fetching from {host} …", host=from_host))
    with signed_in(start) as hands:
        parcels, findings = _collect(hands)
    tell(
        N_("Putting {count} file at {host} …", "Putting {count} files at {host} …", count=len(parcels), host=to_host)
    )
    with signed_in(end) as hands:
        delivered, held_up = _deliver(hands, parcels)
    return _report(from_host, to_host, delivered, (*findings, *held_up))


def _collect(hands: Hands) -> tuple[list[Parcel], tuple[Finding, ...]]:
    names = [name for name in hands.names("/outgoing") if any(fnmatchcase(name, one) for one in CARRIED)]
    if not names:
        raise NotYet(
            "step-missing",
            N_("Nothing to carry lies in /outgoing of {host}.", host=hands.way.peer.name),
            N_("Create the CSR, issue the certificate or export the root there first."),
        )
    parcels: list[Parcel] = []
    refused: list[AnswerRefused] = []
    findings: list[Finding] = []
    for name in names:
        try:
            data = hands.fetch(f"/outgoing/{name}")
            parcels.append(Parcel(name, data, _code(name, data)))
        except AnswerRefused as error:
            refused.append(error)
            left = N_("{file} was not carried: {reason}", file=name, reason=error.message)
            findings.append(warn(error.id, left, error.remedy))
    if not parcels:
        raise refused[0]
    return parcels, tuple(findings)


def _deliver(hands: Hands, parcels: Sequence[Parcel]) -> tuple[list[Parcel], tuple[Finding, ...]]:
    """Put each file; the plain names last, because another exchange may hold them."""
    delivered: list[Parcel] = []
    findings: list[Finding] = []
    for parcel in sorted(parcels, key=lambda one: (one.name in PLAIN_NAMES, one.name)):
        try:
            hands.put(f"/incoming/{parcel.name}", parcel.data)
            delivered.append(parcel)
        except NotYet as error:
            there = any(other.data == parcel.data for other in delivered)
            if error.id != "peer-refused" or not there:
                raise
            findings.append(
                note(
                    "plain-name-taken",
                    N_(
                        "At {host} the name {file} belongs to another exchange.",
                        host=hands.way.peer.name,
                        file=parcel.name,
                    ),
                    N_("Choose the file with this check code in its name there."),
                )
            )
    return delivered, tuple(findings)


def _code(name: str, data: bytes) -> str:
    """Return the check code of a file that is what its name says; raise AnswerRefused otherwise."""
    if name.endswith(".csr"):
        request, _ = examine_request(read_file(data, Awaited.REQUEST).ders[0])
        return request.check_code
    return certificate_code(read_file(data, Awaited.CERTIFICATE).ders[0])


def _report(from_host: str, to_host: str, parcels: Sequence[Parcel], findings: tuple[Finding, ...]) -> Result:
    rows: tuple[tuple[Words, ...], ...] = tuple(
        (parcel.name, str(len(parcel.data)), parcel.check_code, parcel.sha256) for parcel in parcels
    )
    heads = (N_("file"), N_("bytes"), N_("check code"), N_("SHA-256"))
    sections: tuple[Section, ...] = (Table(heads, rows, N_("Nothing was carried.")),)
    files = [
        {"name": one.name, "size": len(one.data), "sha256": one.sha256, "check_code": one.check_code}
        for one in parcels
    ]
    title = N_("Carried from {start} to {end}", start=from_host, end=to_host)
    return Result(title, sections, findings, {"from": from_host, "to": to_host, "files": files})
