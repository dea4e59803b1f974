"""Whether a certificate signs in as a user: what its authority may say here, and what it said.

Invariant: an empty list of principals is nobody's certificate, an unknown critical option is a refusal, and what the
authority left out (a terminal) is not there. The signature of the authority was verified before.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

from tanos.appliance import Appliance
from tanos.inert import inert
from tanos.keys.addresses import is_from, is_list_of_networks
from tanos.keys.authorized import Admission, TurnedAway, admit
from tanos.keys.blob import WeakBlob, read_blob
from tanos.keys.certificate import SshCertificate
from tanos.keys.options import KeyOptions
from tanos.keys.revoked import KEY, Mark, is_revoked, is_revoked_certificate
from tanos.keys.standing import CameBy
from tanos.moments import moment_text
from tanos.ssh_wire import BadBlob, Reader

_USER = 1
_NEVER = int(datetime.max.replace(tzinfo=UTC).timestamp())
"""Seconds: a certificate that ends later does not end (OpenSSH's `forever` is 2**64 - 1)."""
_FIT_TO_SIGN = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ssh-rsa": ("rsa-sha2-256", "rsa-sha2-512"),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "sk-ssh-ed25519@openssh.com": ("sk-ssh-ed25519@openssh.com",),
    "sk-ecdsa-sha2-nistp256@openssh.com": ("sk-ecdsa-sha2-nistp256@openssh.com",),
}
"""By what an authority of each kind may sign: not by SHA-1."""


def admit_certificate(
    appliance: Appliance, user: str, certificate: SshCertificate, address: str, now: datetime
) -> Admission | TurnedAway | None:
    """Say whether it signs in as `user` from `address` now; None where nobody here knows its authority."""
    word, key = certificate.authority_word, certificate.authority_key
    known = admit(appliance, user, word, key, address, now, as_authority=True)
    if known is None:
        return None
    why = known.id if isinstance(known, TurnedAway) else ""
    if isinstance(known, Admission):
        why = (
            _why_not_it(certificate, now)
            or _why_not_for(certificate, known.options.principals or (user,))
            or _why_not_there(certificate, address)
            or ("key-revoked" if _is_revoked(appliance, certificate) else "")
        )
        if not why:
            return Admission(known.fingerprint, _limited(known.options, certificate))
    return TurnedAway(f"{certificate.fingerprint} {told(certificate)}", why)


def came_by(certificate: SshCertificate, authorised: str) -> CameBy:
    """Return what has to hold while somebody stays who came by it, its authority being `authorised` (`SHA256:…`)."""
    ends = certificate.valid_before
    until = moment_text(datetime.fromtimestamp(ends, UTC)) if ends < _NEVER else ""
    return CameBy(certificate.fingerprint, authorised, certificate.serial, certificate.key_id, until)


def told(certificate: SshCertificate) -> str:
    """Return how the audit names a certificate; what its authority called it is in quotation marks, so that it can
    feign nothing of the rest."""
    key_id = json.dumps(inert(certificate.key_id)[:128], ensure_ascii=False)
    return f"certificate serial={certificate.serial} id={key_id} authority={certificate.authority}"


def _why_not_it(certificate: SshCertificate, now: datetime) -> str:
    if certificate.kind != _USER:
        return "certificate-of-a-host"
    try:
        if certificate.signature_word not in _FIT_TO_SIGN.get(certificate.authority_word, ()):
            return "certificate-weak"
        read_blob(certificate.key)
    except (BadBlob, WeakBlob):
        return "certificate-weak"
    seconds = int(now.timestamp())
    if seconds < certificate.valid_after:
        return "certificate-too-early"
    return "certificate-expired" if seconds >= certificate.valid_before else ""


def _why_not_for(certificate: SshCertificate, wanted: tuple[str, ...]) -> str:
    return "" if set(certificate.principals) & set(wanted) else "certificate-principal"


def _why_not_there(certificate: SshCertificate, address: str) -> str:
    if certificate.critical.keys() - {"source-address", "verify-required"}:
        return "certificate-option"
    if certificate.critical.get("verify-required"):
        return "certificate-option"
    if "source-address" not in certificate.critical:
        return ""
    try:
        value = Reader(certificate.critical["source-address"])
        networks = value.string().decode("ascii")
    except (BadBlob, UnicodeDecodeError):
        return "certificate-option"
    if not value.is_done or not is_list_of_networks(networks):
        return "certificate-option"
    return "" if is_from(networks, address) else "key-from-elsewhere"


def _is_revoked(appliance: Appliance, certificate: SshCertificate) -> bool:
    return is_revoked(appliance, Mark(KEY, certificate.fingerprint)) or is_revoked_certificate(
        appliance, certificate.authority, certificate.serial, certificate.key_id
    )


def _limited(options: KeyOptions, certificate: SshCertificate) -> KeyOptions:
    return replace(
        options,
        has_terminal=options.has_terminal and "permit-pty" in certificate.extensions,
        is_verified=options.is_verified or "verify-required" in certificate.critical,
    )
