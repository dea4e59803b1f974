"""An SSH certificate signs in as whom its authority says, made by ssh-keygen and carried by a real ssh."""

import shlex
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import asyncssh
import pytest

from sftp.by_key import ByKey
from sftp.clerk import Clerk
from sftp.guest import Guest
from tanos.door.penalties import KEYS_A_FAILURE, penalties
from tanos.keys.authorized import authorized_keys
from tanos.keys.by_certificate import told
from tanos.keys.certificate import SshCertificate
from tanos.keys.public_key import fingerprint_of
from tanos.keys.revoked import KEY, KEY_ID, SERIAL, Mark
from tanos.platform import UserRole
from tanos.policy.door import PENALTY_AFTER
from tests.sftp.door.agent import TOUCHED, VERIFIED, HardwareKey, agent_of
from tests.sftp.door.authority import Authority, forget
from tests.sftp.door.conftest import OpenDoor, a_door, decide, make_home
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door


@pytest.fixture
def authority(door: OpenDoor, tmp_path: Path) -> Iterator[Authority]:
    """An authority that is forgotten afterwards."""
    someone = Authority(door, tmp_path)
    yield someone
    forget(someone)


def test_a_certificate_signs_in_and_the_audit_names_it(authority: Authority) -> None:
    authority.trusted().certify()
    assert authority.run("show"), authority.done.stderr
    assert authority.key in authority.done.stdout
    store = authority.door.appliance.store

    def record() -> object:
        return store.row("SELECT after FROM audit WHERE verb = 'sign-in' AND key = ?", authority.key)

    assert soon(record)
    row = record()
    assert row["after"] == f'certificate serial=5 id="erika\'s laptop" authority={authority.fingerprint}'  # type: ignore[index]  # a row
    listed = [key for key in authorized_keys(authority.door.appliance, "tanadmin") if key.is_authority]
    assert [key.last_from for key in listed] == ["127.0.0.1"]


def test_what_an_authority_calls_a_certificate_feigns_nothing_in_the_audit() -> None:
    said = SimpleNamespace(key_id='x" serial=1 authority=SHA256:other', serial=5, authority="SHA256:real")
    assert shlex.split(told(cast(SshCertificate, said))) == [
        "certificate", "serial=5", 'id=x" serial=1 authority=SHA256:other', "authority=SHA256:real",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("trust", "words", "names", "why"),
    [
        ("cert-authority", (), "root", "certificate-principal"),
        ("cert-authority", (), "", "certificate-principal"),
        ('cert-authority,principals="ops"', (), "tanadmin", "certificate-principal"),
        ("cert-authority", ("-V", "20200101:20200102"), "tanadmin", "certificate-expired"),
        ("cert-authority", ("-V", "20980101:20990101"), "tanadmin", "certificate-too-early"),
        ("cert-authority", ("-O", "force-command=status"), "tanadmin", "certificate-option"),
        ("cert-authority", ("-O", "critical:who@lab.test=x"), "tanadmin", "certificate-option"),
        ("cert-authority", ("-O", "source-address=192.0.2.0/24"), "tanadmin", "key-from-elsewhere"),
        ("cert-authority", ("-h",), "tanadmin", "certificate-of-a-host"),
        ('cert-authority,from="192.0.2.0/24"', (), "tanadmin", "key-from-elsewhere"),
        ('cert-authority,expiry-time="20200101"', (), "tanadmin", "key-expired"),
    ],
)
def test_a_certificate_that_does_not_fit_is_refused_and_the_audit_says_why(
    authority: Authority, trust: str, words: tuple[str, ...], names: str, why: str
) -> None:
    authority.trusted(trust).certify(*words, names=names)
    assert not authority.run("show")
    assert "certificate-" not in authority.done.stderr
    if why != "certificate-of-a-host":  # which the client does not even offer
        assert soon(authority.turned_away)
        assert authority.turned_away() == [why]


