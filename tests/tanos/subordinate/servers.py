"""A Tanium Server of release 7.4 and zone servers that trust its legacy-root: no service, only what lies there."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import draft_certificate
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.request import examine_request, pem_of
from tanos.keeper import Keeper
from tanos.platform import R7_4, Identity, Role
from tanos.roots.kept import find_root
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.letters import letters, take_letters, write_letters
from tanos.subordinate.own import Wanted, ask_for, drop, make_own, take, wanted_roots
from tanos.subordinate.zones import answer
from tests.conftest import bare_appliance, call
from tests.tanos.exchange.conftest import Clock


def zone_of_7_4(directory: Path, clock: Clock, server: Appliance, name: str = "zs1") -> Appliance:
    """Return one that trusts tanium.pub and has no certificate."""
    identity = Identity(name, f"{name}.lab.test", Role.ZONE_SERVER, R7_4, frozenset(), ("127.0.0.1",))
    zone = bare_appliance(directory / name, identity)
    zone.clock = clock
    Keeper(zone).trust_root(Keeper(server).root_certificate())
    return zone


def give_reporting_pair(zone: Appliance, server: Appliance) -> bytes:
    """Have legacy-root sign a pair of the manual way; return its certificate, DER."""
    keeper = Keeper(zone)
    request, _ = examine_request(keeper.make_request(REPORTING.name, zone.identity.fqdn, ()))
    root = find_root(server, "legacy-root").certificate
    der = Keeper(server).sign_certificate(draft_certificate(request, root, now=server.clock()).tbs)
    keeper.install(REPORTING.name, request.check_code, pem_of(der, "CERTIFICATE"), "tanadmin")
    return der


def server_round(server: Appliance) -> None:
    """Do what a Tanium Server's supervisor does."""
    write_letters(call(server))
    make_own(call(server), wanted_roots(server))
    drop(call(server))


def zone_round(zone: Appliance, server: Appliance, shown: bytes) -> list[str]:
    """Do what a zone server's supervisor and its hub do; return the check codes of the roots that signed anew."""
    take_letters(call(zone), letters(server))
    signed = []
    for root in wanted_roots(zone):
        wanted = ask_for(zone, root)
        take(call(zone), wanted, asked(wanted, zone, server, shown))
        signed.append(wanted.root_code)
    drop(call(zone))
    return signed


def asked(wanted: Wanted, zone: Appliance, server: Appliance, shown: bytes) -> str:
    """Return what the Tanium Server answers."""
    return answer(call(server), zone.identity.fqdn, shown, wanted.root_code, wanted.request.der)


def roots_held(appliance: Appliance) -> list[str]:
    """Return the check codes of the roots below which a key lies there."""
    return [each.root_code for each in held_keys(appliance, roots_in_use(appliance))]


def shown_by(appliance: Appliance) -> bytes:
    """Return the certificate of its newest key, DER."""
    return held_keys(appliance, roots_in_use(appliance))[-1].certificate.public_bytes(Encoding.DER)


def code_of(root: x509.Certificate) -> str:
    """Return the check code of a root."""
    return check_code(root.public_key())
