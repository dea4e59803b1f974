"""What stands on a root: the certificates that it signed and that nothing took the place of yet.

Rule (seed 000): whoever replaces the root has every certificate below it made anew, the server's own first. One is
made anew once a later one has the same subject; the server's own once it is in use.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.certificates.root import is_issued_by
from tanos.errors import TanosError
from tanos.exchange.installed import certificate_data, installed_certificate
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.report import Table
from tanos.roots.kept import Root
from tanos.subordinate_keys import KINDS, MESSAGE_SIGNING

_NEWEST = """
SELECT subject, serial, check_code, not_after, kind FROM issued AS one
WHERE rowid IN (
        SELECT max(rowid) FROM issued WHERE certificate != ''
        GROUP BY subject, CASE WHEN kind = 'server-tls' THEN issuer_key ELSE '' END
    )
    AND issuer_key = ? AND not_after > ? AND serial NOT IN (SELECT serial FROM revoked_certificates)
    AND NOT EXISTS (
        SELECT 1 FROM issued AS next JOIN root_keys ON root_keys.check_code = next.issuer_key
        WHERE one.kind = 'server-tls' AND next.kind = one.kind AND next.subject = one.subject
            AND next.certificate != '' AND next.not_after > ? AND state = 'active'
            AND next.serial NOT IN (SELECT serial FROM revoked_certificates)
            AND root_keys.rowid > (SELECT rowid FROM root_keys WHERE check_code = one.issuer_key)
    )
ORDER BY subject
"""
"""Of server TLS keys there is one below each root in use: it stands on a root until there is one below the next."""
_PEERS = "SELECT check_code, peer FROM exchanges WHERE side = 'issuer' AND peer != ''"


@dataclass(frozen=True)
class Use:
    """One certificate below a root."""

    subject: str
    serial: str
    check_code: str
    not_after: str
    peer: str
    """The appliance that it went to; empty where nobody said."""
    is_own: bool
    """Whether it is this server's."""

    @property
    def holder(self) -> Message:
        """Who has it, as an operator reads it."""
        if self.is_own:
            return N_("this server")
        return N_("{peer}", peer=inert(self.peer)) if self.peer else N_("nobody said")

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**vars(self)}


def uses(appliance: Appliance, root: Root) -> list[Use]:
    """Return what stands on it, this server's own first."""
    own, known = _own(appliance, root), _own_codes(appliance)
    peers = {row["check_code"]: row["peer"] for row in appliance.store.rows(_PEERS)}
    now, mine, here = appliance.store.now(), _own_keys(appliance), appliance.identity.fqdn
    others = []
    for row in appliance.store.rows(_NEWEST, root.check_code, now, now):
        code, peer = row["check_code"], peers.get(row["check_code"], "") or _holder(row)
        if code not in known:
            is_own = code in mine or (row["kind"] == MESSAGE_SIGNING.name and peer == here)
            others.append(Use(row["subject"], row["serial"], code, row["not_after"], peer, is_own))
    return [*own, *sorted(others, key=lambda each: not each.is_own)]


def _holder(row: sqlite3.Row) -> str:
    """Return the server that has a key of release 7.4: its subject begins with that name. Empty for another."""
    if row["kind"] not in {each.name for each in KINDS}:
        return ""
    return str(row["subject"]).removeprefix("CN=").partition(" ")[0]


def uses_table(found: list[Use], empty: Message) -> Table:
    """Return them for an operator."""
    return Table(
        (N_("certificate"), N_("held by"), N_("valid until")),
        tuple((inert(each.subject), each.holder, each.not_after[:10]) for each in found),
        empty=empty,
    )


def _own(appliance: Appliance, root: Root) -> list[Use]:
    """Return this server's own pair, where it is that root's: what is in use, whatever was issued since."""
    try:
        live = installed_certificate(appliance)
    except TanosError:
        return []
    if live is None or not is_issued_by(live, root.certificate):
        return []
    data = certificate_data(live, appliance.clock())
    return [Use(data["subject"], data["serial"], data["check_code"], data["not_after"], "", True)]


def _own_codes(appliance: Appliance) -> set[str]:
    try:
        live = installed_certificate(appliance)
    except TanosError:
        return set()
    return {check_code(live.public_key())} if live is not None else set()


def _own_keys(appliance: Appliance) -> set[str]:
    """Return the check codes of this server's TLS keys of release 7.4."""
    if not appliance.identity.release.automatic_tls:
        return set()
    kept = keeper_of(appliance).kept_certificates(SERVER_TLS.name)
    return {check_code(x509.load_pem_x509_certificate(each).public_key()) for each in kept}
