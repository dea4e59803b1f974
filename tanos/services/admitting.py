"""Who may stay at a listener of the platform protocol: by protocol, by encryption, and a hub by its address.

Rules (seed 000, seed 001): servers up to 7.3 speak 314 and demand TLS of clients where RequireIncomingEncryption is
1. Servers of 7.4 speak 315, and 314 where enable_protocol_314_flag is 1; each demands TLS where its
require_client_tls flag is 1, which is so for 315 unless changed. Hubs come from AllowedHubs alone.
"""

from collections.abc import Container, Mapping
from ipaddress import ip_address
from typing import Any

from cryptography import x509

from tanos.platform import RELEASES
from tanos.services.protocol import NEW, OLD, Hello, Part

Settings = Mapping[str, Any]
CLIENT_REVOKED = "client-revoked"
"""How a client is refused that is revoked."""
FLAGS = {"enable_protocol_314_flag": 0, "require_client_tls_314_flag": 1, "require_client_tls_315_flag": 1}
"""Of 7.4, each with its stricter value: the Tanium Server's, which hold at zone servers as well."""

_DEFAULTS = {"enable_protocol_314_flag": 0, "require_client_tls_314_flag": 0, "require_client_tls_315_flag": 1}
_ENABLES_OLD = "enable_protocol_314_flag"


def why_not(
    hello: Hello,
    settings: Settings,
    *,
    release: str,
    uses_tls: bool,
    is_relayed: bool = False,
    revoked: Container[str] = (),
) -> str:
    """Return the id of what keeps a client out; empty where nothing does.

    `is_relayed`: it is at a zone server, which has a RequireIncomingEncryption of its own; the flags of 7.4 are the
    Tanium Server's and hold there, too.
    """
    is_new = RELEASES[release].automatic_tls
    if hello.part is not Part.CLIENT:
        return "not-a-client"
    if hello.id in revoked:
        return CLIENT_REVOKED
    if hello.protocol not in {OLD, NEW} or (hello.protocol == NEW and not is_new):
        return "protocol-unknown"
    if is_new and hello.protocol == OLD and not _flag(settings, _ENABLES_OLD, _DEFAULTS[_ENABLES_OLD]):
        return "protocol-314-off"
    if not uses_tls and (is_new or not is_relayed) and _flag(settings, *_tls_flag(hello.protocol, is_new)):
        return "tls-required"
    return ""


def flags_of(settings: Settings, release: str) -> dict[str, int]:
    """Return the flags that a Tanium Server has its zone servers go by; up to 7.3 there are none."""
    if not RELEASES[release].automatic_tls:
        return {}
    return {name: int(_flag(settings, name, default)) for name, default in _DEFAULTS.items()}


def flags_said(words: object) -> dict[str, int]:
    """Return the flags that somebody says; what is none of them is left out."""
    said = words if isinstance(words, dict) else {}
    return {name: said[name] for name in FLAGS if type(said.get(name)) is int and said[name] in {0, 1}}


def with_flags(own: Settings, said: Mapping[str, int]) -> dict[str, Any]:
    """Return the settings of a zone server and what the Tanium Server said; of both the stricter flag."""
    stricter = {name: value for name, value in FLAGS.items() if name in said and str(own.get(name)) == str(value)}
    return {**own, **said, **stricter}


def why_no_hub(
    hello: Hello,
    settings: Settings,
    *,
    release: str,
    address: str,
    uses_tls: bool,
    certificate: bytes | None,
    allowed: str = "",
) -> str:
    """Return the id of what keeps a hub out; empty where nothing does. `allowed`: where AllowedHubs is not set.

    Whoever may come as a hub speaks for zones, and so is known by its address and, with TLS, by a certificate; from
    7.4 on servers come by TLS alone.
    """
    if hello.part is not Part.HUB:
        return "not-a-hub"
    if _flag(settings, "EnforceAllowedHubs", 1) and str(ip_address(address)) not in allowed_hubs(settings, allowed):
        return "hub-not-allowed"
    if not uses_tls and RELEASES[release].automatic_tls:
        return "tls-required"
    if uses_tls and not names_a_host(certificate):
        return "hub-without-certificate"
    return ""


def names_a_host(certificate: bytes | None) -> bool:
    """Say whether a certificate that was shown, and verified, is a server's: a client's names no host.

    Other names than of hosts do not count: no intermediate is kept from naming a mailbox.
    """
    if certificate is None:
        return False
    try:
        shown = x509.load_der_x509_certificate(certificate).extensions
        names = shown.get_extension_for_class(x509.SubjectAlternativeName).value
        return any(isinstance(each, x509.DNSName | x509.IPAddress) for each in names)
    except (ValueError, x509.ExtensionNotFound):
        return False


def allowed_hubs(settings: Settings, allowed: str = "") -> frozenset[str]:
    """Return the addresses from which hubs may come. `allowed`: where AllowedHubs is not set."""
    text = str(settings.get("AllowedHubs") or allowed)
    return frozenset(str(ip_address(each)) for each in text.replace(",", " ").split() if _is_address(each))


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _tls_flag(protocol: int, is_new: bool) -> tuple[str, int]:
    if not is_new:
        return "RequireIncomingEncryption", 0
    name = "require_client_tls_315_flag" if protocol == NEW else "require_client_tls_314_flag"
    return name, _DEFAULTS[name]


def _flag(settings: Settings, name: str, default: int) -> bool:
    return str(settings.get(name, default)) == "1"
