"""A pair in a directory of a machine that is no appliance: judged, live by one rename or not at all, put back."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.certificates.pair_kinds import REPORTING, SOAP, PairKind
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.inspecting.judging import Purpose
from tanos.operation import Plan, Result
from tanos.pair_directory.install import Installing, install, plan_install
from tanos.pair_directory.kept import list_versions, plan_put_back, put_back
from tanos.pair_directory.place import PairDirectory
from tests.conftest import NOON, TS1, bare_appliance
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, pem, rsa_key

FIRST, SECOND = rsa_key(0), rsa_key(1)
ROOT = authority().root


def files(key: rsa.RSAPrivateKey = FIRST, **more: object) -> tuple[bytes, bytes]:
    """Return a key and its certificate with what issued it, as two files."""
    leaf = authority().issue(key=key, **more)  # type: ignore[arg-type]  # names are those of `issue`
    return key_pem(key), pem(leaf, authority().issuing)


def planned(path: Path, pair: tuple[bytes, bytes], kind: PairKind = REPORTING) -> Plan[Installing]:
    return plan_install(PairDirectory(path, kind), *pair, Purpose(NOON, kind, FQDN, ROOT), "somebody")


def installed(path: Path, pair: tuple[bytes, bytes]) -> Result:
    plan = planned(path, pair)
    assert not plan.refusals
    return install(plan.payload)


def refused(path: Path, pair: tuple[bytes, bytes], kind: PairKind = REPORTING) -> str:
    """Return the id by which a pair is refused, and nothing has changed."""
    before = sorted(path.parent.rglob("*"))
    try:
        found = planned(path, pair, kind).refusals
    except TanosError as error:
        found = error.findings or (error,)  # type: ignore[assignment]  # an error has an id as a finding has
    assert sorted(path.parent.rglob("*")) == before
    return found[0].id if found else ""


def test_a_pair_is_installed_shown_in_a_handshake_and_as_openssl_wants_it(tmp_path: Path) -> None:
    done = installed(tmp_path / "tls", files())
    assert done.data["version"] == 1
    assert done.data["handshake"]["protocol"] == "TLSv1.2"
    certificate, key = Path(done.data["certificate"]), Path(done.data["key"])
    assert (certificate, key) == (tmp_path / "tls/current/reporting.crt", tmp_path / "tls/current/reporting.pvk")
    spki = [
        subprocess.run(["openssl", *words], capture_output=True, check=True).stdout
        for words in (("x509", "-in", certificate, "-noout", "-pubkey"), ("pkey", "-in", key, "-pubout"))
    ]
    assert spki[0] == spki[1]
    root = tmp_path / "root.crt"
    root.write_bytes(pem(ROOT))
    words = [
        "openssl",
        "verify",
        "-no_check_time",
        "-CAfile",
        *map(str, (root, "-untrusted", certificate, certificate)),
    ]
    assert subprocess.run(words, capture_output=True, check=True).stdout.endswith(b"OK\n")


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    installed(tmp_path / "tls", files())
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "tls/current/reporting.pvk").stat().st_mode) == 0o600


def test_the_same_again_is_nothing_to_do_and_the_next_is_kept_beside_it(tmp_path: Path) -> None:
    first = files()
    installed(tmp_path / "tls", first)
    again = planned(tmp_path / "tls", first)
    assert again.nothing_to_do
    assert install(again.payload).data["version"] == 1
    assert installed(tmp_path / "tls", files(SECOND)).data["version"] == 2
    listed = list_versions(PairDirectory(tmp_path / "tls")).data
    assert (listed["kind"], listed["current"], [each["version"] for each in listed["versions"]]) == (
        "reporting",
        2,
        [2, 1],
    )
    assert listed["versions"][0]["installed_by"] == "somebody"


def test_an_earlier_pair_is_put_back_and_the_later_again(tmp_path: Path) -> None:
    path = tmp_path / "tls"
    first = files()
    installed(path, first)
    with pytest.raises(NotYet):
        plan_put_back(PairDirectory(path), "")
    installed(path, files(SECOND))
    assert put_back(plan_put_back(PairDirectory(path), "").payload).data["version"] == 1
    assert (path / "current/reporting.crt").read_bytes() == first[1]
    assert plan_put_back(PairDirectory(path), "v1").nothing_to_do
    assert put_back(plan_put_back(PairDirectory(path), "2").payload).data["version"] == 2
    with pytest.raises(AnswerRefused) as told:
        plan_put_back(PairDirectory(path), "9")
    assert told.value.id == "no-such-version"


def test_what_an_appliance_would_refuse_is_refused_here(tmp_path: Path) -> None:
    path, (key, certificate) = tmp_path / "tls", files()
    assert refused(path, (key_pem(SECOND), certificate)) == "key-mismatch"
    assert refused(path, (key, certificate + key)) == "private-key"
    assert refused(path, (certificate, certificate)) == "key-unreadable"
    assert refused(path, (key, b"nothing")) == "not-pem"
    assert refused(path, files(days=(-9, -1))) == "expired"
    assert refused(path, files(days=(1, 9))) == "not-yet-valid"
    own = ec.generate_private_key(ec.SECP256R1())
    assert refused(path, (key_pem(own), pem(authority().issue(key=own))), SOAP) == "not-rsa"
    assert refused(path, files(common_name="else.lab.test", names=["else.lab.test"]), SOAP) == "cn-not-host"
    other = plan_install(PairDirectory(path, REPORTING), key, certificate, Purpose(NOON, REPORTING, "", None), "")
    assert [each.id for each in other.findings] == ["no-root"]
    assert not path.exists()


def test_a_directory_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    pair = files()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "live").mkdir()
    (tmp_path / "live/current").symlink_to("release-7")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/current").mkdir()
    for name in ("file", "link", "live", "dir", "none/below"):
        assert refused(tmp_path / name, pair) == "not-a-pair-directory"
    installed(tmp_path / "tls", pair)
    assert refused(tmp_path / "tls", pair, SOAP) == "not-a-pair-directory"
    with pytest.raises(AnswerRefused):
        PairDirectory(tmp_path / "none")


def test_the_home_of_an_appliance_is_left_to_the_appliance(tmp_path: Path) -> None:
    appliance = bare_appliance(tmp_path / "ts1", TS1)
    for path in (appliance.home, appliance.certificates / "reporting", appliance.home / "new"):
        assert refused(path, files()) == "belongs-to-appliance"
    (tmp_path / "way").symlink_to(appliance.certificates)
    assert refused(tmp_path / "way/reporting", files()) == "belongs-to-appliance"


@pytest.mark.parametrize("dies", ["mkdir", "symlink", "rename"])
def test_whoever_dies_in_the_middle_leaves_the_earlier_pair_and_the_next_install_clears_up(
    tmp_path: Path, dies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, first = tmp_path / "tls", files()
    installed(path, first)
    plan = planned(path, files(SECOND))
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, dies, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        install(plan.payload)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert (path / "current/reporting.crt").read_bytes() == first[1]
    assert installed(path, files(SECOND)).data["version"] == 2
    assert sorted(each.name for each in path.iterdir()) == ["current", "v000001", "v000002"]


def test_a_damaged_pair_is_replaced_and_never_put_back(tmp_path: Path) -> None:
    path, first = tmp_path / "tls", files()
    installed(path, first)
    (path / "v000001/reporting.crt").write_bytes(b"")
    assert installed(path, first).data["version"] == 2
    with pytest.raises(TanosError):
        put_back(plan_put_back(PairDirectory(path), "1").payload)
    assert (path / "current").readlink() == Path("v000002")


def test_a_pair_that_tls_refuses_is_refused_before_it_lies_anywhere(tmp_path: Path) -> None:
    assert not planned(tmp_path / "tls", files(purposes=())).refusals
    assert refused(tmp_path / "tls", files(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))) == "handshake-failed"
