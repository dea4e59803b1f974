"""A root key of 7.4 that an earlier tanos made signs no intermediate: that is told, and what helps."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from tanos.appliance import Appliance
from tanos.certificates import kept_roots
from tanos.certificates.root import self_signed_root
from tanos.errors import NotYet
from tanos.roots.glance import roots_told
from tanos.roots.page import LIST_ROOTS, page_state
from tanos.subordinate.intermediates import sign_intermediate
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock
from tests.tanos.roots.made import ROOT_0, another_root, server_of_7_4


def made_earlier(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """Return a server whose Root 0 may have no authority below it."""

    def without(key: CertificateIssuerPrivateKeyTypes, name: str, now: object, path_length: int = 0) -> object:
        return self_signed_root(key, name, now, path_length=0)  # type: ignore[arg-type]  # handed on

    with monkeypatch.context() as patched:
        patched.setattr(kept_roots, "self_signed_root", without)
        return server_of_7_4(directory, Clock())


async def test_a_root_that_signs_no_intermediate_is_told_until_the_next_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = made_earlier(tmp_path, monkeypatch)
    with pytest.raises(NotYet, match="no-root"):
        sign_intermediate(call(server), b"", "zs1")
    (told,) = [each for each in roots_told(server) if each.id == "no-client-keys"]
    assert ROOT_0 in str(told.message)
    assert "root-keys create" in str(told.remedy)
    assert [each.id for each in (await LIST_ROOTS.read(call(server))).findings] == ["no-client-keys"]
    assert any(told.message == getattr(each, "message", None) for each in page_state(server))
    await another_root(server)
    assert "no-client-keys" not in {each.id for each in roots_told(server)}


def test_a_root_of_now_signs_intermediates_and_nothing_is_told(tmp_path: Path) -> None:
    assert roots_told(server_of_7_4(tmp_path, Clock())) == ()
