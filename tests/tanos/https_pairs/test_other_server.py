"""An active-active pair: never both servers down, the primary first, and what is next where."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.active_pair import other_server, pairing
from tanos.active_pair.other_server import OtherServer, Part
from tanos.active_pair.pairing import FORGET_OTHER, SET_OTHER
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Severity
from tanos.https_pairs import guide
from tanos.https_pairs.guide import SOAP_GUIDE
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.https_pairs.restore import SOAP_RESTORE
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Plan, Result, silent
from tests.conftest import call
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, pem, rsa_key
from tests.tanos.https_pairs.test_install import ANSWERS

CA = authority()
OTHER = "ts2.lab.test"
SHARED, THEIRS = CA.issue(names=(FQDN, OTHER)), CA.issue(common_name=OTHER, names=(OTHER,))
Serves = Callable[[x509.Certificate | None], None]


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> Serves:
    """Say what the other server presents."""

    def presents(certificate: x509.Certificate | None) -> None:
        async def shown(host: str, port: int) -> bytes:
            if certificate is None:
                raise NotYet("other-end-unreachable", N_("Nothing answers."), N_("Start it."))
            return certificate.public_bytes(Encoding.DER)

        for module in (guide, other_server, pairing):
            monkeypatch.setattr(module, "shown_certificate", shown)

    return presents


@pytest.fixture
def server(bare_tanium_server: Appliance) -> Appliance:
    """A Tanium Server with a pair, and another one uploaded."""
    here = bare_tanium_server
    keeper_of(here).make_self_signed("soap", [])
    upload(here, SHARED)
    return here


def upload(server: Appliance, leaf: x509.Certificate) -> None:
    """Put it with its key into `/incoming`."""
    (server.incoming / "SOAPServer.crt").write_bytes(pem(leaf, CA.issuing))
    (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))


async def name(server: Appliance, part: Part, *, shares: bool) -> Result:
    """Name the other one."""
    plan = await SET_OTHER.prepare(call(server), address=f"{OTHER.upper()}:8443", part=part.value, shares=shares)
    return await SET_OTHER.apply(call(server), plan, silent)


async def planned(server: Appliance) -> Plan[Any]:
    return await SOAP_INSTALL.prepare(call(server), **ANSWERS)


def pair_findings(plan: Plan[Any]) -> list[tuple[str, Severity]]:
    """Return what is found of the other server."""
    ids = {"other-server-down", "primary-first", "san-lacks-peer"}
    return [(each.id, each.severity) for each in plan.findings if each.id in ids]


async def test_while_the_other_one_is_down_this_one_is_not_stopped(server: Appliance, serves: Serves) -> None:
    serves(THEIRS)
    assert (await name(server, Part.PRIMARY, shares=False)).data == {
        "host": OTHER, "port": 8443, "part": "primary", "shares": False, "shown": fingerprint(THEIRS),
    }  # fmt: skip
    plan = await planned(server)
    assert pair_findings(plan) == []
    serves(None)
    assert pair_findings(await planned(server)) == [("other-server-down", Severity.REFUSE)]
    before = keeper_of(server).current("soap")
    with pytest.raises(NotYet, match="other-server-down"):
        await SOAP_INSTALL.apply(call(server), plan, silent)
    assert keeper_of(server).current("soap") == before, "it went down after the Plan was seen"
    serves(THEIRS)
    await SOAP_INSTALL.apply(call(server), plan, silent)
    serves(None)
    restoring = await SOAP_RESTORE.prepare(call(server), version="")
    assert [each.id for each in restoring.refusals] == ["other-server-down"]
    forgetting = await FORGET_OTHER.prepare(call(server))
    await FORGET_OTHER.apply(call(server), forgetting, silent)
    assert (await SOAP_RESTORE.prepare(call(server), version="")).refusals == ()
    assert (await FORGET_OTHER.prepare(call(server))).nothing_to_do


async def test_the_primary_is_first_and_one_certificate_names_both(server: Appliance, serves: Serves) -> None:
    serves(THEIRS)
    await name(server, Part.SECONDARY, shares=True)
    assert pair_findings(await planned(server)) == [("primary-first", Severity.REFUSE)]
    serves(SHARED)
    assert pair_findings(await planned(server)) == []
    upload(server, CA.issue(names=(FQDN,)))
    assert ("san-lacks-peer", Severity.REFUSE) in pair_findings(await planned(server))
    serves(THEIRS)
    await name(server, Part.SECONDARY, shares=False)
    assert pair_findings(await planned(server)) == [("primary-first", Severity.WARN)]
    serves(CA.issue(common_name=OTHER, names=(OTHER,), days=(0, 300)))
    plan = await planned(server)
    assert pair_findings(plan) == [], "the primary has another one than when it was named: it was done"
    await SOAP_INSTALL.apply(call(server), plan, silent)
    upload(server, SHARED)
    assert pair_findings(await planned(server)) == [("primary-first", Severity.WARN)], "and now it is due again"


async def test_the_guide_says_what_is_next_and_at_which_server(server: Appliance, serves: Serves) -> None:
    alone = await SOAP_GUIDE.read(call(server))
    assert (alone.data["next"], alone.data["other"]) == ("soap-cert install", None)
    serves(THEIRS)
    await name(server, Part.PRIMARY, shares=True)
    steps = (await SOAP_GUIDE.read(call(server))).data["steps"]
    assert [(each["verb"], each["where"]) for each in steps][2:4] == [
        ("soap-cert install", "here"), ("soap-cert install", OTHER),
    ]  # fmt: skip
    await SOAP_INSTALL.apply(call(server), await planned(server), silent)
    shown = await SOAP_GUIDE.read(call(server))
    assert [each["where"] for each in shown.data["steps"] if each["due"]] == [OTHER]
    serves(SHARED)
    assert not any(each["due"] for each in (await SOAP_GUIDE.read(call(server))).data["steps"])
    serves(None)
    assert (await SOAP_GUIDE.read(call(server))).data["other"] == {"host": OTHER, "serves": False}
    serves(CA.issue(names=(FQDN, OTHER), days=(0, 365)))
    await name(server, Part.SECONDARY, shares=True)
    behind = await SOAP_GUIDE.read(call(server))
    assert [each["where"] for each in behind.data["steps"] if each["due"]] == ["here"]
    assert [each["where"] for each in behind.data["steps"]][2:4] == [OTHER, "here"], "the primary is first"


async def test_the_other_one_is_another_one(server: Appliance, serves: Serves) -> None:
    serves(None)
    with pytest.raises(AnswerRefused, match="not-the-other"):
        await SET_OTHER.prepare(call(server), address=FQDN, part="primary", shares=False)
    with pytest.raises(NotYet, match="other-end-unreachable"):
        await SET_OTHER.prepare(call(server), address=OTHER, part="primary", shares=False)
    assert OtherServer("::1", 443, Part.PRIMARY, False, "").where == "[::1]:443"
