"""Whatever the library says of bytes that it cannot read, those who read files of others hear one kind of refusal."""

import subprocess
from pathlib import Path

import pytest

from sftp.carrying import pulling
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import certificate_code, read_certificate, read_request
from tanos.errors import AnswerRefused
from tanos.exchange.answers import check_codes
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file
from tanos.receipts.recognised import Kind, recognise

_OF_REQUEST, _OF_CERTIFICATE = b"\x02\x01\x00", b"\xa0\x03\x02\x01\x02"


def made(directory: Path, *words: str) -> bytes:
    """Return what `openssl req` makes for a new key."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(directory / "key"))
    done = ["openssl", "req", "-new", *curve, "-subj", "/CN=x", "-outform", "DER", *words]
    return subprocess.run(done, capture_output=True, check=True).stdout


def of_version(der: bytes, mark: bytes, version: int) -> bytes:
    """Return the same that says it is of another version."""
    at = der.index(mark) + len(mark)
    return der[: at - 1] + bytes([version]) + der[at:]


@pytest.fixture
def request_of_no_version(tmp_path: Path) -> bytes:
    """A request that says it is of version 6, which there is not."""
    return of_version(made(tmp_path), _OF_REQUEST, 5)


@pytest.fixture
def certificate_of_no_version(tmp_path: Path) -> bytes:
    """A certificate that says it is of version 8."""
    return of_version(made(tmp_path, "-x509"), _OF_CERTIFICATE, 7)


def test_what_is_whole_is_read_as_der_and_as_pem(tmp_path: Path) -> None:
    der = made(tmp_path, "-x509")
    pem = made(tmp_path, "-x509", "-outform", "PEM")
    assert read_certificate(pem).subject == read_certificate(der).subject
    assert certificate_code(der) == check_code(read_certificate(der).public_key())
    assert read_request(made(tmp_path)).subject == read_certificate(der).subject


def test_a_version_that_there_is_not_is_refused_and_no_fault(
    request_of_no_version: bytes, certificate_of_no_version: bytes
) -> None:
    for read, der in ((read_request, request_of_no_version), (read_certificate, certificate_of_no_version)):
        with pytest.raises(AnswerRefused):
            read(der)
    for der in (request_of_no_version, certificate_of_no_version):
        with pytest.raises(AnswerRefused):
            read_file(der, Awaited.CERTIFICATE)
    assert check_codes(Intake((certificate_of_no_version,), ())) == set()
    assert pulling._codes(certificate_of_no_version) == set()


def test_such_a_file_in_the_drop_box_is_unknown_at_any_length(
    request_of_no_version: bytes, certificate_of_no_version: bytes
) -> None:
    for der in (request_of_no_version, certificate_of_no_version):
        for end in (len(der), len(der) - 1):
            assert recognise("a", der[:end]).kind is Kind.UNKNOWN
