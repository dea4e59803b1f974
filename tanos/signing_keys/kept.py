"""The signing keys of an appliance, as they are kept.

Invariant: one key stands there once, under one name; it is public, and stays what was compared when it was added.
"""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.signing_keys.key import PublicKey
from tanos.store.store import Change


@dataclass(frozen=True)
class SigningKey:
    """One key."""

    name: str
    key: PublicKey
    added_by: str
    added_at: str

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"name": self.name, **self.key.as_data(), "added_by": self.added_by, "added_at": self.added_at}


def signing_keys(appliance: Appliance) -> list[SigningKey]:
    """Return all, by name."""
    rows = appliance.store.rows("SELECT name, pem, added_by, added_at FROM signing_keys ORDER BY name")
    return [
        SigningKey(row["name"], PublicKey(load_pem_public_key(row["pem"].encode())), row["added_by"], row["added_at"])
        for row in rows
    ]


def signing_key(appliance: Appliance, name: str) -> SigningKey:
    """Return one by its name or check code. Raises AnswerRefused `no-such-key`."""
    wanted = name.strip().casefold()
    for each in signing_keys(appliance):
        if wanted in {each.name.casefold(), each.key.check_code.casefold()}:
            return each
    raise AnswerRefused(
        "no-such-key",
        N_("There is no signing key {name}.", name=inert(name)),
        N_("Their names: {signing_keys}.", signing_keys=deeds.LIST_SIGNING_KEYS),
    )


def keep(change: Change, name: str, key: PublicKey, added_by: str) -> None:
    """Add one."""
    change.execute(
        "INSERT INTO signing_keys (check_code, name, pem, added_by, added_at) VALUES (?, ?, ?, ?, ?)",
        key.check_code, name, key.pem, added_by, change.now,
    )  # fmt: skip


def let_go(change: Change, key: PublicKey) -> None:
    """Take one away."""
    change.execute("DELETE FROM signing_keys WHERE check_code = ?", key.check_code)
