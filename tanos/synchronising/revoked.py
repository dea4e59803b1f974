"""Which clients of 7.4 the other server revoked: told whole where that changed, and kept by who told it.

Invariant: they are refused here for as long as he is trusted who said so, and no word of another changes it; so
whoever turns out to be false has shut nobody out for good. Ids that prove nothing are told to nobody.
"""

from hashlib import sha256

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.client_trust.identity import is_id
from tanos.revocation.clients import MOST, revoked_clients


def held_digest(appliance: Appliance, fqdn: str) -> str:
    """Return what tells the other server which of his are known here."""
    rows = appliance.store.rows("SELECT id FROM revoked_clients_elsewhere WHERE server = ?", fqdn)
    return _digest([row["id"] for row in rows])


def told_revoked(appliance: Appliance, held: object) -> list[str] | None:
    """Return those that are revoked here, where the other, who holds what he says, has not the same; else None."""
    own = [each.id for each in revoked_clients(appliance) if is_id(each.id)]
    return own if isinstance(held, str) and held != _digest(own) else None


def take_revoked(call: Call, fqdn: str, told: object) -> bool:
    """Keep those that he told, in the place of what he told before; say whether that is news.

    What is no list of ids changes nothing.
    """
    if not isinstance(told, list) or len(told) > MOST:
        return False
    if not all(isinstance(each, str) and is_id(each) for each in told):
        return False
    if _digest(told) == held_digest(call.appliance, fqdn):
        return False
    with call.appliance.store.change(call, about=fqdn) as change:
        change.after = f"revoked clients: {len(told)}"
        change.execute("DELETE FROM revoked_clients_elsewhere WHERE server = ?", fqdn)
        rows = [(fqdn, each) for each in dict.fromkeys(told)]
        change.connection.executemany("INSERT INTO revoked_clients_elsewhere (server, id) VALUES (?, ?)", rows)
    return True


def _digest(ids: list[str]) -> str:
    return sha256("\n".join(sorted(ids)).encode()).hexdigest()
