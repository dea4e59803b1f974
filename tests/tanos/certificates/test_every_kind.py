"""Every kind of certificate and revocation list that this program makes, before the judges: one table, no exception.

Who adds a kind adds a row. Whatever a root signed is also judged with the list of that root.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.request import examine_request, pem_of
from tanos.keeper import Keeper
from tanos.keyutility.self_sign import SelfSignWanted, self_sign
from tanos.operation import silent
from tanos.revocation.kept import kept_lists
from tanos.revocation.lists import renew_when_due
from tanos.roots.kept import find_root
from tanos.roots.replace import REPLACE_ROOT
from tests.tanos.certificates.judges import Judged, assert_every_one_is_good
from tests.tanos.exchange.conftest import Clock, clock, do, exchange, server, zone, zone_server
from tests.tanos.keyutility.made import issued, requested
from tests.tanos.roots.made import ROOT_0, another_root, server_of_7_4
from tests.tanos.subordinate.below import certified, made_root, said, trust

__all__ = ["clock", "server", "zone", "zone_server"]


def lists_of(appliance: Appliance) -> dict[str, bytes]:
    """Return the revocation lists, DER, by the name of their root."""
    renew_when_due(appliance)
    return {each.name: each.der for each in kept_lists(appliance)}


async def test_until_7_3(server: Appliance, zone: Appliance, tmp_path: Path) -> None:
    root = (server.root / "tanium.pub").read_text()
    _, answer, _ = await exchange(zone, server)
    keeper, desk = Keeper(server), tmp_path / "desk"
    desk.mkdir()
    for name in ("tanium.pvk", "tanium.pub"):
        shutil.copy(server.root / name, desk)
    requested(desk)
    issued(desk, days=400)
    self_sign(SelfSignWanted(["ts2.lab.test", "10.0.0.9"], desk / "own"), datetime.now(UTC), silent)
    keeper.make_self_signed("soap", ["192.0.2.1"])
    crl = lists_of(server)["legacy-root"]
    https = _text(keeper.live_certificate("soap"))
    told = {
        "root": Judged(root, root),
        "a zone server's": Judged(answer.data["certificate"], root, crl=crl),
        "the server's own": Judged(_text(keeper.live_certificate("reporting")), root, crl=crl),
        "by KeyUtility": Judged((desk / "reporting.crt").read_text(), root, crl=crl),
        "by itself, of KeyUtility": Judged((desk / "own.crt").read_text(), (desk / "own.crt").read_text()),
        "by itself, for HTTPS": Judged(https, https, is_here=True),
    }
    await do(server, REPLACE_ROOT)
    following = (server.root / "tanium.pub").read_text()
    assert following != root
    told["the root that follows"] = Judged(following, following)
    assert_every_one_is_good(told, [(crl, root), (lists_of(server)["legacy-root 1"], following)], tmp_path)


async def test_from_7_4_on(tmp_path: Path, clock: Clock) -> None:
    server = server_of_7_4(tmp_path, clock)
    await another_root(server)
    lists = lists_of(server)
    told, judged_lists = {}, []
    for name in ("legacy-root", ROOT_0, "ts4.lab.test Root 1"):
        root = find_root(server, name)
        told[name] = Judged(root.pem, root.pem)
        told[f"a server's, below {name}"] = Judged(leaf_below(server, name), root.pem, crl=lists[name])
        judged_lists.append((lists[name], root.pem))
    made = made_root()
    top = _pem(made.certificate)
    held = certified(made.intermediate(), trust(made)).certified
    assert held is not None
    message = x509.load_der_x509_certificate(made.message(said(made)).certificate)
    told["an intermediate"] = Judged(_pem(held.intermediate), top)
    told["a client's"] = Judged(_pem(held.leaf), top, _pem(held.intermediate))
    told["a key that signs messages"] = Judged(_pem(message), top)
    assert_every_one_is_good(told, judged_lists, tmp_path)


def leaf_below(server: Appliance, name: str) -> str:
    """Return a certificate that the root of that server value signed."""
    keeper = Keeper(server)
    request, _ = examine_request(keeper.make_request("reporting", "zs1.lab.test", ["10.0.0.12", "fd00::12"]))
    draft = draft_certificate(request, find_root(server, name).certificate, now=server.clock())
    return pem_of(keeper.sign_certificate(draft.tbs, name), "CERTIFICATE")


def _text(pem: bytes | None) -> str:
    assert pem is not None
    return pem.decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
