"""Registering anew: each for itself, by the pair that is known there, and what could not be done is told."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import NotYet
from tanos.https_pairs import again
from tanos.https_pairs.again import RE_REGISTER
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Result, silent
from tanos.registration.reaching import Post
from tanos.registration.trusted import Trusted, outdated, own_certificate, put_trusted, trusted
from tanos.secret import Secret
from tests.conftest import NOON, call
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key
from tests.tanos.https_pairs.test_install import ANSWERS

CA = authority()
LEAF = CA.issue()


@pytest.fixture
def server(bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """A Tanium Server whose certificate was replaced since two Module Servers registered."""
    here = bare_tanium_server
    keeper_of(here).make_self_signed("soap", [])
    earlier = own_certificate(here)
    assert earlier is not None
    for name in ("ms1.lab.test", "ms2.lab.test"):
        their = CA.issue(common_name=name, names=(name,))
        with here.store.change(call(here)) as change:
            other = Trusted(name, name, 17477, pem(their).decode(), fingerprint(earlier), "")
            put_trusted(change, here, other)
    keeper_of(here).install_pair("soap", key_pem(rsa_key()), pem(LEAF), "test")

    async def listener(*_: object) -> tuple[x509.Certificate, int]:
        return LEAF, 8443

    async def anybody(*_: object) -> None:
        return None

    async def nothing(*_: object) -> list[Any]:
        return []

    monkeypatch.setattr(again, "own_listener", listener)
    monkeypatch.setattr(again, "sign_in", anybody)
    monkeypatch.setattr(again, "_restart", nothing)
    monkeypatch.setattr(again, "LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(again, "BACK_SECONDS", 0.05)
    return here


async def test_the_pair_that_is_trusted_elsewhere_is_kept_however_often_another_is_installed(
    server: Appliance,
) -> None:
    server.clock = lambda: NOON
    known = trusted(server)[0].shown
    for days in range(20, 24):
        (server.incoming / "SOAPServer.crt").write_bytes(pem(CA.issue(days=(-1, days))))
        (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
        plan = await SOAP_INSTALL.prepare(call(server), **{**ANSWERS, "backup": False})
        await SOAP_INSTALL.apply(call(server), plan, silent)
    assert keeper_of(server).pair_shown("soap", known) is not None
    assert len(keeper_of(server).versions("soap")) == 4, "and of the others the last three"


def answering(monkeypatch: pytest.MonkeyPatch, since: Callable[[str, str], str]) -> list[str]:
    """Have `since(host, shown)` answer; return what was shown where, as it comes."""
    shown_at: list[str] = []

    async def converse(host: str, port: int, confirmed: bytes, say: Callable[[Post], str], shown: str = "") -> str:
        leaf = fingerprint(x509.load_pem_x509_certificate(shown.encode()))
        shown_at.append(f"{host} {'present' if leaf == fingerprint(LEAF) else 'earlier'}")
        return since(host, shown_at[-1].split()[1])

    monkeypatch.setattr(again, "converse", converse)
    return shown_at


async def do(server: Appliance) -> Result:
    plan = await RE_REGISTER.prepare(call(server), user="tanium", password=Secret("x"))
    assert plan.data == {"others": [each.name for each in outdated(server)]}
    return await RE_REGISTER.apply(call(server), plan, silent)


def once_told() -> Callable[[str, str], str]:
    """Answer to the present pair once the earlier one has spoken for it, and then as another process."""
    known = set[str]()

    def since(host: str, shown: str) -> str:
        if shown == "present" and host not in known:
            raise unknown()
        known.add(host)
        return f"{host} {shown}"

    return since


def unknown() -> NotYet:
    return NotYet("no-registration-open", N_("Nobody is awaited there."), N_("Make a code."))


def unreachable() -> NotYet:
    return NotYet("other-end-unreachable", N_("Nothing answers."), N_("Start it."))


async def test_the_earlier_pair_speaks_for_the_present_one_until_another_process_knows_that(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_at = answering(monkeypatch, once_told())
    done = await do(server)
    assert shown_at == [
        f"{name}.lab.test {shown}" for name in ("ms1", "ms2") for shown in ("present", "earlier", "present")
    ]
    assert done.data == {"registered": ["ms1.lab.test", "ms2.lab.test"], "refused": []}
    assert list(outdated(server)) == []
    assert (await RE_REGISTER.prepare(call(server), user="", password=Secret(""))).nothing_to_do


async def test_where_an_answer_was_lost_the_present_pair_speaks_for_itself(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a session dies between the change there and the record here: nobody there knows the earlier pair."""

    def knows_the_present(host: str, shown: str) -> str:
        if shown == "earlier":
            raise unknown()
        return "1"

    shown_at = answering(monkeypatch, knows_the_present)
    done = await do(server)
    assert done.data == {"registered": ["ms1.lab.test", "ms2.lab.test"], "refused": []}
    assert shown_at == ["ms1.lab.test present", "ms2.lab.test present"]
    assert list(outdated(server)) == []


async def test_what_was_recorded_there_and_lost_here_is_recorded_at_the_second_time(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_at = answering(monkeypatch, once_told())

    def dies(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(again, "put_trusted", dies)
        with pytest.raises(MemoryError):
            await do(server)
    shown_at.clear()
    assert (await do(server)).data["refused"] == []
    assert shown_at[0] == "ms1.lab.test present"
    assert list(outdated(server)) == []


async def test_one_that_cannot_be_reached_keeps_no_other_waiting_and_is_still_due(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = once_told()

    def since(host: str, shown: str) -> str:
        if host == "ms1.lab.test":
            raise unreachable()
        return told(host, shown) and "never restarts"

    answering(monkeypatch, since)
    done = await do(server)
    assert done.data == {"registered": ["ms2.lab.test"], "refused": ["ms1.lab.test"]}
    assert [each.id for each in done.findings] == ["not-re-registered"]
    assert "wait" in str(done.sections), "that its services restarted was not seen"
    assert [each.name for each in outdated(server)] == ["ms1.lab.test"]
    with pytest.raises(NotYet, match="other-end-unreachable"):
        await do(server)


async def test_a_pair_that_is_kept_no_more_speaks_for_nothing(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, once_told())
    for number in range(3):
        leaf = CA.issue(names=("ts1.lab.test", f"n{number}.lab.test"))
        keeper_of(server).install_pair("soap", key_pem(rsa_key()), pem(leaf), "test")
    with pytest.raises(NotYet, match="step-missing"):
        await do(server)
    assert len(list(outdated(server))) == 2
