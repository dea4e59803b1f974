"""What is said of a certificate before it is revoked, and what keeps it from that.

Invariant: what this server itself presents is never revoked, so that nobody cuts it off from its own.
"""

from collections.abc import Container, Sequence

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.certificates.pair_kinds import KINDS, PairKind
from tanos.errors import TanosError
from tanos.exchange.installed import live_certificate
from tanos.finding import Finding, note, refuse, warn
from tanos.message import N_
from tanos.revocation.lists import signers
from tanos.revocation.reasons import KEY_COMPROMISE
from tanos.revocation.register import ENDED, REVOKED, Entry


def examine(appliance: Appliance, found: Sequence[Entry], reason: str) -> list[tuple[Entry, Finding]]:
    """Return what is to be said, of which. Raises Damaged `damaged-root`, `pki-damaged`."""
    own, roots = own_serials(appliance), {each.check_code for each in signers(appliance)}
    about_key = () if appliance.identity.release.automatic_tls else _about_key(reason)
    return [(each, said) for each in found for said in _examine(each, own, roots) or about_key]


def _examine(found: Entry, own: Container[str], roots: Container[str]) -> tuple[Finding, ...]:
    if found.state == REVOKED:
        said = N_("It was revoked at {time} by {user}.", time=found.revoked_at, user=found.revoked_by)
        return (note("already-revoked", said, N_("Nothing needs to be done about it.")),)
    if found.state == ENDED:
        said = N_("It ended at {time}, so that nobody accepts it any more.", time=found.not_after)
        return (refuse("expired", said, N_("Nothing needs to be done about it.")),)
    if found.serial in own:
        return (
            refuse(
                "in-use-here",
                N_("This server itself presents it: its zone servers and clients would lose it."),
                N_("Have the next one issued first ({renew}), then revoke this.", renew=deeds.RENEW_CERTIFICATE),
            ),
        )
    if found.root not in roots:
        return (
            refuse(
                "wrong-issuer",
                N_("Another root signed it, whose key is not here: {code}.", code=found.root),
                N_("Who trusts the present root alone does not accept it; where both are trusted, revoke that root."),
            ),
        )
    return ()


def own_serials(appliance: Appliance) -> frozenset[str]:
    """Return the serials of what this server presents; of what is damaged none."""
    return frozenset(serial for kind in KINDS if (serial := _own_serial(appliance, kind)))


def _own_serial(appliance: Appliance, kind: PairKind) -> str:
    try:
        own = live_certificate(appliance, kind)
    except TanosError:
        return ""
    return serial_text(own.serial_number) if own is not None else ""


def _about_key(reason: str) -> tuple[Finding, ...]:
    if reason != KEY_COMPROMISE:
        return ()
    return (
        warn(
            "key-given-up",
            N_("No other certificate is issued for this key here."),
            N_(
                "On its server create a new CSR, which has a new key ({create_csr:key} there).",
                create_csr=deeds.CREATE_CSR,
            ),
        ),
    )
