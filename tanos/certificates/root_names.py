"""What the root's two files are called, at home and on their way, and what roots are called."""

import re

from tanos.platform import Identity

ROOT_CERTIFICATE, ROOT_KEY = "tanium.pub", "tanium.pvk"
PKI_FILE, SEAL_FILE, COPIES = "pki.db", "pki.key", "backups"
FORMER = "former.pub"
NEXT = ".next"
"""What waits to take the place of a file there."""
IN_ROOT = (ROOT_CERTIFICATE, ROOT_KEY, SEAL_FILE, PKI_FILE)
"""The files of the directory `root`."""
SALT_BYTES = 16
"""What tells one seal of that file from another."""
LEGACY = "legacy-root"
"""The root for servers until 7.3, and for clients of 7.2 (seed 001)."""
_NUMBERED = " Root {number}"
_LONGEST_NAME = 64
_LONGEST_DIGITS = 6
_NUMBER = re.compile(rf" Root ([0-9]{{1,{_LONGEST_DIGITS}}})\Z")


def numbered_name(identity: Identity, number: int) -> str:
    """Return the server value of a root of 7.4 (seed 001); with the short name where the FQDN is too long."""
    return name_of_root(identity.name, identity.fqdn, number)


def name_of_root(name: str, fqdn: str, number: int) -> str:
    """Return the same for a server of that short name and FQDN."""
    end = _NUMBERED.format(number=number)
    whole = fqdn + end
    return whole if len(whole) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(end)] + end


def has_room(fqdn: str) -> bool:
    """Say whether roots of a server are called by its FQDN, whatever their number."""
    return len(fqdn + _NUMBERED.format(number="9" * _LONGEST_DIGITS)) <= _LONGEST_NAME


def number_of(name: str) -> int:
    """Return the number in such a name, -1 where there is none."""
    found = _NUMBER.search(name)
    return int(found[1]) if found else -1


def unnumbered(name: str) -> str:
    """Return whose root such a name is of, empty where it has no number."""
    found = _NUMBER.search(name)
    return name[: found.start()] if found else ""
