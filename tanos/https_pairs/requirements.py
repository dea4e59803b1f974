"""What the certificate of a Tanium Server or Module Server must be (seed 002, Certificate requirements), and why.

Invariant: every rule of that page is one finding with an id of its own, so that a certificate which passes fulfils
the page; what browsers and authorities ask for since then is told as a warning, with the reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.asked import purpose_word
from tanos.certificates.dates import SOON_DAYS, examine_dates
from tanos.certificates.key_strength import examine_authority, examine_key, key_words
from tanos.certificates.names import lower, show_names
from tanos.certificates.request_rules import PLACEHOLDERS
from tanos.certificates.root import is_self_signed
from tanos.finding import Finding, Severity, refuse, warn
from tanos.https_pairs.served_pair import CONSOLE, OF_MODULES, ServedPair
from tanos.https_pairs.uploaded import Uploaded
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import Inquiry, Result
from tanos.platform import Identity
from tanos.registration.trusted import own_certificate, trusted
from tanos.report import CopyText

LEAST_BITS = 2048
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_COLUMN = len("Extended key usage:  ")
"""Where, in the note for an authority, the right side begins."""


def _ask_again(pair: ServedPair) -> Message:
    return N_("Have it issued again; {requirements} has what to tell the authority.", requirements=pair.requirements)


_ASK_AGAIN = _ask_again(CONSOLE)
_RULES = N_(
    "Have it issued again: for an RSA key of 2048 bits, with SHA-256, for serverAuth and clientAuth, and the server's"
    " full name both as common name and among the alternative names."
)


def examine(
    appliance: Appliance, uploaded: Uploaded, shared_with: str = "", pair: ServedPair = CONSOLE
) -> tuple[Finding, ...]:
    """Return what was found; `shared_with` is the other server of a pair that has the same certificate."""
    identity = appliance.identity
    found = judge(uploaded, appliance.clock(), identity.fqdn, identity.addresses, shared_with)
    told = (_pointing(each, pair) for each in found)
    return tuple(_for_modules(appliance, each) if pair is CONSOLE else each for each in told)


def _pointing(finding: Finding, pair: ServedPair) -> Finding:
    """Have what to do next lead to the requirements of that very pair."""
    return replace(finding, remedy=_ask_again(pair)) if finding.remedy == _ASK_AGAIN else finding


def without_appliance(finding: Finding) -> Finding:
    """Have what to do stand by itself, where there is no appliance whose requirements could be read."""
    return replace(finding, remedy=_RULES) if finding.remedy == _ASK_AGAIN else finding


def _for_modules(appliance: Appliance, finding: Finding) -> Finding:
    """Say what a lack means to modules; refuse what a Module Server, that is registered here, would refuse."""
    if finding.id != "eku-missing":
        return finding
    others = ", ".join(each.name for each in trusted(appliance))
    if others:
        said = N_(
            "It lacks a purpose that {names} demands of this server: modules would answer nobody.", names=others
        )
        return refuse("eku-missing", said, finding.remedy)
    return replace(finding, message=N_("{lack} With it no Module Server can be registered.", lack=finding.message))


def lacking(appliance: Appliance, pair: ServedPair) -> tuple[Finding, ...]:
    """Return a warning where what is in use now is nothing that a Module Server takes of this server."""
    own = own_certificate(appliance) if pair is CONSOLE else None
    if own is None:
        return ()
    found = (each for each in _purposes(own) if each.id == "eku-missing")
    return tuple(replace(_for_modules(appliance, each), severity=Severity.WARN) for each in found)


def judge(
    uploaded: Uploaded, now: datetime, fqdn: str = "", addresses: Sequence[str] = (), shared_with: str = ""
) -> tuple[Finding, ...]:
    """Return what was found by the clock `now`. Without `fqdn` it is nobody's in particular: any name will do."""
    leaf = uploaded.leaf
    return (
        *examine_rsa_key(leaf.public_key()),
        *_purposes(leaf),
        *_names(leaf, fqdn, addresses, shared_with),
        *examine_dates(leaf, now),
        *_soon(leaf, (leaf.not_valid_after_utc - now).days),
        *(
            finding
            for issuer in uploaded.issuers
            for finding in (*examine_dates(issuer, now), *examine_authority(issuer))
        ),
        *_signature(leaf),
        *uploaded.findings,
    )


def examine_rsa_key(key: PublicKeyTypes) -> Iterator[Finding]:
    """Yield why a key is none for HTTPS here: `not-rsa`, `rsa-small`, or what `examine_key` finds."""
    if not isinstance(key, rsa.RSAPublicKey):
        yield refuse(
            "not-rsa", N_("The key is {kind}; an RSA key of 2048 bits is needed.", kind=key_words(key)), _ASK_AGAIN
        )
    elif key.key_size < LEAST_BITS:
        yield refuse(
            "rsa-small",
            N_("An RSA key of {bits} bits is too short; 2048 is the least.", bits=key.key_size),
            _ASK_AGAIN,
        )
    else:
        yield from examine_key(key)


def _signature(leaf: x509.Certificate) -> Iterator[Finding]:
    name = leaf.signature_hash_algorithm.name if leaf.signature_hash_algorithm else ""
    if name and name not in _HASHES:
        yield refuse("sha1", N_("It is signed with {hash}; SHA-256 is needed.", hash=name.upper()), _ASK_AGAIN)
    if is_self_signed(leaf):
        yield warn(
            "self-signed",
            N_("It signs itself, so that browsers warn of it as of the one that an installation makes."),
            N_("Have an authority issue it that the browsers of your users trust."),
        )


