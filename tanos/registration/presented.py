"""What the other end presents, shown before it is trusted: an operator compares it, or a verb is given what it is."""

import hmac
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.appliance import Appliance
from tanos.certificates.asked import purpose_word
from tanos.certificates.check_code import check_code, fingerprint, same_check_code
from tanos.certificates.dates import examine_dates, shown_time
from tanos.certificates.key_strength import examine_key
from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, refusals, refuse
from tanos.inert import inert
from tanos.message import N_
from tanos.peers import parse_address, show_address
from tanos.platform import Role
from tanos.registration.reaching import shown_certificate
from tanos.registration.trusted import OWN, own_certificate
from tanos.report import Fact, Facts
from tanos.services.catalogue import HTTPS, Service
from tanos.services.operations import standings

_CODE_DIGITS = 32
_SHOWS_AS = {
    Role.TANIUM_SERVER: (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    Role.MODULE_SERVER: (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
}
"""What our certificate is shown as between the two ends, and what theirs is."""


@dataclass(frozen=True)
class Presented:
    """The other end, as it was found at an address."""

    host: str
    port: int
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate as it is compared."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def facts(self) -> Facts:
        """What operators compare."""
        shown = self.certificate
        return Facts(
            (
                Fact(N_("at"), show_address(self.host, self.port)),
                Fact(N_("subject"), shown.subject.rfc4514_string()),
                Fact(N_("valid from"), shown_time(shown.not_valid_before_utc)),
                Fact(N_("valid until"), shown_time(shown.not_valid_after_utc)),
                Fact(N_("SHA-256"), fingerprint(shown)),
                Fact(N_("check code"), check_code(shown.public_key())),
            )
        )

    @property
    def data(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "host": self.host,
            "port": self.port,
            "subject": self.certificate.subject.rfc4514_string(),
            "fingerprint": fingerprint(self.certificate),
            "check_code": check_code(self.certificate.public_key()),
        }


async def present(appliance: Appliance, address: str, port: int, demanded: str) -> Presented:
    """Return what is presented at `address`, at `port` where it names none; compare with what a verb was given.

    Raises AnswerRefused `bad-address`, `fingerprint-mismatch`, `expired`, `not-yet-valid`, `eku-missing`, `weak-key`,
    `broken-key`, `key-type`, `not-a-certificate`; NotYet `other-end-unreachable`.
    """
    host, number = parse_address(address, port)
    shown = Presented(host, number, read_certificate(await shown_certificate(host, number)))
    own, mine, theirs = own_certificate(appliance), *_SHOWS_AS[appliance.identity.role]
    found = (
        *_compare(shown, demanded),
        *examine_dates(shown.certificate, appliance.clock()),
        *examine_shown_key(shown.certificate),
        *examine_purpose(shown.certificate, theirs),
        *(examine_purpose(own, mine) if own is not None else ()),
    )
    if refusals(found):
        raise AnswerRefused.because(*found)
    return shown


def examine_shown_key(certificate: x509.Certificate) -> tuple[Finding, ...]:
    """Return why a key is none by which another end is to be known: `weak-key`, `broken-key`, `key-type`."""
    remedy = N_("Have that end make a new key, install its certificate there, and register again.")
    return tuple(replace(found, remedy=remedy) for found in refusals(examine_key(certificate.public_key())))


def examine_purpose(certificate: x509.Certificate, purpose: x509.ObjectIdentifier) -> tuple[Finding, ...]:
    """Return a refusal where a certificate is not for what it is shown as: the other end's TLS would refuse it."""
    try:
        named = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    if purpose in named:
        return ()
    subject, word = certificate.subject.rfc4514_string(), purpose_word(purpose)
    return (
        refuse(
            "eku-missing",
            N_("The certificate of {subject} lacks the purpose {word}.", subject=inert(subject), word=word),
            N_("Have it issued with serverAuth and clientAuth, install it, and register again."),
        ),
    )


async def own_listener(appliance: Appliance, service: Service) -> tuple[x509.Certificate, int]:
    """Return what this appliance presents, and at which port. Raises NotYet `not-served`, `listener-stopped`."""
    own = own_certificate(appliance)
    port = (await standings(appliance))[service.name]["ports"].get(HTTPS)
    if own is None or not port:
        file = OWN[appliance.identity.role].certificate
        raise NotYet(
            "listener-stopped",
            N_("Nothing listens here with {file}.", file=file),
            N_("Start the service {service} first.", service=service.name),
        )
    return own, int(port)


def _compare(shown: Presented, demanded: str) -> tuple[Finding, ...]:
    digits = "".join(each for each in demanded.removeprefix("SHA256:") if each.isalnum()).upper()
    if not digits:
        return ()
    code, whole = check_code(shown.certificate.public_key()), fingerprint(shown.certificate).replace(":", "")
    is_code = len(digits) == _CODE_DIGITS
    same = same_check_code(code, digits) if is_code else hmac.compare_digest(whole.encode(), digits.encode())
    if same:
        return ()
    return (
        refuse(
            "fingerprint-mismatch",
            N_("Demanded was {demanded}, but what is presented has {code}.", demanded=inert(demanded), code=code),
            N_("Compare at the other end itself; if it still differs, someone may stand in between."),
        ),
    )
