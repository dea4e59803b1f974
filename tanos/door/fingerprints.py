"""The host keys of this appliance as clients show them at the first sign-in, and as `known_hosts` takes them."""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.door.place import remembered_place
from tanos.keeper import keeper_of
from tanos.keys.host_keys import host_key_kind
from tanos.keys.host_rotation import next_keys
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import CopyText, Table

_SSH_PORT = 22
PRESENT, NEXT, RETIRING = "present", "next", "retiring"
_STATES = {
    PRESENT: N_("shown to who connects"),
    NEXT: N_("next: announced"),
    RETIRING: N_("announced until the new one is kept"),
}


async def read_fingerprints(call: Call) -> Result:
    """Show every host key: type, bits, `SHA256:…`, the line that pins it; and who asked for proof of a next one."""
    announced = _announced(call.appliance)
    keys = [key for key, _, _ in announced]
    rows = tuple((_type(key), str(key.bits), key.fingerprint, _STATES[state], at) for key, state, at in announced)
    columns = (N_("Type"), N_("Bits"), N_("Fingerprint"), N_("State"), N_("Announced since"))
    table = Table(columns, rows, N_("There is no host key."))
    asked = _asked(call.appliance)
    host = known_host(call.appliance)
    lines = [f"{host} {' '.join(key.line.split()[:2])}" for key in keys]
    text = CopyText(N_("For known_hosts"), "".join(f"{line}\n" for line in lines), is_last=True)
    shown = [
        {
            "type": key.type,
            "bits": key.bits,
            "fingerprint": key.fingerprint,
            "known_hosts": line,
            "state": state,
            "since": at,
        }
        for (key, state, at), line in zip(announced, lines, strict=True)
    ]
    rotates = NEXT in {each["state"] for each in shown}
    sections = (table, *((_asked_table(asked),) if rotates else ()), text)
    return Result(N_("SSH host keys"), sections, data={"host_keys": shown, "asked_for_next": asked})


def _announced(appliance: Appliance) -> list[tuple[SshPublicKey, str, str]]:
    """Return every key that is announced, its state, and since when where that is known."""
    following = {each.kind: each for each in next_keys(appliance)}
    first, others = [], []
    for line in keeper_of(appliance).host_lines():
        after = following.get(host_key_kind(line))
        if after is None or after.line == line:
            first.append((read_line(line), PRESENT, ""))
        elif after.in_use:
            first.append((read_line(after.line), PRESENT, after.made_at))
            others.append((read_line(line), RETIRING, ""))
        else:
            first.append((read_line(line), PRESENT, ""))
            others.append((read_line(after.line), NEXT, after.made_at))
    return [*first, *others]


def _asked(appliance: Appliance) -> list[dict[str, str]]:
    """Return who asked for proof of a next key, the latest first."""
    rows = appliance.store.rows("SELECT * FROM host_key_proofs ORDER BY at DESC, user, key")
    return [{name: row[name] for name in ("fingerprint", "user", "key", "address", "at")} for row in rows]


def _asked_table(asked: list[dict[str, str]]) -> Table:
    rows = tuple((each["user"], each["key"] or "-", each["address"], each["at"]) for each in asked)
    columns = (N_("Asked for the next"), N_("Signed in by"), N_("From"), N_("At"))
    return Table(columns, rows, N_("Nobody has asked for the next host key yet."))


def known_host(appliance: Appliance) -> str:
    """Return how `known_hosts` names this appliance: its full name, with the port of the front door."""
    place = remembered_place(appliance)
    port = place.port if place else _SSH_PORT
    name = appliance.identity.fqdn
    return name if port == _SSH_PORT else f"[{name}]:{port}"


def _type(key: SshPublicKey) -> str:
    """The name that clients print: ED25519, RSA, ECDSA."""
    return key.type.removeprefix("ssh-").partition("-")[0].upper()


READ_FINGERPRINTS = Inquiry(read_fingerprints)
