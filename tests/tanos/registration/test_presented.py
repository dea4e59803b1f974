"""What is presented is judged before it is trusted, and compared as it was demanded; codes are good once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.errors import AnswerRefused
from tanos.registration import presented
from tanos.registration.accepting import accept
from tanos.registration.codes import MOST_WRONG, make_code, open_until
from tanos.registration.presented import present
from tanos.registration.trusted import Trusted, trusted
from tests.conftest import MS1, NOON, bare_appliance
from tests.tanos.certificates.broken import public_key

BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def certificate(
    *purposes: x509.ObjectIdentifier, days: int = 9, public_key: rsa.RSAPublicKey | None = None
) -> x509.Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), NOON
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ts1.lab.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key or key.public_key())
        .serial_number(5)
        .not_valid_before(now - timedelta(20))
        .not_valid_after(now + timedelta(days))
    )
    if purposes:
        made = made.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return made.sign(key, hashes.SHA256())


@contextmanager
def shown(monkeypatch: pytest.MonkeyPatch, theirs: x509.Certificate, ours: x509.Certificate) -> Iterator[None]:
    async def fetched(host: str, port: int) -> bytes:
        return theirs.public_bytes(Encoding.DER)

    with monkeypatch.context() as patch:
        patch.setattr(presented, "shown_certificate", fetched)
        patch.setattr(presented, "own_certificate", lambda _: ours)
        yield


async def test_what_would_be_refused_by_tls_later_is_refused_before_it_is_registered(
    monkeypatch: pytest.MonkeyPatch, bare_tanium_server: Appliance
) -> None:
    good = certificate(*BOTH)
    with shown(monkeypatch, good, certificate()):
        found = await present(bare_tanium_server, "ms1.lab.test", 17477, "")
    assert (found.host, found.port) == ("ms1.lab.test", 17477)
    for theirs, ours, wrong in (
        (certificate(ExtendedKeyUsageOID.CLIENT_AUTH), good, "eku-missing"),
        (good, certificate(ExtendedKeyUsageOID.SERVER_AUTH), "eku-missing"),
        (certificate(*BOTH, days=-1), good, "expired"),
        (certificate(*BOTH, public_key=public_key("ROCA")), good, "broken-key"),
    ):
        with shown(monkeypatch, theirs, ours), pytest.raises(AnswerRefused, match=wrong):
            await present(bare_tanium_server, "ms1.lab.test:1", 17477, "")


async def test_a_check_code_or_a_fingerprint_is_compared_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch, bare_tanium_server: Appliance
) -> None:
    good = certificate(*BOTH)
    code, whole = check_code(good.public_key()), fingerprint(good)
    with shown(monkeypatch, good, good):
        for right in (code, code.lower().replace("-", " "), whole, whole.replace(":", ""), f"SHA256:{whole}", ""):
            assert (await present(bare_tanium_server, "[::1]:9", 1, right)).port == 9
        for wrong in (code[:-1] + "!", whole[:-2] + "ZZ", "A" * 32, "A" * 64, "x"):
            with pytest.raises(AnswerRefused, match="fingerprint-mismatch"):
                await present(bare_tanium_server, "[::1]", 1, wrong)


def test_a_code_is_good_once_for_a_while_and_gone_after_a_few_wrong_ones(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    here = bare_appliance(tmp_path_factory.mktemp("codes") / "ms1", MS1)
    pem = certificate(*BOTH).public_bytes(Encoding.PEM).decode()
    words = {"name": "TS1.lab.test", "host": "192.0.2.7", "port": 8443, "pem": pem + "noise"}

    def made() -> str:
        with here.store.change(system_call(here, "test")) as change:
            return make_code(change, here)

    with pytest.raises(AnswerRefused, match="wrong-registration-code"):
        accept(here, {**words, "code": ""})
    assert not records(here)
    code = made()
    accept(here, {**words, "code": code.lower().replace("-", "")})
    (known,) = trusted(here)
    assert (known.name, known.where, known.pem) == ("ts1.lab.test", "192.0.2.7:8443", pem)
    with pytest.raises(AnswerRefused, match="wrong-registration-code"):
        accept(here, {**words, "code": code})
    code = made()
    for _ in range(MOST_WRONG):
        with pytest.raises(AnswerRefused, match="wrong-registration-code"):
            accept(here, {**words, "code": "AAAAA-BBBBB-CCCCC-DDDDD"})
    assert open_until(here) is None
    with pytest.raises(AnswerRefused, match="wrong-registration-code"):
        accept(here, {**words, "code": code})
    assert records(here) == ["done", *["wrong-registration-code"] * MOST_WRONG]


def test_what_is_no_registration_is_refused_and_uses_no_code_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    here = bare_appliance(tmp_path_factory.mktemp("codes") / "ms1", MS1)
    with here.store.change(system_call(here, "test")) as change:
        code = make_code(change, here)
    pem = certificate(*BOTH).public_bytes(Encoding.PEM).decode()
    words = {"name": "ts1.lab.test", "host": "192.0.2.7", "port": 8443, "pem": pem, "code": code}
    late = certificate(*BOTH, days=-1).public_bytes(Encoding.PEM).decode()
    assert Trusted("ts1.lab.test", "::1", 443, pem, "", "").where == "[::1]:443"
    for wrong, value in (("name", "a b"), ("port", 0), ("port", 1 << 16), ("pem", "x"), ("pem", late)):
        with pytest.raises(AnswerRefused):
            accept(here, {**words, wrong: value})
    assert not trusted(here)
    accept(here, words)
    assert len(trusted(here)) == 1


def records(appliance: Appliance) -> list[str]:
    """Return how each attempt is recorded."""
    rows = appliance.store.rows("SELECT result FROM audit WHERE verb = 'module-server accept' ORDER BY id")
    return [row["result"] for row in rows]
