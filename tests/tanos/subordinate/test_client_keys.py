"""Keys of clients and what signs them: judged by openssl and pkilint, by time, and by what is revoked."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code
from tanos.client_trust.client_keys import ClientKey, NotOurs, is_client, why_not_believed
from tanos.client_trust.intermediate import Bad, Intermediate, request_for, requested_key
from tanos.errors import NotToBeAsked
from tests.conftest import NOON
from tests.tanos.certificates.judges import assert_lints_clean
from tests.tanos.known_keys.published import P256
from tests.tanos.subordinate.below import DAY, HOUR, MadeRoot, certified, identifier, made_root, said, trust

WINDOW = 4 * HOUR


def verified(place: Path, *words: str) -> str:
    """Ask openssl about the chain that lies there, at noon."""
    command = ["openssl", "verify", "-x509_strict", "-attime", str(int(NOON.timestamp())), "-CAfile", "root", *words]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=60).stdout


def laid_down(place: Path, **files: x509.Certificate | str) -> None:
    for name, each in files.items():
        text = each if isinstance(each, str) else each.public_bytes(Encoding.PEM).decode()
        (place / name).write_text(text)


def test_openssl_believes_a_clients_chain_and_linters_find_nothing_in_it(tmp_path: Path) -> None:
    root = made_root()
    held = certified(root.intermediate(), trust(root)).certified
    assert held is not None
    message = x509.load_der_x509_certificate(root.message(said(root)).certificate)
    laid_down(tmp_path, root=root.certificate, between=held.intermediate, leaf=held.leaf, message=message)
    for purpose in ("sslserver", "sslclient"):
        assert "leaf: OK" in verified(tmp_path, "-untrusted", "between", "-purpose", purpose, "leaf")
        assert "OK" not in verified(tmp_path, "-purpose", purpose, "message"), "no TLS takes it"
    assert "message: OK" in verified(tmp_path, "message")
    for name in ("root", "between", "leaf", "message"):
        assert_lints_clean(tmp_path / name)


def test_what_an_intermediate_signs_for_a_host_openssl_refuses(tmp_path: Path) -> None:
    root = made_root()
    intermediate = root.intermediate()
    assert intermediate.held is not None
    for number, name in enumerate((x509.DNSName("ts4.lab.test"), x509.DNSName("a.b"))):
        evil = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(intermediate.held.certificate.subject)
            .public_key(intermediate._key.public_key())
            .serial_number(number + 1)
            .not_valid_before(NOON - DAY)
            .not_valid_after(NOON + DAY)
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier(bytes.fromhex(identifier(intermediate)), None, None), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(intermediate._key, SHA256())
        )
        laid_down(tmp_path, root=root.certificate, between=intermediate.held.certificate, leaf=evil)
        assert "OK" not in verified(tmp_path, "-untrusted", "between", "leaf")


def test_a_root_signs_no_authority_where_a_leaf_is_asked_for() -> None:
    from tanos.certificates.check_code import spki_of
    from tanos.certificates.subordinate import intermediate_tbs, message_tbs

    root, spki = made_root(), spki_of(requested_key(Intermediate().request()))
    authority = intermediate_tbs(root.certificate, spki, "zs1", 1, NOON, 30)
    with pytest.raises(NotToBeAsked):
        root.held.sign_leaf(authority)
    with pytest.raises(NotToBeAsked):
        root.held.sign_intermediate(message_tbs(root.certificate, spki, "ts4", 1, NOON, 30))


def test_a_key_is_due_in_its_window_and_not_before() -> None:
    root, now = made_root(), NOON
    trusted = trust(root)
    key = ClientKey("c1")
    assert key.is_due(trusted, now, WINDOW)
    key.take(*root.intermediate().certify(key.request(), "c1", now), trusted, now)
    assert not key.is_due(trusted, now, WINDOW)
    assert not key.is_due(trusted, now + 7 * DAY - WINDOW - timedelta(seconds=1), WINDOW)
    assert key.is_due(trusted, now + 7 * DAY - WINDOW, WINDOW)
    assert not key.is_due(trusted, now, 400 * DAY), (
        "a window as long as the life of a key renews nobody again and again"
    )
    assert not key.forget(trusted, now + 6 * DAY)
    assert key.forget(trusted, now + 7 * DAY + HOUR)
    assert key.certified is None


def test_a_key_is_given_up_where_its_root_ended_or_its_intermediate_is_revoked() -> None:
    old, new = made_root(0), made_root(1)
    both = old.intermediate()
    first, second = trust(old), trust(old)
    one, other = certified(both, first), certified(both, second)
    code = check_code(old.certificate.public_key())
    first.believe(old.message(said(old, new)), NOON)
    assert not one.is_due(first, NOON, WINDOW)
    first.believe(new.message(said(new, ended=[code], number=2)), NOON)
    assert one.is_due(first, NOON, WINDOW)
    assert one.forget(first, NOON)
    second.believe(old.message(said(old, revoked=[identifier(both)])), NOON)
    assert other.is_due(second, NOON, WINDOW)
    with pytest.raises(NotOurs, match="key-revoked"):
        other.take(*both.certify(other.request(), "c1", NOON), second, NOON)
    assert other.forget(second, NOON)


def test_a_certificate_for_another_key_or_client_or_of_another_root_is_not_taken() -> None:
    root, trusted = made_root(), trust(made_root())
    intermediate = root.intermediate()
    key, other = ClientKey("c1"), ClientKey("c2")
    for leaf, between in (
        intermediate.certify(other.request(), "c1", NOON),
        intermediate.certify(key.request(), "c2", NOON),
        made_root(1).intermediate().certify(key.request(), "c1", NOON),
        root.intermediate(now=NOON - 60 * DAY, days=90, client_days=7).certify(key.request(), "c1", NOON - 20 * DAY),
        (b"rubbish", b""),
    ):
        with pytest.raises(NotOurs):
            key.take(leaf, between, trusted, NOON)
    leaf, between = intermediate.certify(key.request(), "c1", NOON)
    with pytest.raises(NotOurs):
        key.take(leaf, root.certificate.public_bytes(Encoding.DER), trusted, NOON)
    key.take(leaf, between, trusted, NOON)
    with pytest.raises(NotOurs):
        key.take(leaf, between, trusted, NOON)


def test_an_intermediate_of_a_root_that_may_have_none_is_not_believed(tmp_path: Path) -> None:
    short = MadeRoot(7, path_length=0)
    intermediate, key = short.intermediate(), ClientKey("c1")
    assert intermediate.held is not None
    leaf, _ = intermediate.certify(key.request(), "c1", NOON)
    found = x509.load_der_x509_certificate(leaf)
    laid_down(tmp_path, root=short.certificate, between=intermediate.held.certificate, leaf=found)
    assert "OK" not in verified(tmp_path, "-untrusted", "between", "leaf")
    assert why_not_believed(found, intermediate.held.certificate, trust(short), NOON) == "wrong-issuer"


def test_nothing_outlives_what_signed_it() -> None:
    root = made_root()
    intermediate = root.intermediate(days=3, client_days=7)
    assert intermediate.held is not None
    leaf, _ = intermediate.certify(ClientKey("c1").request(), "c1", NOON)
    end = intermediate.held.certificate.not_valid_after_utc
    assert x509.load_der_x509_certificate(leaf).not_valid_after_utc == end
    assert intermediate.is_due(NOON), "its window is as long as its life"
    assert not intermediate.signs(end)
    with pytest.raises(Bad):
        intermediate.certify(ClientKey("c1").request(), "c1", end)


@pytest.mark.parametrize("client_id", ["", "a b", "x" * 57, "ümlaut", "a\nb", "*"])
def test_an_id_that_no_client_of_ours_has_is_not_signed(client_id: str) -> None:
    with pytest.raises(Bad):
        made_root().intermediate().certify(ClientKey("c1").request(), client_id, NOON)


def test_a_request_that_proves_no_key_of_its_sender_alone_is_none() -> None:
    good = request_for(ec.generate_private_key(ec.SECP256R1()))
    for bad in (
        b"", good[:-1], good + b"x", good[:-1] + bytes((good[-1] ^ 1,)), b"\x30" * 3000,
        request_for(ec.generate_private_key(ec.SECP384R1())), request_for(P256),
    ):  # fmt: skip
        with pytest.raises(Bad):
            requested_key(bad)


def test_a_neighbour_is_whom_its_certificate_names_and_of_no_revoked_intermediate() -> None:
    root = made_root()
    intermediate, trusted = root.intermediate(), trust(root)
    held = certified(intermediate, trusted).certified
    assert held is not None
    der = held.leaf.public_bytes(Encoding.DER)
    assert is_client(der, "c1", trusted)
    assert not is_client(der, "c2", trusted)
    assert not is_client(b"rubbish", "c1", trusted)
    assert not is_client(root.certificate.public_bytes(Encoding.DER), "c1", trusted)
    trusted.believe(root.message(said(root, revoked=[identifier(intermediate)])), NOON)
    assert not is_client(der, "c1", trusted)


def test_a_neighbour_that_is_revoked_is_not_known_and_any_other_of_its_intermediate_is() -> None:
    root = made_root()
    intermediate, trusted = root.intermediate(), trust(root)
    both = {each: certified(intermediate, trusted, each).certified for each in ("c1", "c2")}
    trusted.believe(root.message(said(root, revoked=["c1"])), NOON)
    found = {
        name: each and is_client(each.leaf.public_bytes(Encoding.DER), name, trusted) for name, each in both.items()
    }
    assert found == {"c1": False, "c2": True}
