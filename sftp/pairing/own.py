"""This appliance's own pairing text.

Invariant: whose key is in it is tanadmin's, the one by which this appliance signs in to its peers. Where others reach
it is what its front door was told, or its operator says.
"""

import ipaddress
from dataclasses import replace
from typing import Any

from sftp.client import OWN_KEY_USER
from sftp.pairing.text import PairingText
from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.door.place import Place, remembered_place
from tanos.dropbox import put_outgoing
from tanos.errors import Damaged, NotYet
from tanos.keeper import keeper_of
from tanos.keys.host_keys import host_key_kind, host_public_keys
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.keys.trial_rows import HOST_KEY
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.peers import SSH_PORT, parse_address, show_address
from tanos.report import CopyText, Fact, Facts, Say
from tanos.trials.trial import waiting

FILE = "pairing.txt"
"""The same text in `/outgoing`, from where a peer fetches it to see that it can."""


def own_key(appliance: Appliance) -> SshPublicKey:
    """Return the key by which it signs in to peers. Raises NotYet `step-missing`, Damaged `damaged-key`."""
    return read_line(keeper_of(appliance).ssh_public_line(OWN_KEY_USER))


def own_text(appliance: Appliance, address: str = "") -> PairingText:
    """Return the text to give to another appliance; `address` is `HOST[:PORT]`, empty for the usual one.

    Raises AnswerRefused `bad-address`, NotYet `step-missing` (also while its host key is on trial), Damaged
    `host-keys-missing`, `damaged-key`.
    """
    host, port = parse_address(address or usual_address(appliance))
    host_keys = host_public_keys(appliance)
    if not host_keys:
        raise Damaged(
            "host-keys-missing", N_("This appliance has no host key."), N_("Restart it; that makes them anew.")
        )
    host_key = replace(host_keys[0], comment="")
    _refuse_on_trial(appliance, host_key)
    return PairingText(appliance.identity.name, host, port, host_key, own_key(appliance))


def usual_address(appliance: Appliance) -> str:
    """Return `HOST:PORT` where its front door listens; on every address, the first of its own, or its full name."""
    place = remembered_place(appliance) or Place("", SSH_PORT)
    host = place.address
    if _is_every_address(host):
        host = next(iter(appliance.identity.addresses), appliance.identity.fqdn)
    return show_address(host, place.port)


def publish(appliance: Appliance) -> None:
    """Put it into `/outgoing`. Raises as `own_text`, and Damaged `disk-failed`."""
    put_outgoing(appliance, FILE, own_text(appliance).armoured.encode())


def copy_of(text: PairingText) -> CopyText:
    """Return it as text to copy."""
    return CopyText(N_("Pairing text of {name}", name=text.name), text.armoured, text.check_code)


def facts_of(text: PairingText) -> Facts:
    """Return what both terminals show of it."""
    lets_in = (Fact(N_("lets in"), text.lets_in),) if text.lets_in else ()
    return Facts(
        (
            Fact(N_("appliance"), text.name),
            Fact(N_("address"), text.address),
            Fact(N_("host key"), text.host_key.fingerprint),
            Fact(N_("tanadmin's key"), text.key.fingerprint),
            *lets_in,
            Fact(N_("check code"), text.check_code),
        )
    )


def text_data(text: PairingText) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "name": text.name,
        "address": text.address,
        "host_key": text.host_key.fingerprint,
        "key": text.key.fingerprint,
        "lets_in": text.lets_in,
        "check_code": text.check_code,
    }


async def read_text(call: Call, *, address: str = "") -> Result:
    """Show it."""
    text = own_text(call.appliance, address)
    say = N_(
        "Next: on the other appliance, {pair}; compare the check code there. It alone proves that nobody changed the"
        " text on its way.",
        pair=deeds.PAIR,
    )
    data = {**text_data(text), "text": text.armoured}
    return Result(N_("Pairing text of {name}", name=text.name), (copy_of(text), Say(say), facts_of(text)), data=data)


def _refuse_on_trial(appliance: Appliance, host_key: SshPublicKey) -> None:
    kind = host_key_kind(host_key.line)
    if any(trial.kind == HOST_KEY.kind and trial.place == kind for trial in waiting(appliance)):
        raise NotYet(
            "step-missing",
            N_(
                "The host key {fingerprint} is on trial: whoever pinned it now would be turned away, should it go"
                " back.",
                fingerprint=host_key.fingerprint,
            ),
            N_("Keep it or put it back first: {list_trials}.", list_trials=deeds.LIST_TRIALS),
        )


def _is_every_address(host: str) -> bool:
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


PAIRING_TEXT = Inquiry(read_text)
