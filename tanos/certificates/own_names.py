"""The issuer's own names: a certificate for another key must not pass for this server or for its root.

Invariant: nothing is issued whose subject is the root's own name, because verifiers take that for a root; nor for
the full host name of this server, whose certificate it gives itself.
"""

from collections.abc import Iterable, Iterator

from cryptography import x509

from tanos.certificates.names import show_names
from tanos.certificates.profile import issued_subject, subject_text
from tanos.certificates.request import Request
from tanos.finding import Finding, refuse, warn
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import Identity


def examine_own_names(request: Request, root: x509.Certificate, identity: Identity) -> Iterator[Finding]:
    """Yield `own-name`: refused for the root's name and the full host name, warned of for what may be shared."""
    yield from examine_root_name(request, root)
    asked = {text.strip().rstrip(".").lower(): None for text in (*request.asked.common_names, *_names(request))}
    for name in asked:
        if name == identity.fqdn.lower():
            yield refuse(
                "own-name",
                N_("The request names this server itself: {name}.", name=inert(name)),
                N_("Make it again with the Zone Server's own names; this server has its certificate."),
            )
        elif name in {identity.name.lower(), *map(str.lower, identity.addresses)}:
            yield warn(
                "own-name",
                N_("The request names {name}, which is this server too.", name=inert(name)),
                N_("Go on only if both are reached by it, as behind one translated address."),
            )


def examine_root_name(request: Request, root: x509.Certificate) -> Iterator[Finding]:
    """Yield `own-name` where a request asks for the root's own name, which verifiers would take for the root."""
    subject = issued_subject(request.asked, request.to_issue)
    if _compared(subject) == _compared(root.subject):
        yield refuse(
            "own-name",
            N_("The request asks for the name of the root itself: {subject}.", subject=inert(subject_text(subject))),
            N_("Make it again with the Zone Server's own name as common name."),
        )


def _names(request: Request) -> tuple[str, ...]:
    return show_names(request.to_issue)


def _compared(name: Iterable[x509.NameAttribute[str | bytes]]) -> list[tuple[str, str]]:
    """Return a name as RFC 5280 section 7.1 compares it: without regard to case and width of spaces."""
    return [(attribute.oid.dotted_string, " ".join(str(attribute.value).split()).casefold()) for attribute in name]
