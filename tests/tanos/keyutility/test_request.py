"""`reporting-tls-request` and `selfsign`: what is made, and that no key is ever lost unasked or left alone."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.certificates.check_code import check_code
from tanos.errors import AnswerRefused, Damaged
from tanos.keyutility.request import RequestWanted, make_request
from tanos.keyutility.self_sign import SelfSignWanted, self_sign
from tanos.operation import silent
from tests.tanos.certificates.judges import assert_lints_clean, assert_request_is_good
from tests.tanos.keyutility.made import key_made, openssl, requested


def _codes(directory: Path, stem: str, key_suffix: str) -> dict[str, str]:
    """Return the check codes of what lies there."""
    public: dict[str, Callable[[bytes], PublicKeyTypes]] = {
        key_suffix: lambda pem: load_pem_private_key(pem, None).public_key(),
        ".csr": lambda pem: x509.load_pem_x509_csr(pem).public_key(),
        ".crt": lambda pem: x509.load_pem_x509_certificate(pem).public_key(),
    }
    lying = ((suffix, directory / (stem + suffix)) for suffix in public)
    return {suffix: check_code(public[suffix](path.read_bytes())) for suffix, path in lying if path.exists()}


def signed(directory: Path, *names: str, export_csr: bool = True, overwrite: bool = False) -> None:
    """Make the files of `SOAPServer` there."""
    wanted = SelfSignWanted(names or ("ts1.lab.test",), directory / "SOAPServer", export_csr, overwrite=overwrite)
    self_sign(wanted, datetime.now(UTC), silent)


def test_without_a_name_it_is_this_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "zs7.lab.test")
    wanted = RequestWanted(tmp_path / "reporting.pvk", tmp_path / "reporting.csr")
    assert make_request(wanted, silent).data["names"] == ["zs7.lab.test"]


def test_a_key_that_is_there_is_used_or_lost_only_if_told(tmp_path: Path) -> None:
    first = requested(tmp_path).data["check_code"]
    before = (tmp_path / "reporting.pvk").read_bytes()
    (tmp_path / "reporting.csr").unlink()
    with pytest.raises(AnswerRefused) as refused:
        requested(tmp_path)
    assert (refused.value.id, "--existing-key" in str(refused.value.remedy)) == ("file-exists", True)
    assert not (tmp_path / "reporting.csr").exists()
    assert requested(tmp_path, "zs9.lab.test", existing_key=True).data["check_code"] == first
    assert (tmp_path / "reporting.pvk").read_bytes() == before
    assert requested(tmp_path, overwrite=True).data["check_code"] != first
    assert len(set(_codes(tmp_path, "reporting", ".pvk").values())) == 1


@pytest.mark.parametrize("words", [(), ("-outform", "DER")])
def test_nothing_takes_the_place_of_a_private_key_whatever_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    key = openssl("pkey", *words, stdin=key_made("P-256, PKCS#8"))
    (tmp_path / "reporting.csr").write_bytes(key)
    with pytest.raises(AnswerRefused) as refused:
        requested(tmp_path, overwrite=True)
    assert (refused.value.id, "holds a private key" in str(refused.value.message)) == ("file-exists", True)
    assert (tmp_path / "reporting.csr").read_bytes() == key


@pytest.mark.parametrize("form", ["RSA, traditional", "P-521, PKCS#8"])
def test_a_request_is_made_with_any_good_key(tmp_path: Path, form: str) -> None:
    (tmp_path / "reporting.pvk").write_bytes(key_made(form))
    requested(tmp_path, existing_key=True)
    assert_request_is_good(tmp_path / "reporting.csr")


def test_no_request_is_made_with_a_weak_key(tmp_path: Path) -> None:
    (tmp_path / "reporting.pvk").write_bytes(key_made("RSA 1024"))
    with pytest.raises(AnswerRefused) as refused:
        requested(tmp_path, existing_key=True)
    assert refused.value.id == "weak-key"


@pytest.mark.parametrize("name", ["localhost", "a b", "*.lab.test", "127.0.0.1", "x" * 65])
def test_a_name_that_cannot_stand_in_a_certificate_makes_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnswerRefused):
        requested(tmp_path, name)
    with pytest.raises(AnswerRefused):
        signed(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_what_signs_itself_is_what_the_documents_demand(tmp_path: Path) -> None:
    signed(tmp_path, "ts1.lab.test", "ts2.lab.test", "10.1.2.3")
    certificate = x509.load_pem_x509_certificate((tmp_path / "SOAPServer.crt").read_bytes())
    csr = x509.load_pem_x509_csr((tmp_path / "SOAPServer.csr").read_bytes())
    for each in (certificate, csr):
        names = each.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["ts1.lab.test", "ts2.lab.test"]
        assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]
        purposes = each.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert set(purposes) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
        assert each.subject.rfc4514_string() == "CN=ts1.lab.test"
        assert each.signature_hash_algorithm and each.signature_hash_algorithm.name == "sha256"
    assert b"(2048 bit" in openssl("pkey", "-noout", "-text", "-in", tmp_path / "SOAPServer.key")
    assert len(set(_codes(tmp_path, "SOAPServer", ".key").values())) == 1
    assert_request_is_good(tmp_path / "SOAPServer.csr")
    assert_lints_clean(tmp_path / "SOAPServer.crt")
    crt = tmp_path / "SOAPServer.crt"
    openssl("verify", "-x509_strict", "-CAfile", crt, "-verify_hostname", "ts2.lab.test", crt)
    assert (tmp_path / "SOAPServer.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("same_rsa_keys")
def test_none_of_the_three_files_is_lost_unasked(tmp_path: Path) -> None:
    signed(tmp_path, export_csr=False)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".crt", ".key"]
    for suffix in (".key", ".crt"):
        lost = (tmp_path / ("SOAPServer" + suffix)).read_bytes()
        (tmp_path / ("SOAPServer" + suffix)).unlink()
        with pytest.raises(AnswerRefused) as refused:
            signed(tmp_path)
        assert refused.value.id == "file-exists"
        assert len(list(tmp_path.iterdir())) == 1
        (tmp_path / ("SOAPServer" + suffix)).write_bytes(lost)


@pytest.mark.parametrize("call", ["fsync", "link"])
@pytest.mark.parametrize("good", range(3))
@pytest.mark.usefixtures("same_rsa_keys")
def test_a_disk_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, good: int
) -> None:
    left = iter(range(good))

    def fail(*words: int, **more: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*words, **more)

    real = getattr(os, call)
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(Damaged):
        signed(tmp_path)
    assert list(tmp_path.iterdir()) == []


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("good", range(4))
def test_whatever_dies_while_all_is_replaced_nothing_lies_beside_a_key_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    requested(tmp_path)
    before = (tmp_path / "reporting.pvk").read_bytes()
    left = iter(range(good))

    def killed(real: object) -> object:
        def call(*words: object, **more: object) -> None:
            if next(left, None) is None:
                raise _Killed
            assert callable(real)
            real(*words, **more)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink"):
            patch.setattr(os, name, killed(getattr(os, name)))
        with pytest.raises(_Killed):
            requested(tmp_path, "zs2.lab.test", overwrite=True)
    found = _codes(tmp_path, "reporting", ".pvk")
    assert ".pvk" in found
    assert len(set(found.values())) == 1
    assert good > 1 or (tmp_path / "reporting.pvk").read_bytes() == before
