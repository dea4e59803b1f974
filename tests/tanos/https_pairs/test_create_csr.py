"""Key and request made on the appliance: the key never travels, and the answer finds it."""

import asyncio
import subprocess
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotToBeAsked, NotYet
from tanos.https_pairs.create_csr import SOAP_CREATE_CSR
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.keeper import Keeper
from tanos.operation import Result, silent
from tests.conftest import call
from tests.tanos.https_pairs.made import FQDN, answer
from tests.tanos.https_pairs.test_install import ANSWERS


async def create(server: Appliance, *names: str) -> Result:
    """Make one."""
    plan = await SOAP_CREATE_CSR.prepare(call(server), alt_names=names)
    return await SOAP_CREATE_CSR.apply(call(server), plan, silent)


async def test_the_request_has_what_the_page_wants_and_the_answer_is_installed(bare_tanium_server: Appliance) -> None:
    server = bare_tanium_server
    made = await create(server, "ts2.lab.test")
    csr = server.outgoing / "SOAPServer.csr"
    assert csr.read_text() == made.data["csr"]
    words = ["openssl", "req", "-in", str(csr), "-noout", "-text", "-verify"]
    text = (await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True)).stdout
    for wanted in (f"CN = {FQDN}", f"DNS:{FQDN}, DNS:ts2.lab.test", "(2048 bit)", "sha256WithRSAEncryption",
                   "TLS Web Server Authentication, TLS Web Client Authentication", "Key Encipherment"):  # fmt: skip
        assert wanted in text
    (server.incoming / "SOAPServer.crt").write_bytes(answer(made.data["csr"]))
    plan = await SOAP_INSTALL.prepare(call(server), **{**ANSWERS, "source": "answer", "shared_with": "ts2.lab.test"})
    assert (plan.refusals, plan.payload.key_pem) == ((), b"")
    done = await SOAP_INSTALL.apply(call(server), plan, silent)
    assert done.data["check_code"] == made.data["check_code"]
    pair = server.certificates / "soap" / "current"
    key: Any = load_pem_private_key((pair / "SOAPServer.key").read_bytes(), None)
    installed = x509.load_pem_x509_certificate((pair / "SOAPServer.crt").read_bytes())
    assert key.public_key() == installed.public_key()
    assert list(server.requests.iterdir()) == [], "the key waits no more"
    assert not csr.exists(), "what is answered is handed out no more"
    with pytest.raises(NotYet, match="step-missing"):
        await SOAP_INSTALL.prepare(call(server), **{**ANSWERS, "source": "answer"})


async def test_a_name_of_one_part_is_warned_of(bare_tanium_server: Appliance) -> None:
    plan = await SOAP_CREATE_CSR.prepare(call(bare_tanium_server), alt_names=("yes", "10.0.0.9", FQDN))
    assert [each.id for each in plan.findings] == ["name-short"]
    assert [each.id for each in (await SOAP_CREATE_CSR.prepare(call(bare_tanium_server))).findings] == []


async def test_another_key_takes_the_place_of_one_that_waits_and_its_answer_fits_no_more(
    bare_tanium_server: Appliance,
) -> None:
    first = await create(bare_tanium_server)
    plan = await SOAP_CREATE_CSR.prepare(call(bare_tanium_server))
    assert plan.confirmation.word == "REPLACE"
    assert [each.id for each in plan.findings] == ["key-replaced"]
    second = await create(bare_tanium_server)
    assert list(Keeper(bare_tanium_server).waiting("soap")) == [second.data["check_code"]]
    with pytest.raises(AnswerRefused, match="key-mismatch: This is no answer to the request that waits") as refused:
        await SOAP_INSTALL.prepare(
            call(bare_tanium_server), **{**ANSWERS, "source": "paste", "text": answer(first.data["csr"])}
        )
    assert second.data["check_code"] in str(refused.value)
    assert "`certificates renew soap` shows it again" in str(refused.value.remedy)


async def test_a_key_for_https_is_none_that_an_exchange_knows_and_is_not_taken_for_a_stray(
    bare_tanium_server: Appliance,
) -> None:
    await create(bare_tanium_server)
    keeper = Keeper(bare_tanium_server)
    assert keeper.waiting("reporting") == {}
    assert keeper.recover() == []
    assert keeper.waiting("soap")
    with pytest.raises(NotToBeAsked):
        keeper.pair_shown("reporting", "")


async def test_no_other_session_waits_while_the_key_is_made(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, noted = Keeper.make_request, []

    def making(keeper: Keeper, family: str, common_name: str, names: list[str]) -> bytes:
        other = Appliance(bare_tanium_server.home, bare_tanium_server.identity, patience=0.0)
        with other.store.change(call(other), about="another session") as change:
            noted.append(change.now)
        return made(keeper, family, common_name, names)

    monkeypatch.setattr(Keeper, "make_request", making)
    await create(bare_tanium_server)
    assert len(noted) == 1


async def test_of_two_that_were_planned_at_once_one_is_made_and_the_other_leaves_no_key(
    bare_tanium_server: Appliance,
) -> None:
    first, second = [await SOAP_CREATE_CSR.prepare(call(bare_tanium_server)) for _ in range(2)]
    made = await SOAP_CREATE_CSR.apply(call(bare_tanium_server), first, silent)
    with pytest.raises(NotYet, match="stale"):
        await SOAP_CREATE_CSR.apply(call(bare_tanium_server), second, silent)
    assert list(Keeper(bare_tanium_server).waiting("soap")) == [made.data["check_code"]]
