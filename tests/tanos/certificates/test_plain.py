"""What is read without the library is what the library reads."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tanos.certificates.asked import Asked, read_asked
from tanos.certificates.new_request import new_request
from tanos.certificates.pair_kinds import REPORTING
from tanos.certificates.plain import plain_asked
from tanos.certificates.request_shape import UNREADABLE, check_shape, pieces_of
from tanos.errors import AnswerRefused
from tests.tanos.certificates.asking import LEAF_USAGE, NAME, csr_der, dns, ec_key, ip

PURPOSES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
MADE_HERE = new_request(REPORTING, NAME, [NAME, "b.test"])[1].der
pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be", "ignore:Parsed a ", "ignore:The parsed ")


def read_twice(der: bytes) -> Asked | None:
    """Return what is read without the library, which must be what the library reads."""
    try:
        check_shape(der)
        csr = x509.load_der_x509_csr(der)
    except (*UNREADABLE, AnswerRefused):
        return None
    plain = plain_asked(pieces_of(der))
    if plain is not None:
        assert plain == read_asked(csr)
    return plain


def made(common_name: str, names: list[str]) -> bytes:
    """Return a request such as appliances make, for any names."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False)]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**LEAF_USAGE), critical=True)
        .add_extension(PURPOSES, critical=False)
        .add_extension(x509.SubjectAlternativeName(dns(*names)), critical=False)
        .sign(ec_key(), SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_host_names_need_none(count: int) -> None:
    names = [f"zs{number}.{'long' * 12}.lab.test" for number in range(count)]
    assert read_twice(made("Zone.Server-1", names))


def test_a_request_made_here_needs_no_library_to_read_it() -> None:
    plain = read_twice(MADE_HERE)
    assert plain
    assert plain.alt_names == tuple(dns(NAME, "b.test"))


def test_whatever_one_byte_of_it_becomes_it_is_read_as_the_library_reads_it_or_left_to_it() -> None:
    read = 0
    for place, byte in enumerate(MADE_HERE):
        for value in {byte ^ 1 << bit for bit in range(8)} | {0, 0x7F, 0x80, 0x82, 0xFF}:
            read += read_twice(MADE_HERE[:place] + bytes((value,)) + MADE_HERE[place + 1 :]) is not None
    assert read > 100


@settings(deadline=None, database=None, max_examples=150)
@given(
    st.one_of(st.from_regex(r"[a-zA-Z0-9.-]{1,70}", fullmatch=True), st.text(min_size=1, max_size=66)),
    st.lists(st.from_regex(r"[ -~]{0,3}[a-zA-Z0-9.-]{1,140}", fullmatch=True), max_size=6),
)
def test_names_of_any_length_and_number_are_read_as_the_library_reads_them(common: str, names: list[str]) -> None:
    event("without the library" if read_twice(made(common, names)) else "with it")


@pytest.mark.parametrize(
    "der",
    [
        csr_der(names=[*dns(NAME), ip("10.0.0.5")]),
        csr_der(names=[]),
        csr_der(names=dns(NAME), extensions=[PURPOSES]),
    ],
)
def test_what_is_not_plain_is_left_to_the_library(der: bytes) -> None:
    assert plain_asked(pieces_of(der)) is None


def test_what_follows_or_repeats_is_not_plain() -> None:
    pieces = pieces_of(MADE_HERE)
    for attributes in (pieces.attributes + b"\0", pieces.attributes * 2, b"", pieces.attributes[:-1]):
        assert plain_asked(pieces._replace(attributes=attributes)) is None
    for subject in (pieces.subject + b"a", pieces.subject[:-1], b"", pieces.subject.replace(b"\x0c", b"\x13", 1)):
        assert plain_asked(pieces._replace(subject=subject)) is None
