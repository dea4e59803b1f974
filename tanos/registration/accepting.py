"""At the Module Server: a Tanium Server says the code, and its certificate comes into `trusted.crt`.

Invariants: what is written down is what was sent with the code, over a connection to the very certificate of this
server that who typed the code had confirmed. What nobody awaits is not even recorded, so that strangers fill nothing.
"""

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.dates import examine_dates
from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused
from tanos.finding import refusals
from tanos.identity import checked_fqdn
from tanos.message import N_
from tanos.platform import UserRole
from tanos.registration.codes import MINUTES, open_until, use_code
from tanos.registration.trusted import Trusted, own_certificate, plain_pem, put_trusted
from tanos.services.frames import Frame

WRONG_CODE = "wrong-registration-code"


def accept(appliance: Appliance, words: Frame) -> None:
    """Trust the Tanium Server that says the code.

    Raises AnswerRefused `wrong-registration-code`, `bad-fqdn`, `not-a-certificate`, `expired`, `not-yet-valid`.
    """
    if open_until(appliance) is None:
        raise _wrong_code()
    name, host, port, pem = (
        checked_fqdn(str(words["name"])),
        str(words["host"]),
        int(words["port"]),
        str(words["pem"]),
    )
    certificate = read_certificate(pem.encode())
    own = own_certificate(appliance)
    found = refusals(examine_dates(certificate, appliance.clock()))
    if found:
        raise AnswerRefused.because(*found)
    call = Call(appliance, Actor("root", UserRole.TANADMIN, "system", address=host), "module-server accept")
    with appliance.store.change(call, about=name) as change:
        right = use_code(change, appliance, str(words["code"]))
        if right:
            shown = fingerprint(own) if own else ""
            put_trusted(change, appliance, Trusted(name, host, port, plain_pem(certificate), shown, change.now))
            change.after = fingerprint(certificate)
        else:
            change.result = WRONG_CODE
    if not right:
        raise _wrong_code()


def _wrong_code() -> AnswerRefused:
    return AnswerRefused(
        WRONG_CODE,
        N_("That is not the code that the Module Server awaits."),
        N_("Make a new one there, and type it within {minutes} minutes.", minutes=str(MINUTES)),
    )
