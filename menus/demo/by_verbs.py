"""The whole procedure by verbs over `ssh`, as automation does it."""

from menus.demo.operator import Operator
from menus.demo.transcript import Transcript


def exchange_keys(operator: Operator, tell: Transcript, one: str, other: str) -> None:
    """Let tanadmin of each appliance sign in as tancopy on the other."""
    for here, there in ((one, other), (other, one)):
        key = operator.verb(here, "ssh-keys show tanadmin")
        operator.verb(there, "authorized-keys add tancopy --yes", key["public_key"].encode() + b"\n")
        tell.did(there, f"authorized-keys add tancopy   <- tanadmin of {here}, {key['fingerprint']}")


def know_the_server(operator: Operator, tell: Transcript, server: str, zone: str, ports: dict[str, int]) -> None:
    """Pin the server's host key on the zone server, and bring it the root."""
    host_key = operator.host_key(server)
    operator.verb(zone, f"peer add {server} 127.0.0.1:{ports[server]} --host-key {host_key} --yes")
    tell.did(zone, f"peer add {server}   host key {host_key}")
    root = operator.verb(server, "public-key export --yes")
    tell.did(server, f"public-key export   check code {root['check_code']}")
    brought = operator.verb(
        zone, f"public-key import --from peer --peer {server} --fingerprint {root['check_code']} --yes"
    )
    tell.did(zone, "public-key import --from peer")
    tell.check(brought["check_code"] == root["check_code"], "the root on both appliances has one check code")


def exchange_certificate(operator: Operator, tell: Transcript, server: str, zone: str) -> str:
    """Make a CSR, have it signed, install the answer; returns the check code."""
    made = operator.verb(zone, f"zone-server create-csr --send --peer {server} --yes")
    tell.did(zone, f"zone-server create-csr --send   check code {made['check_code']}")
    file = f"reporting-{made['check_code'][:4]}.csr"
    issued = operator.verb(server, f"zone-server import-request --from incoming --file {file} --yes")
    tell.did(server, f"zone-server import-request   serial {issued['serial']}")
    again = operator.verb(server, f"zone-server import-request --from incoming --file {file} --yes")
    tell.check(
        again["already_issued"] and again["serial"] == issued["serial"],
        "the same CSR again gives the same certificate",
    )
    installed = operator.verb(zone, f"zone-server import-certificate --from peer --peer {server} --yes")
    tell.did(zone, f"zone-server import-certificate   version {installed['version']}")
    codes = {made["check_code"], issued["check_code"], installed["check_code"]}
    tell.check(len(codes) == 1, "one check code at every station", str(codes))
    return str(made["check_code"])
