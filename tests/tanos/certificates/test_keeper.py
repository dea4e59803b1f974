"""The keeper's whole round: root, request, certificate, pair, handshake; and what a crash in between leaves."""

import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import draft_certificate
from tanos.certificates.pair_files import names_in
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.pairs import PairStore
from tanos.certificates.request import Request, examine_request, pem_of
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.exchange.held_root import needed_root
from tanos.exchange.own_pair import issue_own_pair
from tanos.keeper import Keeper
from tests.conftest import NOON, call
from tests.tanos.certificates.judges import assert_request_is_good


def issued(server: Appliance, request: Request) -> str:
    """Return what the server issues for a request, PEM."""
    keeper = Keeper(server)
    keeper.make_root()
    draft = draft_certificate(request, needed_root(server), now=NOON)
    return pem_of(keeper.sign_certificate(draft.tbs), "CERTIFICATE")


def made_request(appliance: Appliance, *alt_names: str) -> Request:
    """Make a key and a request that wait."""
    return examine_request(Keeper(appliance).make_request("reporting", "zs1.lab.test", alt_names))[0]


def root_of(server: Appliance) -> x509.Certificate:
    """Make a root and return its certificate."""
    Keeper(server).make_root()
    return needed_root(server)


def live_certificate(appliance: Appliance) -> bytes:
    """Return the certificate in use, PEM."""
    return (appliance.certificates / "reporting/current/reporting.crt").read_bytes()


def put_live(appliance: Appliance, request: Request, certificate: str) -> None:
    """Install a pair beside the keeper, so that its key still waits as after a crash."""
    key = (appliance.requests / request.check_code / "reporting.pvk").read_bytes()
    said = {"installed_by": "tanadmin", "installed_at": "2026-11-22T12:00:00Z"}
    PairStore(appliance.certificates, REPORTING).install(key, certificate.encode(), said)


def trust(zone: Appliance, server: Appliance) -> None:
    """Bring the root certificate over."""
    (zone.root / "tanium.pub").write_bytes((server.root / "tanium.pub").read_bytes())


def test_the_root_is_made_once(bare_tanium_server: Appliance) -> None:
    root = root_of(bare_tanium_server)
    assert root.subject.rfc4514_string() == "CN=legacy-root"
    key = bare_tanium_server.root / "tanium.pvk"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert root_of(bare_tanium_server) == root
    assert key.read_bytes() == before


def test_a_crash_between_key_and_certificate_of_the_root_is_healed(bare_tanium_server: Appliance) -> None:
    root = root_of(bare_tanium_server)
    (bare_tanium_server.root / "tanium.pub").unlink()
    before = (bare_tanium_server.root / "tanium.pvk").read_bytes()
    again = root_of(bare_tanium_server)
    assert (bare_tanium_server.root / "tanium.pvk").read_bytes() == before
    assert check_code(again.public_key()) == check_code(root.public_key())


def test_an_imported_root_certificate_is_never_overwritten(
    bare_tanium_server: Appliance, bare_zone_server: Appliance
) -> None:
    Keeper(bare_tanium_server).make_root()
    trust(bare_zone_server, bare_tanium_server)
    before = (bare_zone_server.root / "tanium.pub").read_bytes()
    with pytest.raises(NotYet):
        Keeper(bare_zone_server).make_root()
    assert (bare_zone_server.root / "tanium.pub").read_bytes() == before


def test_a_root_of_two_halves_signs_nothing(bare_tanium_server: Appliance, bare_zone_server: Appliance) -> None:
    Keeper(bare_tanium_server).make_root()
    Keeper(bare_zone_server).make_root()
    trust(bare_zone_server, bare_tanium_server)
    request = made_request(bare_zone_server)
    with pytest.raises(Damaged) as damaged:
        issued(bare_zone_server, request)
    assert damaged.value.id == "root-damaged"


