"""Whatever a request asks for: it is refused with findings, or its certificate keeps every rule."""

import random
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from tanos.certificates.chain import examine_answer, read_root
from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.names import examine_names, show_names
from tanos.certificates.own_names import examine_own_names
from tanos.certificates.profile import key_identifier
from tanos.certificates.request import Request, examine_request
from tanos.certificates.root import self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.der import SEQUENCE, tlv
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refusals
from tanos.inert import inert
from tests.conftest import TS1
from tests.tanos.certificates.asking import csr_der, dns, ec_key, signed
from tests.tanos.certificates.drawn import extension, requests, sign
from tests.tanos.certificates.judges import assert_certificate_is_good

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = ec.generate_private_key(ec.SECP384R1())
ROOT = HeldRoot(self_signed_root(KEY, "ts1.lab.test Root 0", NOW - timedelta(days=1)), KEY)
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be", "ignore:Parsed a ", "ignore:The parsed ")
ONCE = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def answer(der: bytes) -> tuple[Draft, x509.Certificate] | tuple[Finding, ...]:
    """Issue as the server does, or return what refuses; any other error fails the test."""
    try:
        request, found = examine_request(der, "zs1.lab.test")
    except AnswerRefused as refused:
        return refused.findings
    assert_can_be_said(request, found)
    found = refusals((*found, *examine_own_names(request, ROOT.certificate, TS1)))
    if found:
        return found
    draft = draft_certificate(request, ROOT.certificate, now=NOW)
    return draft, signed(ROOT, draft)


def assert_can_be_said(request: Request, found: tuple[Finding, ...]) -> None:
    """All texts can be made, and no finding carries anything a terminal obeys."""
    assert request.subject + "".join(request.names) + request.key_words + request.pem is not None
    for finding in found:
        said = f"{finding.message} {finding.remedy}"
        assert inert(said) == said


def assert_keeps_the_rules(draft: Draft, leaf: x509.Certificate) -> None:
    """The certificate is what was shown; each rule is looked at in the parsed certificate."""
    request = draft.request
    assert leaf.tbs_certificate_bytes == draft.tbs
    assert x509.load_der_x509_certificate(leaf.public_bytes(Encoding.DER)) == leaf
    assert leaf.version is x509.Version.v3
    assert (leaf.serial_number, leaf.issuer) == (draft.serial, ROOT.certificate.subject)
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (draft.not_before, draft.not_after)
    assert leaf.subject.rfc4514_string() == draft.subject
    assert leaf.subject != leaf.issuer
    assert spki_of(leaf.public_key()) == request.spki
    assert all(str(what) for what, _, _ in draft.differences)
    assert_names_are_good(draft, leaf)
    assert_extensions_are_ours(leaf)
    waiting = {request.check_code: request.public_key}
    judged = examine_answer(
        [leaf.public_bytes(Encoding.DER)], waiting_public_keys=waiting, root=ROOT.certificate, now=NOW
    )
    assert (judged.check_code, judged.findings) == (check_code(leaf.public_key()), ())


def assert_names_are_good(draft: Draft, leaf: x509.Certificate) -> None:
    """There is a name; each is one of a host or an address, once; without a subject they are critical."""
    for attribute in leaf.subject:
        assert isinstance(attribute.value, str)
        assert attribute.value.strip()
        assert attribute.value.isprintable()
    extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    names = tuple(extension.value)
    assert 1 <= len(names) == len(set(names))
    assert extension.critical == (not list(leaf.subject))
    assert not examine_names(names)
    assert show_names(names) == draft.names
    for name in names:
        assert isinstance(name, x509.DNSName | x509.IPAddress)
        assert isinstance(name, x509.IPAddress) or HOST.match(name.value)


def assert_extensions_are_ours(leaf: x509.Certificate) -> None:
    """Exactly the seven of the profile, in which nothing stands that a request could ask for."""
    found = {type(one.value): one for one in leaf.extensions}
    assert set(found) == {
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
        x509.SubjectKeyIdentifier,
        x509.AuthorityKeyIdentifier,
    }
    assert found[x509.BasicConstraints].critical
    assert found[x509.BasicConstraints].value == x509.BasicConstraints(False, None)
    assert found[x509.KeyUsage].value.public_bytes() == b"\x03\x02\x07\x80"
    identifier = x509.SubjectKeyIdentifier(key_identifier(spki_of(leaf.public_key())))
    assert found[x509.SubjectKeyIdentifier].value == identifier
    of_root = ROOT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert found[x509.AuthorityKeyIdentifier].value.key_identifier == of_root.digest


def judge(der: bytes) -> None:
    """Give the request to the server and look at what comes."""
    given_back = answer(der)
    if given_back and isinstance(given_back[0], Draft):
        event("issued")
        assert_keeps_the_rules(*given_back)
        return
    assert given_back
    event("refused")
    for finding in given_back:
        assert isinstance(finding, Finding)
        assert str(finding.message)
        assert str(finding.remedy)


@settings(ONCE, max_examples=150)
@given(requests())
def test_any_request_is_refused_with_reasons_or_gets_a_certificate_that_keeps_every_rule(der: bytes) -> None:
    judge(der)


@pytest.mark.soak
@settings(ONCE, max_examples=20_000)
@given(requests())
def test_twenty_thousand_requests_are_refused_with_reasons_or_keep_every_rule(der: bytes) -> None:
    judge(der)


WHOLE = csr_der(names=dns("zs1.lab.test", "b.test"))