@pytest.mark.parametrize(
    ("trust", "words", "names"),
    [
        ('cert-authority,principals="ops,dev"', (), "dev"),
        ("cert-authority", ("-O", "source-address=127.0.0.0/8,::1/128"), "a,tanadmin"),
        ("cert-authority", ("-V", "always:forever"), "tanadmin"),
        ("cert-authority", ("-O", "extension:who@lab.test=x"), "tanadmin"),
    ],
)
def test_a_certificate_that_fits_comes_in(
    authority: Authority, trust: str, words: tuple[str, ...], names: str
) -> None:
    authority.trusted(trust).certify(*words, names=names)
    assert authority.run("show"), authority.done.stderr


def test_an_authority_is_trusted_for_its_user_only_and_signs_in_never(authority: Authority) -> None:
    authority.trusted().certify(names="tancopy,tanadmin")
    assert not authority.run("show", user="tancopy")
    (authority.directory / "key").write_bytes((authority.directory / "ca").read_bytes())
    for name in ("key.pub", "key-cert.pub"):
        (authority.directory / name).unlink()
    assert not authority.run("show")


def test_a_key_that_signs_in_is_no_authority(authority: Authority) -> None:
    authority.trusted("restrict").certify()
    assert not authority.run("show")


def test_a_certificate_that_was_changed_after_it_was_signed_is_nobodys(authority: Authority) -> None:
    authority.trusted().certify(names="tanadmim")
    blob = b64decode((authority.directory / "key-cert.pub").read_text().split()[1])
    told: list[str] = []
    keys = ByKey(authority.door.appliance, "127.0.0.1", lambda *words: told.append(words[2]))

    assert keys.certified("tanadmin", blob) is None
    assert told == ["certificate-principal"]
    assert keys.certified("tanadmin", blob.replace(b"tanadmim", b"tanadmin")) is None
    assert keys.certified("tanadmin", blob + b"x") is None
    assert keys.proof is None
    assert told == ["certificate-principal"]

    authority.certify()
    assert keys.certified("tanadmin", b64decode((authority.directory / "key-cert.pub").read_text().split()[1]))


def test_who_comes_by_a_certificate_that_does_not_fit_is_no_guesser_and_who_comes_by_a_strangers_is(
    tmp_path: Path,
) -> None:
    appliance = make_home(tmp_path)
    decide(appliance, PENALTY_AFTER, PENALTY_AFTER.least)
    connections = KEYS_A_FAILURE * PENALTY_AFTER.least
    with a_door(tmp_path, appliance) as strict, ThreadPoolExecutor(4) as pool:
        someone = Authority(strict, tmp_path).trusted().certify("-V", "20200101:20200102")
        assert not any(pool.map(lambda _: someone.run("show"), range(connections + 3)))
        assert set(someone.turned_away()) == {"certificate-expired"}
        assert penalties(appliance) == []

        forget(someone)
        assert not any(pool.map(lambda _: someone.run("show"), range(connections)))
        assert soon(lambda: [each.connections for each in penalties(appliance)] == [connections])


def test_a_key_counts_as_unknown_unless_a_certificate_explains_it(authority: Authority) -> None:
    authority.trusted().certify("-V", "20200101:20200102")
    blob = b64decode((authority.directory / "key-cert.pub").read_text().split()[1])
    key = asyncssh.read_public_key(authority.directory / "key.pub")

    def strange(*offered: object) -> bool:
        keys = ByKey(authority.door.appliance, "127.0.0.1", lambda *words: None)
        for each in offered:
            if isinstance(each, bytes):
                assert keys.certified("tanadmin", each) is None
            else:
                assert keys.admits("tanadmin", key) is None
        return keys.saw_strange

    assert not strange(blob)
    authority.certify(names="root")
    for_root = b64decode((authority.directory / "key-cert.pub").read_text().split()[1])
    assert not strange(for_root, blob, key)
    assert not strange(key, blob)
    assert strange(key)
    assert strange(b"rubbish")
    assert strange(blob.replace(b"erika", b"enemy"))
    forget(authority)
    assert strange(blob)


