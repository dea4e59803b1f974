"""Certificate and key come in many forms and orders; each rule of the page is one finding."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.errors import AnswerRefused
from tanos.finding import Severity
from tanos.https_pairs import requirements
from tanos.https_pairs.requirements import examine, note_of
from tanos.https_pairs.served_pair import CONSOLE, OF_MODULES, ServedPair
from tanos.https_pairs.uploaded import Uploaded, read_pair, read_pkcs12
from tanos.receipts.wanted import AWAITED_KEYS
from tanos.registration.trusted import Trusted
from tanos.secret import Secret
from tests.conftest import NOON, TS1
from tests.tanos.certificates.broken import public_key
from tests.tanos.https_pairs.made import FQDN, authority, ca_key, key_pem, pem, rsa_key

CA = authority()
LEAF = CA.issue()
KEY = key_pem(rsa_key())
DER_KEY = rsa_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
OLD_KEY = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _pkcs7(encoding: Encoding) -> bytes:
    return pkcs7.serialize_certificates([CA.root, CA.issuing, LEAF], encoding)


@pytest.mark.parametrize(
    "given",
    [
        pem(LEAF, CA.issuing),
        pem(CA.root, CA.issuing, LEAF),
        b"Bag Attributes\r\n" + pem(CA.issuing, LEAF).replace(b"\n", b"\r\n"),
        _pkcs7(Encoding.PEM),
        _pkcs7(Encoding.DER),
        _pkcs7(Encoding.PEM).replace(b"PKCS7", b"CERTIFICATE"),
    ],
    ids=["in order", "upside down", "with bags and CRLF", "PKCS#7", "PKCS#7 in DER", "PKCS#7 labelled CERTIFICATE"],
)
@pytest.mark.parametrize("key", [KEY, DER_KEY, OLD_KEY, KEY + KEY], ids=["PKCS#8", "DER", "PKCS#1", "twice"])
def test_the_same_pair_comes_of_every_form_and_order(given: bytes, key: bytes) -> None:
    pair = read_pair(given, key)
    assert (pair.chain_pem, pair.key_pem) == (pem(LEAF, CA.issuing), KEY)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_pkcs7_in_whichever_order_openssl_packs_it_is_read_without_a_word(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    words = ["openssl", "crl2pkcs7", "-nocrl"]
    for number in order:
        (tmp_path / str(number)).write_bytes(pem((LEAF, CA.issuing)[number]))
        words += ["-certfile", str(tmp_path / str(number))]
    packed = subprocess.run(words, capture_output=True, check=True).stdout
    assert read_pair(packed, KEY).chain_pem == pem(LEAF, CA.issuing)


def test_a_bare_certificate_in_der_and_a_pkcs12_are_read() -> None:
    assert read_pair(LEAF.public_bytes(Encoding.DER), KEY).chain_pem == pem(LEAF)
    packed = serialize_key_and_certificates(
        b"soap", rsa_key(), LEAF, [CA.root, CA.issuing], BestAvailableEncryption(b"secret")
    )
    assert read_pkcs12(packed, Secret("secret")).chain_pem == pem(LEAF, CA.issuing)
    with pytest.raises(AnswerRefused, match="wrong-passphrase"):
        read_pkcs12(packed, Secret("other"))


@pytest.mark.parametrize(
    ("certificate", "key", "refused_by"),
    [
        (pem(LEAF), key_pem(rsa_key(1)), "key-mismatch"),
        (pem(LEAF), KEY + key_pem(rsa_key(1)), "two-keys"),
        (pem(LEAF), rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
         "key-encrypted"),
        (pem(LEAF), rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL,
                                            BestAvailableEncryption(b"x")), "key-encrypted"),
        (pem(LEAF), pem(LEAF), "key-unreadable"),
        (pem(LEAF), b"", "key-unreadable"),
        (pem(LEAF) + KEY, KEY, "private-key"),
        (b"hello", KEY, "not-pem"),
        (pem(LEAF)[:-40], KEY, "cut-short"),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_refused_by_its_id(certificate: bytes, key: bytes, refused_by: str) -> None:
    with pytest.raises(AnswerRefused, match=f"^{refused_by}:"):
        read_pair(certificate, key)


def judged(appliance: Appliance, leaf: x509.Certificate, key: Any = None, shared_with: str = "") -> dict[str, str]:
    """Return what is found in a certificate, by id."""
    uploaded = Uploaded(leaf, (), key_pem(key or rsa_key()))
    return {each.id: each.severity.value for each in examine(appliance, uploaded, shared_with)}


def test_an_authority_whose_key_is_broken_vouches_for_nothing(bare_tanium_server: Appliance) -> None:
    broken = CA.issue(common_name="Lab Broken CA", public_key=public_key("ROCA"))
    (finding,) = examine(bare_tanium_server, Uploaded(LEAF, (broken,), KEY))
    assert (finding.id, "Lab Broken CA" in str(finding.message)) == ("broken-key", True)


def test_what_an_enterprise_ca_issues_for_the_page_passes(bare_tanium_server: Appliance) -> None:
    assert judged(bare_tanium_server, LEAF) == {}
    both = CA.issue(names=(FQDN, "ts2.lab.test"))
    assert judged(bare_tanium_server, both, shared_with="ts2.lab.test") == {}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, {"eku-missing": "warn"}),
        ({"purposes": (ExtendedKeyUsageOID.CLIENT_AUTH,)}, {"eku-missing": "refuse"}),
        ({"purposes": ()}, {"eku-missing": "refuse"}),
        ({"common_name": None}, {"cn-missing": "refuse"}),
        ({"common_name": "other.lab.test"}, {"cn-not-host": "warn"}),
        ({"common_name": "other.lab.test", "names": ()}, {"cn-not-host": "refuse", "cn-not-in-san": "warn"}),
        ({"names": ()}, {"cn-not-in-san": "warn"}),
        ({"common_name": "127.0.0.1"}, {}),
        ({"names": (FQDN, "server1.domain.com")}, {"name-placeholder": "refuse"}),
        ({"days": (-10, -1)}, {"expired": "refuse"}),
        ({"days": (1, 10)}, {"not-yet-valid": "refuse", "expiry-soon": "warn"}),
        ({"days": (-1, 20)}, {"expiry-soon": "warn"}),
        ({"key": ca_key("server")}, {"not-rsa": "refuse"}),
        ({"key": rsa_key(0, 1024)}, {"rsa-small": "refuse"}),
    ],
)
def test_each_rule_of_the_page_has_its_finding(
    bare_tanium_server: Appliance, asked: dict[str, Any], found: dict[str, str]
) -> None:
    assert judged(bare_tanium_server, CA.issue(**asked), asked.get("key")) == found


def test_a_shared_one_names_both_and_one_that_signs_itself_is_warned_of(
    bare_tanium_server: Appliance,
) -> None:
    assert judged(bare_tanium_server, LEAF, shared_with="ts2.lab.test") == {"san-lacks-peer": "refuse"}
    _, certificate = self_signed(SOAP, FQDN, (), NOON)
    assert judged(bare_tanium_server, x509.load_pem_x509_certificate(certificate)) == {"self-signed": "warn"}


def test_a_hash_that_counts_no_more_is_refused(bare_tanium_server: Appliance, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(KEY)
    command = [
        "openssl", "req", "-x509", "-sha1", "-key", str(key), "-subj", f"/CN={FQDN}", "-addext",
        f"subjectAltName=DNS:{FQDN}", "-addext", "extendedKeyUsage=serverAuth,clientAuth",
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, check=True).stdout
    found = judged(bare_tanium_server, x509.load_pem_x509_certificate(made))
    assert found["sha1"] == "refuse"


def test_a_key_on_a_curve_is_named_with_what_is_needed(bare_tanium_server: Appliance) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    uploaded = read_pair(pem(CA.issue(key=key)), key_pem(key))
    (finding,) = examine(bare_tanium_server, uploaded)
    assert str(finding.message) == "The key is EC P-384; an RSA key of 2048 bits is needed."


def test_the_note_for_the_authority_has_every_rule() -> None:
    note = note_of(TS1)
    for rule in (FQDN, "2048", "SHA-256", "Client Authentication", "IP  127.0.0.1", "passphrase"):
        assert rule in note


@pytest.mark.parametrize("pair", [CONSOLE, OF_MODULES], ids=["soap", "ssl"])
def test_the_note_stands_on_a_small_screen_as_it_is(pair: ServedPair) -> None:
    lines = note_of(TS1, pair).splitlines()
    assert max(map(len, lines)) < 78
    assert len(lines) <= 17


def test_nothing_of_a_key_stands_in_what_is_said() -> None:
    assert KEY.splitlines()[1].decode() not in repr(read_pair(pem(LEAF), KEY))


def test_what_a_module_server_would_refuse_is_refused_where_one_is_registered(
    monkeypatch: pytest.MonkeyPatch, bare_tanium_server: Appliance
) -> None:
    leaf = CA.issue(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))
    known = Trusted("ms1.lab.test", "127.0.0.1", 17477, "", "", "")
    monkeypatch.setattr(requirements, "trusted", lambda _: [known])
    (finding,) = examine(bare_tanium_server, Uploaded(leaf, (), b""))
    assert (finding.id, finding.severity) == ("eku-missing", Severity.REFUSE)
    assert "ms1.lab.test" in str(finding.message)
    assert "public ones give no clientAuth any more" in str(finding.remedy)
    (finding,) = examine(bare_tanium_server, Uploaded(leaf, (), b""), pair=OF_MODULES)
    assert finding.severity is Severity.WARN


def test_what_to_do_leads_to_the_requirements_of_that_very_pair(bare_tanium_server: Appliance) -> None:
    uploaded = Uploaded(CA.issue(common_name=None), (), b"")
    for pair, verb in ((CONSOLE, "soap-cert requirements"), (OF_MODULES, "module-server requirements")):
        (finding,) = examine(bare_tanium_server, uploaded, pair=pair)
        assert verb in str(finding.remedy)
    note = note_of(TS1, OF_MODULES)
    assert note.startswith("Certificate wanted for ts1.lab.test\n")
    assert " Module Server, towards Tanium Servers and modules\n" in note


def test_the_drop_box_takes_each_file_that_a_menu_line_asks_a_key_in() -> None:
    wanted = {"SOAPServer.key", "SOAPServer.p12", "SOAPServer.pfx", "ssl.key", "ssl.p12", "ssl.pfx"}
    assert set(AWAITED_KEYS) == wanted