def test_the_server_has_its_own_pair_with_a_recorded_serial(bare_tanium_server: Appliance) -> None:
    keeper = Keeper(bare_tanium_server)
    keeper.make_root()
    code = issue_own_pair(call(bare_tanium_server), keeper)
    row = bare_tanium_server.store.row("SELECT * FROM issued")
    assert row is not None
    live = live_certificate(bare_tanium_server)
    assert row["certificate"].encode() == live
    assert int(row["serial"], 16) == x509.load_pem_x509_certificate(live).serial_number
    assert names_in(bare_tanium_server.requests) == []
    shaken = keeper.handshake()
    assert (shaken.ok, shaken.check_code, row["check_code"]) == (True, code, code)


def test_the_servers_own_serial_is_durable_before_the_root_signs_and_written_as_every_other(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(bare_tanium_server)
    keeper.make_root()
    sign, seen = Keeper.sign_certificate, []

    def watching(keeper: Keeper, tbs: bytes) -> bytes:
        assert not bare_tanium_server.store._open().in_transaction
        der = sign(keeper, tbs)
        serial = x509.load_der_x509_certificate(der).serial_number
        seen.append((serial, bare_tanium_server.store.rows("SELECT serial FROM issued")[0]["serial"]))
        return der

    monkeypatch.setattr(Keeper, "sign_certificate", watching)
    # a serial of an odd number of digits
    monkeypatch.setattr(x509, "random_serial_number", lambda: 0xABC)
    issue_own_pair(call(bare_tanium_server), keeper)
    assert seen == [(0xABC, "0ABC")]
    manifest = json.loads((bare_tanium_server.certificates / "reporting/current/manifest.json").read_text())
    assert manifest["serial"] == "0ABC"
    assert bare_tanium_server.store.rows("SELECT * FROM begun") == []


def test_a_damaged_live_pair_is_told_and_its_waiting_key_is_kept(
    bare_tanium_server: Appliance, bare_zone_server: Appliance
) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)
    put_live(bare_zone_server, request, issued(bare_tanium_server, request))
    (bare_zone_server.certificates / "reporting/current/reporting.pvk").write_bytes(b"rubbish")
    assert any("is damaged" in str(message) for message in keeper.recover())
    assert list(keeper.waiting("reporting")) == [request.check_code]


def test_a_key_that_cannot_be_overwritten_is_removed_all_the_same(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)

    def failing(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "write", failing)
    keeper.discard(request.check_code)
    assert names_in(bare_zone_server.requests) == []


def test_a_request_waits_with_its_key_and_pleases_the_judges(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server, "10.0.0.5", "ZS1.lab.test")
    assert request.names == ("zs1.lab.test", "10.0.0.5")
    assert examine_request(request.der)[1] == ()
    directory = bare_zone_server.requests / request.check_code
    assert sorted(names_in(directory)) == ["reporting.csr", "reporting.pvk"]
    assert stat.S_IMODE((directory / "reporting.pvk").stat().st_mode) == 0o600
    assert_request_is_good(directory / "reporting.csr")
    assert list(keeper.waiting("reporting")) == [request.check_code]
    assert keeper.waiting("reporting")[request.check_code] == request.der