def _purposes(leaf: x509.Certificate) -> Iterator[Finding]:
    try:
        purposes = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = set()
    wanted = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    missing = [oid for oid in wanted if oid not in purposes]
    if not missing:
        return
    words = N_("It lacks the purpose {missing}.", missing=", ".join(map(purpose_word, missing)))
    enterprise = N_(
        "Ask your enterprise CA for both: public ones give no clientAuth any more, since browsers only trust roots"
        " that issue for servers alone."
    )
    if missing == [ExtendedKeyUsageOID.CLIENT_AUTH]:
        yield warn("eku-missing", words, enterprise)
    else:
        yield refuse("eku-missing", words, enterprise if ExtendedKeyUsageOID.CLIENT_AUTH in missing else _ASK_AGAIN)


def _names(leaf: x509.Certificate, fqdn: str, addresses: Sequence[str], shared_with: str) -> Iterator[Finding]:
    common = [str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    alternative = _alternative(leaf)
    for name in dict.fromkeys(lower(each) for each in (*common, *alternative)):
        if name in PLACEHOLDERS:
            yield refuse(
                "name-placeholder",
                N_("{name} is the placeholder of a guide, not a server's name.", name=inert(name)),
                N_("Put the server's own names into the settings of the request, and have it issued again."),
            )
    if fqdn:
        yield from _own_names(common, alternative, fqdn, {lower(each) for each in (fqdn, *addresses)})
    else:
        yield from _any_names(common, alternative)
    if shared_with and not any(_covers(each, {lower(shared_with)}) for each in alternative):
        yield refuse(
            "san-lacks-peer",
            N_("{name} is not among its alternative names, so that both servers cannot share it.",
               name=inert(shared_with)),
            N_("Name both servers in it, or have one issued for each."),
        )  # fmt: skip


def _own_names(common: Sequence[str], alternative: Sequence[str], fqdn: str, own: set[str]) -> Iterator[Finding]:
    is_named = any(_covers(each, own) for each in alternative)
    if not common:
        yield refuse("cn-missing", N_("It has no common name; {fqdn} is needed.", fqdn=fqdn), _ASK_AGAIN)
    elif not any(_covers(each, own) for each in common):
        said = N_("Its common name is {name}, and this server is {fqdn}.", name=inert(common[0]), fqdn=fqdn)
        yield warn("cn-not-host", said, _ASK_AGAIN) if is_named else refuse("cn-not-host", said, _ASK_AGAIN)
    if not is_named:
        yield warn(
            "cn-not-in-san",
            N_("{fqdn} is not among its alternative names, at which alone browsers look.", fqdn=fqdn),
            _ASK_AGAIN,
        )


def _any_names(common: Sequence[str], alternative: Sequence[str]) -> Iterator[Finding]:
    if not common:
        yield refuse("cn-missing", N_("It has no common name; the server's full name is needed."), _ASK_AGAIN)
    elif not any(_covers(each, {lower(common[0])}) for each in alternative):
        yield warn(
            "cn-not-in-san",
            N_("{fqdn} is not among its alternative names, at which alone browsers look.", fqdn=inert(common[0])),
            _ASK_AGAIN,
        )


def _soon(leaf: x509.Certificate, days: int) -> Iterator[Finding]:
    if 0 <= days < SOON_DAYS:
        yield warn(
            "expiry-soon",
            N_("It ends in {count} day.", "It ends in {count} days.", count=days),
            N_("Have the next one issued soon."),
        )


def _alternative(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        return show_names(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return ()


def _covers(name: str, own: set[str]) -> bool:
    """Say whether a name of a certificate is one of these; a wildcard stands for one label."""
    low = lower(name)
    return low in own or (low.startswith("*.") and any(each.partition(".")[2] == low[2:] for each in own))


def note_of(identity: Identity, pair: ServedPair = CONSOLE) -> str:
    """Return what an authority must be told, as text to hand on; no line is longer than a small screen."""
    beside = " " * _COLUMN
    addresses = "".join(f"{beside}IP  {address}\n" for address in identity.addresses)
    shared = f"{beside}(where two servers share it, those of both)\n" if pair is CONSOLE else ""
    return (
        f"Certificate wanted for {identity.fqdn}\n\n"
        f"Use:                 {pair.use}\n"
        f"Common name (CN):    {identity.fqdn}\n"
        f"Alternative names:   DNS {identity.fqdn}\n{addresses}{shared}"
        "Key:                 RSA, 2048 bits\n"
        "Signature:           SHA-256\n"
        "Extended key usage:  TLS Web Server Authentication and\n"
        f"{beside}TLS Web Client Authentication\n"
        f"{beside}(public CAs give the second no more, enterprise CAs do)\n"
        "Key usage:           digitalSignature, keyEncipherment\n"
        "Basic constraints:   CA:FALSE\n"
        "Format:              PEM, with the certificates of the issuing\n"
        f"{beside}authorities below the root\n"
        "Private key:         in a file of its own, without a passphrase\n"
    )


def _requiring(pair: ServedPair) -> Inquiry:
    async def read(call: Call) -> Result:
        text = note_of(call.appliance.identity, pair)
        title = N_("What {certificate} must be: a note for the authority", certificate=pair.kind.certificate)
        return Result(title, (CopyText(title, text),), data={"note": text})

    return Inquiry(read)


SOAP_REQUIREMENTS, SSL_REQUIREMENTS = _requiring(CONSOLE), _requiring(OF_MODULES)
