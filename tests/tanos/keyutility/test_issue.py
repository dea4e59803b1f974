"""`reporting-tls-issue`: every root key that people have, judged by others; nothing is lost unasked."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tanos.certificates.check_code import check_code
from tanos.errors import AnswerRefused, TanosError
from tanos.report import Facts
from tests.tanos.certificates.judges import assert_certificate_is_good, assert_request_is_good
from tests.tanos.https_pairs.made import key_pem
from tests.tanos.keyutility.made import BAD_KEYS, ROOT_KEYS, issued, key_made, openssl, requested, root_in


@pytest.mark.parametrize("form", ROOT_KEYS)
def test_every_root_key_that_people_have_issues_what_the_judges_take(tmp_path: Path, form: str) -> None:
    root_in(tmp_path, form)
    requested(tmp_path, "zs1.lab.test", "10.0.0.7")
    assert_request_is_good(tmp_path / "reporting.csr")
    issued(tmp_path)
    assert_certificate_is_good(tmp_path / "reporting.crt", tmp_path / "tanium.pub", "zs1.lab.test")
    assert (tmp_path / "reporting.pvk").stat().st_mode & 0o777 == 0o600


def test_a_certificate_says_what_was_asked_and_lasts_as_told(tmp_path: Path) -> None:
    root_in(tmp_path)
    asked = requested(tmp_path, "zs1.lab.test", "zs1.example.org", "2001:db8::7")
    told = issued(tmp_path, days=7)
    leaf = x509.load_pem_x509_certificate((tmp_path / "reporting.crt").read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["zs1.lab.test", "zs1.example.org"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["2001:db8::7"]
    assert leaf.subject.rfc4514_string() == "CN=zs1.lab.test"
    assert abs(leaf.not_valid_after_utc - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=5)
    assert told.data["check_code"] == asked.data["check_code"] == check_code(leaf.public_key())
    shown = openssl("x509", "-noout", "-serial", "-in", tmp_path / "reporting.crt").decode()
    assert shown.strip() == f"serial={told.data['serial']}"


def test_a_root_key_that_others_may_read_is_told(tmp_path: Path) -> None:
    key = root_in(tmp_path)
    requested(tmp_path)
    assert issued(tmp_path).findings == ()
    for mode in (0o640, 0o604):
        key.chmod(mode)
        assert [each.id for each in issued(tmp_path).findings] == ["key-readable"]


def test_what_ends_with_its_root_is_told(tmp_path: Path) -> None:
    root_in(tmp_path, days=5)
    requested(tmp_path)
    assert [each.id for each in issued(tmp_path, days=3).findings] == []
    assert [each.id for each in issued(tmp_path, days=30).findings] == ["ends-with-root"]


def test_a_root_key_without_a_certificate_gets_the_same_one_everywhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        place.mkdir()
        (place / "tanium.pvk").touch(0o600)
        (place / "tanium.pvk").write_bytes(key_made("P-384, with its parameters"))
        requested(place)
    assert [each.id for each in issued(here).findings] == ["root-made"]
    (there / "tanium.pub").write_bytes(openssl("pkey", "-in", there / "tanium.pvk", "-pubout"))
    issued(there)
    assert b"BEGIN PUBLIC KEY" in (there / "tanium.pub").read_bytes()
    for root, leaf in ((here / "tanium.pub", there), (there / "tanium.crt", here)):
        assert_certificate_is_good(leaf / "reporting.crt", root, "zs1.lab.test")
    made = (here / "tanium.pub").read_bytes()
    assert issued(here).findings == ()
    assert (here / "tanium.pub").read_bytes() == made


@pytest.mark.parametrize("form", BAD_KEYS)
def test_a_weak_or_strange_root_key_signs_nothing(tmp_path: Path, form: str) -> None:
    (tmp_path / "tanium.pvk").write_bytes(key_made(form))
    requested(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path)
    assert refused.value.id == BAD_KEYS[form][1]
    assert sorted(tmp_path.iterdir()) == before


def _rsa_of(p: int, q: int) -> bytes:
    """Return an RSA key of two primes."""
    exponent = 65537
    d = pow(exponent, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(exponent, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return key_pem(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def test_a_root_key_whose_primes_lie_close_together_signs_nothing(tmp_path: Path) -> None:
    start = (1 << 1023) + (1 << 1022)
    (tmp_path / "tanium.pvk").write_bytes(_rsa_of(start + 1037, start + 1697))  # the first two primes from there on
    requested(tmp_path)
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path)
    assert refused.value.id == "broken-key"


def test_a_root_key_that_cannot_sign_is_refused_and_not_believed(tmp_path: Path) -> None:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d - 2, numbers.dmp1 - 2, numbers.dmq1 - 2, numbers.iqmp, numbers.public_numbers
    )
    (tmp_path / "tanium.pvk").write_bytes(key_pem(damaged.private_key(unsafe_skip_rsa_key_validation=True)))
    requested(tmp_path)
    with pytest.raises(TanosError) as refused:
        issued(tmp_path)
    assert refused.value.id in {"root-damaged", "key-unreadable"}
    assert not (tmp_path / "reporting.crt").exists()


def test_a_certificate_of_another_root_is_not_the_keys(tmp_path: Path) -> None:
    root_in(tmp_path)
    (tmp_path / "tanium.pvk").write_bytes(key_made("P-256, PKCS#8"))
    requested(tmp_path)
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path)
    assert refused.value.id == "key-mismatch"


def test_who_asks_for_the_roots_own_name_gets_nothing(tmp_path: Path) -> None:
    key = root_in(tmp_path)
    made = openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=zs1.lab.test", "-days", "9")
    (tmp_path / "tanium.pub").write_bytes(made)
    requested(tmp_path)
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path, days=3)
    assert refused.value.id == "own-name"


def test_what_is_issued_again_for_one_key_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    serials = {issued(tmp_path).data["serial"] for _ in range(2)}
    assert len(serials) == 2
    shown = openssl("x509", "-noout", "-serial", "-in", tmp_path / "reporting.crt").decode()
    assert shown.strip().removeprefix("serial=") in serials


def test_another_servers_certificate_is_lost_only_if_told(tmp_path: Path) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    issued(tmp_path)
    own = (tmp_path / "reporting.crt").read_bytes()
    requested(tmp_path, "zs2.lab.test", overwrite=True)
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path)
    assert refused.value.id == "file-exists"
    assert (tmp_path / "reporting.crt").read_bytes() == own
    issued(tmp_path, overwrite=True)
    assert_certificate_is_good(tmp_path / "reporting.crt", tmp_path / "tanium.pub", "zs2.lab.test")


@pytest.mark.parametrize(
    ("out", "error"),
    [
        ("tanium.pvk", "bad-output"),
        ("reporting.csr", "bad-output"),
        ("reporting.pvk", "file-exists"),
        (".", "bad-output"),
        ("none/reporting.crt", "bad-output"),
    ],
)
def test_a_certificate_is_never_put_in_the_place_of_a_key_or_of_what_is_read(
    tmp_path: Path, out: str, error: str
) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path, out, overwrite=True)
    assert refused.value.id == error
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("kind", ["link to a file", "link to a device", "link to nothing", "pipe"])
def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    out, aim = tmp_path / "reporting.crt", tmp_path / "aim"
    if kind == "pipe":
        os.mkfifo(out)
    else:
        aim = Path("/dev/null") if kind == "link to a device" else aim
        if kind == "link to a file":
            aim.write_bytes(b"theirs")
        out.symlink_to(aim)
    with pytest.raises(AnswerRefused, match="bad-output"):
        issued(tmp_path, overwrite=True)
    assert out.is_symlink() or out.is_fifo()
    assert kind != "link to a file" or aim.read_bytes() == b"theirs"


def test_what_was_mended_in_a_request_is_told(tmp_path: Path) -> None:
    root_in(tmp_path)
    text = str(requested(tmp_path).data["csr"])
    (tmp_path / "reporting.csr").write_text("".join(f"> {line}\n" for line in text.splitlines()))
    (section,) = issued(tmp_path).sections
    assert isinstance(section, Facts)
    assert [str(fact.label) for fact in section.rows] == ["repaired"]


def test_the_root_of_an_appliance_signs_there_alone(tmp_path: Path) -> None:
    root_in(tmp_path)
    requested(tmp_path)
    (tmp_path / "appliance.toml").touch()
    with pytest.raises(AnswerRefused) as refused:
        issued(tmp_path)
    assert refused.value.id == "belongs-to-appliance"
