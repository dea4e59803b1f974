"""Proof that what was installed is what is served: a TLS handshake with the very files."""

from dataclasses import dataclass
from typing import Any

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.check_code import same_check_code
from tanos.certificates.handshake import Handshake
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.report import Fact, Mark


@dataclass(frozen=True)
class Evidence:
    """What a handshake showed."""

    data: dict[str, Any]
    fact: Fact
    findings: tuple[Finding, ...] = ()


def gather(appliance: Appliance, check_code: str) -> Evidence:
    """Shake hands with the installed pair; a failure is told, never raised: the installation is done."""
    try:
        seen = keeper_of(appliance).handshake()
    except (TanosError, OSError, ValueError) as error:
        return _failed({"protocol": "", "cipher": "", "check_code": "", "ok": False}, _words(error))
    data = {"protocol": seen.protocol, "cipher": seen.cipher, "check_code": seen.check_code, "ok": seen.ok}
    if not seen.ok or not same_check_code(seen.check_code, check_code):
        return _failed({**data, "ok": False}, N_("another certificate was served"))
    return Evidence(data, _fact(seen))


def _fact(seen: Handshake) -> Fact:
    words = N_("{protocol} {cipher}, serves this certificate", protocol=seen.protocol, cipher=seen.cipher)
    return Fact(N_("handshake"), words, Mark.OK)


def _failed(data: dict[str, Any], reason: Message) -> Evidence:
    finding = warn(
        "handshake-failed",
        N_("The pair is installed, but a TLS handshake with it failed: {reason}.", reason=reason),
        N_("Put the earlier pair back ({restore:key}), and tell your support.", restore=deeds.RESTORE_CERTIFICATE),
    )
    return Evidence(data, Fact(N_("handshake"), reason, Mark.FAIL), (finding,))


def _words(error: Exception) -> Message:
    if isinstance(error, TanosError):
        return error.message
    return N_("the files could not be used ({kind})", kind=type(error).__name__)