def damaged(der: bytes, places: list[tuple[int, int]]) -> bytes:
    """Return the bytes with some replaced."""
    bytes_ = bytearray(der)
    for place, value in places:
        bytes_[place % len(bytes_)] = value
    return bytes(bytes_)


damages = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4)


@settings(ONCE, max_examples=100)
@given(requests(), damages)
def test_a_damaged_request_is_refused_with_reasons_or_still_keeps_every_rule(
    der: bytes, places: list[tuple[int, int]]
) -> None:
    judge(damaged(der, places))


@pytest.mark.soak
@settings(ONCE, max_examples=20_000)
@given(requests(), damages)
def test_twenty_thousand_damaged_requests_are_refused_or_keep_every_rule(
    der: bytes, places: list[tuple[int, int]]
) -> None:
    judge(damaged(der, places))


def are_linters_names(names: tuple[str, ...]) -> bool:
    """Say whether no name is of one label or below a domain of one letter, which the linter takes for mistakes."""
    return all(name.endswith(".test") or ":" in name or name[-1].isdigit() for name in names)


def issued_sample(count: int, seed: int) -> list[tuple[Draft, x509.Certificate]]:
    """Return certificates for drawn requests, each of another kind of subject and names where there are enough."""
    found: dict[object, tuple[Draft, x509.Certificate]] = {}

    @settings(ONCE, max_examples=count * 30, derandomize=True)
    @given(requests())
    def draw(der: bytes) -> None:
        given_back = answer(der)
        if given_back and isinstance(given_back[0], Draft) and are_linters_names(given_back[0].names):
            draft, leaf = given_back
            kinds = tuple(sorted({type(name).__name__ for name in draft.request.to_issue}))
            oids = tuple(one.oid.dotted_string for one in draft.attributes)
            found.setdefault((oids, kinds, draft.request.key_words, len(draft.names)), (draft, leaf))

    draw()
    return random.Random(seed).sample(list(found.values()), min(count, len(found)))


def judged_by_others(count: int, directory: Path, seed: int) -> int:
    """Let the strict verifiers and the linter judge a sample; return how large it was."""
    sample = issued_sample(count, seed)
    (directory / "root").write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    for draft, leaf in sample:
        (directory / "leaf").write_bytes(leaf.public_bytes(Encoding.PEM))
        assert_certificate_is_good(directory / "leaf", directory / "root", draft.names[0])
    return len(sample)


def test_other_peoples_programs_find_nothing_in_a_sample(tmp_path: Path) -> None:
    assert judged_by_others(5, tmp_path, 7) == 5


@pytest.mark.soak
def test_other_peoples_programs_find_nothing_in_a_large_sample(tmp_path: Path) -> None:
    assert judged_by_others(150, tmp_path, 7) > 50


LEAF = signed(ROOT, draft_certificate(examine_request(WHOLE)[0], ROOT.certificate, now=NOW))


def judge_certificate(der: bytes) -> None:
    """Import it as an answer and as a root: each gives an answer or findings, and no other error."""
    waiting = {check_code(ec_key().public_key()): ec_key().public_key()}
    with suppress(AnswerRefused):
        answer_ = examine_answer([der], waiting_public_keys=waiting, root=ROOT.certificate, now=NOW)
        assert refusals(answer_.findings) or answer_.leaf == LEAF
    with suppress(AnswerRefused):
        read_root(der, NOW)
    with suppress(AnswerRefused):
        examine_request(der)


@settings(ONCE, max_examples=150)
@given(st.sampled_from([LEAF, ROOT.certificate]), damages)
def test_a_damaged_certificate_is_refused_with_reasons(
    whole: x509.Certificate, places: list[tuple[int, int]]
) -> None:
    judge_certificate(damaged(whole.public_bytes(Encoding.DER), places))


@pytest.mark.soak
@pytest.mark.parametrize("whole", [LEAF, ROOT.certificate], ids=["leaf", "root"])
def test_every_byte_of_a_certificate_may_be_any_other(whole: x509.Certificate) -> None:
    der = whole.public_bytes(Encoding.DER)
    for place in range(len(der)):
        for value in range(256):
            judge_certificate(damaged(der, [(place, value)]))


@pytest.mark.parametrize(
    "change",
    [
        (b"\x0c\x0c" + b"zs1.lab.test", b"\x03\x0c\0" + b"s1.lab.test"),
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"),
    ],
)
def test_a_name_of_bits_and_an_unknown_version_are_no_fault_of_the_program(change: tuple[bytes, bytes]) -> None:
    der = LEAF.public_bytes(Encoding.DER)
    assert change[0] in der
    with pytest.raises(AnswerRefused) as refused:
        examine_answer([der.replace(*change)], waiting_public_keys={}, root=ROOT.certificate, now=NOW)
    assert refused.value.id == "not-a-certificate"
    judge_certificate(der.replace(*change))


@pytest.mark.parametrize("text", ["\u212a.test", "\u00c9.test", "\u00e9" * 60, ""])
def test_letters_that_only_look_like_a_host_name_are_never_issued_as_one(text: str) -> None:
    name = tlv(0x82, text.encode())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)]).public_bytes()
    for whole, names in ((subject, b""), (subject, name), (tlv(SEQUENCE), name)):
        der = sign(ec_key(), whole, tlv(SEQUENCE, extension(17, tlv(SEQUENCE, names), False)))
        found = answer(der)
        assert [one.id for one in found if isinstance(one, Finding)], names
