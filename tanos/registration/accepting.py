"""What the other end sends to register: at the Module Server with its code, at the Tanium Server by its console.

Invariants: what is written down is what was sent with the code, over a connection to the very certificate of this
server that who typed the code had confirmed. What nobody awaits is not even recorded, so that strangers fill nothing.
"""

from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.dates import examine_dates
from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused
from tanos.finding import refusals
from tanos.identity import checked_fqdn
from tanos.message import N_
from tanos.peers import checked_port
from tanos.platform import UserRole
from tanos.registration.at_tanium_server import trust_module_server
from tanos.registration.codes import MINUTES, open_until, use_code
from tanos.registration.presented import examine_purpose, examine_shown_key
from tanos.registration.trusted import Trusted, own_certificate, plain_pem, put_trusted, trusted
from tanos.services.frames import Frame

WRONG_CODE = "wrong-registration-code"
ACCEPT = "module-server accept"
_BY_A_CODE = N_("Register it by a code.")


def accept(appliance: Appliance, words: Frame) -> None:
    """Trust the Tanium Server that says the code.

    Raises AnswerRefused `wrong-registration-code`, `bad-fqdn`, `not-a-certificate`, `expired`, `not-yet-valid`,
    `bad-address`.
    """
    if open_until(appliance) is None:
        raise _wrong_code()
    other = _read(appliance, words)
    call = Call(appliance, Actor("root", UserRole.TANADMIN, "system", address=other.host), ACCEPT)
    with appliance.store.change(call, about=other.name) as change:
        right = use_code(change, appliance, str(words["code"]))
        if right:
            put_trusted(change, appliance, other)
            change.after = fingerprint(other.certificate)
        else:
            change.result = WRONG_CODE
    if not right:
        raise _wrong_code()


def accept_again(appliance: Appliance, words: Frame) -> None:
    """Trust another certificate of a registered Tanium Server, which said so behind the one that is trusted.

    What is trusted by now was asked before, and the answer lost: nothing changes.

    Raises AnswerRefused `not-registered`, `not-a-certificate`, `expired`, `not-yet-valid`, `eku-missing`.
    """
    known = next((each for each in trusted(appliance) if each.name == words["name"]), None)
    if known is not None and plain_pem(read_certificate(str(words["pem"]).encode())) == known.pem:
        return
    if known is None or fingerprint(known.certificate) != words["shown"]:
        raise AnswerRefused("not-registered", N_("That is no certificate that is trusted here."), _BY_A_CODE)
    other = _read(appliance, {**words, "host": known.host})
    found = examine_purpose(other.certificate, ExtendedKeyUsageOID.CLIENT_AUTH)
    if found:
        raise AnswerRefused.because(*found)
    call = Call(appliance, Actor("root", UserRole.TANADMIN, "system", address=str(words["host"])), ACCEPT)
    with appliance.store.change(call, about=other.name) as change:
        change.before, change.after = str(words["shown"]), fingerprint(other.certificate)
        put_trusted(change, appliance, other)


def accept_module_server(appliance: Appliance, words: Frame) -> str:
    """Trust the Module Server that an Administrator of the console registers; return our name.

    Raises AnswerRefused `bad-fqdn`, `not-a-certificate`, `expired`, `not-yet-valid`, `bad-address`.
    """
    other = _read(appliance, words)
    call = Call(appliance, Actor(str(words["user"]), UserRole.TANUSER, "console", address=other.host), ACCEPT)
    with appliance.store.change(call, about=other.name) as change:
        trust_module_server(change, appliance, other)
        change.after = fingerprint(other.certificate)
    return appliance.identity.fqdn


def _read(appliance: Appliance, words: Frame) -> Trusted:
    """Return who registers, with a certificate that is valid now. Raises AnswerRefused."""
    name, host, port = checked_fqdn(str(words["name"])), str(words["host"]), checked_port(str(words["port"]))
    certificate = read_certificate(str(words["pem"]).encode())
    found = refusals((*examine_dates(certificate, appliance.clock()), *examine_shown_key(certificate)))
    if found:
        raise AnswerRefused.because(*found)
    own = own_certificate(appliance)
    return Trusted(name, host, port, plain_pem(certificate), fingerprint(own) if own else "", "")


def _wrong_code() -> AnswerRefused:
    return AnswerRefused(
        WRONG_CODE,
        N_("That is not the code that the Module Server awaits."),
        N_("Make a new one there, and type it within {minutes} minutes.", minutes=str(MINUTES)),
    )
