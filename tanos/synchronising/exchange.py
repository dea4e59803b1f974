"""What two servers that trust each other say to keep alike: each time all that is true, never what happened.

    {"settings": [...], "wants": {...}, "now": "...", "clients": [...], "list": {...}}

Both say the same kind of frame in turn, until neither has more of what the other wants. Invariants: nothing is said
to, or taken from, who does not show a certificate of a server that is trusted at this moment; what was lost, repeated
or late is no harm, since each frame is taken by itself; what is taken is audited as the other server's doing, and of
one server so much in an hour that it fills no disk.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.platform import UserRole
from tanos.services.frames import BadFrame, Frame
from tanos.settings.setting import Setting
from tanos.synchronising.lists import ListGathering, held_numbers, is_revoked, next_part, take_list
from tanos.synchronising.registered import Reached, forget_later, is_moment, page, reached, take_page
from tanos.synchronising.revoked import held_digest, take_revoked, told_revoked
from tanos.synchronising.settings import take_state, told_state
from tanos.trust.kept import Other, trusted_others

VERB, FACE = "synchronise", "server"
MOST_CHANGES = 1000
"""Of one server in an hour, each of which is audited; two that visit each other every ten seconds have no more."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Answered:
    """What is said next."""

    say: Frame
    is_done: bool
    """Whether neither has more of what the other wants."""
    changed: tuple[Setting, ...]
    """Of which another value holds here now."""
    fqdn: str
    """Of who is there."""


class Synchroniser:
    """Of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._gathering: dict[str, ListGathering] = {}
        """By the FQDN of who tells."""
        self._changes: dict[str, deque[datetime]] = {}
        """By the same: when each of the latest was taken."""

    def answer(self, certificate: bytes, address: str, heard: Frame | None) -> Answered:
        """Take what was heard of who showed that certificate; return what is said to him, at first without.

        Raises AnswerRefused `server-not-trusted`, `too-many`; NotYet `busy`, Damaged.
        """
        other = shown_by(self._appliance, certificate)
        self._refuse_too_many(other)
        gathering = self._gathering.setdefault(other.fqdn, ListGathering())
        call = Call(self._appliance, Actor(other.fqdn, UserRole.TANADMIN, FACE, address=address, key=other.key), VERB)
        changed = self._take(call, other, gathering, heard) if heard is not None else []
        say: Frame = {
            "settings": told_state(self._appliance),
            "wants": self._wants(other, gathering),
            "now": self._appliance.store.now(),
            **(self._more(heard) if heard is not None else {}),
        }
        is_done = heard is not None and not any(name in each for name in _MORE for each in (heard, say))
        return Answered(say, is_done, tuple(changed), other.fqdn)

    def _take(self, call: Call, other: Other, gathering: ListGathering, heard: Frame) -> list[Setting]:
        now = heard.get("now")
        if isinstance(now, str) and is_moment(now):
            forget_later(self._appliance, other.fqdn, now)
        take_page(self._appliance, other.fqdn, heard.get("clients"))
        changes = int(take_revoked(call, other.fqdn, heard.get("revoked")))
        told = heard.get("list")
        try:
            if isinstance(told, dict) and (whole := gathering.take(told)):
                changes += take_list(call, other.roots, *whole)
        except (BadFrame, AnswerRefused):  # what is no list is told anew from its beginning, once there is another
            self._gathering.pop(other.fqdn, None)
        taken = take_state(call, heard.get("settings"))
        self._changes[other.fqdn].extend([self._appliance.clock()] * (changes + len(taken)))
        return taken

    def _refuse_too_many(self, other: Other) -> None:
        """Raise AnswerRefused `too-many` where its changes would fill the audit."""
        latest, now = self._changes.setdefault(other.fqdn, deque(maxlen=MOST_CHANGES)), self._appliance.clock()
        if len(latest) == MOST_CHANGES and timedelta(0) <= now - latest[0] < _HOUR:
            raise AnswerRefused(
                "too-many",
                N_("{fqdn} changed more in an hour than a server does.", fqdn=other.fqdn),
                N_("It is heard again by itself; see on it who changes settings, or take the trust back."),
            )

    def _wants(self, other: Other, gathering: ListGathering) -> Frame:
        after = reached(self._appliance, other.fqdn)
        return {
            "after": [after.at, after.id],
            "lists": held_numbers(self._appliance, other.roots),
            "part": gathering.wanted,
            "revoked": held_digest(self._appliance, other.fqdn),
        }

    def _more(self, heard: Frame) -> Frame:
        """Return the next part of a list, or else the next clients, that the other wants; else nothing."""
        wants = heard.get("wants")
        match wants:
            case {"after": [str(at), str(name)], "lists": dict(held), "part": wanted, **more}:
                revoked = told_revoked(self._appliance, more.get("revoked"))
                if revoked is not None:
                    return {"revoked": revoked}
                part = next_part(self._appliance, held, wanted)
                if part is not None:
                    return {"list": part}
                clients = page(self._appliance, Reached(at, name))
                return {"clients": clients} if clients else {}
        return {}


_MORE = ("clients", "list", "revoked")


def shown_by(appliance: Appliance, der: bytes) -> Other:
    """Return the trusted server that a certificate is of. Raises AnswerRefused `server-not-trusted`.

    One of its roots has to have signed it itself, for its very name: its zone servers are not the server.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = {name.casefold() for name in names.get_values_for_type(x509.DNSName)}
    except (ValueError, x509.ExtensionNotFound):
        raise _not_trusted() from None
    now = appliance.clock()
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    for other in trusted_others(appliance) if is_valid else ():
        for root in other.roots:
            if other.fqdn.casefold() in hosts and _signed_by(certificate, root):
                if is_revoked(appliance, root, certificate):
                    raise _not_trusted()
                return other
    raise _not_trusted()


def _signed_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _not_trusted() -> AnswerRefused:
    return AnswerRefused(
        "server-not-trusted",
        N_("What that server shows is no certificate of a Tanium Server that is trusted here."),
        N_("See where trust stands on both; what one of them lacks is decided there."),
    )
