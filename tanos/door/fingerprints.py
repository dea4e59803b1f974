"""The host keys of this appliance as clients show them at the first sign-in, and as `known_hosts` takes them."""

import json

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.keys.host_keys import host_public_keys
from tanos.keys.public_key import SshPublicKey
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import CopyText, Table

_SSH_PORT = 22


async def read_fingerprints(call: Call) -> Result:
    """Show every host key: type, bits, `SHA256:…`, and the line that pins it."""
    keys = host_public_keys(call.appliance)
    rows = tuple((_type(key), str(key.bits), key.fingerprint) for key in keys)
    table = Table((N_("Type"), N_("Bits"), N_("Fingerprint")), rows, N_("There is no host key."))
    host = known_host(call.appliance)
    lines = [f"{host} {' '.join(key.line.split()[:2])}" for key in keys]
    text = CopyText(N_("For known_hosts"), "".join(f"{line}\n" for line in lines))
    shown = [
        {"type": key.type, "bits": key.bits, "fingerprint": key.fingerprint, "known_hosts": line}
        for key, line in zip(keys, lines, strict=True)
    ]
    return Result(N_("SSH host keys"), (table, text), data={"host_keys": shown})


def known_host(appliance: Appliance) -> str:
    """Return how `known_hosts` names this appliance: its full name, with the port of the front door."""
    try:
        port = int(json.loads((appliance.run / "door.json").read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        port = _SSH_PORT
    name = appliance.identity.fqdn
    return name if port == _SSH_PORT else f"[{name}]:{port}"


def _type(key: SshPublicKey) -> str:
    """The name that clients print: ED25519, RSA, ECDSA."""
    return key.type.removeprefix("ssh-").partition("-")[0].upper()


READ_FINGERPRINTS = Inquiry(read_fingerprints)
