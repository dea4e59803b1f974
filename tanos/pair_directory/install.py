"""Installing a pair that was made elsewhere into a directory of a machine that is no appliance.

Invariants: key and certificate are judged by the rules of their use and shown before anything is written. They become
live by one rename or not at all, as on an appliance; whatever an earlier, interrupted install left is cleared first.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.handshake import Handshake, served_name, shake_hands
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import AnswerRefused
from tanos.exchange.installed import certificate_data
from tanos.finding import Finding, note, refusals
from tanos.https_pairs.uploaded import Uploaded, read_pair
from tanos.inspecting.found import found_certificate
from tanos.inspecting.judging import Purpose, judge_all
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import NOTHING_TO_DO, YES, Plan, Result
from tanos.pair_directory.place import PairDirectory
from tanos.report import Fact, Facts, Mark, Section


@dataclass(frozen=True)
class Installing:
    """A pair on its way into a directory."""

    place: PairDirectory
    uploaded: Uploaded
    purpose: Purpose
    said: Mapping[str, str] = field(default_factory=dict)
    is_there: bool = False


def plan_install(place: PairDirectory, key: bytes, certificate: bytes, purpose: Purpose, by: str) -> Plan[Installing]:
    """Read and judge a pair. Raises AnswerRefused by the ids of `read_pair`."""
    uploaded = read_pair(certificate, key)
    said = {"installed_by": by, "installed_at": moment_text(purpose.now)}
    is_there = _live_fingerprint(place) == fingerprint(uploaded.leaf) and place.store.is_intact()
    payload = Installing(place, uploaded, purpose, said, is_there)
    data = _data(payload)
    if is_there:
        told = note("already-installed", N_("Exactly this is in use."), N_("There is nothing to do."))
        return Plan(N_("This pair is installed already"), payload, (), (told,), data, NOTHING_TO_DO)
    title = N_("Install {certificate} and {key}", certificate=place.kind.certificate, key=place.kind.key)
    findings = _findings(payload)
    if not refusals(findings):
        findings += _tried(uploaded, purpose)
    return Plan(title, payload, (_facts(payload),), findings, data, YES)


def install(installing: Installing) -> Result:
    """Install it. Raises Damaged `disk-failed`, `pair-damaged`; then the earlier pair is live."""
    place, uploaded = installing.place, installing.uploaded
    healed: list[Message] = []
    findings = _findings(installing)
    if not installing.is_there:
        healed = place.store.recover()
        place.store.install(uploaded.key_pem, uploaded.chain_pem, installing.said)
    with place.store.open_current() as directory:
        assert directory is not None
        files = directory / place.kind.certificate, directory / place.kind.key
        shaken = _shake(*files, uploaded.leaf, installing.purpose)
    number = place.store.current()
    rows = [Fact(N_("found"), words, Mark.WARN) for words in healed]
    rows += [
        Fact(N_("check code"), check_code(uploaded.leaf.public_key()), Mark.OK),
        Fact(N_("certificate at"), str(place.certificate)),
        Fact(N_("key at"), str(place.key)),
    ]
    if shaken:
        words = N_("{protocol} {cipher}, with this certificate", protocol=shaken.protocol, cipher=shaken.cipher)
        rows.append(Fact(N_("handshake"), words, Mark.OK))
    title = N_(
        "In use: {certificate} and {key}, version {number}",
        certificate=place.kind.certificate,
        key=place.kind.key,
        number=number,
    )
    sections: tuple[Section, ...] = (Facts(tuple(rows)), *_settings(place))
    data = {**_data(installing), "version": number, "certificate": str(place.certificate), "key": str(place.key)}
    data["handshake"] = {"protocol": shaken.protocol, "cipher": shaken.cipher, "ok": shaken.ok} if shaken else None
    return Result(title, sections, findings, data)


def _findings(installing: Installing) -> tuple[Finding, ...]:
    uploaded, purpose = installing.uploaded, installing.purpose
    objects = [found_certificate(each) for each in (uploaded.leaf, *uploaded.issuers)]
    judged = (finding for each in judge_all(objects, purpose) for finding in each.findings)
    return tuple({(each.id, str(each.message)): each for each in (*judged, *uploaded.findings)}.values())


def _facts(installing: Installing) -> Facts:
    uploaded, place, data = installing.uploaded, installing.place, _data(installing)
    present = place.store.current()
    rows = [
        *(Fact(N_("repaired"), repair) for repair in uploaded.repairs),
        Fact(N_("subject"), data["subject"]),
        Fact(N_("names"), ", ".join(data["names"])),
        Fact(N_("issued by"), data["issuer"]),
        Fact(N_("valid"), N_("from {start} to {end}", start=data["not_before"], end=data["not_after"])),
        Fact(N_("check code"), data["check_code"]),
        Fact(N_("fingerprint"), data["fingerprint"]),
        Fact(N_("directory"), str(place.path)),
    ]
    if present:
        rows.append(Fact(N_("replaces"), N_("version {number}, which is kept", number=present)))
    return Facts(tuple(rows))


def _data(installing: Installing) -> dict[str, Any]:
    leaf, now = installing.uploaded.leaf, installing.purpose.now
    return {"directory": str(installing.place.path), **certificate_data(leaf, now)}


def _live_fingerprint(place: PairDirectory) -> str:
    with contextlib.suppress(AnswerRefused, ValueError):
        pem = place.store.live_certificate()
        return fingerprint(x509.load_pem_x509_certificate(pem)) if pem else ""
    return ""


def _tried(uploaded: Uploaded, purpose: Purpose) -> tuple[Finding, ...]:
    """Return why TLS would refuse the pair, before it lies anywhere: it is shown from memory."""
    with _in_memory(uploaded.chain_pem) as certificate, _in_memory(uploaded.key_pem) as key:
        try:
            _shake(certificate, key, uploaded.leaf, purpose)
        except AnswerRefused as refused:
            return refused.findings
    return ()


@contextlib.contextmanager
def _in_memory(data: bytes) -> Iterator[Path]:
    file = os.memfd_create("pair", os.MFD_CLOEXEC)
    try:
        os.write(file, data)
        yield Path(f"/proc/self/fd/{file}")
    finally:
        os.close(file)


def _shake(certificate: Path, key: Path, leaf: x509.Certificate, purpose: Purpose) -> Handshake | None:
    """Shake hands with a pair, where its root was given and it names a server. Raises AnswerRefused."""
    has_names = any(each.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME for each in leaf.extensions)
    if purpose.root is None or not has_names:
        return None
    root_pem = purpose.root.public_bytes(Encoding.PEM).decode()
    return shake_hands(certificate, key, root_pem, served_name(leaf, purpose.host), purpose.now)


def _settings(place: PairDirectory) -> tuple[Section, ...]:
    """Return what a server of the platform is told (seed 000), where it is a pair for reporting."""
    if place.kind != REPORTING:
        return ()
    return (
        Facts(
            (
                Fact(N_("ReportingTLSCertPath"), str(place.certificate)),
                Fact(N_("ReportingTLSKeyPath"), str(place.key)),
            )
        ),
    )
