"""What a request may ask for: names that mean this one server, the two TLS purposes, never to be a CA."""

from collections.abc import Iterable, Iterator, Sequence

from cryptography import x509

from tanos.certificates.asked import ISSUED_PURPOSES, Asked, purpose_word
from tanos.certificates.names import examine_names, host_name, lower, show_names
from tanos.finding import Finding, note, refuse, warn
from tanos.inert import inert
from tanos.message import N_

PLACEHOLDERS = frozenset(
    {"server.domain.com", "server1.domain.com", "server2.domain.com", "domain.com", "server.example.com"}
    | {f"{before}example.{after}" for before in ("", "www.", "host.", "hostname.") for after in ("com", "org", "net")}
)
_RESERVED = (".example.com", ".example.org", ".example.net", ".example", ".invalid")


def names_to_issue(asked: Asked) -> tuple[x509.GeneralName, ...]:
    """Return the names for the certificate: those asked for, lower case, each once, and the common name."""
    names: dict[str | x509.GeneralName, x509.GeneralName] = {}
    for name in asked.alt_names:
        if type(name) is x509.DNSName:
            host = lower(name.value)
            names.setdefault(host, name if host == name.value else x509.DNSName(host))
        else:
            names.setdefault(name, name)
    for text in asked.common_names:
        if lower(text) not in names and (common := host_name(text)):
            names.setdefault(lower(text) if type(common) is x509.DNSName else common, common)
    return tuple(names.values())


def examine_asked(asked: Asked, to_issue: Sequence[x509.GeneralName], fqdn_hint: str = "") -> tuple[Finding, ...]:
    """Return the findings in what a request asks for and in the names that it would get."""
    shown = show_names(to_issue)
    found = [_wants_ca()] if asked.wants_ca else []
    found += _examine_common_names(asked)
    found += examine_names(to_issue)
    found += _placeholders(text.lower() for text in (*asked.common_names, *shown))
    if not ISSUED_PURPOSES.issuperset(asked.purposes):
        found.append(_more_purposes(asked))
    if fqdn_hint and fqdn_hint.lower() not in shown:
        found.append(_unexpected(fqdn_hint))
    return tuple(found)


def _wants_ca() -> Finding:
    return refuse(
        "ca-requested",
        N_("The request asks to become a certificate authority."),
        N_("Make it again with basicConstraints CA:FALSE and without keyCertSign and cRLSign."),
    )


def _examine_common_names(asked: Asked) -> list[Finding]:
    there = [lower(text) for text in show_names(asked.alt_names)]
    given = [text for text in asked.common_names if text.strip()]
    if given:
        return [_outside(text, host_name(text), bool(there)) for text in given if lower(text) not in there]
    return [
        refuse(
            "name-empty",
            N_("The request has no common name."),
            N_("Make it again and give the server's full name as common name; an empty answer leaves it out."),
        )
    ]


def _outside(text: str, name: x509.GeneralName | None, others: bool) -> Finding:
    """Return the finding about a common name that is not among the alternative names."""
    shown = inert(text)
    if name is not None:
        message = N_("The common name {name} is not among the alternative names.", name=shown)
        return warn("cn-not-in-san", message, N_("It is added to what is issued; nothing needs to be done."))
    if others:
        message = N_("The common name {name} is no host name and not among the names.", name=shown)
        return warn("cn-not-in-san", message, N_("Clients compare the names only; check that they are complete."))
    message = N_("The common name {name} is no host name, and there are no alternative names.", name=shown)
    return refuse("san-bad", message, N_("Make the request again with the server's full name."))


def _placeholders(texts: Iterable[str]) -> Iterator[Finding]:
    for text in dict.fromkeys(texts):
        if text in PLACEHOLDERS:
            message = N_("{name} is the placeholder of a guide, not a server's name.", name=inert(text))
            yield refuse("name-placeholder", message, N_("Put the server's own names into the request's settings."))
        elif text.endswith(_RESERVED):
            message = N_("{name} lies in a domain that is reserved for examples.", name=inert(text))
            yield warn("name-placeholder", message, N_("Check that this is the server's own name."))


def _more_purposes(asked: Asked) -> Finding:
    more = [purpose_word(oid) for oid in asked.purposes if oid not in ISSUED_PURPOSES]
    return warn(
        "eku-more",
        N_("The request asks for more purposes than it gets: {purposes}.", purposes=", ".join(more)),
        N_("The certificate is issued for serverAuth and clientAuth only."),
    )


def _unexpected(fqdn_hint: str) -> Finding:
    return note(
        "name-unexpected",
        N_("The request does not name {name}.", name=inert(fqdn_hint)),
        N_("Check that it comes from the appliance that you mean."),
    )
