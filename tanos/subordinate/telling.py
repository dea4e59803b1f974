"""What the Tanium Server of 7.4 says to clients, kept as it is handed out: a message, and a letter of each root.

Invariants: a message is signed anew where anything in it changed, or the key that signed it ends or is revoked, and
never with a number that was given before. A root that signs no more has left a letter, which says what follows it, so
that who was away while it ended finds the way. A message names the roots of the other Tanium Server that is trusted,
too, so that clients can go there; a letter, which nobody takes back, does not. Each is signed and written down in one
transaction.
"""

from cryptography import x509

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.check_code import spki_of
from tanos.certificates.profile import key_identifier
from tanos.certificates.root import is_issued_by
from tanos.certificates.signed_words import LARGEST, LETTER_HEAD
from tanos.client_trust.identity import LENGTH, is_id
from tanos.client_trust.messages import MOST_ENDED, MOST_ROOTS, Said, Signed, body_of
from tanos.client_trust.trust import own_identifier
from tanos.keeper import keeper_of
from tanos.moments import moment_text
from tanos.revocation.clients import refused_clients
from tanos.roots.kept import Root, State, roots
from tanos.settings.catalogue import settings_of
from tanos.settings.setting import Component, Value
from tanos.settings.values import effective
from tanos.store.store import Change
from tanos.subordinate.register import write_issued
from tanos.subordinate.signing_root import signing_root
from tanos.subordinate_keys import INTERMEDIATE_TLS, MESSAGE_SIGNING, Lifetime, lifetime
from tanos.trust.kept import trusted_others

