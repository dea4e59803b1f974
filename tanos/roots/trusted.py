"""The certificates by which servers judge whoever shows them one: all roots that are trusted here.

Beside tanium.pub these are, at a Tanium Server, its own that are not revoked; elsewhere those of which a letter says
so that a root signed (`tanos.subordinate.letters`).
"""

from tanos.appliance import Appliance
from tanos.keeper import keeper_of


def trusted_pem(appliance: Appliance) -> str:
    """Return them, PEM, tanium.pub first; empty where none is held. Raises AnswerRefused for a damaged file."""
    own = keeper_of(appliance).root_certificate()
    rows = appliance.store.rows("SELECT pem FROM root_keys WHERE state != 'revoked' ORDER BY rowid")
    told = appliance.store.rows("SELECT pems FROM root_letters ORDER BY server")
    return "".join([own.decode() if own else "", *(row["pem"] for row in rows), *(row["pems"] for row in told)])
