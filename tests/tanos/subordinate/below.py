"""A root of 7.4 in memory, and what it signs: what keeper and supervisor do, without either."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tanos.certificates.check_code import spki_of
from tanos.certificates.profile import signing_algorithm
from tanos.certificates.root import self_signed_root
from tanos.certificates.signed_words import LETTER, MESSAGE
from tanos.certificates.signing import HeldRoot
from tanos.certificates.subordinate import intermediate_tbs, message_tbs
from tanos.client_trust.client_keys import ClientKey
from tanos.client_trust.intermediate import Held, Intermediate, requested_key
from tanos.client_trust.messages import Said, Signed, body_of
from tanos.client_trust.trust import Trust, own_identifier
from tests.conftest import NOON

SERVER = "ts4.lab.test"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN_FROM = datetime(2026, 1, 1, tzinfo=UTC)


class MadeRoot:
    """One root, with its key."""

    def __init__(self, number: int, path_length: int = 1, since: datetime = KNOWN_FROM, server: str = SERVER) -> None:
        self.key = ec.generate_private_key(ec.SECP384R1())
        self.certificate = self_signed_root(self.key, f"{server} Root {number}", since, path_length=path_length)
        self.held = HeldRoot(self.certificate, self.key)

    def intermediate(self, *, now: datetime = NOON, days: int = 30, client_days: int = 7) -> Intermediate:
        """Return an intermediate that it vouches for."""
        made = Intermediate()
        spki = spki_of(requested_key(made.request()))
        tbs = intermediate_tbs(self.certificate, spki, "zs1.lab.test", x509.random_serial_number(), now, days)
        held = Held(x509.load_der_x509_certificate(self.held.sign_intermediate(tbs)), "", client_days, 72)
        made.hold(held)
        return made

    def message(self, said: Said, *, now: datetime = NOON, days: int = 30) -> Signed:
        """Return what is said, signed by a key below it."""
        key = ec.generate_private_key(ec.SECP256R1())
        tbs = message_tbs(
            self.certificate, spki_of(key.public_key()), said.server, x509.random_serial_number(), now, days
        )
        body = body_of(said)
        return Signed(body, key.sign(MESSAGE + body, ec.ECDSA(SHA256())), self.held.sign_leaf(tbs))

    def letter(self, said: Said) -> Signed:
        """Return what is said, signed by itself."""
        body, (_, algorithm) = body_of(said), signing_algorithm(self.key.public_key())
        return Signed(body, self.key.sign(LETTER + body, ec.ECDSA(algorithm)), b"")


@cache
def made_root(number: int = 0, server: str = SERVER) -> MadeRoot:
    """Return a root; the same number of a server is the same one."""
    return MadeRoot(number, server=server)


def said(
    *roots: MadeRoot,
    number: int = 1,
    ended: Sequence[str] = (),
    revoked: Sequence[str] = (),
    settings: Mapping[str, int | str] | None = None,
    server: str = SERVER,
) -> Said:
    """Return what a server says that has these roots."""
    certificates = tuple(each.certificate for each in roots)
    return Said(server, number, certificates, frozenset(ended), frozenset(revoked), settings or {})


def trust(*roots: MadeRoot) -> Trust:
    """Return the trust of a client that was given these roots."""
    return Trust([each.certificate for each in roots])


def certified(intermediate: Intermediate, trusted: Trust, client_id: str = "c1", now: datetime = NOON) -> ClientKey:
    """Return a client's key that an intermediate signed."""
    key = ClientKey(client_id)
    key.take(*intermediate.certify(key.request(), client_id, now), trusted, now)
    return key


def identifier(intermediate: Intermediate) -> str:
    """Return by what an intermediate is revoked."""
    assert intermediate.held is not None
    return own_identifier(intermediate.held.certificate)