VERB, LETTER_VERB = "client-message sign", "root-letter sign"
MOST_LETTERS, MOST_TOLD, SETTINGS_ROOM = 16, 64, 2048
"""Letters; of what ended and is revoked the latest; bytes of settings: all fits in a message."""
MOST_CLIENTS_TOLD = MOST_ENDED - MOST_TOLD
"""Of those that are revoked the latest, as far as a message has room for them besides."""
_REVOKED = (
    "SELECT certificate FROM issued JOIN revoked_certificates USING (serial)"
    " WHERE kind IN (?, ?) AND not_after > ? AND certificate != '' ORDER BY revoked_at DESC LIMIT ?"
)
_ENDED = "SELECT check_code FROM root_keys WHERE state = 'revoked' ORDER BY ended_at DESC, rowid DESC LIMIT ?"
_KEEP = (
    "INSERT OR REPLACE INTO signed_messages (root, number, body, signature, certificate, signed_at)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


def message(appliance: Appliance) -> Signed | None:
    """Return what is said to clients now, signed anew where that is due; None where no root of 7.4 is here.

    Raises NotYet `busy`, Damaged `pki-damaged`, `root-damaged`.
    """
    root = signing_root(appliance)
    if root is None:
        return None
    kept = _kept(appliance, "")
    if kept is not None and not _is_due(appliance, root, *kept):
        return kept[1]
    with appliance.store.change(system_call(appliance, VERB), about=root.server_value) as change:
        number = max(int(appliance.clock().timestamp()), _last_number(change) + 1)
        signed = _signed(change, appliance, root, body_of(_said(appliance, number)))
        change.after = f"message {number}"
        _keep(change, "", number, signed)
    return signed


def write_letters(appliance: Appliance) -> None:
    """Have each root whose key is here say to clients which roots there are now, where it did not yet.

    Raises NotYet `busy`, Damaged `pki-damaged`, `root-damaged`.
    """
    for root in _active(appliance):
        nothing: frozenset[str] = frozenset()
        said = _said(appliance, 0)._replace(roots=_own(appliance), ended=nothing, revoked=nothing, settings={})
        body = body_of(said)
        kept = _kept(appliance, root.check_code)
        if kept is not None and kept[1].body == body:
            continue
        with appliance.store.change(system_call(appliance, LETTER_VERB), about=root.server_value) as change:
            signature = keeper_of(appliance).sign_statement(LETTER_HEAD + body, root.server_value)
            _keep(change, root.check_code, 0, Signed(body, signature, b""))


def letters(appliance: Appliance) -> list[tuple[str, Signed]]:
    """Return the letters of all roots, by check code, those of the earliest first."""
    rows = appliance.store.rows("SELECT * FROM signed_messages WHERE root != '' ORDER BY signed_at, rowid")
    return [(row["root"], Signed(row["body"], row["signature"], row["certificate"])) for row in rows[-MOST_LETTERS:]]


def _is_due(appliance: Appliance, root: Root, number: int, kept: Signed) -> bool:
    certificate = x509.load_der_x509_certificate(kept.certificate)
    if body_of(_said(appliance, number)) != kept.body or not is_issued_by(certificate, root.certificate):
        return True
    if own_identifier(certificate) in _revoked(appliance):
        return True
    return _lifetime(appliance).is_due(certificate.not_valid_after_utc, appliance.clock())


def _said(appliance: Appliance, number: int) -> Said:
    others = [root for other in trusted_others(appliance) for root in other.roots]
    trusted = (*_own(appliance), *others)[:MOST_ROOTS]
    ended = frozenset(row["check_code"] for row in appliance.store.rows(_ENDED, MOST_TOLD))
    said = Said(appliance.identity.fqdn, number, trusted, ended, _revoked(appliance), _settings(appliance))
    return said._replace(revoked=said.revoked | _clients(appliance, LARGEST - len(body_of(said))))


def _clients(appliance: Appliance, room: int) -> frozenset[str]:
    """Return the latest revoked clients of 7.4, for which there is so much room."""
    ids = [each for each in refused_clients(appliance) if is_id(each)]
    return frozenset(ids[: min(MOST_CLIENTS_TOLD, max(0, room // (LENGTH + 3)))])


def _settings(appliance: Appliance) -> dict[str, Value]:
    """Return what is for clients: what they know first, of what was added by hand as much as there is room for."""
    known = {each.name for each in settings_of(appliance.identity, Component.CLIENTS)}
    values, room, found = effective(appliance, Component.CLIENTS), SETTINGS_ROOM, dict[str, Value]()
    for name in sorted(values, key=lambda each: (each not in known, each)):
        length = len(f"{name}{values[name]}".encode()) + 8
        if length <= room:
            found[name], room = values[name], room - length
    return found


def _own(appliance: Appliance) -> tuple[x509.Certificate, ...]:
    return tuple(each.certificate for each in roots(appliance) if each.state is not State.REVOKED)


def _revoked(appliance: Appliance) -> frozenset[str]:
    kinds, now = (INTERMEDIATE_TLS.name, MESSAGE_SIGNING.name), moment_text(appliance.clock())
    rows = appliance.store.rows(_REVOKED, *kinds, now, MOST_TOLD)
    found = (x509.load_pem_x509_certificate(row["certificate"].encode()) for row in rows)
    return frozenset(key_identifier(spki_of(each.public_key())).hex() for each in found)


def _active(appliance: Appliance) -> list[Root]:
    return [each for each in roots(appliance) if each.state is State.ACTIVE]


def _signed(change: Change, appliance: Appliance, root: Root, body: bytes) -> Signed:
    serial, days = x509.random_serial_number(), _lifetime(appliance).days
    server = appliance.identity.fqdn
    der, signature = keeper_of(appliance).sign_message(root.server_value, server, serial, days, body)
    certificate = x509.load_der_x509_certificate(der)
    write_issued(change, MESSAGE_SIGNING, root.check_code, certificate)
    return Signed(body, signature, der)


def _lifetime(appliance: Appliance) -> Lifetime:
    return lifetime(MESSAGE_SIGNING, effective(appliance, Component.GLOBAL))


def _kept(appliance: Appliance, root: str) -> tuple[int, Signed] | None:
    row = appliance.store.row("SELECT * FROM signed_messages WHERE root = ?", root)
    return (row["number"], Signed(row["body"], row["signature"], row["certificate"])) if row else None


def _last_number(change: Change) -> int:
    row = change.execute("SELECT number FROM signed_messages WHERE root = ''").fetchone()
    return int(row["number"]) if row else 0


def _keep(change: Change, root: str, number: int, signed: Signed) -> None:
    change.execute(_KEEP, root, number, *signed, change.now)
