"""The keeper's part in subordinate keys: pairs of several roots side by side, what a root signs beside servers."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384

from sftp.keeping.rights import Part, Rights
from tanos.certificates.check_code import fingerprint
from tanos.certificates.issue import draft_certificate
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.certificates.request import examine_request, pem_of
from tanos.certificates.root_names import LEGACY
from tanos.certificates.signed_words import STATEMENT
from tanos.errors import NotToBeAsked
from tanos.keeper import Keeper
from tests.conftest import NOON
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, server_of_7_4

__all__ = ["clock"]
KIND = SERVER_TLS.name


@pytest.fixture
def keeper(tmp_path: Path, clock: Clock) -> Keeper:
    """Of a Tanium Server with legacy-root and Root 0."""
    return Keeper(server_of_7_4(tmp_path, clock), for_others=True)


def installed(keeper: Keeper, named: list[str]) -> str:
    """Make, sign and install another pair; return the fingerprint of its certificate."""
    request, _ = examine_request(keeper.make_request(KIND, "ts4.lab.test", ()))
    root = x509.load_pem_x509_certificate(keeper.root_keys()[ROOT_0])
    der = keeper.sign_certificate(draft_certificate(request, root, now=NOON, life=timedelta(days=30)).tbs, ROOT_0)
    keeper.install(KIND, request.check_code, pem_of(der, "CERTIFICATE"), "system", named)
    return fingerprint(x509.load_der_x509_certificate(der))


def shown(keeper: Keeper) -> list[str]:
    return [fingerprint(x509.load_pem_x509_certificate(each.encode())) for each in keeper.serving_pairs(KIND)]


def test_a_pair_that_is_named_stays_however_many_follow_and_the_newest_comes_first(keeper: Keeper) -> None:
    first = installed(keeper, [])
    later = [installed(keeper, [first]) for _ in range(4)]
    assert shown(keeper)[0] == later[-1]
    assert shown(keeper)[-1] == first
    assert keeper.waiting(KIND) == {}


def test_what_is_not_named_is_wiped_and_another_is_live_then(keeper: Keeper) -> None:
    first, second = installed(keeper, []), installed(keeper, [])
    keeper.keep_pairs(KIND, [first])
    assert shown(keeper) == [first]
    assert keeper.is_intact(KIND)
    keeper.keep_pairs(KIND, [second])
    assert shown(keeper) == []
    assert keeper.current(KIND) is None
    assert installed(keeper, []) in shown(keeper)


def test_a_statement_is_signed_by_the_root_that_is_named_and_is_no_certificate(keeper: Keeper) -> None:
    signature = keeper.sign_statement(b"said", ROOT_0)
    key = x509.load_pem_x509_certificate(keeper.root_keys()[ROOT_0]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, STATEMENT + b"said", ec.ECDSA(SHA384()))
    assert not STATEMENT.startswith(b"\x30")


def test_a_leaf_is_not_signed_as_an_authority_nor_an_authority_as_a_leaf(keeper: Keeper) -> None:
    request, _ = examine_request(keeper.make_request(KIND, "ts4.lab.test", ()))
    root = x509.load_pem_x509_certificate(keeper.root_keys()[ROOT_0])
    tbs = draft_certificate(request, root, now=NOON).tbs
    with pytest.raises(NotToBeAsked):
        keeper.sign_intermediate(tbs, ROOT_0)


def test_the_supervisor_asks_for_subordinate_keys_alone_and_never_by_the_root_of_old_clients() -> None:
    rights = Rights(Part.SUPERVISOR)
    assert rights.allow("make_request", [KIND, "ts4.lab.test", []])
    assert not rights.allow("make_request", ["reporting", "ts4.lab.test", []])
    assert not rights.allow("install", ["reporting", "code", "pem", "system", []])
    assert rights.allow("sign_certificate", [b"tbs", ROOT_0])
    assert not rights.allow("sign_certificate", [b"tbs"])
    assert not rights.allow("sign_certificate", [b"tbs", LEGACY])
    assert not Rights(Part.USER, "ann").allow("serving_pairs", [KIND])
