"""The certificates by which servers judge whoever shows them one: all roots that are trusted here.

Beside tanium.pub these are, at a Tanium Server, its own that are not revoked; elsewhere those of which a letter says
so that a root signed (`tanos.subordinate.letters`), and, until 7.3, the one before it while the pair here is of that.
"""

from tanos.appliance import Appliance
from tanos.keeper import keeper_of


def trusted_pem(appliance: Appliance) -> str:
    """Return them, PEM, tanium.pub first; empty where none is held. Raises AnswerRefused for a damaged file."""
    own, former = keeper_of(appliance).root_certificate(), former_root(appliance)
    rows = appliance.store.rows("SELECT pem FROM root_keys WHERE state != 'revoked' ORDER BY rowid")
    told = appliance.store.rows("SELECT pems FROM root_letters ORDER BY server")
    files = [each.decode() for each in (own, former) if each]
    return "".join([*files, *(row["pem"] for row in rows), *(row["pems"] for row in told)])


def former_root(appliance: Appliance) -> bytes | None:
    """Return the root that is trusted beside tanium.pub until the pair here is replaced, PEM; else None."""
    if appliance.identity.release.automatic_tls:
        return None
    return keeper_of(appliance).former_root()