@pytest.mark.parametrize(
    ("common_name", "alt_names", "id_"),
    [
        ("zs1.lab.test", ["a b"], "san-bad"),
        ("localhost", [], "san-forbidden"),
        ("zs1.lab.test", ["127.0.0.1"], "san-forbidden"),
        ("", [], "name-empty"),
        ("Zone Server", [], "san-bad"),
        ("Zone Server", ["zs1.lab.test"], "san-bad"),
        ("x" * 65, ["a.test"], "name-empty"),
        ("server.domain.com", [], "name-placeholder"),
    ],
)
def test_a_request_that_would_be_refused_is_not_made(
    bare_zone_server: Appliance, common_name: str, alt_names: list[str], id_: str
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        Keeper(bare_zone_server).make_request("reporting", common_name, alt_names)
    assert refused.value.id == id_
    assert names_in(bare_zone_server.requests) == []


def test_the_round_from_request_to_handshake(bare_tanium_server: Appliance, bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)
    certificate = issued(bare_tanium_server, request)
    trust(bare_zone_server, bare_tanium_server)
    assert keeper.install("reporting", request.check_code.lower(), certificate, "tanadmin") == 1
    assert keeper.waiting("reporting") == {}
    assert names_in(bare_zone_server.requests) == []
    assert keeper.handshake().check_code == request.check_code
    assert [version.by for version in keeper.versions("reporting")] == ["tanadmin"]


def test_a_certificate_of_another_key_leaves_the_waiting_key(
    bare_tanium_server: Appliance, bare_zone_server: Appliance
) -> None:
    keeper = Keeper(bare_zone_server)
    first, second = made_request(bare_zone_server), made_request(bare_zone_server)
    with pytest.raises(AnswerRefused) as refused:
        keeper.install("reporting", first.check_code, issued(bare_tanium_server, second), "tanadmin")
    assert refused.value.id == "key-mismatch"
    assert set(keeper.waiting("reporting")) == {first.check_code, second.check_code}


def test_what_does_not_wait_is_neither_installed_nor_discarded(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    for code in ("0000-" * 7 + "0000", "../../root", "", "reporting"):
        with pytest.raises(NotYet) as missing:
            keeper.discard(code)
        assert missing.value.id == "step-missing"
    with pytest.raises(NotYet):
        keeper.install("reporting", "none", "", "tanadmin")
    with pytest.raises(NotYet):
        keeper.handshake()


def test_a_discarded_key_is_gone(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)
    keeper.discard(request.check_code)
    assert keeper.waiting("reporting") == {}
    assert names_in(bare_zone_server.requests) == []


def test_a_crash_between_install_and_cleaning_is_healed(
    bare_tanium_server: Appliance, bare_zone_server: Appliance
) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)
    other = made_request(bare_zone_server)
    put_live(bare_zone_server, request, issued(bare_tanium_server, request))
    assert request.check_code in keeper.waiting("reporting")
    found = [str(message) for message in Keeper(bare_zone_server).recover()]
    assert [request.check_code in message for message in found] == [True]
    assert list(keeper.waiting("reporting")) == [other.check_code]
    assert Keeper(bare_zone_server).recover() == []


def test_half_made_waiting_keys_are_removed_at_start(bare_zone_server: Appliance) -> None:
    for name in (".making-x", ".gone-y"):
        (bare_zone_server.requests / name).mkdir()
        (bare_zone_server.requests / name / "reporting.pvk").write_bytes(b"half")
    assert len(Keeper(bare_zone_server).recover()) == 2
    assert names_in(bare_zone_server.requests) == []


def test_a_damaged_waiting_request_is_not_listed(bare_zone_server: Appliance, tmp_path: Path) -> None:
    keeper = Keeper(bare_zone_server)
    request = made_request(bare_zone_server)
    (bare_zone_server.requests / request.check_code / "reporting.csr").write_text("rubbish")
    assert keeper.waiting("reporting") == {}
    assert check_code(request.public_key) == request.check_code


def test_the_next_request_removes_what_a_killed_one_left(bare_zone_server: Appliance) -> None:
    for name in (".making-x", ".gone-y"):
        (bare_zone_server.requests / name).mkdir()
        (bare_zone_server.requests / name / "reporting.pvk").write_bytes(b"half")
    request = made_request(bare_zone_server)
    assert names_in(bare_zone_server.requests) == [request.check_code]


def test_a_remnant_that_cannot_be_removed_stops_no_request(bare_zone_server: Appliance) -> None:
    stubborn = bare_zone_server.requests / ".making-x" / "reporting.pvk"
    stubborn.mkdir(parents=True)
    request = made_request(bare_zone_server)
    assert list(Keeper(bare_zone_server).waiting("reporting")) == [request.check_code]


def test_many_make_requests_at_once_and_none_takes_the_unfinished_key_of_another(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    with ThreadPoolExecutor(8) as many:
        made = [done.check_code for done in many.map(lambda _: made_request(bare_zone_server), range(40))]
    assert sorted(names_in(bare_zone_server.requests)) == sorted(made)
    assert sorted(keeper.waiting("reporting")) == sorted(made)
