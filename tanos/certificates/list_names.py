"""What the list of a root is called: of tanium.pub `reporting.crl`, of a root of 7.4 after its server value.

Invariant: a file's name has letters, digits, dots and dashes alone, whatever a root calls itself.
"""

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

from tanos.certificates.root_names import number_of, unnumbered
from tanos.inert import inert

FILE, SUFFIX = "reporting.crl", ".crl"
_OTHERS = re.compile(r"[^a-z0-9.-]+")


def root_name(root: x509.Certificate) -> str:
    """Return what a root calls itself, shown inert."""
    named = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return inert(str(named[0].value) if named else root.subject.rfc4514_string())


def owner_of(root: x509.Certificate) -> str:
    """Return the server after which a root is called; empty where its name tells none."""
    return unnumbered(root_name(root))


def file_name(root: x509.Certificate) -> str:
    """Return the name of the file that has its list, as in `ts1.example.org-root-0.crl`."""
    name = root_name(root)
    return _OTHERS.sub("-", name.lower()).strip(".-") + SUFFIX if number_of(name) >= 0 else FILE
