"""The tables of keys whose rows can be on trial."""

from tanos.trials.added import Added
from tanos.trials.rows import Rows

KEY = Rows("authorized-key", "authorized_keys", ("user", "fingerprint"))
HOST_KEY = Rows("host-key", "next_host_keys", ("kind",))
REVOCATION = Added("revocation", "revoked_keys")
