"""What is said of every object in a text or file, and of none of them anything private."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import REPORTING, SOAP, SSL, PairKind
from tanos.errors import AnswerRefused
from tanos.finding import Severity
from tanos.inspecting.inspect import Given, inspect_all
from tanos.inspecting.judging import Purpose
from tanos.operation import Result
from tanos.pasting.text import PASTE_LIMIT
from tanos.secret import Secret
from tests.conftest import NOON
from tests.data.pastes.parts import SOURCE
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, pem, rsa_key

LEAF, ROOT, REQUEST = ((SOURCE / name).read_bytes() for name in ("leaf.crt", "root.crt", "request.csr"))
CHAIN = (SOURCE / "chain.p7b").read_bytes()
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def look(*data: bytes, kind: PairKind | None = None, now: datetime = LATER, **more: object) -> Result:
    """Inspect what is given."""
    given = [Given(each, f"file{number}" if len(data) > 1 else "") for number, each in enumerate(data, 1)]
    word = more.pop("passphrase", None)
    assert word is None or isinstance(word, Secret)
    return inspect_all(given, Purpose(now, kind, **more), word)  # type: ignore[arg-type]  # names are those of Purpose


def objects(result: Result) -> list[dict[str, object]]:
    return list(result.data["objects"])


def whats(result: Result) -> list[object]:
    return [each["what"] for each in objects(result)]


def found(result: Result, severity: Severity = Severity.REFUSE) -> set[str]:
    return {each.id for each in result.findings if each.severity is severity}


def test_a_certificate_is_told_as_openssl_tells_it() -> None:
    (told,) = objects(look(LEAF))
    words = ["openssl", "x509", "-noout", "-serial", "-fingerprint", "-sha256", "-subject", "-nameopt", "RFC2253"]
    said = subprocess.run(words, input=LEAF, capture_output=True, check=True).stdout.decode()
    assert f"serial={told['serial']}\n" in said
    assert f"={told['fingerprint']}\n" in said
    assert f"subject={told['subject']}\n" in said
    assert told["check_code"] == check_code(read_certificate(LEAF).public_key())
    assert (told["names"], told["days_left"]) == (["zs1.lab.test", "zone.zs1.lab.test"], 3610)


def test_a_request_has_the_check_code_of_its_certificate() -> None:
    result = look(REQUEST, LEAF)
    assert whats(result) == ["request", "certificate"]
    assert objects(result)[0]["check_code"] == objects(result)[1]["check_code"]
    assert objects(result)[0]["belongs_to"] == [2]


@pytest.mark.parametrize("data", [LEAF + ROOT, ROOT + LEAF, CHAIN], ids=["up", "down", "packed"])
def test_of_a_chain_it_is_said_who_issued_whom(data: bytes) -> None:
    told = {each["what"]: each for each in objects(look(data))}
    assert told["certificate"]["issued_by"] == told["authority"]["number"]
    assert told["authority"]["issued_by"] == told["authority"]["number"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("exposed.pkcs8", "private-key"),
        ("exposed.rsa", "private-key"),
        ("exposed.sec1", "private-key"),
        ("exposed.pkcs8-encrypted", "locked-private-key"),
        ("exposed.sec1-encrypted", "locked-private-key"),
        ("exposed.openssh", "ssh-private-key"),
        ("exposed.p12", "locked-container"),
        ("root.crl", "revocation-list"),
    ],
)
def test_it_says_of_every_object_what_it_is(name: str, what: str) -> None:
    data = (SOURCE / name).read_bytes()
    result = look(data)
    assert whats(result) == [what]
    assert not found(result)
    shown = f"{result!r}{json.dumps(result.data, default=str)}"
    body = [line for line in data.decode(errors="replace").splitlines() if len(line) > 40 and ":" not in line]
    assert not [line for line in body if line[:20] in shown], "nothing of it is shown"


def test_a_key_has_the_check_code_that_openssl_computes() -> None:
    (told,) = objects(look((SOURCE / "exposed.sec1").read_bytes()))
    words = ["openssl", "pkey", "-pubout", "-outform", "DER"]
    spki = subprocess.run(words, input=(SOURCE / "exposed.sec1").read_bytes(), capture_output=True, check=True).stdout
    hashed = subprocess.run(["openssl", "sha256", "-r"], input=spki, capture_output=True, check=True).stdout.decode()
    assert str(told["check_code"]).replace("-", "").lower() == hashed[:32]


def test_an_ssh_key_is_told_by_the_fingerprint_that_ssh_keygen_prints(tmp_path: Path) -> None:
    made = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a b", "-f", made], check=True)
    printed = subprocess.run(["ssh-keygen", "-lf", made], capture_output=True, text=True, check=True).stdout
    for file, what in ((made, "ssh-private-key"), (made.with_suffix(".pub"), "ssh-public-key")):
        (told,) = objects(look(file.read_bytes()))
        assert (told["what"], told["fingerprint"]) == (what, printed.split()[1])


def test_a_passphrase_opens_keys_and_containers_and_a_wrong_one_is_refused() -> None:
    key = load_pem_private_key((SOURCE / "exposed.rsa").read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    certificate = authority().issue()
    container = serialize_key_and_certificates(
        b"", rsa_key(), certificate, [authority().issuing], BestAvailableEncryption(b"word")
    )
    opened, packed = (look(data, passphrase=Secret("word")) for data in (locked, container))
    assert objects(opened)[0]["check_code"] == check_code(key.public_key())
    assert whats(packed) == ["private-key", "certificate", "authority"]
    assert objects(packed)[0]["belongs_to"] == [2]
    for data in (locked, container):
        assert found(look(data, passphrase=Secret("other"))) == {"wrong-passphrase"}
        assert not found(look(data))
    assert found(look(container), Severity.NOTE) == {"passphrase-needed"}


def test_a_container_without_a_passphrase_is_unpacked() -> None:
    data = serialize_key_and_certificates(b"", rsa_key(), authority().issue(), [], NoEncryption())
    assert whats(look(data)) == ["private-key", "certificate"]


def test_parameters_before_a_key_are_named_and_hinder_nothing() -> None:
    made = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey"], capture_output=True, check=True)
    result = look(made.stdout)
    assert whats(result) == ["other", "private-key"]
    assert (found(result), found(result, Severity.NOTE)) == (set(), {"wrong-block"})


def test_what_cannot_be_read_hides_nothing_else() -> None:
    damaged = LEAF.replace(LEAF.splitlines()[3], LEAF.splitlines()[3][:-4])
    result = look(damaged + ROOT + REQUEST)
    assert whats(result) == ["other", "authority", "request"]
    assert found(result) == {"cut-short"}
    both = look(b"nothing of it", LEAF)
    assert (whats(both), found(both)) == (["other", "certificate"], {"not-pem"})


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"", "not-pem"),
        (b"hello", "not-pem"),
        (LEAF[:300], "cut-short"),
        (b"x" * (PASTE_LIMIT + 1), "too-large"),
        ((SOURCE / "exposed.ppk").read_bytes(), "putty-file"),
        (b"0\x82\x01", "not-der"),
    ],
)
def test_what_is_nothing_is_refused_by_its_id(data: bytes, refused: str) -> None:
    with pytest.raises(AnswerRefused) as told:
        look(data)
    assert told.value.id == refused


def test_without_a_use_only_what_is_broken_is_refused() -> None:
    ended = look(LEAF, now=datetime(2040, 1, 1, tzinfo=UTC))
    assert (found(ended), found(ended, Severity.WARN)) == (set(), {"expired"})
    assert found(look(LEAF, kind=REPORTING, now=datetime(2040, 1, 1, tzinfo=UTC))) == {"expired"}
    der = bytearray(der_of(REQUEST))
    der[-1] ^= 1
    assert found(look(bytes(der))) == {"bad-signature"}


def der_of(request: bytes) -> bytes:
    """Return the DER of a request, by openssl."""
    return subprocess.run(
        ["openssl", "req", "-outform", "DER"], input=request, capture_output=True, check=True
    ).stdout


def test_for_reporting_the_rules_are_those_of_the_import() -> None:
    proved = look(LEAF, kind=REPORTING, root=read_certificate(ROOT))
    assert not found(proved)
    assert not found(look(LEAF + ROOT, kind=REPORTING))
    alone = look(LEAF, kind=REPORTING)
    assert (found(alone), found(alone, Severity.WARN)) == (
        set(),
        {"no-root", "eku-missing"} & found(alone, Severity.WARN),
    )
    assert "no-root" in found(alone, Severity.WARN)
    assert "wrong-issuer" in found(look(LEAF, kind=REPORTING, root=authority().root))
    assert not found(look(ROOT, kind=REPORTING))


@pytest.mark.parametrize("kind", [SOAP, SSL], ids=lambda kind: kind.name)
def test_for_https_the_rules_are_those_of_the_console(kind: PairKind) -> None:
    good = pem(authority().issue(), authority().issuing) + key_pem(rsa_key())
    assert not found(look(good, kind=kind, now=NOON, host=FQDN))
    assert found(look(good, kind=kind, now=NOON, host="other.lab.test")) == {"cn-not-host"}
    assert found(look(pem(authority().issue(common_name=None)), kind=kind, now=NOON)) == {"cn-missing"}
    assert "not-rsa" in found(look(LEAF, kind=kind))
    assert "not-rsa" in found(look(REQUEST, kind=kind))
    assert "name-placeholder" in found(
        look(pem(authority().issue(common_name="server.domain.com")), kind=kind, now=NOON)
    )
    assert "key-encrypted" in found(
        look(good + (SOURCE / "exposed.pkcs8-encrypted").read_bytes(), kind=kind, now=NOON)
    )


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("leaf", set()),
        ("leaf issuing", set()),
        ("issuing leaf", {"chain-order"}),
        ("leaf issuing root", {"1 certificate is not needed."}),
        ("older leaf issuing", {"1 certificate is not needed."}),
    ],
)
def test_a_certificate_is_not_counted_as_its_own_chain(order: str, told: set[str]) -> None:
    ca = authority()
    at = {"leaf": ca.issue(), "issuing": ca.issuing, "root": ca.root, "older": ca.issue(key=rsa_key(1))}
    result = look(pem(*(at[each] for each in order.split())), kind=SOAP, now=NOON, host=FQDN)
    notes = [each for each in objects(result) if each["belongs_to"] == [] and each["what"] == "certificate"][-1]
    said = notes["findings"]
    assert isinstance(said, list)
    assert {each["message"] if each["id"] == "chain-unused" else each["id"] for each in said} == told


def test_of_two_certificates_for_one_key_each_is_judged_by_itself() -> None:
    old, new = authority().issue(days=(-300, -1)), authority().issue()
    first, second = objects(look(pem(old, new), kind=SOAP, now=NOON, host=FQDN))
    assert "expired" in json.dumps(first["findings"])
    assert "expired" not in json.dumps(second["findings"])


def test_what_to_do_wants_no_appliance() -> None:
    for data in (pem(authority().issue(common_name=None)), key_pem(rsa_key(0, 1024))):
        result = look(data, kind=SOAP, now=NOON, host=FQDN)
        assert found(result)
        assert not [each for each in result.findings if "requirements" in str(each.remedy)]


def test_a_key_that_belongs_to_no_certificate_beside_it_is_named() -> None:
    pair = LEAF + (SOURCE / "exposed.sec1").read_bytes()
    assert found(look(pair), Severity.WARN) == {"key-mismatch"}
    assert found(look(pair, kind=REPORTING)) == {"key-mismatch"}


def test_the_numbers_of_a_certificate_outlive_every_mangling() -> None:
    mangled = b"\xef\xbb\xbf> " + b"\r\n> ".join(LEAF.splitlines())
    result = look(mangled)
    assert objects(result)[0]["fingerprint"] == fingerprint(read_certificate(LEAF))
    assert len(result.data["repairs"]) == 2


def test_a_key_that_came_through_a_terminal_is_to_be_considered_exposed() -> None:
    given = Given((SOURCE / "exposed.sec1").read_bytes(), is_typed=True)
    assert found(inspect_all([given], Purpose(NOON)), Severity.WARN) == {"private-key"}


def test_days_left_are_by_the_clock_that_is_given() -> None:
    later = objects(look(LEAF, now=LATER + timedelta(days=9)))[0]["days_left"]
    assert later == 3601


def test_a_certificate_whose_issuer_cannot_be_read_is_refused() -> None:
    der = read_certificate(LEAF).public_bytes(Encoding.DER)
    at = der.index(b"ts1.lab.test Root 0")
    assert found(look(der[:at] + b"\xff" + der[at + 1 :])) == {"not-a-certificate"}


def test_a_key_of_a_kind_that_is_not_known_is_not_called_damage() -> None:
    kind, other = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0209")
    for data in (read_certificate(LEAF).public_bytes(Encoding.DER), der_of(REQUEST)):
        assert found(look(data.replace(kind, other))) == {"key-type"}


def test_whatever_the_bytes_are_they_are_told_or_refused() -> None:
    shaken = random.Random(4)
    for source in sorted(SOURCE.iterdir()):
        data = source.read_bytes()
        for _ in range(25):
            changed = bytearray(data)
            for _ in range(shaken.randint(1, 4)):
                changed[shaken.randrange(len(changed))] = shaken.randrange(256)
            try:
                assert objects(look(bytes(changed), kind=shaken.choice([None, REPORTING, SOAP])))
            except AnswerRefused as refused:
                assert refused.remedy
