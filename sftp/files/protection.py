"""Which files of `/incoming` stay as they are, because open exchanges stand on them.

Invariant: it is read from the database when it is asked: a connection may be older than the exchange. The process
that serves a connection cannot read the database; it asks (`sftp.files.teller`), and who audits it answers.
"""

from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING
from tanos.exchange.file_names import request_name
from tanos.exchange.ledger import Side, open_exchanges


def may_be_protected(name: str) -> bool:
    """Say whether a file of that name could belong to an exchange at all."""
    return name.startswith(REPORTING.name)


def is_protected(home: Path, name: str) -> bool:
    """Say whether an open exchange stands on this file now. Raises Damaged where the database cannot be read."""
    return may_be_protected(name) and name in protected_names(home)


def protected_names(home: Path) -> frozenset[str]:
    """Return the files of `/incoming` that open exchanges of this issuer stand on."""
    appliance = Appliance.open(home)
    try:
        return frozenset(
            request_name(appliance, Side.ISSUER, exchange.check_code)
            for exchange in open_exchanges(appliance)
            if exchange.side is Side.ISSUER
        )
    finally:
        appliance.store.close()