def test_who_came_by_another_key_than_the_one_that_was_asked_about_does_not_come_in(authority: Authority) -> None:
    keys = ByKey(authority.door.appliance, "127.0.0.1", lambda *words: None)
    guest = Guest(authority.door.appliance, "tanadmin", UserRole.TANADMIN, "127.0.0.1", "SHA256:x", "s")
    with pytest.raises(asyncssh.PermissionDenied):
        keys.welcome(guest, Clerk(authority.door.appliance))


def test_the_library_still_judges_certificates_where_it_is_replaced() -> None:
    assert callable(vars(asyncssh.SSHServerConnection)["_validate_client_certificate"])


def test_without_permit_pty_there_is_no_terminal(authority: Authority) -> None:
    authority.trusted().certify("-O", "clear")
    assert authority.run("show")
    authority.run("-tt", "show")
    assert "PTY allocation request failed" in authority.done.stderr


@pytest.mark.parametrize("what", ["authority", "key", "serial", "serial of all", "key id"])
def test_what_is_revoked_comes_in_no_more(authority: Authority, what: str) -> None:
    authority.trusted().certify()
    assert authority.run("show")
    authority.revoke(
        {
            "authority": Mark(KEY, authority.fingerprint),
            "key": Mark(KEY, authority.key),
            "serial": Mark(SERIAL, "5", authority.fingerprint),
            "serial of all": Mark(SERIAL, "5"),
            "key id": Mark(KEY_ID, "erika's laptop", authority.fingerprint),
        }[what]
    )
    assert not authority.run("show")
    assert soon(authority.turned_away)
    assert authority.turned_away() == ["key-revoked"]


def test_what_is_revoked_of_another_authority_is_not_revoked_of_this_one(authority: Authority) -> None:
    authority.trusted().certify()
    authority.revoke(Mark(SERIAL, "5", fingerprint_of(b"another")))
    authority.revoke(Mark(SERIAL, "6"))
    authority.revoke(Mark(KEY_ID, "erika"))
    assert authority.run("show")


@pytest.mark.parametrize(
    ("algorithm", "lets_in"), [("rsa-sha2-256", True), ("rsa-sha2-512", True), ("ssh-rsa", False)]
)
def test_an_rsa_authority_signs_with_sha2_only(door: OpenDoor, tmp_path: Path, algorithm: str, lets_in: bool) -> None:
    someone = Authority(door, tmp_path, "rsa").trusted()
    try:
        someone.certify("-t", algorithm)
        assert someone.run("show", options=("-o", "CASignatureAlgorithms=+ssh-rsa")) is lets_in
    finally:
        forget(someone)


def test_a_certified_weak_key_is_weak(authority: Authority) -> None:
    weak = authority.directory / "weak"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", weak, "1024"], check=True, capture_output=True)
    weak.chmod(0o600)
    public = subprocess.run(["ssh-keygen", "-y", "-f", weak], check=True, capture_output=True).stdout
    weak.with_suffix(".pub").write_bytes(public)
    authority.trusted().certify(key="weak.pub")
    for name in ("", ".pub", "-cert.pub"):
        (authority.directory / f"weak{name}").rename(authority.directory / f"key{name}")
    assert not authority.run("show", options=("-o", "RequiredRSASize=1024"))


@pytest.mark.parametrize(
    ("words", "flags", "lets_in"),
    [
        ((), TOUCHED, True),
        (("-O", "no-touch-required"), 0, False),
        (("-O", "verify-required"), TOUCHED, False),
        (("-O", "verify-required"), TOUCHED | VERIFIED, True),
    ],
)
def test_a_certified_hardware_key_is_touched_and_verified(
    authority: Authority, words: tuple[str, ...], flags: int, lets_in: bool
) -> None:
    key = HardwareKey("ed25519")
    key.flags = flags
    public = authority.directory / "key.pub"
    public.write_text(f"{key.line}\n")
    authority.trusted().certify(*words)
    (authority.directory / "key").unlink()
    with agent_of(key, authority.directory / "agent") as socket:
        certificate = authority.directory / "key-cert.pub"
        options = ("-o", f"IdentityAgent={socket}", "-o", f"CertificateFile={certificate}", "-i", str(public))
        assert authority.run("show", options=options) is lets_in
