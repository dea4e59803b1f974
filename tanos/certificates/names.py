"""Host names and addresses that may stand in a certificate: our own validator, because the library takes anything.

Invariant: a name that passes is a DNS name of letters, digits and hyphens (international ones as A-labels) or an
address that another machine can reach; never a wildcard, a loopback, or a name of another kind.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence

from cryptography import x509

from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse, warn
from tanos.inert import inert
from tanos.message import N_, Message

MOST_NAMES = 100
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}\Z")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+\Z")
_LONGEST = 253
_ITSELF = ("localhost", "localdomain")
_KINDS = {
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "dirName",
    x509.RegisteredID: "RID",
    x509.OtherName: "otherName",
}


def checked_names(values: Sequence[str]) -> tuple[x509.GeneralName, ...]:
    """Return typed names for a certificate, each once, in order; `DNS:` and `IP:` before them are understood.

    Raises AnswerRefused `san-bad` or `san-forbidden`.
    """
    names = tuple(dict.fromkeys(_typed(value.strip()) for value in values if value.strip()))
    found = examine_names(names)
    if found:
        raise AnswerRefused.because(*found)
    return names


def examine_names(names: Sequence[x509.GeneralName]) -> tuple[Finding, ...]:
    """Return why names may not stand in a certificate; nothing if all may."""
    if len(names) > MOST_NAMES:
        return (
            _forbidden(
                N_("It has {count} name.", "It has {count} names.", count=len(names)), N_("Ask for at most 100.")
            ),
        )
    return tuple(filter(None, map(_examine, names)))


def examine_short(values: Sequence[str]) -> tuple[Finding, ...]:
    """Return a warning for each typed host name of one part. Raises as `checked_names`."""
    hosts = (name.value for name in checked_names(values) if type(name) is x509.DNSName)
    return tuple(
        warn(
            "name-short",
            N_("{name} is no full name: it has one part.", name=inert(host)),
            N_("Give names as others reach the server by them; authorities refuse such a one as a rule."),
        )
        for host in hosts
        if "." not in host
    )


def host_name(text: str) -> x509.GeneralName | None:
    """Return `text` as a name for a certificate if it is a host name or an address by its form."""
    address = _address(text)
    if address:
        return x509.IPAddress(address)
    return x509.DNSName(lower(text)) if _is_plain(lower(text)) else None


def lower(text: str) -> str:
    """Return `text` as host names are compared: ASCII letters only, since others may become ASCII by it (U+212A)."""
    return text.lower() if text.isascii() else text


def show_name(name: x509.GeneralName) -> str:
    """Return a name as an operator writes it; kinds other than host names and addresses with their kind."""
    if type(name) is x509.DNSName:
        return name.value
    if type(name) is x509.IPAddress:
        return str(name.value)
    if isinstance(name, x509.OtherName):
        return f"otherName:{name.type_id.dotted_string}"
    if isinstance(name, x509.DirectoryName):
        return f"dirName:{name.value.rfc4514_string()}"
    value = name.value.dotted_string if isinstance(name, x509.RegisteredID) else name.value
    return f"{_KINDS.get(type(name), 'name')}:{value}"


def show_names(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    """Return each name as an operator writes it."""
    return tuple(map(show_name, names))


def _typed(text: str) -> x509.GeneralName:
    kind, _, rest = text.partition(":")
    if kind.upper() == "DNS":
        text = rest.strip()
    elif kind.upper() == "IP":
        address = _address(rest.strip())
        if address is None:
            raise AnswerRefused.because(_bad(N_("{name} is not an IP address.", name=inert(text))))
        return x509.IPAddress(address)
    address = _address(text)
    if address:
        return x509.IPAddress(address)
    if not _is_plain(lower(text)) and "*" not in text:
        raise AnswerRefused.because(_bad(_why_bad(lower(text), inert(text))))
    return x509.DNSName(lower(text))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if ":" not in text and not _DIGITS_AND_DOTS.match(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _examine(name: x509.GeneralName) -> Finding | None:
    if type(name) is x509.IPAddress:
        return _examine_address(name)
    if type(name) is x509.DNSName:
        return _examine_host(lower(name.value))
    return _forbidden(
        N_("{name} is neither a host name nor an IP address.", name=inert(show_name(name))),
        N_("Make the request again with DNS and IP names only."),
    )


def _examine_host(text: str) -> Finding | None:
    if _is_plain(text):
        return _means_itself(text) if text.endswith(_ITSELF) else None
    if "*" in text:
        return _forbidden(N_("{name} has a wildcard.", name=inert(text)), N_("Name each server by its own name."))
    return _bad(_why_bad(text, inert(text)))


def _means_itself(text: str) -> Finding | None:
    if text.rpartition(".")[2] not in _ITSELF:
        return None
    return _forbidden(
        N_("{name} means every machine itself.", name=text), N_("Use the name by which others reach the server.")
    )


def _examine_address(name: x509.IPAddress) -> Finding | None:
    address, shown = name.value, str(name.value)
    if isinstance(address, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return _bad(N_("{name} is a network, not an address.", name=shown))
    if _stays_near(getattr(address, "ipv4_mapped", None) or address):
        return _forbidden(
            N_("{name} is no address by which another machine reaches a server.", name=shown),
            N_("Use the server's own address, or only its name."),
        )
    return None


def _stays_near(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is unspecified, loopback, link-local, multicast, or reserved."""
    octets = address.packed
    if len(octets) == 4:
        return octets[0] in {0, 127} or octets[0] >= 224 or octets[:2] == b"\xa9\xfe"
    return int.from_bytes(octets) <= 1 or octets[0] == 0xFF or (octets[0] == 0xFE and octets[1] & 0xC0 == 0x80)


def _is_plain(text: str) -> bool:
    """Say whether `text` (lower case) may stand in a certificate as a host name, but for its meaning."""
    if not _HOST.match(text):
        return False
    return "--" not in text or all(label[2:4] != "--" or _is_a_label(label) for label in text.split("."))


def _why_bad(text: str, shown: str) -> Message:
    if _address(text):
        return N_("{name} is an IP address, but it is asked for as a DNS name.", name=shown)
    if not text.isascii():
        return N_("{name} has letters beyond ASCII; international names are written in their xn-- form.", name=shown)
    if not text or len(text) > _LONGEST:
        return N_("{name} is no host name: one has 1 to 253 characters.", name=shown)
    if text.rpartition(".")[2].isdigit():
        return N_("{name} is no host name: its last part may not be a number.", name=shown)
    return N_("{name} is no host name: only letters, digits, hyphens and dots may stand in one.", name=shown)


def _is_a_label(label: str) -> bool:
    if not label.startswith("xn--"):
        return False
    try:
        decoded = label[4:].encode().decode("punycode")
    except ValueError:
        return False
    return not decoded.isascii() and decoded.encode("punycode").decode() == label[4:]


def _bad(message: Message) -> Finding:
    return refuse("san-bad", message, N_("Correct the name and make the request again."))


def _forbidden(message: Message, remedy: Message) -> Finding:
    return refuse("san-forbidden", message, remedy)
