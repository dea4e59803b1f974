"""The evidence: two ends agree with the installed files, or say why not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tanos.certificates.check_code import check_code
from tanos.certificates.handshake import SUITES, shake_hands
from tanos.certificates.issue import draft_certificate
from tanos.certificates.root import self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused
from tests.tanos.certificates.asking import NAME, dns, ec_key, good_request, ip, rsa_key, signed

NOW = datetime.now(UTC)
ROOT_KEY = ec.generate_private_key(ec.SECP384R1())
ROOT = self_signed_root(ROOT_KEY, "Root", NOW)
ROOT_PEM = ROOT.public_bytes(Encoding.PEM).decode()


def files(directory: Path, key: CertificateIssuerPrivateKeyTypes, now: datetime = NOW) -> tuple[Path, Path]:
    """Write a certificate and its key."""
    request = good_request(key=key, names=[*dns(NAME), ip("10.0.0.5")])
    certificate = signed(HeldRoot(ROOT, ROOT_KEY), draft_certificate(request, ROOT, now=now))
    crt, pvk = directory / "reporting.crt", directory / "reporting.pvk"
    crt.write_bytes(certificate.public_bytes(Encoding.PEM))
    pvk.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return crt, pvk


@pytest.mark.parametrize("key", [ec_key(), rsa_key()], ids=["EC", "RSA"])
@pytest.mark.parametrize("name", [NAME, "10.0.0.5"])
def test_what_is_served_is_what_lies_here(key: CertificateIssuerPrivateKeyTypes, name: str, tmp_path: Path) -> None:
    done = shake_hands(*files(tmp_path, key), ROOT_PEM, name)
    assert (done.protocol, done.ok) == ("TLSv1.2", True)
    assert done.cipher in SUITES
    assert done.check_code == check_code(key.public_key())


def test_two_files_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    certificate, key = files(tmp_path, ec_key())
    other = ec_key(9).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(other)
    with pytest.raises(AnswerRefused) as refused:
        shake_hands(certificate, key, ROOT_PEM, NAME)
    assert refused.value.id == "key-mismatch"


def failure(certificate: Path, key: Path, root_pem: str, name: str, now: datetime | None = None) -> AnswerRefused:
    """Return why the handshake fails."""
    with pytest.raises(AnswerRefused) as refused:
        shake_hands(certificate, key, root_pem, name, now)
    return refused.value


def test_another_name_another_root_and_rubbish_fail_with_a_reason(tmp_path: Path) -> None:
    certificate, key = files(tmp_path, ec_key())
    other_root = self_signed_root(ec_key(7), "Root", NOW).public_bytes(Encoding.PEM).decode()
    assert "zs2.lab.test" in str(failure(certificate, key, ROOT_PEM, "zs2.lab.test"))
    for root_pem in (other_root, "", "rubbish"):
        assert failure(certificate, key, root_pem, NAME).id == "handshake-failed"
    assert failure(certificate, tmp_path / "missing", ROOT_PEM, NAME).id == "handshake-failed"
    key.write_text("rubbish")
    assert failure(certificate, key, ROOT_PEM, NAME).id == "handshake-failed"


def test_dates_are_judged_by_the_clock_that_is_given(tmp_path: Path) -> None:
    certificate, key = files(tmp_path, ec_key(), NOW + timedelta(days=2))
    assert failure(certificate, key, ROOT_PEM, NAME).id == "handshake-failed"
    assert shake_hands(certificate, key, ROOT_PEM, NAME, NOW + timedelta(days=3)).ok
    assert failure(certificate, key, ROOT_PEM, NAME, NOW).id == "not-yet-valid"
    assert failure(certificate, key, ROOT_PEM, NAME, NOW + timedelta(days=4000)).id == "expired"
