"""A root signs the intermediate TLS key of a server: of a zone server, or of the Tanium Server itself.

Invariant: what is signed says CA with pathLen 0 and names no host, whatever was requested, and stands in the register
in the transaction in which it is signed.
"""

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import spki_of
from tanos.certificates.subordinate import intermediate_tbs, may_have_intermediates
from tanos.client_trust.intermediate import Bad, Held, requested_key
from tanos.errors import AnswerRefused, NotYet
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.subordinate.register import write_issued
from tanos.subordinate.signing_root import signing_root
from tanos.subordinate_keys import CLIENT_TLS, INTERMEDIATE_TLS, lifetime

VERB = "intermediate-key sign"


def sign_intermediate(call: Call, request: bytes, holder: str) -> Held:
    """Sign the key that is requested by the server `holder`, a name.

    Raises NotYet `no-root` where no root can have an intermediate, AnswerRefused `not-pkcs10`; Damaged `pki-damaged`.
    """
    appliance, root = call.appliance, signing_root(call.appliance)
    if root is None or not may_have_intermediates(root.certificate):
        raise NotYet(
            "no-root",
            N_("No root key is here that can have a key between it and clients."),
            N_("Make another root key; it takes the place of one that was made earlier."),
        )
    try:
        spki = spki_of(requested_key(request))
    except Bad as error:
        raise AnswerRefused(
            "not-pkcs10",
            N_("{holder} sent no request for a key of its own.", holder=inert(holder)),
            N_("It asks again by itself."),
        ) from error
    with appliance.store.change(call, about=holder) as change:
        held = lifetime(INTERMEDIATE_TLS, effective(appliance, Component.GLOBAL))
        serial, now = x509.random_serial_number(), appliance.clock()
        tbs = intermediate_tbs(root.certificate, spki, holder, serial, now, held.days)
        der = keeper_of(appliance).sign_intermediate(tbs, root.server_value)
        certificate = x509.load_der_x509_certificate(der)
        write_issued(change, INTERMEDIATE_TLS, root.check_code, certificate)
        change.after = root.server_value
    return Held(certificate, root.check_code, _client_days(appliance), held.window_hours)


def _client_days(appliance: Appliance) -> int:
    return lifetime(CLIENT_TLS, effective(appliance, Component.GLOBAL)).days
