"""How one authorised key is shown: to operators, to programs, and in the audit."""

from typing import Protocol

from tanos.inert import quoted
from tanos.message import N_
from tanos.report import Fact, Facts


class Shown(Protocol):
    """A key that is authorised, or is about to be."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…`."""

    @property
    def type(self) -> str:
        """The type word."""

    @property
    def bits(self) -> int:
        """Its size."""

    @property
    def comment(self) -> str:
        """Inert; may be empty."""


def key_facts(user: str, key: Shown, options: str, expires: str) -> Facts:
    """Return the lines of a Plan or a report; options and end only where there are any."""
    limits = (Fact(N_("Options"), options), Fact(N_("Expires"), expires))
    return Facts(
        (
            Fact(N_("User"), user),
            Fact(N_("Fingerprint"), key.fingerprint),
            Fact(N_("Type"), key.type),
            Fact(N_("Bits"), str(key.bits)),
            Fact(N_("Comment"), key.comment or N_("none")),
            *(limit for limit in limits if limit.value),
        )
    )


def key_data(user: str, key: Shown, options: str, expires: str) -> dict[str, object]:
    """Return what programs read of one key."""
    return {
        "user": user,
        "fingerprint": key.fingerprint,
        "type": key.type,
        "bits": key.bits,
        "comment": key.comment,
        "options": options,
        "expires": expires,
    }


def key_in_audit(key: Shown, options: str) -> str:
    """Return one line that tells all of a key but the key."""
    comment = quoted(key.comment) if key.comment else ""
    return " ".join(each for each in (key.fingerprint, key.type, str(key.bits), options, comment) if each)
